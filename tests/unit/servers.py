"""Small servers on 127.0.0.1: an HTTP site, a cache and a database that answer as a test says."""

import json
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

Reply = Callable[["Asked"], None]


def envelope(data: Any, *, inner: int = 200, message: str = "SUCCESS", status: int = 200) -> Reply:
    """AgentChat's envelope around some data."""
    return as_json({"status_code": inner, "status_message": message, "data": data}, status=status)


def as_json(body: Any, *, status: int = 200) -> Reply:
    """A JSON answer."""
    return text(json.dumps(body), "application/json", status=status)


def text(body: str, kind: str = "text/html", *, status: int = 200) -> Reply:
    """An answer of some kind."""
    return lambda asked: asked.answer(body.encode(), f"{kind}; charset=utf-8", status=status)


def stream(*lines: str, then: Reply | None = None) -> Reply:
    """Server-sent events without a length, and how they go on where they do not end."""

    def reply(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("content-type", "text/event-stream")
        asked.send_header("transfer-encoding", "chunked")
        asked.end_headers()
        for line in lines:
            sent = f"{line}\n\n".encode()
            asked.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent))
        if then:
            then(asked)
        else:
            asked.wfile.write(b"0\r\n\r\n")

    return reply


@dataclass(frozen=True)
class Request:
    """What was asked."""

    path: str
    headers: Message
    body: str


class Asked(BaseHTTPRequestHandler):
    """A request, and how it is answered."""

    server: "Site"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits until its head was heard, 40 ms each

    def __getattr__(self, name: str) -> Any:
        """Whatever the method, it is answered likewise."""
        if name.startswith("do_"):
            return self.reply
        raise AttributeError(name)

    def reply(self) -> None:
        """Note what was asked, and answer as the test says."""
        length = int(self.headers.get("content-length") or 0)
        call = f"{self.command} {self.path}"
        self.server.asked.append(call)
        self.server.requests.append(Request(self.path, self.headers, self.rfile.read(length).decode()))
        self.server.replies.get(call, self.server.otherwise)(self)

    def answer(self, body: bytes, kind: str, *, status: int = 200) -> None:
        """Send an answer whole."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing; what was asked is noted."""


class Site(ThreadingHTTPServer):
    """An HTTP server.

    Attributes:
        replies: What it answers, by method and path: ``{"GET /health": as_json({"status": "OK"})}``.
        otherwise: What it answers to everything else.
        asked: Methods and paths, in the order they came.
        requests: The requests themselves.
        over: Set at its end; a reply that is late waits for it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies: dict[str, Reply] = {}
        self.otherwise: Reply = as_json({"detail": "Not Found"}, status=404)
        self.asked: list[str] = []
        self.requests: list[Request] = []
        self.over = threading.Event()

    def secure(self, authority: trustme.CA) -> None:
        """Speak TLS, with a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error."""


def late(asked: Asked) -> None:
    """No answer before the test is over."""
    asked.server.over.wait(30)
    asked.close_connection = True


def hangs_up(asked: Asked) -> None:
    """No answer at all."""
    asked.close_connection = True


def resets(asked: Asked) -> None:
    """The connection is reset."""
    asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for end in (asked.rfile, asked.wfile, asked.connection):
        end.close()


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """A server that answers."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            if isinstance(server, Site):
                server.over.set()
            server.shutdown()
            thread.join()


class _Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True

    def __init__(self, handler: type[socketserver.StreamRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.port: int = self.server_address[1]


class Cache(_Tcp):
    """Speaks Redis's protocol.

    Attributes:
        answers: Its raw answer by command; OK to everything else.
        asked: The commands, with their arguments.
    """

    def __init__(self) -> None:
        super().__init__(_CacheHandler)
        self.answers: dict[str, str] = {"PING": "+PONG", "HELLO": "%1\r\n+proto\r\n:3"}
        self.asked: list[list[str]] = []


class _CacheHandler(socketserver.StreamRequestHandler):
    server: Cache

    def handle(self) -> None:
        while head := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode() for _ in range(int(head[1:]))]
            self.server.asked.append(words)
            self.wfile.write(f"{self.server.answers.get(words[0].upper(), '+OK')}\r\n".encode())


@dataclass(frozen=True)
class Refusal:
    """An error of the database's."""

    number: int
    message: str


class Database(_Tcp):
    """Speaks MySQL's protocol, as far as it takes to log in and to ask.

    Attributes:
        answers: Rows, or a refusal, by a pattern of the statement; what comes first counts. Nothing to everything else.
        greeting: What it says instead of its greeting, when it does not let anybody in.
        asked: The statements.
    """

    def __init__(self) -> None:
        super().__init__(_DatabaseHandler)
        self.answers: dict[str, list[tuple[object, ...]] | Refusal] = {}
        self.greeting: Refusal | None = None
        self.asked: list[str] = []


class _DatabaseHandler(socketserver.StreamRequestHandler):
    server: Database

    def handle(self) -> None:
        self.number = 0
        if refusal := self.server.greeting:
            return self.refuse(refusal)
        salt = b"12345678", b"123456789012\0"
        capabilities = (0x0F_A2_FF & ~0x0800).to_bytes(4, "little")  # all that a client needs, no encryption
        self.send(
            b"\x0a8.0.0\0\1\0\0\0" + salt[0] + b"\0" + capabilities[:2] + b"\x2d\2\0" + capabilities[2:] + b"\x15"
            + bytes(10) + salt[1] + b"mysql_native_password\0"
        )  # fmt: skip
        self.read()
        self.send(b"\0\0\0\2\0\0\0")
        while (packet := self.read())[:1] == b"\3":
            self.query(packet[1:].decode())
        return None

    def query(self, statement: str) -> None:
        self.server.asked.append(statement)
        found = (answer for pattern, answer in self.server.answers.items() if re.search(pattern, statement))
        answer = next(found, None)
        if isinstance(answer, Refusal):
            self.refuse(answer)
        elif answer is None:
            self.send(b"\0\0\0\2\0\0\0")
        else:
            self.rows(answer)

    def rows(self, rows: list[tuple[object, ...]]) -> None:
        width = len(rows[0])
        self.send(bytes([width]))
        for _ in range(width):
            names = b"".join(_text(name) for name in ("def", "", "", "", "x", ""))
            self.send(names + b"\x0c\x2d\0\xff\0\0\0\xfd\0\0\0\0\0")
        self.send(b"\xfe\0\0\2\0")
        for row in rows:
            self.send(b"".join(_text(str(value)) for value in row))
        self.send(b"\xfe\0\0\2\0")

    def refuse(self, refusal: Refusal) -> None:
        self.send(b"\xff" + refusal.number.to_bytes(2, "little") + b"#HY000" + refusal.message.encode())

    def send(self, payload: bytes) -> None:
        self.wfile.write(len(payload).to_bytes(3, "little") + bytes([self.number]) + payload)
        self.number += 1

    def read(self) -> bytes:
        head = self.rfile.read(4)
        if len(head) < 4:
            return b""
        self.number = head[3] + 1
        return self.rfile.read(int.from_bytes(head[:3], "little"))


def _text(value: str) -> bytes:
    return bytes([len(value.encode())]) + value.encode()
