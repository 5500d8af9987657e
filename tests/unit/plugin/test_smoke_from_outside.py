"""The smoke suite visits a small installation from outside, as ``--url`` does."""

import shutil
from collections.abc import Callable

import pytest

from agentchat_check.checks import conversation, exposure, health, page
from agentchat_check.findings import Promise
from plugin.installation import ACCOUNT, Installation, serving
from plugin.project import ROOT, Report

Visit = Callable[..., pytest.RunResult]

SEEN_FROM_OUTSIDE = {
    conversation.ANSWERS,
    conversation.FORGETS,
    conversation.LOGS_IN,
    conversation.REFUSES_STRANGERS,
    conversation.REFUSES_WRONG_PASSWORDS,
    conversation.REMEMBERS,
    conversation.SEEDED_ONCE,
    exposure.NO_INTERNAL_HOSTS,
    health.ANSWERS_IN_TIME,
    health.TELLS_THE_TRUTH,
    page.ASSETS_SERVED,
    page.DEEP_LINKS_SERVED,
    page.PROXIES_API,
    page.SERVED,
}

TALK, ACCOUNTS, PAGE = "test_conversation.py::test_", "test_accounts.py::test_", "test_page.py::test_"
A_DIALOG = TALK + "a_dialog_is_held_remembered_and_forgotten"


@pytest.fixture
def visit(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Runs the smoke suite, or one test of it, against an address."""
    shutil.copytree(ROOT / "suites/smoke", pytester.path / "suites/smoke")
    monkeypatch.setenv("AGENTCHAT_CHECK_PASSWORD", ACCOUNT[1])

    def run(url: str, *arguments: str, test: str = "") -> pytest.RunResult:
        chosen = f"suites/smoke/{test}"
        return pytester.runpytest_inprocess(chosen, "-m", "not browser", "--url", url, "--user", ACCOUNT[0], *arguments)

    return run


def test_every_promise_that_needs_neither_engine_nor_browser_holds(
    visit: Visit, installation: Installation, report: Report
) -> None:
    result = visit(installation.url)
    assert result.ret == pytest.ExitCode.OK
    found = report()
    assert {finding["check"] for finding in found["findings"]} >= {promise.check for promise in SEEN_FROM_OUTSIDE}
    assert (found["verdict"], found["complete"]) == ("HOLDS", True)
    assert found["deployment"] == {"way": "url", "name": installation.url, "application": "AgentChat 2.2.0"}


def test_a_visit_logs_in_once_registers_nobody_and_leaves_no_dialog(visit: Visit, installation: Installation) -> None:
    visit(installation.url, test=A_DIALOG)
    assert installation.times("POST /api/v1/user/login") == 1
    assert installation.times("POST /api/v1/user/register") == 0
    assert installation.times("POST /api/v1/dialog") == 1
    assert installation.dialogs == {}


@pytest.mark.parametrize(
    ("defect", "test", "broken", "cause"),
    [
        ("no new dialogs", "test_health.py::test_health_tells_the_truth", health.TELLS_THE_TRUTH, "it says OK"),
        ("no session", ACCOUNTS + "a_user_can_log_in", conversation.LOGS_IN, "GET /api/v1/dialog/list: 401"),
        (
            "no session",
            ACCOUNTS + "requests_without_a_valid_token_are_refused",
            conversation.REFUSES_STRANGERS,
            "dialogs without a token: GET /api/v1/dialog/list: 200",
        ),
        (
            "any password",
            ACCOUNTS + "a_wrong_password_is_refused",
            conversation.REFUSES_WRONG_PASSWORDS,
            "an empty password: POST /api/v1/user/login: 200",
        ),
        ("silent model", A_DIALOG, conversation.ANSWERS, "error in the stream: The model does not answer"),
        ("history backwards", A_DIALOG, conversation.REMEMBERS, "8 messages: assistant: "),
        ("nothing deleted", A_DIALOG, conversation.FORGETS, "the list of dialogs still shows it"),
        (
            "seeded twice",
            TALK + "agents_tools_and_models_are_seeded_once",
            conversation.SEEDED_ONCE,
            "agent 'a agent' stands more than once",
        ),
        ("no deep links", PAGE + "the_frontend_serves_the_page", page.DEEP_LINKS_SERVED, ": 404"),
        (
            "internal host",
            PAGE + "the_served_scripts_name_no_internal_host",
            exposure.NO_INTERNAL_HOSTS,
            "app.js: http://backend:7860/api",
        ),
    ],
)
def test_a_defect_breaks_its_promise_and_names_the_cause(
    visit: Visit, installation: Installation, report: Report, defect: str, test: str, broken: Promise, cause: str
) -> None:
    installation.defects.add(defect)
    visit(installation.url, test=test).assert_outcomes(failed=1)
    found = [finding for finding in report()["findings"] if finding["verdict"] != "HOLDS"]
    assert {(finding["check"], finding["verdict"]) for finding in found} == {(broken.check, "BROKEN")}
    assert all(cause in finding["actual"] for finding in found)


def test_a_page_at_another_address_has_to_lead_to_the_api(
    visit: Visit, installation: Installation, report: Report
) -> None:
    with serving("no api here") as elsewhere:
        visit(
            installation.url,
            "--page-url",
            elsewhere.url,
            test=PAGE + "a_log_in_through_the_frontend_reaches_the_backend",
        )
    assert [finding["check"] for finding in report()["findings"]] == [page.PROXIES_API.check]
    assert "POST /api/v1/user/login: 404" in report()["findings"][0]["actual"]


def test_an_inner_error_keeps_a_test_from_looking_and_is_shown_as_it_was_answered(
    visit: Visit, installation: Installation, report: Report
) -> None:
    installation.defects.add("no new dialogs")
    visit(installation.url, test=A_DIALOG).assert_outcomes(errors=1)
    (finding,) = report()["findings"]
    assert finding["verdict"] == "UNKNOWN"
    assert "POST /api/v1/dialog: 200, inner 500 (disk quota exceeded)" in finding["actual"]
    assert finding["next_step"] == "read the backend's log at that time"
