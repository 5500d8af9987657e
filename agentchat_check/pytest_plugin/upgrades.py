"""The releases that tests of upgrades ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agentchat_check import facts
from agentchat_check.deployment import Deployment
from agentchat_check.findings import Finding
from agentchat_check.procedures import starting
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import brought, chance, pairing
from agentchat_check.procedures.upgrade.chance import Course, Plan
from agentchat_check.procedures.upgrade.pairing import NamedPair, Which
from agentchat_check.procedures.upgrade.pairs import Judge
from agentchat_check.pytest_plugin.context import SESSION, evidence_directory, shown
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import releases
from agentchat_check.stack.running import Stack

FirstStarts = dict[NamedPair, facts.Brought]
Target = Callable[[Deployment], Deployment]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of upgrades for each pair of releases that it is about, and a test of plans for each of them."""
    settings = metafunc.config.stash[SESSION].settings
    if "planned" in metafunc.fixturenames:
        plans = range(settings.plans)
        metafunc.parametrize("planned", plans, indirect=True, ids=lambda number: f"plan {number + 1}")
    if "pair" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("pairs")
    which: Which = marker.args[0] if marker else "each"
    found = pairing.pairs(settings, which)
    metafunc.parametrize("pair", found or (None,), indirect=True, ids=lambda pair: str(pair or "one release"))


@pytest.fixture(scope="module")
def pair(request: pytest.FixtureRequest, settings: Settings) -> NamedPair:
    """The release that an upgrade begins with, and the one that it goes to, as the operator names them."""
    if request.param is None:
        raise pairing.require_two(settings)
    named: NamedPair = request.param
    return named


@pytest.fixture
def target(check_session: Session, pair: NamedPair) -> Target:
    """Gives the release that an upgrade goes to, when told the one that runs."""
    return lambda running: releases.named(check_session.client, check_session.settings, pair.after, base=running)


@pytest.fixture
def apart(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, but with a directory of this test's own for our state."""
    return settings.model_copy(update={"state": tmp_path / "state"})


@pytest.fixture(scope="module")
def first_starts() -> FirstStarts:
    """What was seen of the first starts of releases."""
    return {}


@pytest.fixture
def as_fresh(
    request: pytest.FixtureRequest,
    check_session: Session,
    first_starts: FirstStarts,
    pair: NamedPair,
    deployment: Deployment,
    target: Target,
    tmp_path: Path,
) -> facts.Brought:
    """What an installation has from the release that an upgrade goes to, where that release made it itself."""
    if pair not in first_starts:
        env = tmp_path / "first-start"
        env.mkdir()
        quick = replace(check_session, settings=check_session.settings.model_copy(update={"database": "prepared"}))
        made = brought.fresh(deployment, target(deployment), env)
        with (
            shown(request.config),
            quick.own_stack(made, evidence_into=evidence_directory(request.node) / "first-start") as stack,
        ):
            first_starts[pair] = brought.look(stack, starting.newcomer(stack).api)
    return first_starts[pair]


@pytest.fixture
def every_release(check_session: Session, settings: Settings) -> list[Deployment]:
    """All releases that the operator names, or the reference deployment's, the oldest first."""
    return pairing.every(check_session.client, settings)


@pytest.fixture
def judge(request: pytest.FixtureRequest, check_session: Session, apart: Settings, tmp_path: Path) -> Judge:
    """Judges pairs of releases, on stacks that come up with prepared databases."""
    quick = replace(check_session, settings=check_session.settings.model_copy(update={"database": "prepared"}))

    @contextmanager
    def bring_up(release: Deployment) -> Iterator[Stack]:
        evidence = evidence_directory(request.node) / release.name
        with shown(request.config), quick.own_stack(release, evidence_into=evidence) as stack:
            yield stack

    return Judge(bring_up, apart, tmp_path / "backups")


@pytest.fixture
def planned(request: pytest.FixtureRequest, settings: Settings, plan_seed: int) -> Plan:
    """One of the plans: the first is that of the run's seed, the next that of the next number."""
    return chance.make(plan_seed + request.param, pairing.names(settings), settings.plan_length)


@pytest.fixture
def carry_out(
    every_release: list[Deployment], settings: Settings, apart: Settings, tmp_path: Path
) -> Callable[[Plan, Regular], Iterator[tuple[Finding, ...]]]:
    """Carries out a plan as a user who writes all the time; returns what was judged after each step."""
    by_name = dict(zip(pairing.names(settings), every_release, strict=True))

    def carry_out(plan: Plan, regular: Regular) -> Iterator[tuple[Finding, ...]]:
        return Course(regular, by_name, apart, tmp_path / "backups").carry_out(plan)

    return carry_out
