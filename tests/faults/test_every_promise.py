"""No check without its fault."""

from agentchat_check.findings import Promise
from tests.faults import cases


def test_every_promise_of_the_suite_has_its_fault() -> None:
    made = {value for module in cases.JUDGED for value in vars(module).values() if isinstance(value, Promise)}
    assert made - {promise for case in cases.ALL for promise in case.breaks} == set()
