"""What a variable does, seen from outside: a value is changed, and the application behaves otherwise.

A variable whose effect is not known here is not guessed at; see ``probes.reading``.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from agentchat_check import errors, wait
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes import cache, database, http, tokens
from agentchat_check.probes.api import Account
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_ECHO_PORT = 9123

_ECHO = """
import http.server, json
class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("authorization")
        said = f"asked at {self.path} for {asked.get('model')} with {key}"
        piece = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "echo",
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": said}, "finish_reason": "stop"}]}
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: " + json.dumps(piece).encode() + b"\\n\\ndata: [DONE]\\n\\n")
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("0.0.0.0", %d), Echo).serve_forever()
"""
"""Answers every question with how it was asked; runs beside the stub model, where the backend reaches it."""

_SMALL = 3 * 2**19
"""Bytes of an upload that a limit of 1 MB refuses, and one of 2 MB or more lets through."""

_LATE, _SLOW = 2.0, 0.15
"""Seconds to the first piece, and between two, from which the stand-in counts as slowed down."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A running stack, and a user of it."""

    stack: Stack
    account: Account

    def guest(self) -> Guest:
        """The user, logged in where the backend answers now: recreated, it has another port."""
        host, port = self.stack.address(Role.BACKEND)
        return visit.arrive(apis.discover(f"http://{host}:{port}"), self.account)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variable does.

    Attributes:
        value: Another value than the usual one.
        look: What is looked at, in words.
        expected: What has to be in the words while it has that value, and must not be before.
        needs: Another variable without which the effect cannot be seen.
    """

    value: str
    look: Callable[[Scene, tuple[str, ...]], str]
    expected: str
    needs: str = ""


def clocks(scene: Scene, services: tuple[str, ...]) -> str:
    """The time zone of each of these services' clocks; the database's and the application's logs follow it."""
    said = {name: scene.stack.execute(name, ["date", "+%z"]) for name in services}
    return ", ".join(f"{name} {text.strip() if not status else 'unknown'}" for name, (status, text) in said.items())


def debug_lines(scene: Scene, services: tuple[str, ...]) -> str:
    """Whether the log holds lines for people who look for mistakes, once somebody asked for something."""
    scene.guest().api.health()
    lines = [line for name in services for line in scene.stack.logs(name).splitlines()]
    found = any(re.search(r"\bDEBUG\b", line) for line in lines)
    return f"{'some' if found else 'no'} DEBUG lines"


def upload(scene: Scene, _: tuple[str, ...]) -> str:
    """What becomes of an upload of a megabyte and a half."""
    answer = scene.guest().api.ask("POST", f"{apis.PREFIX}/upload", files={"file": ("check.txt", b"x" * _SMALL)})
    return f"an upload of 1.5 MB: {answer.status}"


def model_asked(scene: Scene, _: tuple[str, ...]) -> str:
    """How the model that every user sees is asked: where, for which model, with which key."""
    guest = scene.guest()
    agent = visit.first_agent(guest)
    with visit.dialog(guest, agent, Ledger()) as dialog:
        chat = guest.api.chat(dialog, "hello")
    return chat.text or str(chat)


def model_pace(scene: Scene, _: tuple[str, ...]) -> str:
    """How fast the stand-in for a model answers."""
    host, port = scene.stack.address(Role.MODEL)
    url = f"http://{host}:{port}/v1/chat/completions"
    body = {"model": "stub", "stream": True, "messages": [{"role": "user", "content": "a b c d e f"}]}
    began = time.monotonic()
    with http.session(url).post(url, json=body, stream=True, timeout=http.TIMEOUT) as response:
        pieces = (line for line in response.iter_lines() if line.startswith(b"data:") and b"content" in line)
        moments = [time.monotonic() - began for _ in pieces]
    first = moments[0] if moments else 0.0
    gap = (moments[-1] - first) / (len(moments) - 1) if len(moments) > 1 else 0.0
    return f"first piece {'late' if first >= _LATE else 'at once'}, then {'slowly' if gap >= _SLOW else 'fast'}"


