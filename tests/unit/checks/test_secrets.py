"""Secrets stand nowhere else, and bad ones are refused."""

from collections.abc import Callable
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import secrets
from agentchat_check.facts import Search, Sighting, Start
from agentchat_check.findings import Finding, Verdict
from makers import answer, log_in, outer, unanswered

SEARCHES = [
    secrets.not_in_compose_files,
    secrets.not_in_images,
    secrets.not_in_logs,
    secrets.not_on_command_lines,
    secrets.not_in_page,
]
CAME_UP = Start(came_up=True, exit_code=None, said="")
NAMED = Start(came_up=False, exit_code=1, said="Cannot start. JWT_SECRET_KEY is shorter than 32 characters")
SILENT = Start(came_up=False, exit_code=3, said="Traceback\nKeyError")
UNSEEN = Start(came_up=None, exit_code=None, said="waiting")


@pytest.mark.parametrize("check", SEARCHES)
def test_a_place_without_secrets(check: Callable[[Search], Finding]) -> None:
    found = check(Search(("docker-compose.yml", "the log of redis"), ()))
    assert (found.verdict, found.actual) == (Verdict.HOLDS, "none in docker-compose.yml, the log of redis")


@pytest.mark.parametrize("check", SEARCHES)
def test_a_secret_is_named_with_its_place_and_without_its_value(check: Callable[[Search], Finding]) -> None:
    found = check(Search(("a",), (Sighting("JWT_SECRET_KEY", "the log of backend"),), too_short=("PIN",)))
    assert found.verdict is Verdict.BROKEN
    assert found.actual == "JWT_SECRET_KEY in the log of backend\nPIN: too short to be told from ordinary text"
    assert found.next_step.startswith("change the secret that is named")


@pytest.mark.parametrize("check", SEARCHES)
@pytest.mark.parametrize(
    ("search", "actual"),
    [
        (Search(("a",), (), too_short=("PIN",)), "PIN: too short to be told from ordinary text"),
        (Search(("a",), (), unseen=("the processes of redis: no ps",)), "the processes of redis: no ps"),
        (Search((), ()), "there was nothing to look at"),
    ],
)
def test_what_could_not_be_searched_is_no_pass(check: Callable[[Search], Finding], search: Search, actual: str) -> None:
    found = check(search)
    assert (found.verdict, found.actual) == (Verdict.UNKNOWN, actual)
    assert found.next_step


def test_weak_secrets_that_are_refused_by_name() -> None:
    found = secrets.refuses_weak({"JWT_SECRET_KEY empty": NAMED})
    assert found.verdict is Verdict.HOLDS
    assert found.actual == (
        "JWT_SECRET_KEY empty: it ended with exit status 1: Cannot start. JWT_SECRET_KEY is shorter than 32 characters"
    )


@pytest.mark.parametrize(
    ("start", "actual"),
    [
        (CAME_UP, "JWT_SECRET_KEY a default: it came up"),
        (SILENT, "JWT_SECRET_KEY a default: it ended with exit status 3: KeyError"),
    ],
)
def test_weak_secrets_that_are_taken_or_refused_without_a_name(start: Start, actual: str) -> None:
    found = secrets.refuses_weak({"JWT_SECRET_KEY empty": NAMED, "JWT_SECRET_KEY a default": start})
    assert (found.verdict, found.actual) == (Verdict.BROKEN, actual)


@pytest.mark.parametrize("starts", [{}, {"JWT_SECRET_KEY empty": NAMED, "JWT_SECRET_KEY a default": UNSEEN}])
def test_a_start_of_which_nothing_was_seen_is_no_pass(starts: dict[str, Start]) -> None:
    found = secrets.refuses_weak(starts)
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual in {
        "nothing was started",
        "JWT_SECRET_KEY a default: it neither came up nor ended in time: waiting",
    }


def test_forged_tokens_are_refused() -> None:
    found = secrets.refuses_known_keys({"secret": outer(401)}, own=answer())
    assert (found.verdict, found.actual) == (Verdict.HOLDS, "each was refused")


def test_a_forged_token_that_opens_something_is_told_with_its_key() -> None:
    found = secrets.refuses_known_keys({"secret": answer(), "changeme": outer(401)}, own=answer())
    assert found.verdict is Verdict.BROKEN
    assert found.actual == "signed with 'secret': GET /api/v1/dialog/list: 200 in 0.02 s"


@pytest.mark.parametrize(
    ("answers", "own"),
    [({}, answer()), ({"secret": unanswered()}, answer()), ({"secret": outer(401)}, outer(401))],
)
def test_an_application_that_does_not_answer_refuses_nobody(
    answers: dict[str, facts.HttpAnswer], own: facts.HttpAnswer
) -> None:
    assert secrets.refuses_known_keys(answers, own=own).verdict is Verdict.UNKNOWN


def test_the_accounts_that_the_backend_holds() -> None:
    assert secrets.opens_database([log_in()]).verdict is Verdict.HOLDS
    refused = log_in(who="agentchat, as DATABASE_URL says", accepted=False, error="Access denied (1045)")
    found = secrets.opens_database([log_in(), refused])
    assert found.verdict is Verdict.BROKEN
    assert found.actual == "agentchat, as DATABASE_URL says: Access denied (1045) in 0.01 s"
    assert secrets.opens_database([]).verdict is Verdict.UNKNOWN


def starts(**changes: Any) -> dict[str, Start]:
    """A backend that reads its secrets from files."""
    twice = Start(came_up=False, exit_code=1, said="JWT_SECRET_KEY and JWT_SECRET_KEY_FILE are both set")
    made = {"whole": CAME_UP, "twice": twice, **changes}
    return {"backend: every secret in a file": made["whole"], "backend: JWT_SECRET_KEY twice": made["twice"]}


def test_secrets_in_files() -> None:
    assert secrets.reads_files(starts()).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("changes", "actual"),
    [
        ({"whole": SILENT}, "backend: every secret in a file: it ended with exit status 3: KeyError"),
        ({"twice": CAME_UP}, "backend: JWT_SECRET_KEY twice: it came up"),
        ({"twice": SILENT}, "backend: JWT_SECRET_KEY twice: it ended with exit status 3: KeyError"),
    ],
)
def test_files_that_are_not_read_and_two_ways_that_are_taken(changes: dict[str, Start], actual: str) -> None:
    found = secrets.reads_files(starts(**changes))
    assert (found.verdict, found.actual) == (Verdict.BROKEN, actual)


@pytest.mark.parametrize("given", [{}, starts(whole=UNSEEN)])
def test_files_of_which_nothing_was_seen_are_no_pass(given: dict[str, Start]) -> None:
    assert secrets.reads_files(given).verdict is Verdict.UNKNOWN
