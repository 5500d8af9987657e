"""Versions are compared by their numbers, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.versions import at_least

numbers = st.lists(st.integers(0, 999), min_size=1, max_size=4)


def dotted(parts: list[int]) -> str:
    return ".".join(map(str, parts))


@pytest.mark.parametrize(
    ("version", "minimum", "expected"),
    [
        ("2.26.1-4", "2.24", True),
        ("v2.24.0", "2.24", True),
        ("2.24", "2.24.0", True),
        ("2.9.0", "2.24", False),
        ("1.29.2", "2.24", False),
        ("2.24.0~rc1", "2.24", True),
        ("28.0.1+dfsg", "25", True),
        ("dev", "2.24", False),
        ("", "2.24", False),
        ("", "", True),
        (".2..3", "2.3", True),
        ("2.40\n", "2.24", True),
    ],
)
def test_versions_as_they_are_found(version: str, minimum: str, expected: bool) -> None:
    assert at_least(version, minimum) is expected


@given(numbers, numbers)
def test_numbers_decide_not_letters(one: list[int], other: list[int]) -> None:
    longest = max(len(one), len(other))
    padded = [parts + [0] * (longest - len(parts)) for parts in (one, other)]
    assert at_least(dotted(one), dotted(other)) == (padded[0] >= padded[1])


@given(numbers, st.sampled_from(["", "-1", "+deb12u1", "~rc2", " (build 7)", "a"]), st.sampled_from(["", "v"]))
def test_what_surrounds_the_numbers_changes_nothing(parts: list[int], after: str, before: str) -> None:
    version = before + dotted(parts) + after
    assert at_least(version, dotted(parts))
    assert at_least(dotted(parts), version)


@given(numbers.filter(any))
def test_no_version_is_older_than_any(parts: list[int]) -> None:
    assert not at_least("", dotted(parts))
