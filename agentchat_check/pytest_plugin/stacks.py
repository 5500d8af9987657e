"""The stacks that tests ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.backup import other_version
from agentchat_check.procedures.upgrade.pairing import NamedPair
from agentchat_check.pytest_plugin import outcomes
from agentchat_check.pytest_plugin.context import evidence_directory, shares_its_files_stack, shown
from agentchat_check.pytest_plugin.spares import Spares
from agentchat_check.session import Session
from agentchat_check.stack import releases
from agentchat_check.stack.running import Stack


@pytest.fixture
def deployment(request: pytest.FixtureRequest, check_session: Session) -> Deployment:
    """What is brought up: as it is, as it is to run in production, or as the release that an upgrade begins with."""
    if "pair" in request.fixturenames:
        pair: NamedPair = request.getfixturevalue("pair")
        return releases.named(check_session.client, check_session.settings, pair.before)
    if "every_release" in request.fixturenames:
        first: Deployment = request.getfixturevalue("every_release")[0]
        return first
    given = check_session.deployment
    return deployments.in_production(given) if request.node.get_closest_marker("production") else given


@pytest.fixture(scope="module")
def spares(check_session: Session) -> Iterator[Spares]:
    """Stacks that the tests of a file use one after the other."""
    made = Spares(check_session)
    yield made
    made.close()


@pytest.fixture
def stack(request: pytest.FixtureRequest, check_session: Session) -> Iterator[Stack]:
    """The stack that is looked at; for a test that breaks something one of its own, or of its file's."""
    if shares_its_files_stack(request.node):
        yield from _lent(request)
    elif request.node.get_closest_marker("disruptive"):
        given: Deployment = request.getfixturevalue("deployment")
        with ExitStack() as undo:
            with shown(request.config):
                own = check_session.own_stack(given, evidence_into=evidence_directory(request.node))
                made = undo.enter_context(own)
            yield made
    else:
        with shown(request.config):
            shared = check_session.shared_stack
        yield shared


def _lent(request: pytest.FixtureRequest) -> Iterator[Stack]:
    given: Deployment = request.getfixturevalue("deployment")
    spares: Spares = request.getfixturevalue("spares")
    with shown(request.config):
        lent = spares.lend(given, evidence_into=evidence_directory(request.node))
    yield lent
    spares.take_back(given, spoiled=outcomes.failed(request.node))


@pytest.fixture
def unstarted_stack(check_session: Session, deployment: Deployment) -> Iterator[Stack]:
    """A stack of which nothing runs yet, for tests that start it themselves."""
    with check_session.unstarted_stack(deployment) as made:
        yield made


@pytest.fixture
def other_stack(request: pytest.FixtureRequest, check_session: Session, deployment: Deployment) -> Iterator[Stack]:
    """An empty stack whose database runs from the image that ``other_database`` names."""
    changed = other_version.deployment(deployment, check_session.settings)
    with ExitStack() as undo:
        with shown(request.config):
            evidence_into = evidence_directory(request.node) / "other"
            made = undo.enter_context(check_session.own_stack(changed, evidence_into=evidence_into))
        yield made
