import math
import re
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.load import journeys, profiles
from agentchat_check.load.arrivals import Shape
from agentchat_check.load.data import Stock
from agentchat_check.load.profiles import Profile
from agentchat_check.settings import thresholds


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "browsing.py").touch()
    (tmp_path / "profiles.toml").write_text(text)
    return tmp_path / "profiles.toml"


GOOD = 'question = "Well?"\nfile = "browsing.py"\nseconds = 30.0\n'


def test_every_profile_of_ours_is_well_formed_and_has_a_course() -> None:
    known = profiles.read()
    assert {"smoke", "baseline", "spike", "soak", "stress"} <= set(known)
    for profile in known.values():
        assert profile.course().seconds > profile.judged_from
        assert profile.question.endswith("?")


def test_every_profile_of_ours_lasts_until_its_rarest_journey_was_seen_often_enough() -> None:
    needed = max(limit.needed for limit in thresholds.read().values() if limit.of_requests)
    for name, profile in profiles.read().items():
        said = re.search(
            r"^    journeys = (\{journeys\.\w+: 1\}|journeys\.MIXED_DAY)$",
            (profiles.FILES / profile.file).read_text(),
            re.MULTILINE,
        )
        assert said
        rarest = 1.0 if "{" in said[1] else min(journeys.MIXED_DAY.values()) / sum(journeys.MIXED_DAY.values())
        course = profile.course()
        # whoever waits between two journeys is away for a second besides
        visits = (
            course.expected(course.seconds) - course.expected(profile.judged_from)
            if profile.arrivals == "open"
            else profile.users * (course.seconds - profile.judged_from) / (profile.think + 1)
        )
        assert visits * rarest >= needed + 4 * math.sqrt(needed), name


def test_load_files_tell_their_one_question_and_its_limits() -> None:
    for name in {profile.file for profile in profiles.read().values()}:
        text = (profiles.FILES / name).read_text()
        assert text.split('"""')[1].splitlines()[0].endswith("?") or "?" in text.split('"""')[1]
        assert "Limits:" in text


def test_a_profile_says_what_is_in_the_database_before(tmp_path: Path) -> None:
    read = profiles.read(written(tmp_path, f"[a]\n{GOOD}people = 3\ndialogs = 2\nmessages = 10\n"))
    assert read["a"].stock == Stock(3, 2, 10)


def test_a_shape_is_read_beside_the_profiles_and_scaled(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("seconds,rate\n0,1\n60,3\n")
    profile = Profile(question="Well?", file="browsing.py", shape="day.csv", rate=2)
    assert profile.course(tmp_path) == Shape(((0, 2), (60, 6)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"[a]\n{GOOD}ratio = 3\n", "a.ratio: there is no such field; did you mean rate?"),
        (f"[a]\n{GOOD}xyzzy = 3\n", "a.xyzzy: there is no such field; there are question, file"),
        (f"[a]\n{GOOD}rate = 0\n", "a.rate: Input should be greater than 0"),
        (f"[a]\n{GOOD}rate = inf\n", "a.rate: Input should be a finite number"),
        (f'[a]\n{GOOD}arrivals = "closed"\n', "a: closed arrivals have users"),
        (f'[a]\n{GOOD}arrivals = "closed"\nusers = 2\nshape = "x"\n', "a: closed arrivals have no shape"),
        (f'[a]\n{GOOD}shape = "x"\n', "a: a shape has its own length: leave seconds out"),
        (f"[a]\n{GOOD}judged_from = 30\n", "a: nothing is judged: judged_from is not before the end"),
        (f"[a]\n{GOOD}messages = 3\n", "a: messages lie in dialogs: how many has each of the people?"),
        ('[a]\nquestion = "?"\nfile = "browsing.py"\n', "a: seconds are missing"),
        (f'[a]\n{GOOD}model = "deployment"\n', "a: a model that may cost needs a cap: answers"),
        (
            f'[a]\n{GOOD}model = "deployment"\nanswers = 9\ntokens_per_second = 5\n',
            "a: only the stub model is told how fast to answer",
        ),
        ('[a]\nquestion = "?"\nfile = "none.py"\nseconds = 1\n', "a.file: there is no none.py in"),
        ("", "it holds no profile"),
        ("a =", "Invalid value"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(errors.CheckError, match="read the profiles") as caught:
        profiles.read(written(tmp_path, text))
    assert says in caught.value.actual


def test_an_unknown_profile_is_told_with_the_nearest() -> None:
    with pytest.raises(errors.CheckError, match="find the profile smokes") as caught:
        profiles.named("smokes")
    assert caught.value.next_step == "did you mean smoke?"
    with pytest.raises(errors.CheckError) as caught:
        profiles.named("xyzzy")
    assert "load profiles" in caught.value.next_step


def test_a_profile_is_changed_by_what_is_given_and_checked_anew() -> None:
    profile = Profile(question="Well?", file="browsing.py", seconds=30)
    assert profile.changed(rate=7.0, users=None).rate == 7
    with pytest.raises(errors.CheckError, match="change the profile by rate -1") as caught:
        profile.changed(rate=-1)
    assert caught.value.actual == "rate: Input should be greater than 0"
