"""What an administrator set is kept, moved or named; whatever was left alone follows the new example."""

import io

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import errors
from agentchat_check.facts import VariableChange, VariableFate
from agentchat_check.procedures.upgrade import merge as merging
from agentchat_check.procedures.upgrade.merge import HEADER, Merged, merge

FORMER = """\
# Secrets
DB_PASSWORD=
# Megabytes
LIMIT=20
#LEVEL=info
ZONE=utc
"""
NEW = """\
# Secrets
DB_PASSWORD=

# Megabytes, formerly LIMIT
MAX=25
#LEVEL=warning
ZONE=local
"""


def said(merged: Merged) -> list[str]:
    """What is said of the variables."""
    return [str(change) for change in merged.changes]


def conflicts(merged: Merged) -> tuple[VariableChange, ...]:
    """What the administrator has to decide before."""
    return tuple(change for change in merged.changes if change.fate is VariableFate.CONFLICT or change.lacks_value)


def values(text: str) -> dict[str, str | None]:
    """An env file as it is read."""
    return dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False)


def test_what_was_changed_is_kept_and_what_was_left_follows() -> None:
    merged = merge(FORMER, FORMER.replace("DB_PASSWORD=", "DB_PASSWORD='a b'"), NEW)
    assert merged.text == NEW.replace("DB_PASSWORD=", "DB_PASSWORD='a b'")
    assert said(merged) == [
        "DB_PASSWORD: kept",
        "MAX: follows the example, was LIMIT",
        "ZONE: follows the example",
    ]
    assert conflicts(merged) == ()


def test_what_was_renamed_moves_with_its_value() -> None:
    merged = merge(FORMER, "DB_PASSWORD=x\nexport LIMIT=50 # a lot\nZONE=utc\n", NEW)
    assert values(merged.text) == {"DB_PASSWORD": "x", "MAX": "50", "ZONE": "local"}
    assert "\n# Megabytes, formerly LIMIT\nMAX=50 # a lot\n" in merged.text
    assert "MAX: renamed, was LIMIT" in said(merged)


def test_one_of_several_former_names_moves() -> None:
    new = "# formerly LIMIT, SIZE\n#MAX=25\n"
    assert merge("", "SIZE=7\n", new).text == "# formerly LIMIT, SIZE\nMAX=7\n"
    assert merge("", "SIZE=7\n", "#MAX=25  # formerly SIZE\n").text == "MAX=7\n"


def test_a_comment_further_up_renames_nothing() -> None:
    merged = merge("", "LIMIT=7\n", "# formerly LIMIT\n\nMAX=25\n")
    assert said(merged) == ["MAX: new", "LIMIT: in no example; it stays, at the end"]


def test_both_names_set_alike_are_one_and_set_otherwise_are_a_conflict() -> None:
    new = "# formerly LIMIT\nMAX=25\n"
    alike = merge("", "LIMIT=7\nMAX=7\n", new)
    assert (alike.text, said(alike)) == (
        "# formerly LIMIT\nMAX=7\n",
        ["MAX: kept", "LIMIT: gone; MAX is set to the same"],
    )
    differ = merge("", "LIMIT=7\nMAX=8\n", new)
    assert differ.text == f"# formerly LIMIT\nMAX=8\n\n{HEADER}\nLIMIT=7\n"
    assert [str(change) for change in conflicts(differ)] == [
        "LIMIT: conflict; MAX, its new name, is set to something else: keep one of them"
    ]


def test_a_former_name_that_the_new_example_still_has_stays_where_it_is() -> None:
    merged = merge("", "LIMIT=7\n", "# formerly LIMIT\n#MAX=25\n#LIMIT=20\n")
    assert merged.text == "# formerly LIMIT\n#MAX=25\nLIMIT=7\n"


