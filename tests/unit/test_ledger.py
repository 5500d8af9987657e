"""Every write is noted before it is sent, and becomes what the application says of it."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.ledger import Ledger, Outcome
from makers import answer, inner, outer, unanswered


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer(), Outcome.ACKNOWLEDGED),
        (outer(204), Outcome.ACKNOWLEDGED),
        (outer(401), Outcome.REFUSED),
        (outer(422, {"detail": "too long"}), Outcome.REFUSED),
        (inner(500), Outcome.UNKNOWN),
        (inner(10600), Outcome.UNKNOWN),
        (outer(302), Outcome.UNKNOWN),
        (outer(500), Outcome.UNKNOWN),
        (outer(502, "<html>"), Outcome.UNKNOWN),
        (unanswered(), Outcome.UNKNOWN),
    ],
)
def test_a_write_is_what_both_codes_say_of_it(said: facts.HttpAnswer, outcome: Outcome) -> None:
    ledger = Ledger()
    with ledger.writing("user", "dialog-1", "hello") as write:
        write.settle(said)
    (entry,) = ledger.of("dialog-1")
    assert (entry.kind, entry.key, entry.value, entry.outcome) == ("user", "dialog-1", "hello", outcome)
    assert entry.acknowledged is (outcome is Outcome.ACKNOWLEDGED)


@given(st.integers(0, 599), st.none() | st.integers())
def test_nothing_is_acknowledged_by_one_code_alone(status: int, within: int | None) -> None:
    ledger = Ledger()
    with ledger.writing("user", "dialog-1", "hello") as write:
        write.settle(answer(status=status, inner=within))
    (entry,) = ledger.of("dialog-1")
    assert entry.acknowledged == (200 <= status < 300 and within in {None, 200})


def test_a_write_under_way_is_noted_already_and_unknown() -> None:
    ledger = Ledger()
    with ledger.writing("user", "dialog-1", "hello"):
        (entry,) = ledger.of("dialog-1")
        assert entry.outcome is Outcome.UNKNOWN
        assert entry.ended is None


def test_a_write_that_fails_on_the_way_stays_unknown_and_ends() -> None:
    ledger = Ledger()
    with pytest.raises(ConnectionError), ledger.writing("user", "dialog-1", "hello"):
        raise ConnectionError
    (entry,) = ledger.of("dialog-1")
    assert entry.outcome is Outcome.UNKNOWN
    assert entry.ended is not None
    assert entry.begun.until(entry.ended) >= 0


def test_writes_are_told_by_place_in_the_order_they_were_begun() -> None:
    ledger = Ledger()
    with ledger.writing("user", "a", "1") as first, ledger.writing("user", "b", "2"), ledger.writing("user", "a", "3"):
        first.settle(answer())
    assert [(entry.value, entry.outcome) for entry in ledger.of("a")] == [
        ("1", Outcome.ACKNOWLEDGED),
        ("3", Outcome.UNKNOWN),
    ]
    assert ledger.of("nowhere") == ()


def test_no_write_of_several_threads_is_lost() -> None:
    ledger = Ledger()

    def write_some(name: str) -> None:
        for number in range(50):
            with ledger.writing("user", name, str(number)) as write:
                write.settle(answer())

    threads = [threading.Thread(target=write_some, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "abcd":
        assert [entry.value for entry in ledger.of(name) if entry.acknowledged] == [str(n) for n in range(50)]
