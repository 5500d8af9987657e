"""agentchat-check.toml documents itself."""

import re
import tomllib
from pathlib import Path

import pytest

from agentchat_check import settings
from agentchat_check.settings import Settings
from agentchat_check.settings.template import _toml

ROOT = Path(__file__).parents[3]


def test_the_file_in_the_repository_is_the_one_that_is_printed() -> None:
    assert (ROOT / settings.FILE).read_text() == settings.template()


def test_every_setting_is_in_it_once_but_the_password() -> None:
    names = re.findall(r"^#(\w+) = ", settings.template(), re.MULTILINE)
    assert names == [name for name in Settings.model_fields if name != "password"]


def test_as_it_is_printed_it_changes_nothing(file: Path) -> None:
    before = settings.read()
    file.write_text(settings.template())
    assert settings.read() == before


@pytest.mark.parametrize("way", settings.WAYS)
def test_every_line_of_it_is_understood_once_it_counts(way: str, file: Path) -> None:
    counting = re.sub(r"^#(?=\w)", "", settings.template(), flags=re.MULTILINE)
    others = "|".join(name for name in settings.WAYS if name != way)
    file.write_text(re.sub(rf"^({others}) = .*$", "", counting, flags=re.MULTILINE))
    read = settings.read()
    for name, value in tomllib.loads(file.read_text()).items():
        field = Settings.model_fields[name]
        assert getattr(read, name) is not None
        assert value == (field.examples[0] if field.examples else tomllib.loads(f"x = {_toml(field.default)}")["x"])


def test_no_line_of_it_is_too_wide_to_read() -> None:
    assert all(len(line) <= 120 for line in settings.template().splitlines())
