"""Backups from the command line: in plain words or as JSON, with the exit status that they say."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import archives
from agentchat_check import cli
from agentchat_check.cli import backups
from agentchat_check.procedures.backup import journal
from agentchat_check.procedures.backup.journal import Entry
from agentchat_check.procedures.backup.restore import Restored, Safety
from agentchat_check.stack import priority
from archives import IDENTITY, PRIVATE, SEALING
from plugin import engine
from plugin.engine import Engine


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host without an engine, and its directory of archives."""
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/compose.yml").write_text("services: {}\n")
    return tmp_path / "backups"


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """A command's handling of SIGTERM ends with its test."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def nice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """How nice a command was, one step after the other; this process and its session stay as they are."""
    steps: list[int] = []
    monkeypatch.setattr(os, "setpriority", lambda _which, _who, nice: steps.append(nice))
    monkeypatch.setattr(priority, "_SESSION", str(tmp_path / "no such kernel"))
    return steps


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that runs nothing yet."""
    with engine.serving(tmp_path, monkeypatch) as server:
        yield server


@pytest.fixture
def closed(host: Path) -> Path:
    """An encrypted archive."""
    return archives.write(host, closed=SEALING)


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    """What opens it."""
    assert IDENTITY.identities
    (tmp_path / "key.txt").write_text(f"{PRIVATE}\n")
    return tmp_path / "key.txt"


def run(*arguments: str | Path) -> Result:
    """What ``agentchat-check backup`` printed, and its exit status."""
    return CliRunner().invoke(cli.app, ["backup", *map(str, arguments)])


def damage(archive: Path) -> None:
    """Flip a bit."""
    part = archive / "cache/dump.rdb.zst"
    part.write_bytes(part.read_bytes()[:-1] + bytes([part.read_bytes()[-1] ^ 1]))


