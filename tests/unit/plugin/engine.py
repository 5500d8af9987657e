"""The least of a Docker engine to find, note and remove stacks on, and the docker program that speaks to it."""

import json
import re
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agentchat_check.stack import isolation, labels

SERVICES = {"backend": 7860, "frontend": 8090, "model": isolation.PORTS["model"]}
"""A deployment without state: what it serves, by service."""

PROGRAM = """\
#!/bin/sh
case "$*" in
    "compose version --short") echo 2.30.1 ;;
    *" config --format json") cat {notes}/config.json ;;
    *" up --detach --no-build")
        for word; do case $word in *.override.yml) override=$word ;; esac; done
        {{ echo "$*"; cat "$override"; }} > {notes}/half-$$; mv {notes}/half-$$ {notes}/up-$$
        if [ -f {notes}/refusal ]; then cat {notes}/refusal >&2; exit 1; fi ;;
    *) echo "no such command: $*" >&2; exit 2 ;;
esac
"""


class Engine(ThreadingHTTPServer):
    """An engine on 127.0.0.1; what it runs are the projects that its docker program was asked to bring up."""

    daemon_threads = True

    def __init__(self, notes: Path, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.notes = notes
        self.port = port
        self.removed: set[str] = set()
        self.scratch = notes / "scratch"
        self.scratch.mkdir(parents=True)
        services = {name: {"image": f"shop-{name}", "ports": [{"target": target}]} for name, target in SERVICES.items()}
        (notes / "config.json").write_text(json.dumps({"name": "shop", "services": services}))

    def refuse(self, complaint: str) -> None:
        """From now on, what is asked to come up is made, and does not come up."""
        (self.notes / "refusal").write_text(complaint)

    def run(self, project: str, **tags: str) -> None:
        """Run a project that is there already, with these labels."""
        lines = [f"--project-name {project}", *(f" {name}: {value}" for name, value in tags.items())]
        (self.notes / f"up-{project}").write_text("\n".join(lines))

    def projects(self) -> list[str]:
        """What runs now."""
        return sorted({container["Config"]["Labels"][labels.PROJECT] for container in self.containers()})

    def left(self) -> list[str]:
        """Every project of ours of which something is left: containers, or files."""
        return sorted({*self.projects(), *(path.name for path in self.scratch.iterdir())})

    def containers(self) -> list[dict[str, Any]]:
        """Every container, as the engine describes it when it is inspected."""
        every = [self._container(*one) for one in self._asked_for()]
        return [container for container in every if container["Id"] not in self.removed]

    def _asked_for(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Project, service and labels, from the command and its override file as the docker program noted them."""
        for note in sorted(self.notes.glob("up-*")):
            text = note.read_text()
            (project,) = re.findall(r"--project-name (\S+)", text)
            tags = re.findall(r"^ +(agentchat-check\.(?:owner|run|keep)): '?([^'\n]+)", text, re.MULTILINE)
            for service in SERVICES:
                yield project, service, dict(tags)

    def _container(self, project: str, service: str, tags: dict[str, str]) -> dict[str, Any]:
        status = "exited" if (self.notes / "refusal").exists() else "running"
        ours = {labels.PROJECT: project, labels.SERVICE: service, labels.ONE_OFF: "False", **tags}
        return {
            "Id": f"{project}-{service}",
            "Name": f"/{project}-{service}-1",
            "Created": "2026-01-01T00:00:00Z",
            "Image": f"sha256:{service}",
            "Config": {"Labels": ours, "Image": f"shop-{service}", "Env": [], "Tty": True},
            "State": {
                "Status": status,
                "ExitCode": int(status == "exited"),
                "OOMKilled": False,
                "StartedAt": "2026-01-01T00:00:00Z",
            },
            "HostConfig": {"RestartPolicy": {"Name": "no"}},
            "RestartCount": 0,
            "Mounts": [],
            "NetworkSettings": {
                "Ports": {f"{SERVICES[service]}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(self.port)}]},
                "Networks": {},
            },
        }


@contextmanager
def serving(directory: Path, monkeypatch: pytest.MonkeyPatch, *, port: int = 9) -> Iterator[Engine]:
    """An engine, and its docker program first on the PATH.

    Args:
        directory: Where both keep their notes.
        monkeypatch: Names them in the environment.
        port: Where every container's port is published.
    """
    with Engine(directory / "engine", port) as server:
        program = server.notes / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(PROGRAM.format(notes=server.notes))
        program.chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", str(server.scratch))
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:  # noqa: C901, PLR0912 - the API, call by call
        if (self.server.notes / "gone").exists():
            return
        url = urllib.parse.urlsplit(self.path)
        given = dict(urllib.parse.parse_qsl(url.query))
        wanted = json.loads(given.get("filters", "{}")).get("label", [])
        known = {container["Id"]: container for container in self.server.containers()}
        match [*filter(None, re.sub(r"^/v[\d.]+", "", url.path).split("/"))]:
            case ["_ping"]:
                self.answer("OK")
            case ["version"]:
                self.answer({"ApiVersion": "1.41", "Version": "20.10.24"})
            case ["events"]:
                self.send_response(200)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"0\r\n\r\n")
            case ["containers", "json"]:
                self.answer([one for one in known.values() if _carries(one["Config"]["Labels"], wanted)])
            case ["containers", name, *_] if name not in known:
                self.answer({"message": f"No such container: {name}"}, status=404)
            case ["containers", name, "json"]:
                self.answer(known[name])
            case ["containers", name, "logs"]:
                self.answer("")
            case ["containers", name] if self.command == "DELETE":
                self.server.removed.add(name)
                self.answer("", status=204)
            case ["images", "json"]:
                self.answer([{"Id": "sha256:stub", "RepoTags": ["agentchat-check/stub:1"]}])
            case ["images", *name, "json"]:
                self.answer({"Id": "/".join(name), "RepoTags": ["agentchat-check/stub:1"]})
            case ["volumes"]:
                self.answer({"Volumes": []})
            case _:
                self.answer([])

    do_DELETE = do_GET  # noqa: N815 - as the server calls it

    def answer(self, body: Any, *, status: int = 200) -> None:
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _carries(tags: dict[str, str], wanted: list[str]) -> bool:
    return all(
        tags.get(name) == value if value else name in tags for name, _, value in (one.partition("=") for one in wanted)
    )
