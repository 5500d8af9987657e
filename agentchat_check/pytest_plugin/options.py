"""What is verified: the options, read once, and the run they begin."""

from __future__ import annotations

import secrets
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agentchat_check import errors
from agentchat_check import settings as settings_
from agentchat_check.procedures.upgrade import pairing
from agentchat_check.pytest_plugin.context import LEARNED, SESSION, is_live
from agentchat_check.pytest_plugin.reporter import Reporter
from agentchat_check.report.record import Record
from agentchat_check.session import Session
from agentchat_check.stack import owner
from agentchat_check.stack.owner import Run

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

_MARKERS = (
    "safe: may run on a live installation, for it only reads, or removes again what it writes",
    "disruptive: breaks or restarts something, so gets a stack of its own; with mends=True its file's",
    "production: looks at the deployment with its production overlay on top, on a stack of its file's own",
    "pairs: for which upgrades a test of them runs: each (default), last, or skipping: each, and first to last",
    "closing: looks back at the run itself, and so runs last",
    "browser: needs Chromium",
)

_OPTIONS = (
    *("deployment", "env_file", "compose_files", "build"),
    *("attach", "url", "page_url", "user"),
    *("from_release", "to_release", "releases"),
    *("plan_seed", "plans", "plan_length", "keep_stack"),
)
"""Options that are settings of the same name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Three ways to name a deployment: none of these, --deployment, and --attach or --url."""
    add = parser.getgroup("agentchat-check", "what to verify (default: the reference deployment)").addoption
    add("--deployment", metavar="DIR", help="an AgentChat compose directory; it is copied and never written")
    add("--env-file", metavar="FILE", help="its env file")
    add("--compose-file", metavar="FILE", action="append", dest="compose_files", help="its compose file; repeatable")
    add("--image", metavar="ROLE=NAME", action="append", help="another image for a role or a service; repeatable")
    add("--build", action="store_const", const=True, help="build its images even when nothing changed")
    add("--no-build", action="store_const", const=False, dest="build", help="never build its images")
    add("--attach", metavar="PROJECT", help="look at a running compose project; on others' only safe tests run")
    add("--url", metavar="URL", help="look at a running installation from outside; only safe tests run")
    add("--page-url", metavar="URL", help="the address of its page, where that is another one")
    add("--user", metavar="NAME", help="the account to use there; its password in AGENTCHAT_CHECK_PASSWORD")
    add("--from", metavar="RELEASE", dest="from_release", help="the release that an upgrade begins with")
    add("--to", metavar="RELEASE", dest="to_release", help="the release that it goes to")
    add("--releases", metavar="DIR", help="releases, each a directory in it: from each one to the next")
    add("--plan-seed", metavar="NUMBER", type=int, help="repeat the planned disturbances of the run that showed it")
    add("--plans", metavar="NUMBER", type=int, help="how many plans of upgrades are carried out")
    add("--plan-length", metavar="STEPS", type=int, help="how many steps each of them has")
    add("--keep-stack", action="store_const", const=True, help="leave the stack running at the end")


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and begin the run; a worker takes part in the run it was handed."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    try:
        settings = settings_.read(_given(config))
        pairing.names(settings)  # or what is wrong with them would be said for each test by itself
    except errors.CheckError as error:
        raise pytest.UsageError(str(error)) from None
    handed: dict[str, str] = getattr(config, "workerinput", {})
    begun = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    run = Run(handed.get("check_run", begun), handed.get("check_owner") or owner.current())
    session = Session(settings, run, config.rootpath / settings.reports / run.id)
    config.stash[SESSION] = session
    if not handed:
        _take_one_process_for_a_live_installation(config, session)
        record = Record(session.directory, run=run.id, deployment=session.named())
        config.pluginmanager.register(Reporter(session, record), "agentchat-check-reporter")
    signal.signal(signal.SIGTERM, _end)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Hand this run to a worker."""
    run = node.config.stash[SESSION].run
    node.workerinput.update(check_run=run.id, check_owner=run.owner)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand back from a worker which application it talked to."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None and (application := session.config.stash[SESSION].reception.application()):
        output[LEARNED] = {"application": application}


def _take_one_process_for_a_live_installation(config: pytest.Config, session: Session) -> None:
    """There every process would use the one account that was named, and take the others' dialogs for its own traces."""
    if config.getoption("numprocesses", None) and is_live(session):
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


def _given(config: pytest.Config) -> dict[str, Any]:
    options = {name: config.getoption(name) for name in _OPTIONS}
    return {**options, "replace_images": settings_.images_by_role(config.getoption("image") or ())}


def _end(signum: int, frame: object) -> None:
    """SIGTERM ends the run as Ctrl-C does: what was made is removed, and the report is written."""
    del signum, frame
    raise KeyboardInterrupt