def refused(result: Result, *words: str) -> None:
    """Whether a command ended in one error in plain words, and in no verdict."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert "\n  next step:  " in result.stderr
    assert [word for word in words if word not in result.stderr] == []


def test_the_secrets_are_encrypted_or_left_out_and_that_is_chosen(host: Path) -> None:
    result = run("take", "--attach", "shop")
    assert result.stderr == (
        "choose what becomes of the secrets\n"
        "  expected:   an archive that is encrypted, or one without the env file\n"
        "  actual:     neither was chosen\n"
        "  next step:  add --recipient KEY or --passphrase-file FILE; or --leave-secrets-out, and keep it apart\n"
    )
    refused(result)
    assert not host.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipient", "nonsense"], "a public key: age1…, ssh-ed25519 … or ssh-rsa …"),
        (["--recipient", str(PRIVATE)], "a public key: age1…"),
        (["--passphrase-file", "missing"], "actual:     No such file or directory"),
        (["--passphrase-file", "shop"], "actual:     Is a directory"),
        (["--passphrase-file", "empty"], "actual:     its first line is empty"),
        (["--passphrase-file", "blank", "--leave-secrets-out"], "actual:     its first line is empty"),
        (["--passphrase-file", "binary"], "actual:     it is no text"),
        (["--passphrase-file", "fine", "--recipient", str(PRIVATE.to_public())], "both, which age does not do"),
        (["--leave-secrets-out"], "an engine that answers at unix:///nonexistent"),
        (["--passphrase-file", "fine"], "an engine that answers at unix:///nonexistent"),
    ],
)
def test_what_cannot_be_taken_is_one_clear_error_and_leaves_nothing(
    host: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    for name, content in {"empty": b"", "blank": b"\nword\n", "binary": b"\xff\xfe", "fine": b"word\n"}.items():
        (tmp_path / name).write_bytes(content)
    result = run("take", "--attach", "shop", *arguments)
    refused(result, words)
    assert str(PRIVATE) not in result.output
    assert not host.exists()


@pytest.mark.parametrize("command", [("take", "--leave-secrets-out"), ("restore", "backups/one")])
def test_an_installation_has_to_be_named(docker: Engine, host: Path, command: tuple[str, ...]) -> None:
    archives.write(host).rename(host / "one")
    refused(run(*command), "actual:     neither was given", "--attach PROJECT")


@pytest.mark.parametrize("command", [("take", "--leave-secrets-out"), ("restore", "backups/one")])
@pytest.mark.parametrize("named", [("--attach", "gone"), ("--deployment", "shop")])
def test_a_project_that_does_not_run_ends_with_2(
    docker: Engine, host: Path, command: tuple[str, ...], named: tuple[str, str]
) -> None:
    archives.write(host).rename(host / "one")
    docker.run("somebody")
    before = archives.everything(host)
    refused(run(*command, *named), "find the project ", "its projects are: somebody")
    assert archives.everything(host) == before


def test_what_a_restore_left_halfway_is_not_backed_up(docker: Engine, host: Path, tmp_path: Path) -> None:
    docker.run("shop")
    with journal.of(tmp_path / "state", "shop") as notes:
        notes.write(Entry("/archives/one", "d", []))
    refused(run("take", "--attach", "shop", "--leave-secrets-out"), "back up shop", "of /archives/one was begun")
    assert not host.exists()


def test_two_backups_of_one_installation_do_not_meet(docker: Engine, host: Path, tmp_path: Path) -> None:
    docker.run("shop")
    with journal.of(tmp_path / "state", "shop"):
        refused(run("take", "--attach", "shop", "--leave-secrets-out"), "another one is under way")
    assert not host.exists()


@pytest.mark.parametrize(("options", "steps"), [((), [15, os.getpriority(os.PRIO_PROCESS, 0)]), (("--cold",), [])])
def test_a_backup_gives_way_to_the_users_it_would_slow_down(
    docker: Engine, nice: list[int], options: tuple[str, ...], steps: list[int]
) -> None:
    docker.run("shop")
    refused(run("take", "--attach", "shop", "--leave-secrets-out", *options))
    assert nice == steps


def test_what_a_restore_replaces_is_backed_up_in_the_same_way(
    docker: Engine, host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished: list[Safety | None] = []

    def restore(*_: Any, replace: Safety | None, **__: Any) -> Restored:
        wished.append(replace)
        return Restored((), None, 1.0)

    monkeypatch.setattr(backups.restores, "restore", restore)
    docker.run("shop")
    archive = archives.write(host)
    assert run("restore", archive, "--attach", "shop", "--replace").exit_code == 0
    assert [safety and safety.wishes.gives_way for safety in wished] == [True]


def test_a_whole_archive_verifies(host: Path) -> None:
    archive = archives.write(host)
    result = run("verify", archive)
    assert (result.exit_code, result.stdout) == (0, f"{archive} is whole\n")
    assert json.loads(run("verify", archive, "--format", "json").stdout) == {
        "archive": str(archive),
        "whole": True,
        "flaw": "",
    }


def test_a_damaged_archive_ends_with_1_and_its_flaw(host: Path) -> None:
    damage(archive := archives.write(host))
    result = run("verify", archive)
    assert result.exit_code == 1
    assert "cache/dump.rdb" in result.stdout
    assert "\n  next step:  " in result.stdout
    told = run("verify", archive, "--format", "json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["whole"] is False
    assert "cache/dump.rdb" in json.loads(told.stdout)["flaw"]


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sha256", "cache/dump.rdb.zst"])
def test_an_archive_that_lacks_a_file_is_damaged(host: Path, name: str) -> None:
    (archive := archives.write(host)).joinpath(name).unlink()
    result = run("verify", archive)
    assert result.exit_code == 1
    assert name in result.stdout


def test_an_archive_that_is_not_there_is_not_damaged(host: Path) -> None:
    refused(run("verify", host / "none"), "no such directory")


def test_an_encrypted_archive_verifies_with_its_key(closed: Path, identity: Path) -> None:
    assert run("verify", closed, "--identity", identity).stdout == f"{closed} is whole\n"


def test_an_archive_that_is_closed_is_not_called_damaged(closed: Path, tmp_path: Path) -> None:
    refused(run("verify", closed), "actual:     nothing was given")
    (tmp_path / "word").write_text("word\n")
    refused(run("verify", closed, "--passphrase-file", tmp_path / "word"), "open the encrypted archive")


def test_a_damaged_archive_is_told_so_though_it_is_encrypted(closed: Path, identity: Path) -> None:
    part = closed / "cache/dump.rdb.zst.age"
    part.write_bytes(part.read_bytes()[:-1])
    assert run("verify", closed, "--identity", identity).exit_code == 1
    assert run("verify", closed).exit_code == 1


def test_archives_are_listed_the_newest_first_with_what_is_wrong(host: Path) -> None:
    old = archives.write(host, taken_at=archives.TAKEN.replace(day=1), project="[bold]odd")
    new = archives.write(host)
    (old / "cache/dump.rdb.zst").unlink()
    result = run("list", host)
    assert result.exit_code == 0
    _, first, second, *_ = result.stdout.splitlines()
    assert first.split() == [new.name, "2026-11-24", "19:36", "docker", "logical", "0.00", "no", "yes"]
    assert "[bold]odd" in second
    assert "it is missing" in " ".join(result.stdout.split())
    listed = json.loads(run("list", host, "--format", "json").stdout)
    assert [entry["path"] for entry in listed["entries"]] == [str(new), str(old)]
    assert listed["leftovers"] == []


def test_a_directory_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    refused(run("list", tmp_path / "none"), f"list the archives in {tmp_path}/none")
    refused(run("prune", tmp_path / "none", "--keep-last", "1"), f"list the archives in {tmp_path}/none")
    (tmp_path / "some").mkdir()
    assert run("list", tmp_path / "some").exit_code == 0


def test_json_is_printed_as_it_is(host: Path) -> None:
    archives.write(host, project=":key:[red]")
    listed = json.loads(run("list", host, "--format", "json").stdout)
    assert listed["entries"][0]["project"] == ":key:[red]"


def test_pruning_says_what_stays_and_why(host: Path) -> None:
    old, new = (archives.write(host, taken_at=archives.TAKEN.replace(day=day)) for day in (1, 2))
    dry = run("prune", host, "--keep-last", "1", "--dry-run")
    assert dry.stdout.splitlines() == [f"keep    {new.name}  last", f"would go {old.name}"]
    assert old.exists()
    done = json.loads(run("prune", host, "--keep-last", "1", "--format", "json").stdout)
    assert [entry["path"] for entry in done["removed"]] == [str(old)]
    assert [path.name for path in host.iterdir()] == [new.name]


def test_pruning_without_saying_what_is_kept_removes_nothing(host: Path) -> None:
    archive = archives.write(host)
    refused(run("prune", host), "nothing to be kept", "--keep-last")
    assert run("prune", host, "--keep-last", "-1").exit_code == 2
    assert archive.exists()


def test_a_damaged_or_closed_archive_is_not_restored_and_nobody_is_asked(host: Path, closed: Path) -> None:
    (closed / "manifest.json.sha256").write_text("0")
    refused(run("restore", closed, "--attach", "shop"), "changed since, or is damaged")
    refused(run("restore", host / "none", "--attach", "shop"), "no such directory")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["take", "verify", "list", "restore", "prune", "2 it could not be done"]),
        (("take",), ["--recipient", "--leave-secrets-out", "--cold", "logical"]),
        (("restore",), ["--replace", "it is backed up first", "--identity"]),
        (("prune",), ["--keep-daily", "never the newest of a project that verifies"]),
    ],
)
def test_every_command_says_what_it_does(arguments: tuple[str, ...], words: list[str]) -> None:
    shown = " ".join(run(*arguments, "--help").stdout.replace("│", " ").split())
    assert [word for word in words if word not in shown] == []


def test_a_wrong_method_shows_how_it_goes(docker: Engine) -> None:
    result = run("take", "--attach", "shop", "--leave-secrets-out", "--method", "magic")
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_nobody_is_told_a_passphrase(tmp_path: Path, closed: Path) -> None:
    (tmp_path / "word").write_text("Correct-horse-7\n")
    shown: Any = [
        run("take", "--attach", "shop", "--passphrase-file", tmp_path / "word").output,
        run("verify", closed, "--passphrase-file", tmp_path / "word").output,
    ]
    assert "Correct-horse-7" not in "".join(shown)
