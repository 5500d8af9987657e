"""The least of AgentChat that the smoke suite can visit from outside, served by a thread on 127.0.0.1."""

import base64
import hashlib
import hmac
import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

ACCOUNT = ("check", "Correct-horse-7")
"""The account that was made for checks."""

API = "/api/v1"
KEY = b"the key of this installation"
PAGE = '<!doctype html><div id="app"></div><script type="module" src="/assets/app.js"></script>'
SEEDS = {"agent": "id", "tool": "tool_id", "llm": "llm_id"}


class Installation(ThreadingHTTPServer):
    """Users, dialogs and seeds in memory; each defect of a running installation is a word that switches it on."""

    daemon_threads = True

    def __init__(self, defects: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.defects = defects
        self.asked: list[str] = []
        self.users = {ACCOUNT[0]: ("1", ACCOUNT[1])}
        self.dialogs: dict[str, list[dict[str, str]]] = {}
        self.seeds = {kind: [{key: f"{kind}-1", "name": f"a {kind}"}] for kind, key in SEEDS.items()}
        self.numbers = count(2)

    def times(self, request: str) -> int:
        """How often somebody asked this."""
        return self.asked.count(request)


@contextmanager
def serving(*defects: str) -> Iterator[Installation]:
    """An installation, with these defects."""
    with Installation(set(defects)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Installation

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        self.given = {**dict(urllib.parse.parse_qsl(url.query)), **json.loads(self.rfile.read(length) or b"{}")}
        self.server.asked.append(f"{self.command} {url.path}")
        if url.path.startswith(API) and "no api here" not in self.server.defects:
            self.api(f"{self.command} {url.path.removeprefix(API)}")
        elif url.path == "/health":
            self.answer({"status": "OK"})
        elif url.path == "/openapi.json":
            self.answer({"info": {"title": "AgentChat", "version": "2.2.0"}, "paths": {}})
        elif url.path == "/assets/app.js":
            named = "http://backend:7860/api" if "internal host" in self.server.defects else "/api/v1"
            self.answer(f'fetch("{named}")', "text/javascript")
        elif "text/html" in self.headers.get("accept", "") and (
            url.path == "/" or "no deep links" not in self.server.defects
        ):
            self.answer(PAGE, "text/html")
        else:
            self.answer({"detail": "Not Found"}, status=404)

    do_POST = do_DELETE = do_GET  # noqa: N815 - as the server calls them

    def api(self, call: str) -> None:  # noqa: C901, PLR0911 - the contract, call by call
        """Answer one call of the contract."""
        site, given = self.server, self.given
        if call == "POST /user/register":
            site.users[given["user_name"]] = (str(next(site.numbers)), given["user_password"])
            return self.envelope(None)
        if call == "POST /user/login":
            return self.log_in(given["user_name"], given["user_password"])
        if not self.is_known():
            return self.answer({"detail": "Unauthorized"}, status=401)
        match call:
            case "GET /agent" | "POST /tool/all" | "POST /llm/visible":
                kind = {"GET /agent": "agent", "POST /tool/all": "tool"}.get(call, "llm")
                return self.envelope(site.seeds[kind] * (2 if "seeded twice" in site.defects else 1))
            case "POST /llm/create":
                site.seeds["llm"].append({"llm_id": f"llm-{next(site.numbers)}", "model": given["model"]})
            case "POST /agent":
                site.seeds["agent"].append({"id": f"agent-{next(site.numbers)}", "name": given["name"]})
            case "GET /dialog/list":
                return self.envelope([{"dialog_id": dialog} for dialog in site.dialogs])
            case "POST /dialog" if "no new dialogs" in site.defects:
                return self.envelope(None, inner=500, message="disk quota exceeded")
            case "POST /dialog":
                dialog = f"dialog-{next(site.numbers)}"
                site.dialogs[dialog] = []
                return self.envelope({"dialog_id": dialog})
            case "DELETE /dialog" if "nothing deleted" not in site.defects:
                site.dialogs.pop(given["dialog_id"], None)
            case "GET /history":
                messages = site.dialogs.get(given["dialog_id"], [])
                return self.envelope(messages[::-1] if "history backwards" in site.defects else messages)
            case "POST /completion":
                return self.chat(given["dialog_id"], given["user_input"])
        return self.envelope(None)

    def log_in(self, name: str, password: str) -> None:
        user_id, right = self.server.users.get(name, ("0", None))
        if "echo" in self.server.defects:
            return self.answer({"detail": [{"type": "missing", "input": self.given}]}, status=422)
        if right is None or (password != right and "any password" not in self.server.defects):
            return self.envelope(None, inner=10600, message="wrong name or password")
        return self.envelope({"user_id": user_id, "access_token": token(user_id)})

    def is_known(self) -> bool:
        given = self.headers.get("authorization", "").removeprefix("Bearer ")
        signed = bool(given) and given == token(claims(given)["sub"])
        return signed != ("no session" in self.server.defects)

    def chat(self, dialog: str, text: str) -> None:
        if "silent model" in self.server.defects:
            return self.answer('data: {"type":"error","data":"The model does not answer"}\n\n', "text/event-stream")
        said = [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said: {text}"}]
        self.server.dialogs[dialog] += said
        events = [{"type": "response_chunk", "data": {"chunk": chunk}} for chunk in ("You said: ", text)]
        return self.answer("".join(f"data: {json.dumps(event)}\n\n" for event in events), "text/event-stream")

    def envelope(self, data: Any, *, inner: int = 200, message: str = "SUCCESS") -> None:
        self.answer({"status_code": inner, "status_message": message, "data": data})

    def answer(self, body: Any, kind: str = "application/json", *, status: int = 200) -> None:
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Say nothing; what was asked is noted."""


def token(user_id: str) -> str:
    """The access token of a user, signed with this installation's key."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256"}, {"sub": user_id}))
    return f"{signed}.{_encoded(hmac.digest(KEY, signed.encode(), hashlib.sha256))}"


def claims(given: str) -> dict[str, str]:
    """What a token says of its bearer, whoever signed it."""
    part = given.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
