"""Env files, written so that compose reads what was meant."""

import io

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check.stack import env_files

EXAMPLE = """\
# Secrets
MYSQL_PASSWORD=
#TZ=Asia/Shanghai
"""


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\\$'\"")))
def test_a_value_comes_back_as_it_went(value: str) -> None:
    read = dotenv.dotenv_values(stream=io.StringIO(env_files.lines({"NAME": value})), interpolate=False)
    assert read == {"NAME": value}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "NAME='plain'\n"),
        ("a $1 # b", "NAME='a $1 # b'\n"),
        ("it's", 'NAME="it\'s"\n'),
        ("it's $5 \"\\", 'NAME="it\'s \\$5 \\"\\\\"\n'),
    ],
)
def test_a_value_stands_in_quotes_that_keep_it(value: str, line: str) -> None:
    assert env_files.lines({"NAME": value}) == line


def test_an_example_is_filled_in_where_its_variables_stand() -> None:
    filled = env_files.filled(EXAMPLE, {"MYSQL_PASSWORD": "p\\1", "TZ": "UTC", "NEW": "1"})
    assert filled == "# Secrets\nMYSQL_PASSWORD='p\\1'\nTZ='UTC'\nNEW='1'\n"


def test_a_backslash_is_filled_in_as_it_is() -> None:
    values = {"A": r"a\1\g<0>"}
    assert env_files.filled("# A=x\nB=1\n", values) == env_files.lines(values) + "B=1\n"
