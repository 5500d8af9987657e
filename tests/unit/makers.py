"""Facts in which everything is well; a test says what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agentchat_check import facts
from agentchat_check.findings import Finding, Verdict
from agentchat_check.ledger import Entry, Outcome

MIB = 2**20
GIB = 2**30


class Clock:
    """Time that passes when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float, /) -> None:
        """Let them pass."""
        self.slept.append(seconds)
        self.now += seconds


def moment(seconds: float = 0.0) -> facts.Moment:
    """A moment, so many seconds after the first."""
    return facts.Moment(datetime(2026, 11, 24, 12, 0, tzinfo=UTC) + timedelta(seconds=seconds), 1000.0 + seconds)


def answer(**changes: Any) -> facts.HttpAnswer:
    """``GET /api/v1/dialog/list: 200 in 0.02 s``, an envelope without data."""
    made = facts.HttpAnswer(
        method="GET",
        url="http://127.0.0.1:7860/api/v1/dialog/list",
        status=200,
        inner=200,
        body={"status_code": 200, "status_message": "SUCCESS", "data": None},
        headers={"content-type": "application/json"},
        seconds=0.02,
        error="",
        seen=moment(),
    )
    return replace(made, **changes)


def inner(code: int, message: str = "no", data: Any = None, **changes: Any) -> facts.HttpAnswer:
    """HTTP 200 with another code inside, as AgentChat says most of its failures."""
    return answer(inner=code, body={"status_code": code, "status_message": message, "data": data}, **changes)


def outer(status: int, body: Any = "", **changes: Any) -> facts.HttpAnswer:
    """An answer without an envelope."""
    return answer(**{"status": status, "inner": None, "body": body, "headers": {}, **changes})


def unanswered(**changes: Any) -> facts.HttpAnswer:
    """``GET /api/v1/dialog/list: connection refused after 0.0 s``."""
    return outer(0, None, **{"error": "connection refused after 0.0 s", **changes})


def html(text: str | None = "<html><script src=/main.js></script></html>", **changes: Any) -> facts.HttpAnswer:
    """A page: ``GET /: 200 in 0.02 s``."""
    page = {"url": "http://127.0.0.1:8090/", "headers": {"content-type": "text/html; charset=utf-8"}}
    return outer(**{"status": 200, "body": text, **page, **changes})


def script(text: str = "", **changes: Any) -> facts.HttpAnswer:
    """A script of a page: ``GET /assets/main.js: 200 in 0.02 s``."""
    served = {"url": "http://127.0.0.1:8090/assets/main.js", "headers": {"content-type": "text/javascript"}}
    return outer(**{"status": 200, "body": text, **served, **changes})


def logged_in(access: Any = "a-token", **changes: Any) -> facts.HttpAnswer:
    """The answer to a log-in."""
    data = {"user_id": "7", "access_token": access}
    log_in = {"method": "POST", "url": "http://127.0.0.1:7860/api/v1/user/login"}
    return answer(**{**log_in, "body": {"status_code": 200, "data": data}, **changes})


def chat(**changes: Any) -> facts.ChatAnswer:
    """An answer in two pieces: You said: hello."""
    stream = outer(200, None, method="POST", url="http://127.0.0.1:7860/api/v1/completion")
    return replace(facts.ChatAnswer(stream, "You said: hello", (0.1, 0.2), ()), **changes)


def entry(kind: str, value: str, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Entry:
    """A message of a dialog as the ledger has it."""
    return Entry(kind, "dialog-1", value, outcome, moment(), moment(1))


def service(name: str = "backend", **changes: Any) -> facts.Service:
    """``backend running (healthy)``."""
    made = facts.Service(
        name=name,
        role=name,
        container=f"{name}-1",
        image=f"agentchat/{name}:2.5",
        image_id="sha256:1",
        state="running",
        health="healthy",
        exit_code=0,
        restarts=0,
        restart_policy="unless-stopped",
        oom_killed=False,
        started="2026-11-24T12:00:00Z",
        health_output="",
        ports=(),
        addresses=("172.18.0.2",),
        added_ports=(),
        seen=moment(),
    )
    return replace(made, **changes)


def usage(name: str = "backend", **changes: Any) -> facts.Usage:
    """Half a GiB of one, and no processor second yet."""
    return replace(facts.Usage(name, 0.0, 2.0, 512 * MIB, GIB, moment()), **changes)


def load(*used: facts.Usage, **changes: Any) -> facts.Load:
    """What containers use, on a host with two processors and 4 GiB."""
    return replace(facts.Load(used, 2, 4 * GIB), **changes)


def log_line(text: str, service: str = "backend", role: str = "backend") -> facts.LogLine:
    """A line that a service printed."""
    return facts.LogLine(service, role, "2026-11-24T12:00:00.000000000Z", text)


def log_in(**changes: Any) -> facts.LogIn:
    """``agentchat (environment of mysql): accepted in 0.01 s``."""
    return replace(facts.LogIn("agentchat (environment of mysql)", True, "", 0.01, moment()), **changes)  # noqa: FBT003 - in order


def schema(*names: str, collation: str = "utf8mb4_0900_ai_ci", **changes: Any) -> facts.Schema:
    """A database with tables of these names."""
    tables = tuple(facts.Table(name, collation) for name in names)
    return replace(facts.Schema("9.7.0", "utf8mb4", tables, moment()), **changes)


def digests(**groups: tuple[int, str]) -> facts.RowDigests:
    """What tables hold; a keyword reads ``table__user``, or ``table`` for rows that belong to nobody."""
    keyed = {(name.partition("__")[0], name.partition("__")[2]): group for name, group in groups.items()}
    return facts.RowDigests(keyed, moment())


def visit(**changes: Any) -> facts.Visit:
    """A visit on which everything worked."""
    steps = (("the page opens", 0.4), ("log in", 1.0), ("the answer appears", 2.25))
    return replace(facts.Visit(steps, "", (), (), (), "/run/page.png"), **changes)


def host(**changes: Any) -> facts.Host:
    """A host that is fit to bring a stack up."""
    made = facts.Host(
        engine=facts.Engine("28.0.0", local=True, root="/var/lib/docker", clock_skew=0.25),
        engine_error="",
        engine_address="unix:///var/run/docker.sock",
        compose="2.26.1",
        memory_available=3 * GIB,
        disk_free=20 * GIB,
        port_holders={},
        images_here=("mysql:8.0", "redis:7.0-alpine"),
        images_missing=(),
        registry=True,
        chromium="/usr/bin/chromium",
        seen=moment(),
    )
    return replace(made, **changes)


def finding(verdict: Verdict = Verdict.HOLDS, **changes: Any) -> Finding:
    """``the page is served``, judged."""
    step = "" if verdict is Verdict.HOLDS else "look"
    return replace(Finding("page.served", "the page is served", verdict, "HTML", "GET /: 200", step), **changes)
