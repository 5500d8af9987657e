"""Every promise about health, accounts and conversation is seen broken."""

import pytest

from tests.faults import cases
from tests.faults.cases import Case
from tests.faults.conftest import Breaks


@pytest.mark.parametrize("case", cases.ON_THE_API, ids=str)
def test_a_planted_fault_breaks_its_promise(case: Case, breaks_its_promise: Breaks) -> None:
    breaks_its_promise(case)
