"""What a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import facts, progress
from agentchat_check.audit import attached, files, judging
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.judging import Audit
from agentchat_check.checks.exposure import OWN_PORTS
from agentchat_check.deployment import INTERNAL_NAMES
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.probes.api import Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.pytest_plugin import outcomes
from agentchat_check.pytest_plugin.context import (
    SESSION,
    evidence_directory,
    is_live,
    noted,
    shown,
)
from agentchat_check.reception import Site
from agentchat_check.session import Session
from agentchat_check.settings import Settings, thresholds
from agentchat_check.settings.thresholds import Alarms
from agentchat_check.stack.running import Stack


class Verify(Protocol):
    """Takes findings; the test goes on while all of them hold."""

    def __call__(self, *findings: Finding) -> None:
        """Note the findings, and end the test when one does not hold."""


class Exhibit(Protocol):
    """Takes what the reader should see beside the findings."""

    def __call__(self, title: str, text: str, *, at_once: bool = False) -> None:
        """Keep a text with its title: among the evidence, and for the end of the run; or show it at once, too."""


@pytest.fixture(scope="session")
def check_session(pytestconfig: pytest.Config) -> Session:
    """What the tests of this run share."""
    return pytestconfig.stash[SESSION]


@pytest.fixture(scope="session")
def settings(check_session: Session) -> Settings:
    """What the operator asked for."""
    return check_session.settings


@pytest.fixture(scope="session")
def alarms(settings: Settings) -> Alarms:
    """The limits of the operations manual's alarms, from the file of thresholds."""
    return thresholds.alarms(settings.thresholds_file)


@pytest.fixture(scope="session")
def audited(check_session: Session) -> Audit:
    """What the audit found in the files of what is looked at. The reference deployment needs no engine for that."""
    settings = check_session.settings
    if settings.attach:
        found = attached.read(check_session.shared_stack)
    elif settings.deployment:
        found = files.read(deployments.read(settings.deployment, settings), EngineImages())
    else:
        found = files.read(deployments.read(deployments.REFERENCE, settings))
    return judging.judge(found, settings.accepted_rules)


@pytest.fixture
def plan_seed(check_session: Session) -> int:
    """What chooses the order and the moments of planned disturbances."""
    return check_session.plan_seed


@pytest.fixture
def site(check_session: Session, maybe_stack: Stack | None) -> Site:
    """Where the installation answers."""
    return check_session.reception.site(maybe_stack)


@pytest.fixture
def maybe_stack(request: pytest.FixtureRequest, check_session: Session) -> Stack | None:
    """The stack, or None where an installation is looked at from outside."""
    return request.getfixturevalue("stack") if check_session.settings.url is None else None


@pytest.fixture
def hosts(maybe_stack: Stack | None) -> frozenset[str]:
    """Names that only mean something inside the deployment."""
    return INTERNAL_NAMES if maybe_stack is None else maybe_stack.hosts()


@pytest.fixture
def ports(maybe_stack: Stack | None) -> frozenset[int]:
    """Ports of the application on its own host: AgentChat's usual ones, and those that the compose files publish."""
    declared = maybe_stack.declared_ports() if maybe_stack else None
    published = {port.published for several in (declared or {}).values() for port in several if port.published}
    return OWN_PORTS | published


@pytest.fixture
def first_look(check_session: Session, stack: Stack) -> tuple[facts.Service, ...]:
    """Every service as it was when this run first saw the stack."""
    return check_session.first_look or stack.services()


@pytest.fixture
def answer_to(maybe_stack: Stack | None) -> Callable[[str], str]:
    """What the model answers to a message: known of the stub model, "" of any other."""
    return visit.known_answer(maybe_stack)


@pytest.fixture
def api(check_session: Session, site: Site) -> Api:
    """The API, asked by nobody."""
    return check_session.reception.api(site)


@pytest.fixture
def guest(check_session: Session, site: Site) -> Guest:
    """A user, logged in: the account that was named, or on a stack of ours a new one."""
    return check_session.reception.guest(site, live=is_live(check_session))


@pytest.fixture
def agent_id(check_session: Session, site: Site, guest: Guest, maybe_stack: Stack | None) -> str:
    """An agent to talk to."""
    return check_session.reception.agent(site, guest, maybe_stack)


@pytest.fixture
def ledger() -> Ledger:
    """The writes of this test."""
    return Ledger()


@pytest.fixture
def dialog_id(guest: Guest, agent_id: str, ledger: Ledger) -> Iterator[str]:
    """A dialog of the guest's; it is removed afterwards."""
    with visit.dialog(guest, agent_id, ledger) as made:
        yield made


@pytest.fixture
def chromium(request: pytest.FixtureRequest, check_session: Session) -> str:
    """The browser's program, installed if need be."""
    with shown(request.config):
        return check_session.chromium


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    """Where this test's pictures go."""
    return evidence_directory(request.node)


@pytest.fixture
def verify(request: pytest.FixtureRequest) -> Verify:
    """Takes findings; the test goes on while all of them hold."""

    def judge(*findings: Finding) -> None:
        findings = tuple(outcomes.without_secrets(request.node, finding) for finding in findings)
        if any(finding.verdict is not Verdict.HOLDS for finding in findings):
            saved = outcomes.save_evidence(request.node)
            findings = tuple(f if f.verdict is Verdict.HOLDS else f.with_evidence(*saved) for f in findings)
        noted(request.node).extend(findings)
        if failed := [finding for finding in findings if finding.verdict is not Verdict.HOLDS]:
            pytest.fail("\n\n".join(map(str, failed)), pytrace=False)

    return judge


@pytest.fixture
def exhibit(request: pytest.FixtureRequest) -> Exhibit:
    """Takes what the reader should see beside the findings, a table or a timeline; shown at the end of the run."""

    def show(title: str, text: str, *, at_once: bool = False) -> None:
        outcomes.exhibit(request.node, title, text)
        if at_once:
            with shown(request.config):
                progress.announce(f"{title}\n{text}")

    return show
