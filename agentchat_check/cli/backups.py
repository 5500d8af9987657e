"""``agentchat-check backup``: take, verify, list, restore, prune.

Exit status: 0 done and proven, 1 an archive that is damaged or that does not hold everything, 2 it could not be done.
"""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agentchat_check import errors, progress
from agentchat_check import settings as settings_
from agentchat_check.archive import reading, shelf
from agentchat_check.archive.retention import Retention
from agentchat_check.checks import backup as checks
from agentchat_check.cli import installations, keys
from agentchat_check.cli.words import EXIT, in_plain_words, out, print_json, show
from agentchat_check.findings import Verdict
from agentchat_check.procedures.backup import journal
from agentchat_check.procedures.backup import restore as restores
from agentchat_check.procedures.backup import take as takes
from agentchat_check.procedures.backup.methods import MethodName

app = typer.Typer(
    help="Back up a running installation, and restore it with proof. Exit status: 0 done and proven, 1 damaged or not "
    "whole, 2 it could not be done.",
    no_args_is_help=True,
)


_WIDE = 240
"""Columns of a table that a program reads, or a file keeps: a name that is folded is no name."""


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


_Project = Annotated[str | None, typer.Option("--attach", help="the running compose project")]
_Directory = Annotated[Path | None, typer.Option("--deployment", help="or its compose directory")]
_Into = Annotated[Path, typer.Option(help="directory of the archives")]
_Recipients = Annotated[list[str] | None, typer.Option("--recipient", help="encrypt for age1… or ssh-…; repeatable")]
_Passphrase = Annotated[Path | None, typer.Option(help="a file with a passphrase, instead of keys")]
_Identity = Annotated[Path | None, typer.Option(help="a file with the private key of an encrypted archive")]
_Format = Annotated[Form, typer.Option("--format", help="for people, or for programs")]


@app.command()
def take(
    *,
    attach: _Project = None,
    deployment: _Directory = None,
    into: _Into = Path("backups"),
    method: Annotated[MethodName, typer.Option(help="portable between versions, or fast")] = "logical",
    cold: Annotated[bool, typer.Option("--cold", help="stop the application meanwhile")] = False,
    recipient: _Recipients = None,
    passphrase_file: _Passphrase = None,
    leave_secrets_out: Annotated[
        bool, typer.Option("--leave-secrets-out", help="leave out the env file; needed without encryption")
    ] = False,
    form: _Format = Form.TEXT,
) -> None:
    """Back up a running installation while it is in use."""
    with in_plain_words():
        sealing = keys.sealing(recipient, passphrase_file)
        if not (sealing.encrypts or leave_secrets_out):
            raise errors.ArchiveError(
                "choose what becomes of the secrets",
                expected="an archive that is encrypted, or one without the env file",
                actual="neither was chosen",
                next_step="add --recipient KEY or --passphrase-file FILE; or --leave-secrets-out, and keep it apart",
            )
        secrets = sealing.encrypts and not leave_secrets_out
        wishes = takes.Wishes(method, cold, sealing, secrets=secrets, gives_way=True)
        stack = installations.running(attach, deployment)
        with journal.of(settings_.read().state, stack.project) as notes:
            notes.require_ended(f"back up {stack.project}")
            takes.resume(stack, notes, progress.announce)
            taken = takes.take(stack, into, wishes, progress.announce, notes=notes)
        whole = checks.whole(taken.contents.omissions)
        size = reading.open_archive(taken.path).manifest.stored_bytes
        if form is Form.JSON:
            contents = taken.contents.model_dump(mode="json")
            print_json({"archive": str(taken.path), "seconds": taken.seconds, "bytes": size, **contents})
        else:
            show(whole)
            cut = taken.contents.cut
            out.print(f"{taken.path}: {size / 1e6:.2f} MB in {taken.seconds:.1f} s", soft_wrap=True)
            out.print(f"  shows {cut.at:%Y-%m-%d %H:%M:%S} UTC; nobody could write for {cut.locked_for:.2f} s")
        raise typer.Exit(EXIT[whole.verdict])


@app.command()
def verify(
    archive: Annotated[Path, typer.Argument(help="the archive's directory")],
    *,
    identity: _Identity = None,
    passphrase_file: _Passphrase = None,
    form: _Format = Form.TEXT,
) -> None:
    """See that an archive is whole and can be read; needs no server, and no engine."""
    with in_plain_words():
        flaw = ""
        try:
            opened = keys.opened(archive, identity, passphrase_file)
            with progress.step(f"verifying {archive}") as latest:
                opened.verify(_Rate(latest).tell)
        except errors.ArchiveError as error:
            if isinstance(error, errors.ClosedArchiveError) or not archive.is_dir():
                raise  # nothing was seen of it, so nothing is said of it
            flaw = str(error)
        if form is Form.JSON:
            print_json({"archive": str(archive), "whole": not flaw, "flaw": flaw})
        else:
            out.print(escape(flaw) if flaw else f"{archive} is whole", soft_wrap=True)
        raise typer.Exit(EXIT[Verdict.BROKEN if flaw else Verdict.HOLDS])


