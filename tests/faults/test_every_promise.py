"""No check without its fault."""

from types import ModuleType

import pytest

from agentchat_check.checks import (
    backup,
    carried,
    durability,
    front_door,
    layers,
    production,
    proxy,
    resilience,
    restored,
    safeguards,
    undoing,
    upgrade,
)
from agentchat_check.findings import Promise
from agentchat_check.settings import thresholds
from tests.faults import backup_cases, cases, env_cases, load_cases, startup_cases, upgrade_cases

EVERY_CASE = [*cases.ALL, *env_cases.AT_THE_FRONT_DOOR, *env_cases.IN_PRODUCTION]
SEEN_BROKEN = {promise for case in EVERY_CASE for promise in case.breaks}
SEEN_BROKEN |= startup_cases.BROKEN | backup_cases.BROKEN | upgrade_cases.BROKEN
JUDGED = {*cases.JUDGED, backup, carried, durability, front_door, layers, production, proxy, resilience, restored}
JUDGED |= {safeguards, undoing, upgrade}


@pytest.mark.parametrize("module", sorted(JUDGED, key=lambda one: one.__name__))
def test_every_promise_of_the_suites_has_its_fault(module: ModuleType) -> None:
    made = {value for value in vars(module).values() if isinstance(value, Promise)}
    assert made
    assert made - SEEN_BROKEN == set()


def test_every_limit_of_load_has_its_fault() -> None:
    seen_broken = {name for case in load_cases.CASES for name in case.breaks}
    # To use up the memory of the host is no test: whatever runs there would be killed. What is judged of samples is
    # seen in tests/unit/load/test_gate.py.
    assert set(thresholds.read()) - seen_broken == {"memory_together"}
