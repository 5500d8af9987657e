"""What takes long is shown while it goes on, on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

console = Console(stderr=True, highlight=False)


def announce(text: str) -> None:
    """Say what is about to be done to this host, before it is done."""
    console.print(f"agentchat-check: {escape(text)}", soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show one long step: what it is, its latest line of output, and how long it took.

    Yields:
        A function that takes the step's output, line by line; safe to call from other threads.
    """
    started = time.monotonic()
    if not console.is_terminal:
        announce(f"{title} …")
    with console.status(escape(title)) as status:

        def latest(line: str) -> None:
            room = max(console.width - len(title) - 8, 20)
            status.update(f"{escape(title)} [dim]{escape(line.strip()[:room])}[/dim]")

        try:
            yield latest
        except BaseException:
            announce(f"{title}: failed after {time.monotonic() - started:.0f} s")
            raise
    announce(f"{title}: {time.monotonic() - started:.0f} s")
