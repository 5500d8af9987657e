"""Locust's own page, as anybody who runs a load file by hand uses it: what is filled in is done, or refused there."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

import servers
from agentchat_check import wait
from agentchat_check.load import profiles
from agentchat_check.probes.api import PREFIX
from agentchat_check.stack import process
from driven import PEOPLE, good_replies
from servers import Site

LOGIN = "POST /user/login"

REFUSED = [
    ({"host": "https://chat.example.org"}, "drive load against https://chat.example.org"),
    ({"host": ""}, "no host was named"),
    ({"host": "http://127.0.0.1:1", "people": ""}, "register somebody for load"),
    ({"people": "none.json"}, "read the people in none.json"),
    ({"shape": "none.csv"}, "read the shape none.csv"),
    ({"rate": "-5"}, "rate is -5"),
    ({"arrivals": "closed", "think": "0"}, "think is 0"),
    ({"seconds": "-1"}, "seconds is -1"),
    ({"spacing": "even"}, "spacing is even"),
]


@dataclass(frozen=True)
class Page:
    """Locust's page.

    Attributes:
        base: Where it is.
    """

    base: str

    def begin(self, **filled_in: str) -> None:
        """Fill in the form, and start the test."""
        form = {"user_count": "1", "spawn_rate": "1", **filled_in}
        assert requests.post(f"{self.base}/swarm", data=form, timeout=10).json()["success"]

    def done(self) -> dict[str, int]:
        """Wait until the test is begun and ended; how many requests there were, by name."""
        self._until("spawning", "running")
        asked = self._until("stopped")["stats"]
        assert self._told("exceptions")["exceptions"] == []
        return {one["name"]: one["num_requests"] for one in asked if one["name"] != "Aggregated"}

    def refused(self, says: str) -> str:
        """Wait until the page says why a test was not begun; all that it says then."""
        said = wait.until(
            lambda: "".join(one["msg"] for one in self._told("exceptions")["exceptions"]),
            lambda said: says in said,
            what=f"a page that says: {says}",
            timeout=60.0,
        )
        self._until("stopped")
        return said

    def _until(self, *states: str) -> Any:
        return wait.until(
            lambda: self._told("stats/requests"),
            lambda told: told["state"] in states,
            what=f"a test that is {states[-1]}",
            show=lambda told: str(told["state"]),
            timeout=60.0,
        )

    def _told(self, what: str) -> Any:
        return requests.get(f"{self.base}/{what}", timeout=10).json()


@pytest.fixture
def site() -> Iterator[Site]:
    """An application that answers well."""
    with servers.running(made := Site()):
        made.replies = good_replies()
        yield made


@pytest.fixture
def page(site: Site, tmp_path: Path) -> Iterator[Page]:
    """The page of a load file that is run by hand: ten visitors a second, for a second."""
    PEOPLE.write(tmp_path / "people.json")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "locust", "--locustfile", str(profiles.FILES / "login_storm.py")]
    command += ["--web-host", "127.0.0.1", "--web-port", str(port), "--host", site.url]
    command += ["--rate", "10", "--spacing", "constant", "--seconds", "1", "--people", str(tmp_path / "people.json")]
    with process.running(command, cwd=tmp_path) as locust:
        base = f"http://127.0.0.1:{port}"
        wait.until(
            lambda: _answers(base),
            bool,
            what="locust's page",
            hopeless=lambda _: locust.completed().said if locust.done() else "",
            timeout=60.0,
        )
        yield Page(base)
        assert not locust.done()


def _answers(base: str) -> bool:
    try:
        return "locust" in requests.get(base, timeout=10).text.lower()
    except requests.ConnectionError:
        return False


def test_what_is_filled_in_is_done_again_and_again(page: Page) -> None:
    page.begin()
    assert page.done() == {LOGIN: 10}
    page.begin(rate="20", seconds="2")
    assert page.done() == {LOGIN: 40}


def test_what_makes_no_sense_is_said_on_the_page_and_the_next_test_goes(page: Page, site: Site) -> None:
    right = {"host": site.url, "people": "people.json", "shape": "", "rate": "10", "arrivals": "open", "think": "5"}
    right |= {"seconds": "1", "spacing": "constant"}
    for wrong, says in REFUSED:
        page.begin(**right | wrong)
        assert page.refused(says).count("\n  next step:  ") == 1
    assert site.asked == []
    page.begin(**right)
    assert page.done() == {LOGIN: 10}
    assert site.asked == [f"POST {PREFIX}/user/login"] * 10
