"""An engine's API on a socket of its own, with what a test lays out behind it."""

import contextlib
import json
import queue
import re
import shutil
import socketserver
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from agentchat_check.stack import labels


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers what Docker's SDK asks.

    Attributes:
        address: Where it listens, as DOCKER_HOST says it.
        api: Version of its API.
        images: Id by name, of the images it has.
        nameless: Ids of images that have lost their names.
        tagged: Labels of images, by id.
        used: Ids of images that a container runs.
        removed: Ids of images that somebody removed.
        started: Ids of containers that somebody started.
        containers: Its containers, each as inspection describes it.
        networks: Its networks, likewise, whatever is asked for.
        volumes: Its volumes, likewise.
        made: What was asked for of each container that somebody made.
        prints: What such a container prints.
        status: The exit status that it ends with.
        info: What it says of itself and its host.
        trouble: What it answers every question with, beside ``/_ping`` and ``/version``; "" while it is well.
    """

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.address = f"unix://{path}"
        self.api = "1.41"
        self.images: dict[str, str] = {}
        self.nameless: set[str] = set()
        self.tagged: dict[str, dict[str, str]] = {}
        self.used: set[str] = set()
        self.removed: list[str] = []
        self.started: list[str] = []
        self.containers: list[dict[str, Any]] = []
        self.networks: list[dict[str, Any]] = []
        self.volumes: list[dict[str, Any]] = []
        self.made: list[dict[str, Any]] = []
        self.prints: list[str] = []
        self.status = 0
        self.info: dict[str, Any] = {"ServerVersion": "20.10.24", "DockerRootDir": "/", "NCPU": 2, "MemTotal": 2**30}
        self.trouble = ""
        self._events: queue.Queue[bytes] = queue.Queue()

    def tell(self, action: str, **attributes: str) -> None:
        """Tell those who listen to events of something that happened to a container; time is that of the first test."""
        event = {"Action": action, "Actor": {"Attributes": attributes}, "timeNano": 1_700_000_000_250_000_000}
        self._events.put(json.dumps(event).encode() + b"\n")

    def say(self, raw: bytes) -> None:
        """Send these bytes to those who listen to events; none end the stream."""
        self._events.put(raw)

    def events(self) -> Iterator[bytes]:
        """What is told, until nothing is."""
        return iter(self._events.get, b"")


@contextmanager
def serving(path: Path | None = None) -> Iterator[Engine]:
    """An engine, at a path or at one of its own; a socket's path must be short."""
    directory = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))
    with Engine(path or directory / "engine.sock") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.say(b"")
            server.shutdown()
            thread.join()
            shutil.rmtree(directory)


