"""nginx serves the page as it should."""

from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import front_door
from agentchat_check.findings import Finding, Verdict
from makers import html, outer, script, unanswered

SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "server": "nginx",
}
KEPT = {"cache-control": "public, max-age=31536000, immutable"}
SMALL = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
URL = "http://127.0.0.1:8090/assets/index-B3f_x9aQ.js"
LARGE = "x" * 5000


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def page(headers: dict[str, str], *assets: facts.HttpAnswer, **index: Any) -> facts.Page:
    link = html(url="http://127.0.0.1:8090/dialog/x", headers=headers)
    return facts.Page(html(headers=headers, **index), assets, link)


def asset(headers: dict[str, str], text: str = LARGE) -> facts.HttpAnswer:
    return script(text, url=URL, headers=headers)


@pytest.mark.parametrize("said", ["no-cache", "no-store, max-age=99999", "max-age=60", "No-Cache"])
def test_a_page_that_is_asked_for_again_holds(said: str) -> None:
    found = front_door.page_stays_fresh(page({"cache-control": said}))
    assert judged(found) == (Verdict.HOLDS, f"/: cache-control: {said}\n/dialog/x: cache-control: {said}")


@pytest.mark.parametrize(
    ("headers", "actual"),
    [({"cache-control": "max-age=3600"}, "/: cache-control: max-age=3600"), ({}, "/: cache-control: not said")],
)
def test_a_page_that_browsers_may_keep_is_broken(headers: dict[str, str], actual: str) -> None:
    verdict, said = judged(front_door.page_stays_fresh(page(headers)))
    assert (verdict, said.splitlines()[0]) == (Verdict.BROKEN, actual)


@pytest.mark.parametrize("check", [front_door.page_stays_fresh, front_door.protects])
def test_of_a_page_that_does_not_come_nothing_is_known(check: Any) -> None:
    verdict, actual = judged(check(page({}, status=502)))
    assert verdict is Verdict.UNKNOWN
    assert actual.startswith("GET /: 502")


def test_files_with_a_digest_are_kept() -> None:
    assert judged(front_door.assets_are_kept(page({}, asset(KEPT), script()))) == (Verdict.HOLDS, "1 files")
    assert judged(front_door.assets_are_kept(page({}, *[asset({})] * 10))) == (
        Verdict.BROKEN,
        "\n".join(["/assets/index-B3f_x9aQ.js: cache-control: not said"] * 8 + ["and 2 more"]),
    )
    assert judged(front_door.assets_are_kept(page({}, script()))) == (
        Verdict.UNKNOWN,
        "none of 1 files has a digest in its name",
    )


@pytest.mark.parametrize("said", ["no-cache, max-age=31536000", "max-age=3600", "max-age=soon"])
def test_a_file_that_is_soon_forgotten_is_broken(said: str) -> None:
    found = front_door.assets_are_kept(page({}, asset({"cache-control": said})))
    assert judged(found) == (Verdict.BROKEN, f"/assets/index-B3f_x9aQ.js: cache-control: {said}")


@pytest.mark.parametrize(
    ("one", "verdict", "actual"),
    [
        (asset(SMALL), Verdict.HOLDS, "1 files"),
        (asset({}), Verdict.BROKEN, "/assets/index-B3f_x9aQ.js: content-encoding: not said, vary: not said"),
        (
            asset({"content-encoding": "gzip"}),
            Verdict.BROKEN,
            "/assets/index-B3f_x9aQ.js: content-encoding: gzip, vary: not said",
        ),
        (asset({}, "short"), Verdict.UNKNOWN, "none of 1 files is that large"),
    ],
)
def test_what_is_worth_it_comes_compressed(one: facts.HttpAnswer, verdict: Verdict, actual: str) -> None:
    assert judged(front_door.compresses(page({}, one))) == (verdict, actual)


def test_what_carries_every_header_holds() -> None:
    framing = {**SAFE, "x-frame-options": "", "content-security-policy": "frame-ancestors 'none'"}
    assert judged(front_door.protects(page(SAFE, asset(framing)))) == (
        Verdict.HOLDS,
        "on 3 answers: the page, a deep link, its files",
    )


@pytest.mark.parametrize(
    ("missing", "actual"),
    [
        ({"x-content-type-options": ""}, "no X-Content-Type-Options: nosniff"),
        ({"x-frame-options": "ALLOWALL"}, "may be framed"),
        ({"referrer-policy": ""}, "no Referrer-Policy"),
        ({"server": "nginx/1.26.3"}, "Server: nginx/1.26.3"),
    ],
)
def test_what_lacks_a_header_is_broken(missing: dict[str, str], actual: str) -> None:
    found = front_door.protects(page(SAFE, asset({**SAFE, **missing})))
    assert judged(found) == (Verdict.BROKEN, f"/assets/index-B3f_x9aQ.js: {actual}")


REFUSED = outer(404, url="http://127.0.0.1:8090/.env")
SHOWN = outer(200, "KEY=1", url="http://127.0.0.1:8090/.env")
FALLBACK = html(url="http://127.0.0.1:8090/.env")


@pytest.mark.parametrize(
    ("hidden", "private", "verdict", "actual"),
    [
        (REFUSED, REFUSED, Verdict.HOLDS, "/.env 404, /.env 404"),
        (REFUSED, FALLBACK, Verdict.HOLDS, "/.env 404, /.env 200"),
        (SHOWN, REFUSED, Verdict.BROKEN, "/.env: 200, and no refusal"),
        (FALLBACK, REFUSED, Verdict.BROKEN, "/.env: 200, the page, and no refusal"),
        (REFUSED, SHOWN, Verdict.BROKEN, "/.env: 200, its content"),
        (unanswered(), REFUSED, Verdict.UNKNOWN, "GET /api/v1/dialog/list: connection refused after 0.0 s"),
    ],
)
def test_hidden_files_are_refused_and_private_ones_not_shown(
    hidden: facts.HttpAnswer, private: facts.HttpAnswer, verdict: Verdict, actual: str
) -> None:
    assert judged(front_door.hides(page({}), [hidden], [private])) == (verdict, actual)


def test_where_nothing_was_asked_for_nothing_is_known() -> None:
    assert judged(front_door.hides(page({}), [], [])) == (Verdict.UNKNOWN, "nothing was asked for")