@app.command("list")
def list_(
    into: Annotated[Path, typer.Argument(help="directory of the archives")] = Path("backups"),
    *,
    form: _Format = Form.TEXT,
) -> None:
    """List the archives of a directory, the newest first."""
    with in_plain_words():
        listing = shelf.list_archives(into)
        if form is Form.JSON:
            print_json(_as_dict(listing))
            return
        table = Table(box=None)
        for title in ("archive", "taken (UTC)", "of", "method", "MB", "encrypted", "complete"):
            justify: Literal["left", "right"] = "right" if title == "MB" else "left"
            table.add_column(title, justify=justify, overflow="fold", no_wrap=title == "archive")
        for one in listing.entries:
            table.add_row(
                escape(one.name),
                f"{one.taken_at:%Y-%m-%d %H:%M}",
                escape(one.project),
                one.method,
                f"{one.bytes / 1e6:.2f}",
                "yes" if one.is_encrypted else "no",
                escape(one.flaw) or "yes",
            )
        (out if out.is_terminal else Console(width=_WIDE, highlight=False, emoji=False)).print(table)
        for leftover in listing.leftovers:
            state = "being written" if leftover.in_use else "left by a run that died; `prune` removes it"
            out.print(f"{leftover.path.name}: {state}", soft_wrap=True)


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="the archive's directory")],
    *,
    attach: _Project = None,
    deployment: _Directory = None,
    replace: Annotated[bool, typer.Option("--replace", help="replace what users have; it is backed up first")] = False,
    into: _Into = Path("backups"),
    identity: _Identity = None,
    recipient: _Recipients = None,
    passphrase_file: _Passphrase = None,
    form: _Format = Form.TEXT,
) -> None:
    """Restore an archive into a running installation, and prove it; run it again to finish one that was killed."""
    with in_plain_words():
        opened = keys.opened(archive, identity, passphrase_file)
        sealing = keys.sealing(recipient, passphrase_file if not recipient else None)
        safety = restores.Safety(
            into, takes.Wishes(opened.manifest.method, sealing=sealing, secrets=sealing.encrypts, gives_way=True)
        )
        with progress.step(f"restoring {archive}") as latest:
            restored = restores.restore(
                installations.running(attach, deployment),
                opened,
                replace=safety if replace else None,
                state=settings_.read().state,
                tell=progress.announce,
                on_progress=_Rate(latest).tell,
            )
        if form is Form.JSON:
            findings = [{"check": one.check, "verdict": one.verdict, "actual": one.actual} for one in restored.findings]
            copy = str(restored.safety_copy or "")
            print_json({"restored": True, "seconds": restored.seconds, "safety_copy": copy, "findings": findings})
            return
        for finding in restored.findings:
            show(finding)
        out.print(f"restored in {restored.seconds:.1f} s")
        if restored.safety_copy:
            out.print(f"what was there before is in {restored.safety_copy}", soft_wrap=True)


@app.command()
def prune(
    into: Annotated[Path, typer.Argument(help="directory of the archives")] = Path("backups"),
    *,
    keep_last: Annotated[int, typer.Option(min=0, help="keep the newest ones")] = 0,
    keep_daily: Annotated[int, typer.Option(min=0, help="keep the newest of each of the last days")] = 0,
    keep_weekly: Annotated[int, typer.Option(min=0, help="keep the newest of each of the last weeks")] = 0,
    keep_monthly: Annotated[int, typer.Option(min=0, help="keep the newest of each of the last months")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would go, and leave it")] = False,
    form: _Format = Form.TEXT,
) -> None:
    """Remove archives that need not be kept; never the newest of a project that verifies."""
    with in_plain_words():
        retention = Retention(keep_last, keep_daily, keep_weekly, keep_monthly)
        pruned = shelf.prune(into, retention, dry_run=dry_run)
        if form is Form.JSON:
            print_json(_as_dict(pruned))
            return
        for kept in pruned.kept:
            out.print(f"keep    {kept.entry.name}  [dim]{escape(', '.join(kept.reasons))}[/dim]", soft_wrap=True)
        word = "would go" if dry_run else "removed"
        for entry in pruned.removed:
            out.print(f"{word} {entry.name}", soft_wrap=True)
        for leftover in pruned.leftovers:
            out.print(f"{word} {leftover.name}, left by a run that died", soft_wrap=True)


def _as_dict(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return plain


class _Rate:
    """How far, how fast, and how long yet."""

    def __init__(self, say: Any) -> None:
        self._say = say
        self._began = time.monotonic()

    def tell(self, done: int, total: int) -> None:
        """So many bytes of so many are done."""
        rate = done / max(time.monotonic() - self._began, 1e-3)
        left = (total - done) / rate if rate else 0.0
        self._say(f"{done / 1e6:.0f} of {total / 1e6:.0f} MB, {rate / 1e6:.0f} MB/s, {left:.0f} s left")
