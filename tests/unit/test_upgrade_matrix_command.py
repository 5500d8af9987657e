"""The matrix from the command line: a line for each pair, or JSON; what decides is each way to a later release."""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agentchat_check import cli, errors
from agentchat_check.deployment import Deployment
from agentchat_check.facts import Aspect, Pair
from agentchat_check.findings import Verdict
from agentchat_check.procedures.upgrade.pairs import Judge
from agentchat_check.session import Session
from makers import finding
from plugin import engine
from plugin.engine import Engine

WELL = {aspect: (finding(),) for aspect in Aspect}

Script = Callable[..., list[Path]]


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine, and a directory of two releases."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("AGENTCHAT_CHECK_STATE", str(tmp_path / "state"))
    for name in ("v2.9", "v2.10"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        (tmp_path / "releases" / name / "docker-compose.yml").write_text("services: {}\n")
    with engine.serving(tmp_path, monkeypatch) as server:
        yield server
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Says what is found of the way onwards and of the way back; keeps what the judge was told."""

    def script(onwards: Any, back: Any = WELL) -> list[Path]:
        noted: list[Path] = []

        def judged(self: Judge, releases: Sequence[Deployment]) -> tuple[Pair, ...]:
            if isinstance(onwards, BaseException):
                raise onwards
            with self.bring_up(releases[0]) as stack:
                noted.extend([Path(stack.name), self.settings.state, self.into])
            old, new = [release.name for release in releases]
            return Pair(old, new, onwards), Pair(new, old, back)

        @contextmanager
        def own_stack(self: Session, release: Deployment, *, evidence_into: Path) -> Iterator[Any]:
            assert self.settings.database == "prepared"
            assert evidence_into == self.directory / "evidence" / release.name
            yield SimpleNamespace(name=release.name)

        monkeypatch.setattr(Judge, "matrix", judged)
        monkeypatch.setattr(Session, "own_stack", own_stack)
        return noted

    return script


def run(*arguments: str) -> Result:
    """What ``agentchat-check upgrade matrix`` printed, and its exit status."""
    return CliRunner().invoke(cli.app, ["upgrade", "matrix", "--releases", "releases", *arguments])


def test_a_pair_is_a_line_and_nothing_amiss_is_exit_0(becomes: Script) -> None:
    becomes(WELL)
    result = run()
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[1] == "from -> to reads writes schema config rollback"
    assert lines[3:5] == [f"{way} holds holds holds holds holds" for way in ("v2.9 -> v2.10", "v2.10 -> v2.9")]
    assert "v2.9 · holds" in lines


@pytest.mark.parametrize(("verdict", "status"), [(Verdict.BROKEN, 1), (Verdict.UNKNOWN, 2)])
def test_what_does_not_hold_onwards_decides_and_says_why(becomes: Script, verdict: Verdict, status: int) -> None:
    becomes({**WELL, Aspect.ROLLBACK: (finding(verdict),)})
    result = run()
    assert result.exit_code == status
    assert result.stdout.splitlines()[-1].startswith(f"v2.9 -> v2.10, rollback: {verdict}: ")


def test_what_an_earlier_release_does_on_the_data_of_a_later_one_is_shown_and_does_not_decide(becomes: Script) -> None:
    becomes(WELL, {**WELL, Aspect.WRITES: (finding(Verdict.BROKEN),)})
    result = run()
    assert result.exit_code == 0
    assert "v2.10 -> v2.9, writes: BROKEN: " in result.stdout


def test_a_matrix_is_told_to_programs(becomes: Script) -> None:
    becomes({**WELL, Aspect.SCHEMA: (finding(Verdict.BROKEN),)})
    result = run("--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["releases"], told["verdict"]) == (1, ["v2.9", "v2.10"], "BROKEN")
    assert [pair["verdicts"]["schema"] for pair in told["pairs"]] == ["BROKEN", "HOLDS"]


def test_what_is_noted_of_its_stacks_goes_with_it(becomes: Script, tmp_path: Path) -> None:
    noted = becomes(WELL)
    run()
    name, state, backups = noted
    assert str(name) == "v2.9"
    assert state != tmp_path / "state"
    assert state.parent == backups.parent
    assert not state.parent.exists()


def test_what_could_not_be_seen_is_exit_2_in_plain_words(becomes: Script) -> None:
    becomes(errors.StackError("bring up v2.10", actual="mysql will not come up"))
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("bring up v2.10\n")


def test_one_release_is_no_matrix(tmp_path: Path) -> None:
    (tmp_path / "alone/v2.9").mkdir(parents=True)
    result = run("--releases", "alone")
    assert result.exit_code == 2
    assert "only one release is named" in result.stderr


def test_it_says_its_exit_status() -> None:
    shown = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "Exit status: 0 each release can follow every one before it" in shown
