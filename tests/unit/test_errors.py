"""Errors read like findings, end in a next step, and cross process borders whole."""

import builtins
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors

KINDS = [errors.CheckError, errors.HostError, errors.DeploymentError, errors.StackError, errors.TimeoutError]


def test_an_error_answers_four_questions_in_the_labels_of_findings() -> None:
    error = errors.StackError(
        "bring up the stack",
        expected="every service healthy",
        actual="mysql exited\n[ERROR] no space left",
        next_step="make room: docker system df",
    )
    error.evidence = ("run/mysql.log", "run/ps.txt")
    assert str(error) == (
        "bring up the stack\n"
        "  expected:   every service healthy\n"
        "  actual:     mysql exited\n"
        "              [ERROR] no space left\n"
        "  next step:  make room: docker system df\n"
        "  evidence:   run/mysql.log\n"
        "              run/ps.txt"
    )


def test_a_preflight_lists_what_it_looked_at_and_the_ways_out() -> None:
    error = errors.HostError("find an engine", checked=["DOCKER_HOST: not set"], ways=["start one", "name another"])
    assert str(error) == (
        "find an engine\n"
        "  Checked:\n"
        "    - DOCKER_HOST: not set\n"
        "  To fix this, either:\n"
        "    - start one\n"
        "    - name another"
    )


def test_what_nobody_said_is_not_shown() -> None:
    assert str(errors.CheckError("look")) == "look"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_a_process_border_whole(kind: type[errors.CheckError]) -> None:
    error = kind("look", expected="a", actual="b", next_step="c", checked=["d"], ways=["e"])
    error.evidence = ("f/g",)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, made above
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_timeout_is_one_to_whoever_catches_python_s_own() -> None:
    error = errors.TimeoutError("waited 3.0 s for: health")
    assert isinstance(error, builtins.TimeoutError)
    assert isinstance(error, errors.CheckError)
    assert str(error) == "waited 3.0 s for: health"


@given(st.text(st.characters(exclude_characters="\r"), min_size=1))
def test_further_lines_of_a_value_stand_below_its_first(text: str) -> None:
    (line,) = errors.labelled(next_step=text)
    head, *rest = line.split("\n")
    assert head.startswith("  next step:  ")
    assert all(further.startswith(" " * 14) for further in rest)
    assert "\n".join(part[14:] for part in [head, *rest]) == text


@given(st.dictionaries(st.sampled_from(["expected", "actual", "next_step", "evidence"]), st.text()))
def test_a_label_stands_exactly_where_there_is_a_value(values: dict[str, str]) -> None:
    lines = errors.labelled(**values)
    assert [line[2:].partition(":")[0] for line in lines] == [
        name.replace("_", " ") for name, value in values.items() if value
    ]
