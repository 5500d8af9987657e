"""The production overlay renders, and its images can run it."""

import pytest

from agentchat_check import facts
from agentchat_check.checks import overlay
from agentchat_check.findings import Finding, Verdict

FLAGS = ("--max-connections=200", "--query-cache-size=1M")


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def programs(missing: tuple[str, ...] = (), unseen: str = "") -> facts.Programs:
    return facts.Programs("backend", "app:1", ("gunicorn",), missing, unseen)


def test_files_in_which_nothing_is_blank_hold() -> None:
    assert str(overlay.renders(facts.RenderedOverlay("", (), (), 5))) == (
        "HOLDS: the production overlay renders without blank values\n"
        "  expected:   every variable with a value or a default\n"
        "  actual:     5 services, no blank value"
    )


@pytest.mark.parametrize(
    ("rendering", "actual"),
    [
        (
            facts.RenderedOverlay("required variable X is missing a value", (), (), 0),
            "required variable X is missing a value",
        ),
        (
            facts.RenderedOverlay("", ("X",), ("mysql: MYSQL_PASSWORD",), 5),
            "X is not set, and has no default\nmysql: MYSQL_PASSWORD is set to nothing",
        ),
        (facts.RenderedOverlay("", (), (), 0), "0 services, no blank value"),
    ],
)
def test_what_does_not_render_whole_is_broken(rendering: facts.RenderedOverlay, actual: str) -> None:
    assert judged(overlay.renders(rendering)) == (Verdict.BROKEN, actual)


def test_programs_that_are_there_hold() -> None:
    assert judged(overlay.commands_exist([programs()])) == (Verdict.HOLDS, "backend: gunicorn")


@pytest.mark.parametrize("beside", [(), (programs(unseen="no shell"),)])
def test_a_missing_program_is_broken_whatever_else_could_not_be_seen(beside: tuple[facts.Programs, ...]) -> None:
    found = overlay.commands_exist([programs(missing=("gunicorn",)), *beside])
    assert judged(found) == (Verdict.BROKEN, "backend: app:1 has no gunicorn")


def test_an_image_that_nobody_could_look_into_proves_nothing() -> None:
    found = overlay.commands_exist([programs(), programs(unseen="no shell")])
    assert judged(found) == (Verdict.UNKNOWN, "backend: no shell")
    assert judged(overlay.commands_exist([])) == (Verdict.UNKNOWN, "there are no services")


@pytest.mark.parametrize(
    ("refused", "unseen", "verdict", "actual"),
    [
        ((), "", Verdict.HOLDS, "mysql accepts 2 flags"),
        (((FLAGS[1], "unknown variable"),), "", Verdict.BROKEN, "--query-cache-size=1M: unknown variable"),
        ((), "mysqld: not found", Verdict.UNKNOWN, "mysqld: not found"),
    ],
)
def test_flags_are_what_the_server_says_of_them(
    refused: tuple[tuple[str, str], ...], unseen: str, verdict: Verdict, actual: str
) -> None:
    assert judged(overlay.database_flags_valid(facts.Flags("mysql", FLAGS, refused, unseen))) == (verdict, actual)
