"""Upgrades from the command line: in plain words or as JSON, with the exit status that they say."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli, errors, facts
from agentchat_check.cli import upgrades
from agentchat_check.findings import Promise
from agentchat_check.procedures.upgrade import journal
from agentchat_check.procedures.upgrade.history import History
from agentchat_check.procedures.upgrade.journal import Entry, Phase
from agentchat_check.procedures.upgrade.outcome import RolledBack, Upgraded, Wishes
from agentchat_check.procedures.upgrade.recorded import Recorded
from plugin import engine
from plugin.engine import Engine

HOLDS = Promise("upgrade.works_after", "every call works", "read the log").judge(kept=True, expected="18", actual="18")
UPGRADED = Upgraded("ref-1", "ref-2", Path("/backups/one"), (HOLDS,), None, 12.34, 5.67)
ROLLED_BACK = RolledBack(
    "ref-2", "ref-1", "backend will not come up", (), "no such column", Path("/backups/one"), Path("/backups/two"),
    ("dialog: 3 rows more",), 30.0, None,
)  # fmt: skip

Script = Callable[[str, Any], None]


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on which the installation ``shop`` runs."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    with engine.serving(tmp_path, monkeypatch) as server:
        server.run("shop")
        yield server
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Says what becomes of a run or a rollback; an outcome that is a function makes it of how it is to be done."""

    def script(what: str, outcome: Any) -> None:
        def act(*arguments: Any) -> Any:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome(next(one for one in arguments if isinstance(one, Wishes))) if callable(outcome) else outcome

        monkeypatch.setattr({"run": upgrades.runs, "rollback": upgrades.rollbacks}[what], what, act)

    return script


def run(*arguments: str) -> Result:
    """What ``agentchat-check upgrade`` printed, and its exit status."""
    return CliRunner().invoke(cli.app, ["upgrade", *arguments, "--attach", "shop"])


def test_an_upgrade_that_was_done_ends_with_0(becomes: Script) -> None:
    becomes("run", UPGRADED)
    result = run("run", "--to", "ref-2")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "HOLDS    every call works: 18",
        "upgraded from ref-1 to ref-2 in 12.3 s; the backend was away for 5.7 s",
        "what was there before is in /backups/one",
    ]
    told = json.loads(run("run", "--to", "ref-2", "--format", "json").stdout)
    assert (told["result"], told["after"], told["archive"], told["downtime"]) == (
        "Upgraded",
        "ref-2",
        "/backups/one",
        5.67,
    )
    assert told["findings"] == [{"check": "upgrade.works_after", "verdict": "HOLDS", "actual": "18"}]


def test_one_that_was_rolled_back_ends_with_1_and_says_why(becomes: Script) -> None:
    becomes("run", ROLLED_BACK)
    result = run("run", "--to", "ref-2")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "ref-1 runs again, and not ref-2, after 30.0 s",
        "why: backend will not come up",
        "on the data as they were it did not work: no such column",
        "its data are those of /backups/one",
        "lost with that: dialog: 3 rows more",
        "what was there before is in /backups/two",
    ]
    becomes("rollback", ROLLED_BACK)
    assert run("rollback").exit_code == 0
    assert json.loads(run("rollback", "--format", "json").stdout)["lost"] == ["dialog: 3 rows more"]


@pytest.mark.parametrize(("what", "outcome"), [(("run", "--to", "ref-2"), UPGRADED), (("rollback",), ROLLED_BACK)])
def test_its_backup_gives_way_to_the_users_it_would_slow_down(
    becomes: Script, what: tuple[str, ...], outcome: Any
) -> None:
    wished: list[Wishes] = []
    becomes(what[0], lambda wishes: wished.append(wishes) or outcome)
    assert run(*what).exit_code == 0
    assert [wishes.backup.gives_way for wishes in wished] == [True]


@pytest.mark.parametrize("what", [("run", "--to", "ref-2"), ("rollback",)])
@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.StackError("upgrade shop", actual="no"), 2), (errors.HalfwayError("upgrade shop", actual="asked"), 4)],
)
def test_what_was_refused_ends_with_2_and_what_stands_halfway_with_4(
    becomes: Script, what: tuple[str, ...], error: errors.CheckError, status: int
) -> None:
    becomes(what[0], error)
    result = run(*what)
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr.startswith("upgrade shop\n")


def test_one_that_was_interrupted_halfway_says_so(becomes: Script, tmp_path: Path) -> None:
    becomes("run", KeyboardInterrupt())
    assert run("run", "--to", "ref-2").exit_code == 2
    with journal.of(tmp_path / "state", "shop") as notes:
        notes.write(Entry(Phase.SWITCHING, 1, 2))
    result = run("run", "--to", "ref-2")
    assert result.exit_code == 4
    assert "run the same command again" in result.stderr


def test_the_status_says_what_runs_and_what_stands_halfway(tmp_path: Path) -> None:
    assert run("status").stdout.splitlines() == ["runs       not known", "came from  not known"]
    past = History(tmp_path / "state/upgrades/shop")
    for number, name in ((1, "v2.4"), (2, "v2.5")):
        past.directory(number)
        past.write(Recorded(number, name, "/srv", [], [], [], [facts.Image("backend", f"chat:{name}", "sha256:b")]))
    (past.home / "course.json").write_text('{"current": 2, "former": 1}')
    assert run("status").stdout.splitlines() == [
        "runs       v2.5: backend chat:v2.5 (sha256:b)",
        "came from  v2.4: backend chat:v2.4 (sha256:b)",
    ]
    with journal.of(tmp_path / "state", "shop") as notes:
        notes.write(Entry(Phase.ROLLING_BACK, 1, 2))
    result = run("status")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (4, "halfway    rolling back, from v2.4 to v2.5")
    told = json.loads(run("status", "--format", "json").stdout)
    assert (told["current"]["name"], told["former"]["name"], told["halfway"]["phase"]) == (
        "v2.5",
        "v2.4",
        "rolling back",
    )


@pytest.mark.parametrize("what", [("run", "--to", "ref-2"), ("rollback",)])
def test_an_installation_needs_an_account(what: tuple[str, ...]) -> None:
    result = run(*what)
    assert result.exit_code == 2
    assert "an account that was made for checks" in result.stderr


@pytest.mark.parametrize("command", ["run", "rollback", "status"])
def test_every_command_says_its_exit_status(command: str) -> None:
    shown = " ".join(run(command, "--help").stdout.replace("│", " ").split())
    assert "Exit status: 0" in shown
    assert "4 " in shown
