"""The page in a real browser, used as a person uses it."""

from __future__ import annotations

import os
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Error, Locator, Page, Request, Response, sync_playwright

from agentchat_check import errors, facts, wait
from agentchat_check.probes.api import Account

TIMEOUT = 15.0
"""Seconds for one step."""

ANSWER_TIMEOUT = 60.0
"""Seconds for an answer; a real model may think."""

_ATTEMPTS = 4
_ENOUGH = 40

DIALOG_PAGES = ("/dialog/{dialog_id}", "/conversation/chatPage?dialog_id={dialog_id}")
"""Where the pages we know show a dialog."""

_ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
_AS_ROOT = ["--no-sandbox"]  # Chromium refuses to run as root with its sandbox
_LOG_IN = re.compile(r"log\s*in|sign\s*in|登\s*录", re.IGNORECASE)
_SEND = re.compile(r"send|发\s*送", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a person does on the page.

    Attributes:
        account: Who visits.
        dialog_id: A dialog of theirs.
        message: What they write.
        answer: What has to appear, as soon as that is known; "" until then.
    """

    account: Account
    dialog_id: str
    message: str
    answer: Callable[[], str]


def visit(base: str, errand: Errand, *, chromium: str, pictures: Path) -> facts.Visit:
    """Log in, open a dialog, send a message and wait for the answer.

    A network that comes or goes on this host, as with any stack that somebody starts, makes Chromium give up what it
    is loading; that says nothing of the page, so the visit begins anew.

    Args:
        base: The page's address.
        errand: Who visits, and what for.
        chromium: The browser's program.
        pictures: Directory for a picture of the last moment.

    Raises:
        errors.HostError: The browser does not start.
    """
    for _ in range(_ATTEMPTS):
        seen = _visit(base, errand, chromium, pictures)
        if not seen.disturbed:
            break
    return seen


def _visit(base: str, errand: Errand, chromium: str, pictures: Path) -> facts.Visit:
    steps: list[tuple[str, float]] = []
    before: list[str] = []
    with _page(chromium) as page:
        watcher = _Watcher(page, base)
        plan: dict[str, Callable[[], object]] = {
            "the page opens": lambda: page.goto(f"{base}/", wait_until="load"),
            "log in": lambda: _log_in(page, errand.account),
            "open the dialog": lambda: _open_dialog(page, base, errand.dialog_id),
            "send a message": lambda: before.append(_send(page, errand.message)),
            "the answer appears": lambda: _see_answer(page, errand.answer, before[0]),
        }
        failed, started = "", time.monotonic()
        try:
            for words, step in plan.items():
                failed = words
                step()
                steps.append((words, time.monotonic() - started))
            failed = ""
        except Error as error:
            failed = f"{failed}: {_in_words(error)}"
        except errors.TimeoutError as error:
            failed = f"{failed}: {error.actual}"
        picture = pictures / "page.png"
        pictures.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(picture))
        return facts.Visit(
            tuple(steps),
            failed,
            tuple(watcher.console),
            tuple(watcher.failed),
            tuple(sorted(watcher.hosts)),
            str(picture),
        )


def _in_words(error: Error) -> str:
    """What kept a step from working, without the names of the browser's driver."""
    said = error.message.splitlines()[0]
    if found := re.search(r"Timeout (\d+)ms exceeded", said):
        return f"what should follow did not within {int(found[1]) / 1000:g} s"
    return said


class _Watcher:
    """Notes what a page complains about and whom it asks."""

    def __init__(self, page: Page, base: str) -> None:
        self.console: list[str] = []
        self.failed: list[str] = []
        self.hosts: set[str] = set()
        self._own = urllib.parse.urlsplit(base).netloc
        page.on("console", lambda message: self.console.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfailed", self._unanswered)

    def _asked(self, request: Request) -> None:
        parts = urllib.parse.urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._own:
            self.hosts.add(parts.netloc)

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.failed.append(f"{response.request.method} {response.url}: {response.status}")

    def _unanswered(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # we left the page while it was under way
            self.failed.append(f"{request.method} {request.url}: {request.failure}")


def _log_in(page: Page, account: Account) -> None:
    password = page.locator("input[type=password]:visible").first
    password.wait_for()
    page.locator("input:not([type=password]):visible").first.fill(account.name)
    password.fill(account.password)
    page.get_by_role("button", name=_LOG_IN).first.click()
    password.wait_for(state="hidden")


def _open_dialog(page: Page, base: str, dialog_id: str) -> None:
    """The first known place that shows a text box to write in."""
    for place in DIALOG_PAGES:
        page.goto(base + place.format(dialog_id=dialog_id), wait_until="load")
        try:
            _text_box(page).wait_for(timeout=TIMEOUT * 1000 / len(DIALOG_PAGES))
        except Error:
            continue
        return
    _text_box(page).wait_for(timeout=1)


def _send(page: Page, message: str) -> str:
    """Write a message and send it; what the page showed before."""
    box = _text_box(page)
    before = page.inner_text("body")
    box.fill(message)
    button = page.get_by_role("button", name=_SEND)
    if button.count():
        button.first.click()
    else:
        box.press("Enter")
    page.get_by_text(message).last.wait_for()
    return before


def _see_answer(page: Page, answer: Callable[[], str], before: str) -> None:
    """Wait until the page shows the answer, once more than it did before; it may have been there from last time."""

    def shows(wanted: str) -> bool:
        sought = _letters(wanted)[:_ENOUGH]
        now = _letters(page.inner_text("body"))
        return bool(sought) and now.count(sought) > _letters(before).count(sought)

    wait.until(
        answer,
        shows,
        show=lambda wanted: f"{wanted[:_ENOUGH]!r} is not on the page" if wanted else "nobody has answered",
        what="the answer on the page",
        timeout=ANSWER_TIMEOUT,
    )


def _letters(text: str) -> str:
    """A text without what a page changes of it: spaces, line ends, marks of its markup."""
    return "".join(character for character in text if character.isalnum())


def _text_box(page: Page) -> Locator:
    return page.locator("textarea:visible, [contenteditable=true]:visible").first


@contextmanager
def _page(chromium: str) -> Iterator[Page]:
    """A page of a fresh browser profile."""
    arguments = _ARGUMENTS + (_AS_ROOT if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        except Error as error:
            raise errors.HostError(
                f"start the browser {chromium}",
                expected="Chromium runs without a screen",
                actual=error.message.splitlines()[0],
                next_step=f"run `{chromium} --headless --dump-dom about:blank` and mend what it says",
            ) from None
        with browser:
            page = browser.new_page()
            page.set_default_timeout(TIMEOUT * 1000)
            yield page
