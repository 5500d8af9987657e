import time

import pytest

from agentchat_check.probes import page
from makers import Clock
from servers import Asked, Reply, Site, as_json, hangs_up, text

INDEX = """<!doctype html>
<link rel="icon" href="/favicon.ico"><link rel="stylesheet" href="assets/app.css">
<script type="module" src="/assets/app.js"></script><script src="/assets/app.js"></script>
<script>inline()</script><link rel="preload"><a href="/about">about</a>
<script src="data:text/javascript,1"></script>"""

SCRIPT = 'import("./chunk-1a2b.js"); const css = "assets/chunk-1a2b.css"; fetch("/api/v1/user"); import("./app.js")'


@pytest.fixture
def frontend(site: Site) -> Site:
    """A page whose router answers every address."""
    site.otherwise = text(INDEX)
    site.replies["GET /assets/app.js"] = text(SCRIPT, "text/javascript")
    site.replies["GET /assets/chunk-1a2b.js"] = text("done()", "text/javascript")
    return site


def test_the_page_is_fetched_with_all_that_it_and_its_scripts_name(frontend: Site) -> None:
    seen = page.look(frontend.url)
    assert seen.index.body == INDEX
    assert {asset.url.removeprefix(frontend.url) for asset in seen.assets} == {
        "/favicon.ico",
        "/assets/app.css",
        "/assets/app.js",
        "/assets/chunk-1a2b.js",
        "/assets/chunk-1a2b.css",
    }
    assert len(frontend.asked) == len(set(frontend.asked)) == 7


def test_an_address_inside_the_application_is_asked_for_as_a_browser_does(frontend: Site) -> None:
    assert page.look(frontend.url).deep_link.url == frontend.url + page.DEEP_LINK
    asked = {request.path: request.headers["accept"] for request in frontend.requests}
    assert asked["/"] == asked[page.DEEP_LINK] == "text/html"
    assert asked["/assets/app.js"] == "*/*"


def test_a_file_that_is_missing_is_seen(frontend: Site) -> None:
    frontend.replies["GET /assets/app.css"] = as_json({"detail": "Not Found"}, status=404)
    statuses = {asset.url.removeprefix(frontend.url): asset.status for asset in page.look(frontend.url).assets}
    assert (statuses["/assets/app.css"], statuses["/assets/app.js"]) == (404, 200)


def test_a_page_that_names_nothing_has_no_assets(site: Site) -> None:
    site.otherwise = text("it works")
    assert page.look(site.url).assets == ()


def test_a_page_that_does_not_answer_is_seen_not_to() -> None:
    seen = page.look("http://127.0.0.1:1")
    assert seen.index.error.startswith("connection refused")
    assert (seen.assets, seen.deep_link.status) == ((), 0)


def test_a_development_servers_modules_are_followed_on_its_own_host_alone(site: Site) -> None:
    module = """import App from "/src/App.vue?t=1"
import "./style.css"
import {
  a,
} from "/src/a.ts"
export * from "../b.ts"
const later = () => import("/src/later.vue"); import x from "/not/at/the/start"
import cdn from "//cdn.test/x.js"
"""
    site.otherwise = text("", "text/javascript")
    site.replies["GET /"] = text('<script src="/src/main.ts">')
    site.replies["GET /src/main.ts"] = text(module, "text/javascript")
    assert {asset.url.removeprefix(site.url) for asset in page.look(site.url).assets} == {
        *("/src/main.ts", "/src/App.vue?t=1", "/src/style.css", "/src/a.ts", "/b.ts", "/src/later.vue")
    }


def in_turn(*replies: Reply) -> Reply:
    """One reply after the other."""
    left = list(replies)

    def reply(asked: Asked) -> None:
        left.pop(0)(asked)

    return reply


@pytest.mark.parametrize(("times", "status"), [(1, 200), (9, 504)], ids=["for a moment", "for ever"])
def test_a_page_that_is_bundled_anew_meanwhile_is_loaded_again(
    frontend: Site, monkeypatch: pytest.MonkeyPatch, clock: Clock, times: int, status: int
) -> None:
    monkeypatch.setattr(time, "sleep", clock.sleep)
    outdated = text("Outdated Optimize Dep", status=504)
    frontend.replies["GET /assets/app.css"] = in_turn(*[outdated] * times, *[text("", "text/css")] * 9)
    (styles,) = (asset for asset in page.look(frontend.url).assets if asset.url.endswith("app.css"))
    assert styles.status == status
    assert frontend.asked.count("GET /") == (2 if times == 1 else 4)


@pytest.mark.parametrize(("times", "status"), [(1, 200), (9, 0)], ids=["once", "always"])
def test_a_file_whose_connection_is_closed_is_asked_for_once_more(frontend: Site, times: int, status: int) -> None:
    frontend.replies["GET /assets/app.css"] = in_turn(*[hangs_up] * times, text("", "text/css"))
    (styles,) = (asset for asset in page.look(frontend.url).assets if asset.url.endswith("app.css"))
    assert styles.status == status
    assert frontend.asked.count("GET /assets/app.css") == 2


def test_scripts_that_name_ever_more_scripts_are_followed_no_further_than_a_bound(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_MOST_ASSETS", 3)
    for number in range(5):
        site.replies[f"GET /{number}.js"] = text(f'import("./{number + 1}.js")', "text/javascript")
    site.replies["GET /"] = text('<script src="/0.js">')
    seen = page.look(site.url)
    assert (len(seen.assets), seen.left_out) == (3, 1)
