"""Every variable has an effect, and nonsense is refused."""

from dataclasses import replace
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import environment
from agentchat_check.facts import Fate, Outcome
from agentchat_check.findings import Finding, Verdict

DEFAULT = Outcome(Fate.DEFAULT)


def knob(name: str = "LOG_LEVEL", **changes: Any) -> facts.Knob:
    """A variable that does what it is there for."""
    variable = facts.Variable(name, "info", ("docker.env.example",), required=False, has_default=True)
    places = (f"backend environment {name}",)
    made = facts.Knob(variable, places, True, "no -> some", DEFAULT, DEFAULT, Outcome(Fate.REFUSED, "by backend"))  # noqa: FBT003 - in order
    return replace(made, **changes)


def test_variables_that_do_what_they_are_there_for() -> None:
    found = environment.alive([knob(), knob("TZ")])
    assert found.verdict is Verdict.HOLDS
    assert found.actual == "2 variables, each with an effect"


def test_a_variable_without_effect_is_named_with_where_it_goes() -> None:
    dead = knob("DEBUG", effective=False, effect="no file of the application names it")
    nowhere = knob("SMTP_PORT", effective=False, places=(), effect="no file of compose takes it")
    found = environment.alive([knob(), dead, nowhere, knob("TZ", effective=None, effect="cannot be searched")])
    assert found.verdict is Verdict.BROKEN
    assert found.actual == (
        "DEBUG: it reaches backend environment DEBUG; no file of the application names it\n"
        "SMTP_PORT: no file of compose takes it\n"
        "TZ: it reaches backend environment TZ; cannot be searched (cannot be told)"
    )
    assert found.next_step.startswith("take the variable out of the files that name it")


def test_a_variable_of_which_nothing_can_be_told_is_no_pass() -> None:
    found = environment.alive([knob(), knob("TZ", effective=None, effect="cannot be searched")])
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual == "TZ: it reaches backend environment TZ; cannot be searched"


@pytest.mark.parametrize("check", [environment.alive, environment.refuses_nonsense, environment.refuses_nothing])
def test_a_deployment_without_variables_is_not_judged(check: Any) -> None:
    found: Finding = check([])
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual == "the deployment's files name no variable"


def test_nonsense_is_refused_by_name_or_there_is_none() -> None:
    found = environment.refuses_nonsense([knob(), knob("JWT_SECRET_KEY", malformed=Outcome(Fate.FREE))])
    assert found.verdict is Verdict.HOLDS
    assert found.actual == "2: refused by name, or every text is a value"


@pytest.mark.parametrize(
    ("outcome", "actual"),
    [
        (
            Outcome(Fate.TAKEN, "by backend: it came up"),
            "LOG_LEVEL, malformed: nothing refuses what makes no sense (by backend: it came up)",
        ),
        (Outcome(Fate.UNCLEAR, "by model"), "LOG_LEVEL, malformed: the refusal does not name it (by model)"),
    ],
)
def test_nonsense_that_is_taken_or_refused_without_its_name_is_broken(outcome: Outcome, actual: str) -> None:
    found = environment.refuses_nonsense([knob(malformed=outcome)])
    assert (found.verdict, found.actual) == (Verdict.BROKEN, actual)


def test_nonsense_of_which_nothing_was_seen_is_no_pass() -> None:
    found = environment.refuses_nonsense([knob(malformed=Outcome(Fate.UNSEEN, "by backend: it neither came up"))])
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual == "LOG_LEVEL, malformed: not seen (by backend: it neither came up)"


def test_nothing_comes_to_a_default_or_is_refused_by_name() -> None:
    required = Outcome(Fate.REFUSED, "by compose")
    found = environment.refuses_nothing([knob(), knob("MYSQL_PASSWORD", empty=required, missing=required)])
    assert found.verdict is Verdict.HOLDS
    assert found.actual == "2: refused by name, or a default"


def test_nothing_that_is_passed_on_is_broken() -> None:
    found = environment.refuses_nothing([knob(missing=Outcome(Fate.PASSED_ON, "backend: it came up"))])
    assert found.verdict is Verdict.BROKEN
    assert found.actual == "LOG_LEVEL, missing: it is passed on as nothing (backend: it came up)"
    assert found.next_step == (
        "write ${NAME:?what it is for} in the compose file, or give it a default: ${NAME:-value}"
    )


def test_nothing_of_which_nothing_was_seen_is_no_pass() -> None:
    found = environment.refuses_nothing([knob(empty=Outcome(Fate.UNSEEN))])
    assert (found.verdict, found.actual) == (Verdict.UNKNOWN, "LOG_LEVEL, empty: not seen")
