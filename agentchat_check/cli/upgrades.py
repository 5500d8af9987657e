"""``agentchat-check upgrade``: plan, run, rollback, status; and ``upgrade_matrix``.

Exit status of ``plan``: 0 nothing stands in the way, 1 something does, 2 it could not be read. Of ``run`` and
``rollback``: 0 done, 1 rolled back: it runs as before, 2 refused: nothing was touched, 4 it stands halfway: run it
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from agentchat_check import errors, progress
from agentchat_check import settings as settings_
from agentchat_check.audit import places
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.cli import installations, keys, upgrade_matrix
from agentchat_check.cli.words import EXIT, HALFWAY, in_plain_words, out, print_json, show
from agentchat_check.deployment import Deployment
from agentchat_check.findings import Verdict
from agentchat_check.probes.api import Account
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.backup.methods import MethodName
from agentchat_check.procedures.upgrade import described, history, journal, planning
from agentchat_check.procedures.upgrade import rollback as rollbacks
from agentchat_check.procedures.upgrade import run as runs
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded, Wishes
from agentchat_check.report import plans
from agentchat_check.report import upgrades as told
from agentchat_check.settings import Settings
from agentchat_check.stack import releases
from agentchat_check.stack.running import Stack

app = typer.Typer(help="Go from one release to the next, and back.", no_args_is_help=True)
app.add_typer(upgrade_matrix.app)

_ROLLED_BACK = 1


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


_RELEASE = "a compose directory, ref-1, ref-2 or ref-3, a tag of its images (:v2.5), or images (backend=IMAGE,…)"

_From = Annotated[str, typer.Option("--from", help=f"the release that runs: {_RELEASE}")]
_To = Annotated[str, typer.Option("--to", help=f"the release to go to: {_RELEASE}")]
_EnvFile = Annotated[Path | None, typer.Option(help="the env file of the release that runs, if it is not beside it")]
_Format = Annotated[Form, typer.Option("--format", help="for people, or for programs")]
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
def plan(*, from_: _From, to: _To, env_file: _EnvFile = None, form: _Format = Form.TEXT) -> None:
    """Say what an upgrade would change, and what stands in its way; changes nothing, and starts nothing.

    Exit status: 0 nothing stands in the way, 1 something does, 2 it could not be read.
    """
    with in_plain_words():
        settings = settings_.read({"env_file": env_file})
        before = _release(settings, from_)
        after = _release(settings.model_copy(update={"env_file": None}), to, base=before)
        own = places.text_of(env_file) if env_file else described.own(before)
        planned = planning.plan(*described.both(before, after, own, image_id=EngineImages().id), own)
        if form is Form.JSON:
            print_json({"clear": not planned.obstacles, **planning.as_dict(planned)})
        else:
            for line in plans.lines(planned):
                out.print(escape(line), soft_wrap=True)
        raise typer.Exit(EXIT[Verdict.BROKEN if planned.obstacles else Verdict.HOLDS])


@app.command()
def run(
    *,
    to: _To,
    attach: _Project = None,
    deployment: _Directory = None,
    env_file: _EnvFile = None,
    user: _User = None,
    into: _Into = Path("backups"),
    method: _Method = "logical",
    passphrase_file: _Passphrase = None,
    form: _Format = Form.TEXT,
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
            return _called(releases.named(stack.client, settings, to, base=running), to)

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
    form: _Format = Form.TEXT,
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
def status(*, attach: _Project = None, deployment: _Directory = None, form: _Format = Form.TEXT) -> None:
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
                    "current": current and told.of_release(current),
                    "former": former and told.of_release(former),
                    "halfway": standing and told.plain(standing),
                }
            )
        else:
            for title, one in (("runs", current), ("came from", former)):
                out.print(f"{title:<10} {escape(told.line(one)) if one else 'not known'}", soft_wrap=True)
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
        backup=takes.Wishes(method, sealing=sealing, secrets=sealing.encrypts, gives_way=True),
        identity=keys.key(None, passphrase_file),
        account=Account(settings.user, settings.password.get_secret_value())
        if stack.live and settings.user and settings.password
        else None,
    )


def _print(done: Upgraded | RolledBack, form: Form) -> None:
    if form is Form.JSON:
        print_json(told.as_dict(done))
        return
    for finding in done.findings:
        show(finding)
    for line in told.lines(done):
        out.print(escape(line), soft_wrap=True)


def _release(settings: Settings, text: str, *, base: Deployment | None = None) -> Deployment:
    """The release that was named; two directories may have one name, so each is called what the operator called it."""
    return _called(releases.on_disk(settings, text, base=base), text)


def _called(deployment: Deployment, text: str) -> Deployment:
    return replace(deployment, name=text) if Path(text).expanduser().is_dir() else deployment