def test_a_variable_that_is_gone_and_was_set_is_a_conflict() -> None:
    merged = merge("LIMIT=20\nZONE=utc\n#LEVEL=info\n", "LIMIT=50\nZONE=utc\nLEVEL=info\n", "OTHER=1\n")
    assert said(merged) == [
        "OTHER: new",
        "LIMIT: conflict; it is set, and the new release does not have it: take it out, or set what replaces it",
        "ZONE: gone",
        "LEVEL: conflict; it is set, and the new release does not have it: take it out, or set what replaces it",
    ]
    assert merged.text == f"OTHER=1\n\n{HEADER}\nLIMIT=50\nLEVEL=info\n"


def test_what_the_administrator_added_stays_at_the_end_with_its_comment() -> None:
    own = "DB_PASSWORD=x\nLIMIT=20\nZONE=utc\n\n# for the proxy\n# of the office\nPROXY=http://a\n"
    merged = merge(FORMER, own, NEW)
    assert merged.text.endswith(f"ZONE=local\n\n{HEADER}\n# for the proxy\n# of the office\nPROXY=http://a\n")
    assert said(merged)[-1] == "PROXY: in no example; it stays, at the end"
    assert merge(NEW, merged.text, NEW).text == merged.text


def test_what_was_taken_out_stays_out() -> None:
    merged = merge(FORMER, "DB_PASSWORD=x\nLIMIT=20\n", NEW)
    assert "\n#ZONE=local\n" in merged.text
    assert said(merged)[-1] == "ZONE: left out, as before"


def test_a_value_is_never_replaced_by_none_and_a_secret_stays() -> None:
    merged = merge("NAME=a\nDB_PASSWORD=123456\n", "NAME=a\nDB_PASSWORD=123456\n", "NAME=\nDB_PASSWORD=654321\n")
    assert values(merged.text) == {"NAME": "a", "DB_PASSWORD": "123456"}
    gone = merge("DB_PASSWORD=123456\n", "DB_PASSWORD=123456\n", "NAME=b\n")
    assert [change.fate for change in conflicts(gone)] == [VariableFate.CONFLICT]


@pytest.mark.parametrize(
    ("required", "lacking"),
    [(None, ["TOKEN"]), ((), []), (("TOKEN", "ABSENT", "LEVEL"), ["TOKEN", "ABSENT", "LEVEL"])],
    ids=["not known", "none", "some"],
)
def test_what_needs_a_value_is_named(required: tuple[str, ...] | None, lacking: list[str]) -> None:
    merged = merge(FORMER, FORMER, NEW + "TOKEN=\n", required=required)
    assert {change.name for change in conflicts(merged)} == set(lacking)
    assert all(str(change).endswith("; it needs a value") for change in conflicts(merged))


def test_what_is_given_already_needs_no_value() -> None:
    merged = merge(FORMER, "DB_PASSWORD=x\nLIMIT=1\nZONE=\n", NEW, required=("DB_PASSWORD", "MAX"))
    assert conflicts(merged) == ()


def test_quotes_exports_marks_and_line_ends_are_read_and_values_written_as_they_were() -> None:
    own = '\ufeffexport DB_PASSWORD="a\\"b$" # mine\r\nLIMIT=\'1\r\n2\'\r\nZONE=utc\r\nBARE\r\n'
    merged = merge(FORMER, own, NEW)
    assert merged.text == (
        '# Secrets\nDB_PASSWORD="a\\"b$" # mine\n\n# Megabytes, formerly LIMIT\nMAX=\'1\n2\'\n'
        f"#LEVEL=warning\nZONE=local\n\n{HEADER}\nBARE\n"
    )


def test_what_stands_twice_is_named_and_the_last_one_counts() -> None:
    merged = merge("", "ZONE=a\nZONE=b\nLEVEL=c\nLEVEL=c\n", "ZONE=utc\nLEVEL=x\n")
    assert values(merged.text) == {"ZONE": "b", "LEVEL": "c"}
    assert said(merged) == ["ZONE: kept; it is set 2 times, not always alike: the last one counts", "LEVEL: kept"]


def test_an_example_with_several_suggestions_keeps_them() -> None:
    new = "#MODEL=a\n#MODEL=b\nMODEL=c\nMODEL=d\n"
    assert merge("", "MODEL=mine\n", new).text == "#MODEL=a\n#MODEL=b\nMODEL=mine\n"