def container(
    service: str,
    *,
    project: str = "demo",
    image: str = "",
    environment: Mapping[str, str] | None = None,
    ports: Mapping[int, int] | None = None,
    tags: Mapping[str, str] | None = None,
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A running container of a compose service, as inspection describes it.

    Args:
        service: The service.
        project: Its project.
        image: What it runs; named after the service when not given.
        environment: What it was told.
        ports: The host's port by its own, published on 127.0.0.1.
        tags: More labels, besides compose's.
        state: What of its state is otherwise.
    """
    bindings = {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(host)}] for port, host in (ports or {}).items()}
    compose = {labels.PROJECT: project, labels.SERVICE: service, labels.ONE_OFF: "False"}
    running = {"Status": "running", "ExitCode": 0, "OOMKilled": False, "StartedAt": "2026-11-22T10:15:00Z", "Pid": 1}
    return {
        "Id": f"id-of-{service}",
        "Name": f"/{project}-{service}-1",
        "Created": "2026-11-22T10:15:00.000000001Z",
        "Image": f"sha256:{service}",
        "RestartCount": 0,
        "Mounts": [],
        "State": {**running, **(state or {})},
        "Config": {
            "Image": image or f"{service}:1",
            "Tty": False,
            "Labels": {**compose, **(tags or {})},
            "Env": [f"{name}={value}" for name, value in (environment or {}).items()],
        },
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "Memory": 0, "NanoCpus": 0, "CpuQuota": 0},
        "NetworkSettings": {"Ports": bindings, "Networks": {"demo_default": {"IPAddress": "172.30.0.2"}}},
    }


class _Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(re.sub(r"^/v[\d.]+", "", url.path))
        well = not self.server.trouble
        if path == "/events" and well:
            return self.events()
        if path in {"/_ping", "/version"} or well:
            found = self.look(path, dict(urllib.parse.parse_qsl(url.query)))
            if found is None:
                return self.answer({"message": f"No such {path.split('/')[1].rstrip('s')}: {path}"}, status=404)
            return self.answer(found)
        return self.answer({"message": self.server.trouble}, status=500)

    def do_POST(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        if path.endswith("/tag"):
            given, image = dict(urllib.parse.parse_qsl(url.query)), re.sub(r"^(/v[\d.]+)?/images/|/tag$", "", path)
            name = f"{given['repo']}:{given['tag']}" if "tag" in given else given["repo"]
            self.server.images[name] = self.server.images.get(image, image)
            return self.answer("", status=201)
        if path.endswith("/containers/create"):
            return self.answer(self.make(), status=201)
        if path.endswith("/wait"):
            return self.answer({"StatusCode": self.server.status})
        self.server.started.append(path.removesuffix("/start").rpartition("/")[2])
        return self.answer("", status=204)

    def do_DELETE(self) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        identity = re.sub(r"^(/v[\d.]+)?/(images|containers)/", "", path)
        if identity in self.server.used:
            return self.answer({"message": "image is being used by running container"}, status=409)
        self.server.removed.append(identity)
        self.server.images.pop(identity, None)
        return self.answer([])

    def make(self) -> dict[str, str]:
        """A container as somebody wants it, and its id; it is there from now on."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.made.append(asked)
        identity = f"made-{len(self.server.made)}"
        config = {"Tty": False, "Labels": asked.get("Labels") or {}}
        self.server.containers.append({"Id": identity, "Config": config, "logs": self.server.prints})
        return {"Id": identity}

    def look(self, path: str, asked: Mapping[str, str]) -> Any:  # noqa: C901 - the API, call by call
        """What is there, or None."""
        server = self.server
        found: Any = None
        match path.strip("/").split("/"):
            case ["_ping"]:
                found = "OK"
            case ["version"]:
                found = {"Version": "20.10.24", "ApiVersion": server.api, "MinAPIVersion": "1.12"}
            case ["info"]:
                found = server.info
            case ["images", "json"]:
                (pattern,) = json.loads(asked["filters"])["reference"]
                listed = {one for tag, one in server.images.items() if fnmatch(tag.rpartition(":")[0], pattern)}
                found = [{"Id": one} for one in sorted(listed)]
            case ["images", *name, "json"]:
                asked_for = "/".join(name)
                identity = server.images.get(asked_for, asked_for)
                tags = [tag for tag, one in server.images.items() if one == identity]
                told = {"Id": identity, "RepoTags": tags, "Config": {"Labels": server.tagged.get(identity)}}
                found = told if tags or identity in server.nameless else None
            case ["networks"]:
                found = server.networks
            case ["volumes"]:
                found = {"Volumes": server.volumes}
            case ["containers", "json"]:
                wanted = json.loads(asked.get("filters", "{}")).get("label", [])
                found = [{"Id": c["Id"]} for c in server.containers if _has(c["Config"]["Labels"], wanted)]
            case ["containers", container_id, "json"]:
                found = next((c for c in server.containers if c["Id"] == container_id), None)
            case ["containers", container_id, "changes"]:
                found = next((c.get("changes") for c in server.containers if c["Id"] == container_id), None)
            case ["containers", container_id, "logs"]:
                logs = (c.get("logs", ()) for c in server.containers if c["Id"] == container_id)
                found = b"".join(_framed(line) for line in next(logs))
        return found

    def events(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the listener may have closed the timeline
            for event in self.server.events():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.write(b"0\r\n\r\n")

    def answer(self, body: Any, *, status: int = 200) -> None:
        sent = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _has(tags: Mapping[str, str], wanted: list[str]) -> bool:
    """Whether something carries these labels, each with a value or whatever its value is."""
    pairs = [label.partition("=") for label in wanted]
    return all(tags.get(name) == value if equals else name in tags for name, equals, value in pairs)


def _framed(line: str) -> bytes:
    """A line of a log, in the frame that tells which of the two outputs it came from."""
    return b"\x01\0\0\0" + len(line.encode()).to_bytes(4, "big") + line.encode()
