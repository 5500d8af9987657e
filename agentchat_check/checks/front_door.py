"""Does nginx serve the page as it should: kept where that is safe, small, protected, and nothing beside it?"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

PAGE_STAYS_FRESH = Promise(
    "front_door.page_stays_fresh",
    "a browser asks for the page again, so that an update shows at once",
    "let nginx say so for the page: add_header Cache-Control no-cache",
)
ASSETS_ARE_KEPT = Promise(
    "front_door.assets_are_kept",
    "a browser keeps the files whose names change with their content",
    'let nginx say so for /assets/: add_header Cache-Control "public, max-age=31536000, immutable"',
)
COMPRESSES = Promise(
    "front_door.compresses",
    "scripts and styles travel compressed",
    "gzip on, gzip_vary on, and the types of scripts and styles in gzip_types",
)
PROTECTS = Promise(
    "front_door.protects",
    "everything that is served carries the security headers",
    "set the header for the whole server, with always; one add_header in a location drops all that it inherits",
)
HIDES = Promise(
    "front_door.hides",
    "hidden files and the deployment's own are refused",
    "let nginx refuse names with a dot in front (location ~ /\\. { return 404; }), and keep the deployment's files out "
    "of its root; change every secret that was served",
)

MONTH = 30 * 24 * 3600
"""Seconds that a file which never changes is kept at least."""

MINUTE = 60
"""Seconds that a page may be shown without asking for it again."""

WORTH_IT = 4096
"""Bytes from which every nginx that compresses at all is expected to."""

_DIGEST = re.compile(r"[-.](?=[\w-]*[0-9A-Z])[\w-]{8,}\.(?:js|mjs|css)$")
"""How bundlers name a file by its content: ``index-B3f_x9aQ.js``, ``main.1a2b3c4d.css``."""

_SHOWN = 8


def page_stays_fresh(page: facts.Page) -> Finding:
    """Neither the page nor a deep link may be kept without asking; where nothing is said, browsers guess."""
    expected = "no-cache, no-store, or a max-age of at most a minute"
    pages = [answer for answer in (page.index, page.deep_link) if answer.ok]
    if not page.index.ok:
        return PAGE_STAYS_FRESH.unknown(
            expected=expected, actual=str(page.index), next_step="mend the page itself first"
        )
    stale = [answer for answer in pages if not _asked_again(answer)]
    return PAGE_STAYS_FRESH.judge(not stale, expected=expected, actual=_listed(stale or pages, "cache-control"))


def assets_are_kept(page: facts.Page) -> Finding:
    """Files with a digest in their names are kept for a month at least."""
    expected = "a max-age of a month or more for each file with a digest in its name"
    named = [asset for asset in page.assets if asset.ok and _DIGEST.search(_path(asset))]
    if not named:
        return ASSETS_ARE_KEPT.unknown(
            expected=expected,
            actual=f"none of {len(page.assets)} files has a digest in its name",
            next_step="mend the page itself first, or build it with digests in the names of its files",
        )
    forgotten = [asset for asset in named if _kept_for(asset) < MONTH]
    return ASSETS_ARE_KEPT.judge(
        not forgotten,
        expected=expected,
        actual=_listed(forgotten, "cache-control") if forgotten else f"{len(named)} files",
    )


def compresses(page: facts.Page) -> Finding:
    """Each script and style that is worth it comes compressed, and says that it does not always."""
    expected = "Content-Encoding, and Vary: Accept-Encoding, for each script and style of 4 KiB or more"
    worth_it = [asset for asset in page.assets if asset.ok and len(str(asset.body)) >= WORTH_IT]
    if not worth_it:
        return COMPRESSES.unknown(
            expected=expected,
            actual=f"none of {len(page.assets)} files is that large",
            next_step="mend the page itself first",
        )
    plain = [asset for asset in worth_it if not _compressed(asset)]
    return COMPRESSES.judge(
        not plain,
        expected=expected,
        actual=_listed(plain, "content-encoding", "vary") if plain else f"{len(worth_it)} files",
    )


def protects(page: facts.Page) -> Finding:
    """The page, a deep link, a script and a style carry what browsers need to protect their users."""
    expected = "nosniff, no framing by others, a Referrer-Policy, and no release of the server"
    if not page.index.ok:
        return PROTECTS.unknown(expected=expected, actual=str(page.index), next_step="mend the page itself first")
    seen = [answer for answer in (page.index, page.deep_link, *page.assets[:_SHOWN]) if answer.ok]
    bare = [f"{_path(answer)}: {', '.join(lacks)}" for answer in seen if (lacks := _lacks(answer))]
    return PROTECTS.judge(
        not bare,
        expected=expected,
        actual="\n".join(bare) or f"on {len(seen)} answers: the page, a deep link, its files",
    )


def hides(page: facts.Page, hidden: Sequence[facts.HttpAnswer], private: Sequence[facts.HttpAnswer]) -> Finding:
    """Names with a dot in front are refused; the deployment's own files are, or the page is shown instead.

    Args:
        page: The page, to know it by.
        hidden: The answers to names with a dot in front.
        private: The answers to names of the deployment's own files.
    """
    expected = "each refused (4xx)"
    every = [*hidden, *private]
    if not every or any(answer.error for answer in every):
        return HIDES.unknown(
            expected=expected,
            actual="\n".join(str(answer) for answer in every if answer.error) or "nothing was asked for",
            next_step="see whether the frontend runs",
        )
    shown = [f"{_path(one)}: {one.status}, {_what(one, page)}" for one in hidden if not _refused(one)]
    shown += [
        f"{_path(one)}: {one.status}, its content" for one in private if not _refused(one) and not _is_page(one, page)
    ]
    told = ", ".join(f"{_path(one)} {one.status}" for one in every)
    return HIDES.judge(not shown, expected=expected, actual="\n".join(shown) or told)


def _asked_again(answer: facts.HttpAnswer) -> bool:
    directives = _directives(answer)
    return bool({"no-cache", "no-store"} & directives.keys()) or (
        "max-age" in directives and _kept_for(answer) <= MINUTE
    )


def _kept_for(answer: facts.HttpAnswer) -> int:
    """Seconds that a browser keeps it without asking."""
    directives = _directives(answer)
    if {"no-cache", "no-store"} & directives.keys():
        return 0
    age = directives.get("max-age", "")
    return int(age) if age.isdigit() else 0


def _directives(answer: facts.HttpAnswer) -> dict[str, str]:
    parts = answer.headers.get("cache-control", "").lower().split(",")
    return {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts) if name.strip()}


def _compressed(answer: facts.HttpAnswer) -> bool:
    varies = "accept-encoding" in answer.headers.get("vary", "").lower()
    return answer.headers.get("content-encoding", "") in {"gzip", "br", "zstd", "deflate"} and varies


def _lacks(answer: facts.HttpAnswer) -> list[str]:
    headers = answer.headers
    framing = headers.get("x-frame-options", "").upper() in {"DENY", "SAMEORIGIN"}
    framing = framing or "frame-ancestors" in headers.get("content-security-policy", "")
    kept = {
        "no X-Content-Type-Options: nosniff": headers.get("x-content-type-options", "").lower() == "nosniff",
        "may be framed": framing,
        "no Referrer-Policy": bool(headers.get("referrer-policy")),
        f"Server: {headers.get('server', '')}": not re.search(r"\d", headers.get("server", "")),
    }
    return [what for what, there in kept.items() if not there]


def _refused(answer: facts.HttpAnswer) -> bool:
    return 400 <= answer.status < 500  # noqa: PLR2004 - HTTP's own numbers


def _is_page(answer: facts.HttpAnswer, page: facts.Page) -> bool:
    return answer.body in (page.index.body, page.deep_link.body)


def _what(answer: facts.HttpAnswer, page: facts.Page) -> str:
    return "the page, and no refusal" if _is_page(answer, page) else "and no refusal"


def _path(answer: facts.HttpAnswer) -> str:
    return urllib.parse.urlsplit(answer.url).path or "/"


def _listed(answers: Sequence[facts.HttpAnswer], *headers: str) -> str:
    """The first of several answers, each with what its headers say."""
    lines = []
    for answer in answers[:_SHOWN]:
        said = ", ".join(f"{name}: {answer.headers.get(name) or 'not said'}" for name in headers)
        lines.append(f"{_path(answer)}: {said}")
    more = len(answers) - _SHOWN
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])
