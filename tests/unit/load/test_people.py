import stat
from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.load import people
from agentchat_check.load.people import People, Person
from agentchat_check.probes.api import CALLS, Account

SECRETS = {"password": "s3cret", "token": "t0ken"}
ANNA = Person(name="anna", user_id="7", agent_id="a", dialogs=("d1", "d2"), **SECRETS)
EVERYBODY = People(everybody=(ANNA,), calls=CALLS, echo=True, prefix="load-abc-")


def test_the_file_brings_everybody_back_with_their_passwords(tmp_path: Path) -> None:
    EVERYBODY.write(tmp_path / "run" / "people.json")
    assert people.read(tmp_path / "run" / "people.json") == EVERYBODY
    assert people.read(tmp_path / "run" / "people.json").everybody[0].account == Account("anna", "s3cret")


def test_they_are_told_in_words_to_whom_has_no_file() -> None:
    assert People.model_validate_json(EVERYBODY.plain()) == EVERYBODY


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    EVERYBODY.write(tmp_path / "people.json")
    assert stat.S_IMODE((tmp_path / "people.json").stat().st_mode) == 0o600


def test_passwords_and_tokens_are_not_shown() -> None:
    assert "s3cret" not in repr(EVERYBODY)
    assert "t0ken" not in repr(EVERYBODY)


def test_a_file_that_is_another_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('{"everybody": []}')
    with pytest.raises(errors.CheckError, match="read the people") as caught:
        people.read(tmp_path / "people.json")
    assert caught.value.actual.startswith("everybody: Tuple should have at least 1 item")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.CheckError) as caught:
        people.read(tmp_path / "none.json")
    assert caught.value.actual == "No such file or directory"
