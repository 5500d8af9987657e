"""Suites and commands in processes of their own, and what they say and leave."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from agentchat_check import wait
from agentchat_check.stack import process
from small import PATIENCE, ROLES, ROOT

LOOK = "verify(health.all_run(stack.services()))"
"""Body of a suite's test that looks once."""

WAIT = """\
(HERE / f"looking-{stack.project}").touch()
while not (HERE / "go").exists():
    time.sleep(0.05)
verify(health.all_run(stack.services()))
"""
"""Body of a suite's test that is under way until the file ``go`` is there."""

# Programs that a shell started in the background ignore Ctrl-C, and so would their children.
_BEGIN = """\
import os, pathlib, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
pathlib.Path(sys.argv.pop(1)).write_text(str(os.getpid()))
"""
_PYTEST = _BEGIN + "runpy.run_module('pytest', run_name='__main__', alter_sys=True)"
_COMMAND = _BEGIN + "from agentchat_check.cli import app; app(prog_name='agentchat-check')"


def suite_test(name: str, body: str = LOOK, *, mark: str = "safe", fixtures: str = "stack, verify") -> str:
    """A suite's test with its page of the manual, as source."""
    page = f'''
        @pytest.mark.{mark}
        def test_{name}({fixtures}):
            """{name.replace("_", " ").capitalize()}.

            Procedure:
                1. Look.

            If it fails:
                Look again.
            """
        '''
    return dedent(page) + indent(body, "    ") + "\n"


