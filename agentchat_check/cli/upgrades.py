"""``agentchat-check upgrade``: plan, run, rollback, status.

Exit status of ``plan``: 0 nothing stands in the way, 1 something does, 2 it could not be read.
Exit status of ``run`` and ``rollback``: 0 done, 1 rolled back: it runs as before, 2 refused: nothing was touched, 4 it
stands halfway: run it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from rich.markup import escape

from agentchat_check import errors, progress
from agentchat_check import settings as settings_
from agentchat_check.cli import installations, keys, plans
from agentchat_check.cli.plans import EnvFile, Form, Format, To
from agentchat_check.cli.words import HALFWAY, in_plain_words, out, print_json, show
from agentchat_check.deployment import Deployment
from agentchat_check.probes.api import Account
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.backup.methods import MethodName
from agentchat_check.procedures.upgrade import history, journal
from agentchat_check.procedures.upgrade import rollback as rollbacks
from agentchat_check.procedures.upgrade import run as runs
from agentchat_check.procedures.upgrade.history import Recorded
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded, Wishes
from agentchat_check.settings import Settings
from agentchat_check.stack import releases
from agentchat_check.stack.running import Stack

app = typer.Typer(help="Go from one release to the next, and back.", no_args_is_help=True)
app.command()(plans.plan)

_ROLLED_BACK = 1

_Project = Annotated[str | None, typer.Option("--attach", help="the running compose project")]
_Directory = Annotated[Path | None, typer.Option("--deployment", help="or its compose directory")]
_User = Annotated[
    str | None, typer.Option(help="the account that tries every call; its password is in AGENTCHAT_CHECK_PASSWORD")
]
_Into = Annotated[Path, typer.Option(help="directory of the backups")]
_Method = Annotated[MethodName, typer.Option(help="of the backup: portable between versions, or fast")]
_Passphrase = Annotated[
    Path | None, typer.Option(help="a file with a passphrase: the backup is encrypted with it, and opened again")
]


@app.command()
def run(
    *,
    to: To,
    attach: _Project = None,
    deployment: _Directory = None,
    env_file: EnvFile = None,
    user: _User = None,
    into: _Into = Path("backups"),
    method: _Method = "logical",
    passphrase_file: _Passphrase = None,
    form: Format = Form.TEXT,
) -> None:
    """Upgrade a running installation: check, back up, bring in, try every call; go back where it does not work.

    Run it again to finish one that was cut short. Exit status: 0 done, 1 rolled back: it runs as before, 2 refused:
    nothing was touched, 4 it stands halfway: run it again.
    """
    with in_plain_words():
        settings = settings_.read({"user": user})
        stack = installations.running(attach, deployment)
        wishes = replace(_wishes(stack, settings, into, method, passphrase_file), env_file=env_file)

        def target(running: Deployment) -> Deployment:
            return releases.named(stack.client, settings, to, base=running)

        with _known_if_halfway(settings, stack):
            done = runs.run(stack, target, settings, wishes, progress.announce)
        _print(done, form)
        raise typer.Exit(_ROLLED_BACK if isinstance(done, RolledBack) else 0)


@app.command()
def rollback(
    *,
    attach: _Project = None,
    deployment: _Directory = None,
    user: _User = None,
    into: _Into = Path("backups"),
    method: _Method = "logical",
    passphrase_file: _Passphrase = None,
    restore_data: Annotated[
        bool, typer.Option("--restore-data", help="put the data of then back, even where the release works on today's")
    ] = False,
    lose_newer_writes: Annotated[
        bool, typer.Option("--lose-newer-writes", help="where the data go back: even if that loses what came since")
    ] = False,
    form: Format = Form.TEXT,
) -> None:
    """Go back to the release that ran before: its very images and configuration, its data where that must be.

    Run it again to finish one that was cut short. Exit status: 0 done, 2 refused: nothing was touched, 4 it stands
    halfway: decide what it asks, and run it again.
    """
    with in_plain_words():
        settings = settings_.read({"user": user})
        stack = installations.running(attach, deployment)
        wishes = replace(
            _wishes(stack, settings, into, method, passphrase_file),
            restore_data=restore_data,
            lose_newer_writes=lose_newer_writes,
        )
        with _known_if_halfway(settings, stack):
            done = rollbacks.rollback(stack, settings, wishes, progress.announce)
        _print(done, form)


@app.command()
def status(*, attach: _Project = None, deployment: _Directory = None, form: Format = Form.TEXT) -> None:
    """Say which release runs, which one could be gone back to, and whether an upgrade stands halfway.

    Exit status: 0 nothing stands halfway, 4 something does, 2 it could not be read.
    """
    with in_plain_words():
        settings = settings_.read()
        stack = installations.running(attach, deployment)
        past, standing = history.of(stack, settings.state), journal.standing(settings.state, stack.project)
        current, former = past.current(), past.former()
        if form is Form.JSON:
            print_json(
                {
                    "project": stack.project,
                    "current": current and _told(current),
                    "former": former and _told(former),
                    "halfway": standing and _plain(standing),
                }
            )
        else:
            for title, one in (("runs", current), ("came from", former)):
                out.print(f"{title:<10} {escape(_line(one)) if one else 'not known'}", soft_wrap=True)
            if standing:
                words = f"{standing.phase}, from {past.read(standing.before).name} to {past.read(standing.after).name}"
                out.print(f"{'halfway':<10} {escape(words)}", soft_wrap=True)
        raise typer.Exit(HALFWAY if standing else 0)


@contextmanager
def _known_if_halfway(settings: Settings, stack: Stack) -> Iterator[None]:
    """Whatever ends a command while something stands halfway, its exit status says so."""
    try:
        yield
    except KeyboardInterrupt:
        if journal.standing(settings.state, stack.project) is None:
            raise
        raise errors.HalfwayError(
            f"upgrade or roll back {stack.project}",
            expected="its end",
            actual="interrupted",
            next_step="run the same command again: it goes on, or undoes it",
        ) from None


def _wishes(
    stack: Stack,
    settings: Settings,
    into: Path,
    method: MethodName,
    passphrase_file: Path | None,
) -> Wishes:
    sealing = keys.sealing(None, passphrase_file)
    return Wishes(
        into=into,
        backup=takes.Wishes(method, sealing=sealing, secrets=sealing.encrypts),
        identity=keys.key(None, passphrase_file),
        account=Account(settings.user, settings.password.get_secret_value())
        if stack.live and settings.user and settings.password
        else None,
    )


def _print(done: Upgraded | RolledBack, form: Form) -> None:
    if form is Form.JSON:
        findings = [{"check": one.check, "verdict": one.verdict, "actual": one.actual} for one in done.findings]
        print_json({"result": type(done).__name__, **_plain(replace(done, findings=())), "findings": findings})
        return
    for finding in done.findings:
        show(finding)
    for line in _upgraded(done) if isinstance(done, Upgraded) else _rolled_back(done):
        out.print(escape(line), soft_wrap=True)


def _upgraded(done: Upgraded) -> Iterator[str]:
    yield f"upgraded from {done.before} to {done.after} in {done.seconds:.1f} s{_away(done.downtime)}"
    if done.archive:
        yield f"what was there before is in {done.archive}"


def _rolled_back(done: RolledBack) -> Iterator[str]:
    yield f"{done.runs} runs again, and not {done.left}, after {done.seconds:.1f} s{_away(done.downtime)}"
    if done.why:
        yield f"why: {done.why}"
    if done.obstacle:
        yield f"on the data as they were it did not work: {done.obstacle}"
    if done.restored:
        yield f"its data are those of {done.restored}"
    yield from (f"lost with that: {line}" for line in done.lost)
    if done.safety_copy:
        yield f"what was there before is in {done.safety_copy}"


def _away(downtime: float | None) -> str:
    return "" if downtime is None else f"; the backend was away for {downtime:.1f} s"


def _line(one: Recorded) -> str:
    return f"{one.name}: {', '.join(f'{image.service} {image.name} ({image.id})' for image in one.images)}"


def _told(one: Recorded) -> dict[str, Any]:
    images = {image.service: {"name": image.name, "id": image.id} for image in one.images}
    return {"name": one.name, "directory": one.directory, "archive": one.archive, "images": images}


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return plain
