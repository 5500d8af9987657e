"""How long nobody answered."""

from agentchat_check.procedures.asking import Asker


def asker(*moments: tuple[float, bool]) -> Asker:
    """One who asked at these moments, and got a good answer or none."""
    made = Asker()
    for moment, good in moments:
        made.note(moment, good=good)
    return made


def test_who_is_always_answered_notices_nothing() -> None:
    seen = asker((0.0, True), (5.0, True))
    assert (seen.asked, seen.failed, seen.downtime()) == (2, 0, 0.0)


def test_downtime_is_the_longest_time_between_two_good_answers_with_a_bad_one_in_between() -> None:
    seen = asker((0.0, True), (1.0, False), (1.5, True), (2.0, True), (2.5, False), (4.0, False), (4.5, True))
    assert (seen.asked, seen.failed, seen.downtime()) == (7, 3, 2.5)
