"""``agentchat-check upgrade matrix``: which releases go together, tried on stacks made for it.

Exit status: 0 each release can follow every one before it and be left again, 1 one cannot, 2 it could not be seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agentchat_check import progress
from agentchat_check import settings as settings_
from agentchat_check.cli import sessions
from agentchat_check.cli.words import EXIT, in_plain_words, out, print_json
from agentchat_check.deployment import Deployment
from agentchat_check.facts import Pair
from agentchat_check.findings import worst
from agentchat_check.procedures.upgrade import pairing
from agentchat_check.procedures.upgrade.pairs import Judge, onwards
from agentchat_check.report import pairs as reports
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack

app = typer.Typer()


class Form(StrEnum):
    """How the verdicts are printed."""

    TABLE = "table"
    JSON = "json"


@app.command()
def matrix(
    *,
    releases: Annotated[
        Path | None,
        typer.Option(help="a directory with a compose directory for each release; default: the reference's"),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="for people, or for programs")] = Form.TABLE,
) -> None:
    """Try each pair of releases on a stack of its own: reads, writes, schema, configuration, rollback.

    Nothing that runs is touched. What an earlier release does on the data of a later one is shown, and not promised.

    Exit status: 0 each release can follow every one before it and be left again, 1 one cannot, 2 it could not be seen.
    """
    with in_plain_words():
        session = sessions.begin(
            settings_.read({"releases": releases, "database": "prepared", "keep_stack": False})  # quick, and removed
        )
        try:
            every = pairing.every(session.client, session.settings)
            with _judge(session) as judge:
                found = judge.matrix(every)
        finally:
            session.close()
        names = [release.name for release in every]
        verdict = worst(pair.whole for pair in onwards(found, names))
        if form is Form.JSON:
            print_json({"releases": names, "verdict": verdict.value, **reports.as_dict(found)})
        else:
            _print(names, found)
        raise typer.Exit(EXIT[verdict])


@contextmanager
def _judge(session: Session) -> Iterator[Judge]:
    """Judges pairs; what it notes of its stacks, and their backups, go with it."""

    def bring_up(release: Deployment) -> AbstractContextManager[Stack]:
        return session.own_stack(release, evidence_into=session.directory / "evidence" / release.name)

    with tempfile.TemporaryDirectory(prefix="agentchat-check-matrix-") as place:
        apart = session.settings.model_copy(update={"state": Path(place) / "state"})
        yield Judge(bring_up, apart, Path(place) / "backups", progress.announce)


def _print(names: Sequence[str], found: Sequence[Pair]) -> None:
    for text in (reports.table(found), reports.compatibility(names, found), "\n".join(reports.reasons(found))):
        out.print(text, markup=False, soft_wrap=True)
