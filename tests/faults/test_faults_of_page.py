"""Every promise about the page and the trace of a visit is seen broken."""

import pytest

from tests.faults import cases
from tests.faults.cases import Case
from tests.faults.conftest import Breaks


@pytest.mark.parametrize("case", cases.ON_THE_PAGE, ids=str)
def test_a_planted_fault_breaks_its_promise(case: Case, breaks_its_promise: Breaks) -> None:
    breaks_its_promise(case)
