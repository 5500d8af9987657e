import random
from typing import Any

import pytest

from agentchat_check.load import journeys
from agentchat_check.load.people import People, Person
from agentchat_check.probes.api import CALLS

SECRETS = {"password": "s3cret", "token": "t0ken"}


class Missing(Exception):  # noqa: N818 - what a visitor would raise
    """An answer lacked something."""


class Visitor:
    """Does a journey, and notes what was asked.

    Attributes:
        answers: The data of each call.
        asked: Calls in order, with what was sent.
        said: Questions, with their dialogs.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = {
            "log in": {"access_token": "t"},
            "create dialog": {"dialog_id": "d-new"},
            "dialogs": [{"dialog_id": "d-listed"}],
            "upload": "/files/1",
            **{name.replace("_", " "): answer for name, answer in answers.items()},
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.said: list[tuple[str, str]] = []
        self.thought = 0
        self.dice = random.Random(7)  # noqa: S311 - the same again is what is wanted
        self.person = Person(name="anna", user_id="7", agent_id="a", **SECRETS)
        self.people = People(everybody=(self.person,), calls=CALLS, echo=True, prefix="load-abc123-")

    def ask(self, call: str, **request: Any) -> Any:
        """Note the call."""
        self.asked.append((call, request))
        return self.answers.get(call)

    def converse(self, dialog_id: str, text: str) -> None:
        """Note the question."""
        self.said.append((dialog_id, text))

    def think(self, mean: float) -> None:
        """Note the pause."""
        self.thought += mean > 0

    def expect(self, there: object, what: str) -> None:
        """End the journey where something is missing."""
        if not there:
            raise Missing(what)

    @property
    def calls(self) -> list[str]:
        """What was asked, in order."""
        return [call for call, _ in self.asked]


def done(journey: journeys.Journey, **answers: Any) -> Visitor:
    visitor = Visitor(**answers)
    journey(visitor)  # type: ignore[arg-type] # as much of a visitor as a journey needs
    return visitor


def test_a_log_in_is_by_name_and_password_as_nobody() -> None:
    visitor = done(journeys.log_in)
    sent = {"user_name": "anna", "user_password": "s3cret"}
    assert visitor.asked == [("log in", {"json": sent, "anonymous": True})]


def test_a_chat_is_one_to_three_questions_in_a_new_dialog_with_time_to_read_in_between() -> None:
    lengths = set()
    for seed in range(20):
        visitor = Visitor()
        visitor.dice = random.Random(seed)  # noqa: S311 - likewise
        journeys.chat(visitor)  # type: ignore[arg-type] # likewise
        assert visitor.calls == ["create dialog"]
        assert {dialog for dialog, _ in visitor.said} == {"d-new"}
        assert {text for _, text in visitor.said} <= set(journeys.QUESTIONS)
        assert visitor.thought == len(visitor.said) - 1
        lengths.add(len(visitor.said))
    assert lengths == {1, 2, 3}


def test_who_browses_reads_a_dialog_of_before_or_one_that_is_listed() -> None:
    visitor = done(journeys.browse)
    assert visitor.calls == ["dialogs", "agents", "history"]
    assert visitor.asked[-1][1] == {"params": {"dialog_id": "d-listed"}}
    assert done(journeys.browse, dialogs=[]).calls == ["dialogs", "agents"]


def test_somebody_new_gets_a_name_of_ours_that_fits_and_logs_in_with_it() -> None:
    visitor = done(journeys.register)
    (_, made), (_, let_in) = visitor.asked
    assert made["json"]["user_name"].startswith("load-abc123-")
    assert len(made["json"]["user_name"]) <= 20
    assert let_in["json"] == {key: made["json"][key] for key in ("user_name", "user_password")}


def test_an_uploaded_file_is_a_quarter_of_a_megabyte() -> None:
    (_, sent), *_ = done(journeys.upload).asked
    assert len(sent["files"]["file"][1]) == 256 * 1024


@pytest.mark.parametrize(
    ("journey", "answers", "missing"),
    [
        (journeys.log_in, {"log_in": {}}, "an access token"),
        (journeys.log_in, {"log_in": None}, "an access token"),
        (journeys.register, {"log_in": []}, "an access token"),
        (journeys.chat, {"create_dialog": {}}, "the new dialog's id"),
        (journeys.upload, {"upload": None}, "where the file is"),
    ],
)
def test_an_answer_without_what_it_is_for_ends_the_journey(
    journey: journeys.Journey, answers: dict[str, Any], missing: str
) -> None:
    with pytest.raises(Missing, match=missing):
        done(journey, **answers)


def test_an_ordinary_day_adds_up_to_a_hundred() -> None:
    assert sum(journeys.MIXED_DAY.values()) == 100
    assert {journeys.name_of(journey) for journey in journeys.MIXED_DAY} == {
        "browse",
        "chat",
        "log in",
        "upload",
        "register",
    }
