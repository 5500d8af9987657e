"""The page, fetched as a browser fetches it, without one."""

from __future__ import annotations

import html.parser
import re
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import requests

from agentchat_check import facts
from agentchat_check.probes import http

DEEP_LINK = "/dialog/an-address-inside-the-application"
"""No such file exists; the page itself has to answer, and its router decides."""

TIMEOUT = 60.0
"""Seconds until a file without an answer counts as unanswered; a development server bundles at the first request."""

_MOST_ASSETS = 3000
"""More than any page we know has: a development server gives each module by itself, about 500 of them."""

_OUTDATED = 504
"""How vite's development server says that it has bundled anew meanwhile: a browser then loads the page again."""

_ATTEMPTS = 4


def look(base: str) -> facts.Page:
    """Fetch the page, all its scripts and styles, and a deep link."""
    connection = http.session(base)
    as_browser = {"Accept": "text/html"}
    for attempt in range(_ATTEMPTS):
        time.sleep(attempt)
        index = http.ask(connection, "GET", f"{base}/", headers=as_browser, timeout=TIMEOUT)
        assets, left_out = _assets(connection, index)
        if not any(asset.status == _OUTDATED for asset in assets):
            break
    deep_link = http.ask(connection, "GET", base + DEEP_LINK, headers=as_browser, timeout=TIMEOUT)
    return facts.Page(index, assets, deep_link, left_out)


def _assets(connection: requests.Session, index: facts.HttpAnswer) -> tuple[tuple[facts.HttpAnswer, ...], int]:
    """What the page names, then what its scripts name, until there is nothing new; and how many were left out."""
    found: dict[str, facts.HttpAnswer] = {}
    wanted = _named_in_page(index)
    with ThreadPoolExecutor(max_workers=4) as pool:
        while wanted and len(found) < _MOST_ASSETS:
            answers = list(pool.map(lambda url: _file(connection, url), wanted))
            found.update(zip(wanted, answers, strict=True))
            named = {url for asset in answers for url in named_in_script(asset)}
            wanted = sorted(named - found.keys())
    return tuple(found.values()), len(wanted)


def _file(connection: requests.Session, url: str) -> facts.HttpAnswer:
    """A file; where its connection was closed it is asked for once more, as a browser does."""
    answer = http.ask(connection, "GET", url, timeout=TIMEOUT)
    closed = not answer.status and answer.seconds < TIMEOUT
    return http.ask(connection, "GET", url, timeout=TIMEOUT) if closed else answer


def _named_in_page(index: facts.HttpAnswer) -> list[str]:
    parser = _References()
    parser.feed(str(index.body))
    urls = (urllib.parse.urljoin(index.url, reference) for reference in parser.found)
    return [url for url in dict.fromkeys(urls) if url.startswith("http")]


def named_in_script(script: facts.HttpAnswer) -> list[str]:
    """Addresses of the scripts and styles that a script loads, at once or later.

    A bundle names its chunks ``"./chunk-1a2b.js"`` and ``"assets/chunk-1a2b.css"``; a development server's module names
    others in statements of its own: ``import App from "/src/App.vue"``, ``import("/src/pages/login.vue")``.
    """
    if "javascript" not in script.headers.get("content-type", ""):
        return []
    text = str(script.body)
    names = [name for pattern in _NAMES for name in pattern.findall(text)]
    rooted = [f"/{name.removeprefix('/')}" for name in _ROOTED.findall(text)]
    here = urllib.parse.urlsplit(script.url).netloc
    urls = (urllib.parse.urljoin(script.url, name) for name in names + rooted)
    return [url for url in dict.fromkeys(urls) if urllib.parse.urlsplit(url).netloc == here]


_NAMES = (
    re.compile(r"""["'](\./[\w.-]+\.(?:js|css))["']"""),
    re.compile(r"""^(?:import\s*|(?:import|export|\})[^"'\n]*\bfrom\s*)["'](\.{0,2}/[^"'\s]+)["']""", re.MULTILINE),
    re.compile(r"""\bimport\(["'](/[^"'\s]+)["']\)"""),
)
_ROOTED = re.compile(r"""["'](/?assets/[\w.-]+\.(?:js|css))["']""")


class _References(html.parser.HTMLParser):
    """Collects the scripts, styles and icons that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = {"script": "src", "link": "href"}.get(tag, "")
        if name and (reference := given.get(name)):
            self.found.append(reference)
