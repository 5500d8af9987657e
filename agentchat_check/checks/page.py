"""Does the page arrive, does it lead to the application, and does it work in a browser?"""

from __future__ import annotations

import re

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise, few

SERVED = Promise(
    "page.served",
    "the frontend serves the page",
    "read the frontend's log, and look whether its image holds the built page; with --url, name the page's own address "
    "where it has one: --page-url",
)
ASSETS_SERVED = Promise(
    "page.assets_served",
    "every script and style of the page arrives",
    "build the frontend again; an index.html of another build names files that are gone",
)
DEEP_LINKS_SERVED = Promise(
    "page.deep_links_served",
    "an address inside the application opens the page",
    "let nginx fall back to the page: try_files $uri $uri/ /index.html",
)
PROXIES_API = Promise(
    "page.proxies_api",
    "a log-in through the frontend reaches the backend",
    "look at `location /api` of nginx.conf (in development: the proxy of vite.config.ts)",
)
WORKS_IN_A_BROWSER = Promise(
    "page.works_in_a_browser",
    "a person can log in, write and read the answer in a browser",
    "open the page in a browser with its developer tools and repeat the step that failed",
)
NO_CONSOLE_ERRORS = Promise(
    "page.no_console_errors",
    "the page works without an error in the browser's console",
    "open the page with its developer tools: the console shows where each error comes from",
)

_SHOWN = 12

_DISTURBED = "networks came and went on this host meanwhile, and the browser gave up what it was loading"
_QUIETER = "run again when nobody starts or stops containers on this host"


def served(page: facts.Page) -> Finding:
    """The page answers with HTML that has a place for the application and a script."""
    text = str(page.index.body)
    is_page = _is_html(page.index) and "<script" in text
    return SERVED.judge(
        is_page, expected="HTML with the application's script", actual=f"{page.index}{_kind(page.index)}"
    )


def assets_served(page: facts.Page) -> Finding:
    """Each script and style arrives as what it is, not as a fallback page."""
    expected = "each with 200, none of them HTML"
    if not page.index.ok:
        return ASSETS_SERVED.unknown(
            expected=expected, actual=f"the page that names them: {page.index}", next_step="mend the page itself first"
        )
    wrong = [asset for asset in page.assets if not asset.ok or _is_html(asset)]
    if page.left_out and not wrong:
        return ASSETS_SERVED.unknown(
            expected=expected,
            actual=f"{len(page.assets)} files arrived; at least {page.left_out} more were not asked for",
            next_step="open the page in a browser with its developer tools: the network's list shows what is missing",
        )
    return ASSETS_SERVED.judge(
        bool(page.assets) and not wrong,
        expected=expected,
        actual=few([f"{asset}{_kind(asset)}" for asset in wrong], _SHOWN) or f"{len(page.assets)} files",
    )


def deep_links_served(page: facts.Page) -> Finding:
    """A deep link gives the page: HTML with the same scripts; with any, where the page itself did not come."""
    scripts = _scripts(page.deep_link)
    return DEEP_LINKS_SERVED.judge(
        _is_html(page.deep_link) and bool(scripts) and (scripts == _scripts(page.index) or not page.index.ok),
        expected="the page itself",
        actual=f"{page.deep_link}{_kind(page.deep_link)}",
    )


def proxies_api(log_in: facts.HttpAnswer) -> Finding:
    """Logging in at the page's own address works."""
    token = isinstance(log_in.data, dict) and bool(log_in.data.get("access_token"))
    return PROXIES_API.judge(
        log_in.ok and token, expected="a token", actual=f"{log_in}{'' if token else _kind(log_in)}"
    )


def works_in_a_browser(visit: facts.Visit) -> Finding:
    """Every step of the visit worked."""
    done = ", ".join(f"{words} ({seconds:.1f} s)" for words, seconds in visit.steps) or "nothing"
    failed = f"worked: {done}\nfailed: {visit.failed}"
    expected = "log in, open a dialog, send a message, see the answer"
    if visit.failed and visit.disturbed:
        return WORKS_IN_A_BROWSER.unknown(expected=expected, actual=f"{failed}\n{_DISTURBED}", next_step=_QUIETER)
    return WORKS_IN_A_BROWSER.judge(
        bool(visit.steps) and not visit.failed,
        expected=expected,
        actual=failed if visit.failed else done,
    ).with_evidence(*([visit.screenshot] if visit.failed and visit.screenshot else []))


def no_console_errors(visit: facts.Visit) -> Finding:
    """The browser's console stays empty, every request is answered, and no other host is asked."""
    faults = [] if visit.disturbed else [f"console: {text}" for text in visit.console]
    # Whether another host answers says more of this host's network than of the page; that it is asked is told below.
    abroad = tuple(f"//{host}/" for host in visit.other_hosts)
    failed = () if visit.disturbed else visit.requests_failed
    faults += [f"request: {text}" for text in failed if not any(host in text for host in abroad)]
    faults += [f"another host is asked: {host}" for host in visit.other_hosts]
    expected = "no error, no failed request, no other host"
    if visit.disturbed and not faults:
        return NO_CONSOLE_ERRORS.unknown(expected=expected, actual=_DISTURBED, next_step=_QUIETER)
    if not faults and (visit.failed or not visit.steps):
        return NO_CONSOLE_ERRORS.unknown(
            expected=expected,
            actual=f"none until the visit ended early: {visit.failed or 'nothing was done'}",
            next_step=WORKS_IN_A_BROWSER.next_step,
        )
    return NO_CONSOLE_ERRORS.judge(
        not faults,
        expected=expected,
        actual=few(list(dict.fromkeys(faults)), _SHOWN) or "none",
    )


def _scripts(answer: facts.HttpAnswer) -> list[str]:
    return re.findall(r"<script\b[^>]*", str(answer.body))


def _is_html(answer: facts.HttpAnswer) -> bool:
    return answer.ok and "text/html" in answer.headers.get("content-type", "")


def _kind(answer: facts.HttpAnswer) -> str:
    kind = answer.headers.get("content-type", "")
    return f" ({kind})" if kind else ""
