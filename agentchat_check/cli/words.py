"""What every command prints, and the status it ends with."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from agentchat_check import errors
from agentchat_check.findings import Finding, Verdict

out = Console(highlight=False, emoji=False)

EXIT = {Verdict.HOLDS: 0, Verdict.BROKEN: 1, Verdict.UNKNOWN: 2}
"""Exit status by verdict; whatever kept us from looking is UNKNOWN, a wrong command line too."""

HALFWAY = 4
"""Exit status of what was begun and not ended."""

_STYLE = {Verdict.HOLDS: "green", Verdict.UNKNOWN: "bold yellow", Verdict.BROKEN: "bold red"}


def show(finding: Finding, word: str = "") -> None:
    """A finding, for people; with another word for its verdict, where one is given."""
    first, *more = finding.actual.splitlines() or [""]
    lines = [f"[{_STYLE[finding.verdict]}]{word or finding.verdict:<8}[/] {escape(finding.promise)}: {escape(first)}"]
    lines += [f"         {escape(line)}" for line in more]
    lines += [f"         [dim]next step: {escape(finding.next_step)}[/dim]"] if finding.next_step else []
    out.print("\n".join(lines), soft_wrap=True)


def print_json(values: dict[str, Any]) -> None:
    """A result, for programs."""
    out.print(json.dumps(values, indent=2, ensure_ascii=False), markup=False, soft_wrap=True)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """One clear error instead of a traceback; SIGTERM ends a command as Ctrl-C does, and neither is a verdict."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except errors.HalfwayError as error:
        _complain(str(error))
        raise typer.Exit(HALFWAY) from None
    except errors.CheckError as error:
        _complain(str(error))
        raise typer.Exit(EXIT[Verdict.UNKNOWN]) from None
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(EXIT[Verdict.UNKNOWN]) from None
    except typer.Exit:
        raise
    except Exception:  # noqa: BLE001 - a defect of ours is no verdict either
        Console(stderr=True).print_exception()
        _complain("this is a defect of agentchat-check: report it with the traceback above")
        raise typer.Exit(EXIT[Verdict.UNKNOWN]) from None


def _complain(text: str) -> None:
    Console(stderr=True, highlight=False).print(escape(text), style="red", soft_wrap=True)
