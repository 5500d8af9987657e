"""A test of plans runs for each of them."""

import pytest

from plugin.project import Suite

_NOTE = "with open('plans', 'a') as file: file.write(f'{planned.seed} {len(planned.acts)}\\n')\n    verify(GOOD)"


def test_each_plan_has_a_seed_of_its_own_and_the_first_that_of_the_run(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(mark="disruptive", asks="planned, verify", a=_NOTE)
    result = pytester.runpytest_inprocess("--plans", "3", "--plan-seed", "41", "--plan-length", "2")
    result.assert_outcomes(passed=3)
    assert (pytester.path / "plans").read_text().splitlines() == ["41 2", "42 2", "43 2"]


def test_no_plan_at_all_is_one_clear_usage_error(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(mark="disruptive", asks="planned, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--plans", "0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*greater than or equal to 1*"])
