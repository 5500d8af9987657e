"""The same deployment with another version of its database."""

from pathlib import Path

import pytest

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.backup import other_version
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack
from makers import moment


def test_the_image_that_is_named_takes_the_place_of_the_databases() -> None:
    given = Deployment("chat", Path("/srv"), (), replace_images={"database": "mysql:8.0", "mysql": "own", "cache": "r"})
    changed = other_version.deployment(given, Settings(other_database="mysql:8.4"))
    assert list(changed.replace_images.items()) == [("mysql", "own"), ("cache", "r"), ("database", "mysql:8.4")]


def test_where_no_other_version_is_named_there_is_nothing_to_restore_into() -> None:
    with pytest.raises(errors.InapplicableError) as caught:
        other_version.deployment(Deployment("chat", Path("/srv"), ()), Settings())
    assert caught.value.actual == "no image of another version of the database is named"
    assert caught.value.next_step == "name one: AGENTCHAT_CHECK_OTHER_DATABASE=mysql:8.4"


def test_the_same_version_under_another_name_is_no_other_one(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(["9.7.4", "9.7.4", "9.7.4", "8.4.6"])
    monkeypatch.setattr(
        "agentchat_check.probes.database.schema", lambda _: facts.Schema(next(versions), "utf8mb4", (), moment())
    )
    with pytest.raises(errors.InapplicableError) as caught:
        other_version.require(stack, than=stack)
    assert caught.value.actual == ("the image that other_database names runs the same version of the database, 9.7.4")
    other_version.require(stack, than=stack)
