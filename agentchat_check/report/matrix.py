"""Every variable on a line: what became of each value that it was given."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agentchat_check import facts

_WIDTH = 170
_ALIVE = {True: "yes", False: "NO", None: "cannot be told"}


def variables(knobs: Sequence[facts.Knob]) -> str:
    """The table of all variables, as plain text.

    Args:
        knobs: Each variable with what was seen of it; no value of a secret is in them.
    """
    table = Table(
        "variable",
        "set: where it goes",
        "changed: has an effect",
        "how that was seen",
        "empty",
        "malformed",
        "missing",
        box=box.SIMPLE_HEAD,
    )
    for knob in knobs:
        cells = [
            knob.variable.name,
            "\n".join(place.replace(" environment ", " ") for place in knob.places) or "nowhere",
            _ALIVE[knob.effective],
            knob.effect,
            str(knob.empty),
            str(knob.malformed),
            str(knob.missing),
        ]
        table.add_row(*map(escape, cells))
    return as_text(table)


def as_text(table: Table) -> str:
    """A table as plain text, wide enough for its words."""
    printed = io.StringIO()
    Console(file=printed, width=_WIDTH, force_terminal=False, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines())
