"""A test of upgrades runs for each pair of releases that it is about."""

import pytest

from plugin.project import Suite

_NOTE = "with open('pairs', 'a') as file: file.write(f'{pair}\\n')\n    verify(GOOD)"


def noted(pytester: pytest.Pytester) -> list[str]:
    """The pairs for which tests ran."""
    return (pytester.path / "pairs").read_text().splitlines()


def test_a_test_runs_for_each_pair_unless_it_says_otherwise(pytester: pytest.Pytester, suite: Suite) -> None:
    for name in ("v2.3", "v2.4", "v2.5"):
        (pytester.path / "releases" / name).mkdir(parents=True)
    suite(mark="disruptive", asks="pair, verify", a=_NOTE)
    pytester.runpytest_inprocess("--releases", "releases").assert_outcomes(passed=2)
    assert noted(pytester) == ["v2.3 to v2.4", "v2.4 to v2.5"]
    suite(mark="pairs('last')", asks="pair, verify", b=_NOTE)
    pytester.runpytest_inprocess("--releases", "releases", "-k", "test_b").assert_outcomes(passed=1)
    assert noted(pytester)[2:] == ["v2.4 to v2.5"]


def test_a_test_of_upgrades_is_left_out_where_one_release_is_named(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(mark="disruptive", asks="pair, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*only one release is named: shop*"])


def test_a_directory_without_releases_is_one_clear_usage_error(pytester: pytest.Pytester, suite: Suite) -> None:
    suite(mark="disruptive", asks="pair, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--releases", "nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: find releases in nowhere", "*there is no such directory"])
    assert "Traceback" not in result.stderr.str()