def test_a_value_that_names_what_stands_behind_it_now_is_a_conflict() -> None:
    own = "HOST=example.org\nURL=https://${HOST}\nPLAIN='${HOST}'\n"
    merged = merge("", own, "URL=\nPLAIN=\n")
    assert [str(change) for change in conflicts(merged)] == [
        "URL: conflict; its value names HOST, which stands behind it now, or nowhere: write that out"
    ]
    assert conflicts(merge("", own, "HOST=\nURL=\nPLAIN=\n")) == ()


@pytest.mark.parametrize(("line", "number"), [("A=1\n\nno line of it", 3), ("A='open\nB=1", 1), ("A: b", 1)])
def test_a_line_that_is_none_is_named_and_not_shown(line: str, number: int) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        merge(FORMER, line, NEW)
    assert caught.value.tried == "read the env file"
    assert caught.value.actual == f"line {number} is none; it is not shown, for it may hold a secret"


def test_without_an_example_of_the_new_release_nothing_changes() -> None:
    assert merge(FORMER, "ZONE=x", "") == Merged("ZONE=x", ())


def test_no_value_is_shown() -> None:
    assert "hush" not in repr(merge(FORMER, "DB_PASSWORD=hush\n", NEW))


NAMES = st.sampled_from(["ALPHA", "BETA", "GAMMA", "DELTA", "API_KEY", "OTHER"])
TEXTS = st.sampled_from(["", "1", "2", "'a b'", '"x # y"', "${ALPHA}", "'$1'", "z # why", '"two\nlines"'])
BLANKS = st.sampled_from(["", "", "\n", "# a remark\n", "\n# a heading\n\n"])


@st.composite
def lines_of_an_example(draw: st.DrawFn) -> str:
    """A variable of an example."""
    name, value, blanks = draw(NAMES), draw(TEXTS.filter(lambda text: "\n" not in text)), draw(BLANKS)
    former = f"# formerly {draw(NAMES)}\n" if draw(st.integers(0, 3)) == 0 else ""
    return f"{blanks}{former}{draw(st.sampled_from(['', '#', '# ', 'export ', '#export ']))}{name}={value}\n"


@st.composite
def lines_of_ones_own(draw: st.DrawFn) -> str:
    """A variable of an env file."""
    return f"{draw(BLANKS)}{draw(st.sampled_from(['', 'export ']))}{draw(NAMES)}={draw(TEXTS)}\n"


EXAMPLES = st.lists(lines_of_an_example(), max_size=7).map("".join)
OWN = st.lists(lines_of_ones_own(), max_size=7).map("".join)


@given(EXAMPLES, OWN, EXAMPLES)
def test_merging_again_changes_nothing(former: str, own: str, new: str) -> None:
    merged = merge(former, own, new)
    assert merge(former, merged.text, new).text == merged.text
    assert merge(new, merged.text, new).text == merged.text


@given(EXAMPLES, OWN, EXAMPLES)
def test_no_value_is_lost_silently(former: str, own: str, new: str) -> None:
    merged = merge(former, own, new)
    after, examples = values(merged.text), [*values(former).values()]
    for name, value in values(own).items():
        said_of_it = [change for change in merged.changes if name in {change.name, change.former}]
        stays = after.get(name) == value or any(
            change.former == name and after.get(change.name) == value for change in said_of_it
        )
        told = any(change.fate in {VariableFate.FOLLOWS, VariableFate.GONE} for change in said_of_it)
        alike = value in examples or value in after.values()
        assert stays or not value or (told and alike), (name, value, merged.text)


@given(EXAMPLES, OWN, EXAMPLES)
def test_comments_and_order_are_the_new_examples(former: str, own: str, new: str) -> None:
    merged = merge(former, own, new)
    if not merging.example.lines(new, "it"):
        return
    remarks = [line for line in new.splitlines() if line.startswith("# ") and "=" not in line]
    kept = [line for line in merged.text.partition(f"\n{HEADER}\n")[0].splitlines() if line in remarks]
    assert kept == remarks
