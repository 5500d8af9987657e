"""The page, fetched as a browser fetches it, without one."""

from __future__ import annotations

import html.parser
import re
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import requests

from agentchat_check import facts
from agentchat_check.probes import http

DEEP_LINK = "/dialog/an-address-inside-the-application"
"""No such file exists; the page itself has to answer, and its router decides."""

_MOST_ASSETS = 200


def look(base: str) -> facts.Page:
    """Fetch the page, all its scripts and styles, and a deep link."""
    connection = http.session(base)
    as_browser = {"Accept": "text/html"}
    index = http.ask(connection, "GET", f"{base}/", headers=as_browser)
    deep_link = http.ask(connection, "GET", base + DEEP_LINK, headers=as_browser)
    return facts.Page(index, tuple(_assets(connection, index)), deep_link)


def _assets(connection: requests.Session, index: facts.HttpAnswer) -> list[facts.HttpAnswer]:
    """What the page names, then what its scripts name, until there is nothing new."""
    found: dict[str, facts.HttpAnswer] = {}
    wanted = _named_in_page(index)
    with ThreadPoolExecutor(max_workers=4) as pool:
        while wanted and len(found) < _MOST_ASSETS:
            answers = pool.map(lambda url: http.ask(connection, "GET", url), wanted)
            found.update(zip(wanted, answers, strict=True))
            named = {url for asset in found.values() for url in _named_in_script(asset)}
            wanted = sorted(named - found.keys())
    return list(found.values())


def _named_in_page(index: facts.HttpAnswer) -> list[str]:
    parser = _References()
    parser.feed(str(index.body))
    urls = (urllib.parse.urljoin(index.url, reference) for reference in parser.found)
    return [url for url in dict.fromkeys(urls) if url.startswith("http")]


def _named_in_script(asset: facts.HttpAnswer) -> list[str]:
    """Chunks that a bundled script loads later: ``"./chunk-1a2b.js"``, ``"assets/chunk-1a2b.css"``."""
    if not asset.url.endswith(".js"):
        return []
    relative = re.findall(r"""["'](\./[\w.-]+\.(?:js|css))["']""", str(asset.body))
    rooted = re.findall(r"""["'](/?assets/[\w.-]+\.(?:js|css))["']""", str(asset.body))
    return [urllib.parse.urljoin(asset.url, name) for name in relative] + [
        urllib.parse.urljoin(asset.url, f"/{name.removeprefix('/')}") for name in rooted
    ]


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