def on_a_disk_of_its_own(directory: Path, how: str, what: str) -> list[str]:
    """The beginning of a command that sees something mounted at a directory; nobody else does, and it goes with it."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-c", f'mount {how} "{what}" "{directory}" && exec "$@"', "sh"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run in a process of its own left.

    Attributes:
        status: Its exit status.
        text: All it printed.
        report: Its report.json; empty when it wrote none.
        directory: Where that is, with the evidence.
    """

    status: int
    text: str
    report: Mapping[str, Any]
    directory: Path

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each promise."""
        return {finding["promise"]: finding["verdict"] for finding in self.report["findings"]}


def is_one_clear_error(outcome: Outcome, *says: str) -> None:
    """Whether a run ended in one error in our form, and in nothing that could be read as a pass."""
    assert outcome.status == 1, outcome.text
    assert "Traceback" not in outcome.text
    assert "defect of agentchat-check" not in outcome.text
    assert "1 error in" in outcome.text
    assert "passed" not in outcome.text
    (finding,) = outcome.report["findings"]
    assert (finding["verdict"], outcome.report["verdict"]) == ("UNKNOWN", "UNKNOWN")
    assert finding["expected"]
    assert finding["actual"].startswith("could not ")
    assert finding["next_step"]
    told = "\n".join([finding["expected"], finding["actual"], finding["next_step"]])
    for words in says:
        assert words in told
    for line in (line.strip() for line in finding["actual"].splitlines()):
        assert line in outcome.text


@dataclass
class Under:
    """A run that is under way.

    Attributes:
        program: Its process.
        runs: Where it was begun.
        pid: The process's id; that of its group, too.
    """

    program: process.Running
    runs: Runs
    pid: int

    def looking(self) -> list[str]:
        """The projects that its tests look at now, once there is one."""
        return wait.until(
            lambda: [path.name.removeprefix("looking-") for path in self.runs.suites.glob("looking-*")],
            bool,
            hopeless=self._ended,
            what="a test looks at its stack",
            timeout=PATIENCE,
        )

    def go_on(self) -> None:
        """Let its tests end."""
        (self.runs.suites / "go").touch()

    def interrupt(self) -> None:
        """What Ctrl-C does on a terminal: the whole group is told."""
        os.killpg(self.pid, signal.SIGINT)

    def terminate(self) -> None:
        """What a supervisor does first: the process is told."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """What nobody can do anything against."""
        os.kill(self.pid, signal.SIGKILL)

    def outcome(self, timeout: float = PATIENCE) -> Outcome:
        """What it left, once it has ended by itself."""
        self.program.wait(timeout)
        return self.runs.outcome(self.program.completed())

    def _ended(self, _: object) -> str:
        done = self.program.completed() if self.program.done() else None
        return f"the run ended: {done.stdout}{done.stderr}" if done else ""


@dataclass
class Runs:
    """Where runs of small suites happen: a project of its own, with a scratch directory of its own.

    Attributes:
        home: The project's directory.
        scratch: Where scratch copies go.
        suite: A suite of this project to run instead of a small one.
        cwd: Where they are started.
        prefix: A command that they are given to.
    """

    home: Path
    scratch: Path
    suite: Path | None = None
    cwd: Path = ROOT
    prefix: list[str] = field(default_factory=list)

    @property
    def suites(self) -> Path:
        """The directory of the suite's tests."""
        return self.home / "suites"

    @property
    def reports(self) -> Path:
        """Where reports and evidence go."""
        return self.home / "reports"

    def write(self, *tests: str) -> None:
        """Write the suite that is run."""
        self.suites.mkdir(parents=True, exist_ok=True)
        head = "import time\nfrom pathlib import Path\nimport pytest\nfrom agentchat_check.checks import health\n"
        here = "HERE = Path(__file__).parent\n"
        (self.home / "pytest.ini").write_text("[pytest]\n")
        (self.suites / "test_small.py").write_text(head + here + "\n".join(tests))

    def run(self, *options: str, timeout: float = PATIENCE, **variables: str) -> Outcome:
        """Run the suite to its end."""
        if not self.suites.exists():
            self.write(suite_test("every_service_runs"))
        done = process.run(
            self._pytest(options), cwd=self.cwd, environment=self._variables(variables), timeout=timeout, check=False
        )
        return self.outcome(done)

    @contextmanager
    def under_way(self, *options: str, **variables: str) -> Iterator[Under]:
        """Run the suite beside us."""
        if not self.suites.exists():
            self.write(suite_test("every_service_runs", WAIT))
        with process.running(self._pytest(options), cwd=self.cwd, environment=self._variables(variables)) as program:
            yield Under(program, self, self._pid(program))

    def command(self, *arguments: str, timeout: float = PATIENCE, **variables: str) -> Outcome:
        """Run ``agentchat-check`` to its end."""
        done = process.run(
            self._cli(arguments), cwd=self.cwd, environment=self._variables(variables), timeout=timeout, check=False
        )
        return self.outcome(done)

    @contextmanager
    def command_under_way(self, *arguments: str, **variables: str) -> Iterator[Under]:
        """Run ``agentchat-check`` beside us."""
        with process.running(self._cli(arguments), cwd=self.cwd, environment=self._variables(variables)) as program:
            yield Under(program, self, self._pid(program))

    def outcome(self, done: process.Completed) -> Outcome:
        """What a run left."""
        reports = sorted(self.reports.glob("*/report.json"), key=lambda path: path.stat().st_mtime_ns)
        directory = reports[-1].parent if reports else self.reports
        report = json.loads(reports[-1].read_text()) if reports else {}
        return Outcome(done.returncode, done.stdout + done.stderr, report, directory)

    def _pytest(self, options: tuple[str, ...]) -> list[str]:
        begin = [*self.prefix, sys.executable, "-c", _PYTEST, str(self._pid_file), "-p", "no:cacheprovider"]
        if self.suite:
            return [*begin, str(self.suite), *options]
        ours = ["-c", str(self.home / "pytest.ini"), "-p", "agentchat_check.pytest_plugin"]
        return [*begin, *ours, str(self.suites), *options]

    def _cli(self, arguments: tuple[str, ...]) -> list[str]:
        return [*self.prefix, sys.executable, "-c", _COMMAND, str(self._pid_file), *arguments]

    def _variables(self, more: Mapping[str, str]) -> dict[str, str]:
        ours = {
            "AGENTCHAT_CHECK_HEALTH_INTERVAL": "0.1",
            "AGENTCHAT_CHECK_NO_INSTALL": "true",
            "AGENTCHAT_CHECK_REPORTS": str(self.reports),
            "AGENTCHAT_CHECK_ROLES": json.dumps(ROLES),
            "COLUMNS": "200",
            "PYTEST_ADDOPTS": "",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.scratch),
        }
        self.home.mkdir(parents=True, exist_ok=True)
        self._pid_file.unlink(missing_ok=True)
        return {**ours, **more}

    @property
    def _pid_file(self) -> Path:
        return self.home / "pid"

    def _pid(self, program: process.Running) -> int:
        written = wait.until(
            lambda: self._pid_file.read_text() if self._pid_file.exists() else "",
            bool,
            hopeless=lambda _: program.completed().said if program.done() else "",
            what="the run has begun",
            timeout=PATIENCE,
        )
        return int(written)
