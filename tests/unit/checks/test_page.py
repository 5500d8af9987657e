"""The page arrives, leads to the application, and works in a browser."""

from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import page
from agentchat_check.findings import Finding, Verdict
from makers import answer, html, inner, logged_in, outer, script, unanswered, visit

ANOTHER = html("<html><script src=/other.js></script></html>")


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def seen(
    index: facts.HttpAnswer | None = None,
    assets: tuple[facts.HttpAnswer, ...] = (script(),),
    deep_link: facts.HttpAnswer | None = None,
) -> facts.Page:
    return facts.Page(index or html(), assets, deep_link or html(url="http://127.0.0.1:8090/dialog/x"))


def test_a_page_with_a_script_holds() -> None:
    assert str(page.served(seen())) == (
        "HOLDS: the frontend serves the page\n"
        "  expected:   HTML with the application's script\n"
        "  actual:     GET /: 200 in 0.02 s (text/html; charset=utf-8)"
    )


@pytest.mark.parametrize(
    ("index", "actual"),
    [
        (html(status=502), "GET /: 502 (<html><script src=/main.js></script></html>) in 0.02 s (text/html; charset=ut"),
        (html("<html>Welcome to nginx!</html>"), "GET /: 200 in 0.02 s (text/html; charset=utf-8)"),
        (html(headers={"content-type": "application/octet-stream"}), "200 in 0.02 s (application/octet-stream)"),
        (html(headers={}), "GET /: 200 in 0.02 s"),
        (html(None), "GET /: 200 in 0.02 s (text/html"),
        (unanswered(), "GET /api/v1/dialog/list: connection refused after 0.0 s"),
    ],
)
def test_what_is_no_page_of_ours_is_broken(index: facts.HttpAnswer, actual: str) -> None:
    verdict, said = judged(page.served(seen(index)))
    assert verdict is Verdict.BROKEN
    assert actual in said


def test_assets_that_arrive_hold() -> None:
    assets = (script(), script(headers={"content-type": "text/css"}), script(headers={}))
    assert judged(page.assets_served(seen(assets=assets))) == (Verdict.HOLDS, "3 files")


@pytest.mark.parametrize(
    ("wrong", "actual"),
    [
        (script(status=404), "GET /assets/main.js: 404 in 0.02 s (text/javascript)"),
        (html(url="http://127.0.0.1/a.js"), "GET /a.js: 200 in 0.02 s (text/html; charset=utf-8)"),
        (unanswered(), "GET /api/v1/dialog/list: connection refused after 0.0 s"),
    ],
)
def test_an_asset_that_does_not_arrive_as_what_it_is_is_broken(wrong: facts.HttpAnswer, actual: str) -> None:
    assert judged(page.assets_served(seen(assets=(script(), wrong)))) == (Verdict.BROKEN, actual)


def test_a_page_without_assets_is_broken() -> None:
    assert judged(page.assets_served(seen(assets=()))) == (Verdict.BROKEN, "0 files")


def test_a_deep_link_that_opens_the_page_holds() -> None:
    assert judged(page.deep_links_served(seen())) == (
        Verdict.HOLDS,
        "GET /dialog/x: 200 in 0.02 s (text/html; charset=utf-8)",
    )


@pytest.mark.parametrize("deep_link", [html(status=404), ANOTHER, outer(200, html().body), answer(), unanswered()])
def test_a_deep_link_that_opens_something_else_is_broken(deep_link: facts.HttpAnswer) -> None:
    verdict, actual = judged(page.deep_links_served(seen(deep_link=deep_link)))
    assert verdict is Verdict.BROKEN
    assert actual.startswith(str(deep_link))


def test_a_log_in_through_the_frontend_holds() -> None:
    assert judged(page.proxies_api(logged_in())) == (Verdict.HOLDS, "POST /api/v1/user/login: 200 in 0.02 s")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (html(), "GET /: 200 in 0.02 s (text/html; charset=utf-8)"),
        (logged_in(None), "POST /api/v1/user/login: 200 in 0.02 s (application/json)"),
        (answer(body={"data": "access_token"}), "200 in 0.02 s (application/json)"),
        (inner(10600), "200, inner 10600 (no) in 0.02 s (application/json)"),
        (
            logged_in(status=502),
            "502, inner 200 ({'status_code': 200, 'data': {'user_id': '7', 'access_token': [redacted]}})",
        ),
        (unanswered(), "connection refused"),
    ],
)
def test_a_log_in_that_does_not_reach_the_backend_is_broken(said: facts.HttpAnswer, cause: str) -> None:
    verdict, actual = judged(page.proxies_api(said))
    assert verdict is Verdict.BROKEN
    assert cause in actual


STEPS = "the page opens (0.4 s), log in (1.0 s), the answer appears (2.2 s)"


def test_a_visit_on_which_everything_worked_holds() -> None:
    finding = page.works_in_a_browser(visit())
    assert judged(finding) == (Verdict.HOLDS, STEPS)
    assert finding.evidence == ()


def test_a_step_that_failed_is_broken_with_its_picture() -> None:
    finding = page.works_in_a_browser(visit(failed="open the dialog: Timeout 10000ms exceeded."))
    assert str(finding) == (
        "BROKEN: a person can log in, write and read the answer in a browser\n"
        "  expected:   log in, open a dialog, send a message, see the answer\n"
        f"  actual:     worked: {STEPS}\n"
        "              failed: open the dialog: Timeout 10000ms exceeded.\n"
        "  next step:  open the page in a browser with its developer tools and repeat the step that failed\n"
        "  evidence:   /run/ (page.png)"
    )


@pytest.mark.parametrize(
    ("changes", "actual"),
    [
        ({"failed": "the page opens: net::ERR"}, "worked: nothing\nfailed: the page opens: net::ERR"),
        ({}, "nothing"),
    ],
)
def test_a_visit_on_which_nothing_was_done_is_broken(changes: dict[str, Any], actual: str) -> None:
    finding = page.works_in_a_browser(visit(steps=(), screenshot="", **changes))
    assert judged(finding) == (Verdict.BROKEN, actual)
    assert finding.evidence == ()


def test_a_visit_without_an_error_in_the_console_holds() -> None:
    assert judged(page.no_console_errors(visit())) == (Verdict.HOLDS, "none")


def test_everything_a_browser_complains_of_is_broken_and_told_once() -> None:
    complaints = visit(
        console=("Uncaught TypeError: x is undefined", "Uncaught TypeError: x is undefined"),
        requests_failed=("GET http://127.0.0.1/gone.js: 404",),
        other_hosts=("fonts.example.org",),
        failed="log in: Timeout",
    )
    verdict, actual = judged(page.no_console_errors(complaints))
    assert verdict is Verdict.BROKEN
    assert actual == (
        "console: Uncaught TypeError: x is undefined\n"
        "request: GET http://127.0.0.1/gone.js: 404\n"
        "another host is asked: fonts.example.org"
    )


@pytest.mark.parametrize("what", ["console", "requests_failed", "other_hosts"])
def test_one_complaint_is_enough(what: str) -> None:
    assert page.no_console_errors(visit(**{what: ("x",)})).verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"failed": "log in: Timeout"}, "log in: Timeout"), ({"steps": ()}, "nothing was done")],
)
def test_a_quiet_console_of_a_visit_that_ended_early_proves_nothing(changes: dict[str, Any], why: str) -> None:
    assert judged(page.no_console_errors(visit(**changes))) == (
        Verdict.UNKNOWN,
        f"none until the visit ended early: {why}",
    )
