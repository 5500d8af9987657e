"""No check without its fault."""

from types import ModuleType

import pytest

from agentchat_check.checks import durability, layers, resilience
from agentchat_check.findings import Promise
from tests.faults import cases, startup_cases

SEEN_BROKEN = {promise for case in cases.ALL for promise in case.breaks} | startup_cases.BROKEN


@pytest.mark.parametrize(
    "module", sorted({*cases.JUDGED, durability, layers, resilience}, key=lambda one: one.__name__)
)
def test_every_promise_of_the_suites_has_its_fault(module: ModuleType) -> None:
    made = {value for value in vars(module).values() if isinstance(value, Promise)}
    assert made
    assert made - SEEN_BROKEN == set()
