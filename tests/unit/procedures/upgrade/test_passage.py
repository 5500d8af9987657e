"""What users saw is reckoned by kind of request: how many failed, and how long nobody got an answer."""

from agentchat_check import facts
from agentchat_check.procedures.meanwhile import Writers
from agentchat_check.procedures.upgrade import passage
from makers import answer, moment, unanswered


def seen(begun: float, **well: bool) -> facts.Round:
    """A round of requests, by whether they were answered well."""
    replies = tuple(
        facts.Reply(what, (answer if good else unanswered)(seen=moment(begun), seconds=0.5))
        for what, good in well.items()
    )
    return facts.Round(begun, answer(), replies)


def test_times_without_an_answer_are_told_by_kind() -> None:
    rounds = [
        seen(0, read=True, write=True),
        seen(1, read=False, write=True),
        seen(2, read=False, write=False),
        seen(3, read=True, write=False),
        seen(4, read=True, write=True),
    ]
    found = passage.of(Writers(rounds))
    assert (found.seconds, found.asked, found.failed) == (4.5, 10, 4)
    assert (found.downtime, found.longest) == ({"read": 3.0, "write": 3.0}, 3.0)
    refused = "GET /api/v1/dialog/list: connection refused after 0.0 s"
    assert (found.failures, found.left) == ((f"read: {refused}", f"write: {refused}"), ())


def test_what_is_not_answered_at_the_end_is_named() -> None:
    found = passage.of(Writers([seen(0, read=True, write=True), seen(1, read=True, write=False)]))
    assert found.left == ("write: GET /api/v1/dialog/list: connection refused after 0.0 s",)
    assert found.downtime == {"read": 0.0, "write": 0.0}


def test_where_nobody_asked_nothing_is_known() -> None:
    assert passage.of(Writers()) == facts.Passage(0.0, 0, 0, {}, (), ())