def known(stack: Stack) -> dict[str, Effect]:
    """The effects we know how to see, by the name that the container is told."""
    model = stack.roles.get(Role.MODEL, "model")
    return {
        "TZ": Effect("Asia/Kathmandu", clocks, r"^(\S+ \+0545(, |$))+$"),
        "LOG_LEVEL": Effect("debug", debug_lines, "some DEBUG"),
        "UPLOAD_LIMIT_MB": Effect("1", upload, "413"),
        "UPLOAD_MAX_MB": Effect("1", upload, "413"),  # the reference deployment's later name for it
        "OPENAI_BASE_URL": Effect(f"http://{model}:{_ECHO_PORT}/elsewhere", model_asked, "asked at /elsewhere/"),
        "OPENAI_MODEL": Effect("another-model", model_asked, "for another-model with", "OPENAI_BASE_URL"),
        "OPENAI_API_KEY": Effect("another-key", model_asked, "with Bearer another-key", "OPENAI_BASE_URL"),
        "MODEL_MODE": Effect("slow", model_pace, "late|slowly"),
        "MODEL_FIRST_TOKEN_SECONDS": Effect("3", model_pace, "late", "MODEL_MODE"),
        "MODEL_TOKENS_PER_SECOND": Effect("4", model_pace, "slowly", "MODEL_MODE"),
    }


def visible(stack: Stack, told: Collection[str], wanted: Collection[str]) -> dict[str, Effect]:
    """The effects that can be seen in a deployment, by the name that the container is told.

    Where two variables do the same, so that it could be either's, only the first one's is.

    Args:
        stack: The stack.
        told: Every name that a container of it is told.
        wanted: Those of them whose effect is to be seen.
    """
    found: dict[str, Effect] = {}
    for name, effect in known(stack).items():
        shown = {(other.look, other.expected) for other in found.values()}
        if name in wanted and effect.needs in {"", *told} and (effect.look, effect.expected) not in shown:
            found[name] = effect
    return found


def looked(scene: Scene, effects: Mapping[str, tuple[Effect, tuple[str, ...]]]) -> dict[str, str]:
    """What each effect looks like now, by variable; looks that several share are taken once."""
    taken: dict[tuple[Callable[..., str], tuple[str, ...]], str] = {}
    for effect, services in effects.values():
        if (effect.look, services) not in taken:
            try:
                taken[effect.look, services] = effect.look(scene, services)
            except errors.CheckError as error:
                taken[effect.look, services] = f"could not be looked at: {error.actual}"
    return {name: taken[effect.look, services] for name, (effect, services) in effects.items()}


def listen(stack: Stack) -> None:
    """Have what answers with how it was asked run beside the model.

    Raises:
        errors.StackError: It does not start.
    """
    service = stack.service_name(Role.MODEL)
    with complaints.translated(f"start a listener in {service}"):
        container = next(c for c in stack.client.containers.list() if c.id == stack.service(Role.MODEL).container)
        container.exec_run(["python3", "-c", _ECHO % _ECHO_PORT], detach=True)
    ready = ["python3", "-c", f"import socket; socket.create_connection(('127.0.0.1', {_ECHO_PORT}), 1)"]
    wait.until(
        lambda: stack.execute(service, ready)[0],
        lambda status: status == 0,
        what="a listener beside the model",
        timeout=20,
    )


def proven(scene: Scene, guest: Guest, secret: str) -> str:
    """What a secret that runs opens, and another one does not: the database, the cache or a token; "" when nothing."""
    stack, opened = scene.stack, []
    with contextlib.suppress(errors.CheckError):
        users = dict.fromkeys((database.credentials(stack).user, "root"))
        let_in = [user for user in users if _opens(stack, user, secret) and not _opens(stack, user, secret + "x")]
        opened += [f"{user} of the database logs in with it" for user in let_in]
    with contextlib.suppress(errors.CheckError):
        if cache.log_in(stack, secret).accepted and not cache.log_in(stack, secret + "x").accepted:
            opened.append("the cache lets in with it")
    if tokens.is_signed_with(guest.token, secret):
        opened.append("it signs the tokens")
    return ", ".join(opened)


def _opens(stack: Stack, user: str, password: str) -> bool:
    return database.log_in(stack, database.Credentials(user, password, "")).accepted
