"""Pairs of releases: a line each, a matrix of many, and why what does not hold does not."""

from agentchat_check.facts import Aspect, Pair
from agentchat_check.findings import Verdict
from agentchat_check.report import pairs
from makers import finding

WELL = {aspect: (finding(),) for aspect in Aspect}
GOOD = Pair("ref-1", "ref-2", WELL)
BAD = Pair("ref-1", "ref-3", {**WELL, Aspect.ROLLBACK: (finding(), finding(Verdict.BROKEN)), Aspect.SCHEMA: ()})


def cells(text: str) -> list[list[str]]:
    """The cells of each line of a table."""
    lines = [line for line in text.splitlines() if line.strip() and "─" not in line]
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_a_pair_is_a_line() -> None:
    assert cells(pairs.table([GOOD, BAD])) == [
        ["from -> to", "reads", "writes", "schema", "config", "rollback"],
        ["ref-1 -> ref-2", "holds", "holds", "holds", "holds", "holds"],
        ["ref-1 -> ref-3", "holds", "holds", "unknown", "holds", "BROKEN"],
    ]


def test_many_releases_are_a_matrix() -> None:
    unknown = Pair("ref-2", "ref-3", {**WELL, Aspect.READS: ()})
    assert cells(pairs.compatibility(["ref-1", "ref-2", "ref-3"], [GOOD, BAD, unknown])) == [
        ["from \\ to", "ref-1", "ref-2", "ref-3"],
        ["ref-1", "·", "holds", "BROKEN: rollback"],
        ["ref-2", "not tried", "·", "unknown: reads"],
        ["ref-3", "not tried", "not tried", "·"],
    ]


def test_what_does_not_hold_is_explained() -> None:
    assert (
        pairs.reasons([GOOD, BAD])
        == (
            "ref-1 -> ref-3, rollback: BROKEN: the page is served: GET /: 200",
            "ref-1 -> ref-3, schema: UNKNOWN: nothing was looked at",
        )[::-1]
    )


def test_a_pair_is_told_to_programs() -> None:
    (told,) = pairs.as_dict([BAD])["pairs"]
    assert (told["from"], told["to"], told["verdict"]) == ("ref-1", "ref-3", "BROKEN")
    assert told["verdicts"]["schema"] == "UNKNOWN"
    assert [one["verdict"] for one in told["findings"]["rollback"]] == ["HOLDS", "BROKEN"]
