import argparse
import json
import math
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.load import wishes
from agentchat_check.load.arrivals import Shape, Spacing
from agentchat_check.load.people import People, Person
from agentchat_check.load.wishes import Wishes


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    wishes.add_to(parser)
    return parser.parse_args(arguments)


def told(*arguments: str) -> Wishes:
    options = parsed(*arguments)
    wishes.read_files(options)
    return Wishes.of(options)


def test_without_a_word_one_visitor_a_second_comes_as_people_do_until_stopped() -> None:
    assert told() == Wishes(
        open=True,
        shape=Shape.constant(1, math.inf),
        spacing=Spacing.POISSON,
        in_flight=wishes.IN_FLIGHT,
        think=5.0,
        answers=0,
        seed=1,
        people=None,
        recording=None,
    )


def test_a_shape_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("seconds,rate\n0,1\n60,3\n")
    assert told("--shape", str(tmp_path / "day.csv"), "--rate", "2").shape == Shape(((0, 2), (60, 6)))


def test_what_files_say_is_told_to_workers_who_have_no_such_files(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("seconds,rate\n0,1\n60,3\n")
    anna = Person(name="anna", user_id="7", agent_id="a", password="s3cret", token="t0ken")  # noqa: S106 - made up
    people = People(everybody=(anna,), calls={}, echo=True, prefix="load-")
    people.write(tmp_path / "people.json")
    options = parsed("--shape", str(tmp_path / "day.csv"), "--people", str(tmp_path / "people.json"))
    wishes.read_files(options)
    for name in ("day.csv", "people.json"):
        (tmp_path / name).unlink()
    sent = argparse.Namespace(**json.loads(json.dumps(vars(options))))
    assert Wishes.of(sent).people == people
    assert Wishes.of(sent).shape == Shape(((0, 1), (60, 3)))


@pytest.mark.parametrize("rate", ["0", "-1", "inf", "nan", "many"])
def test_a_rate_that_is_none_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        told("--rate", rate)
    assert "--rate" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["http://127.0.0.1:7860", "http://localhost", "http://[::1]:1"])
def test_this_host_may_be_driven(host: str) -> None:
    wishes.require_ours(host, known_to_be_live=False)


def test_another_host_may_not_be_driven_unless_it_is_said() -> None:
    with pytest.raises(errors.CheckError, match=r"drive load against https://chat\.example\.org") as caught:
        wishes.require_ours("https://chat.example.org", known_to_be_live=False)
    assert "--i-know-this-is-live" in caught.value.next_step
    wishes.require_ours("https://chat.example.org", known_to_be_live=True)
    with pytest.raises(errors.CheckError, match="against nothing"):
        wishes.require_ours("", known_to_be_live=False)
