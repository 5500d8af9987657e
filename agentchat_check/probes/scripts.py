"""The scripts of a deployment: as they lie on the disk, and whether the addresses that they print answer."""

from __future__ import annotations

import re
import socket
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agentchat_check import errors, facts
from agentchat_check.probes import http
from agentchat_check.stack.running import Stack

START = ("start.sh", "start_linux.sh")
"""What releases call the script that starts them."""

STOP = ("stop.sh", "stop_linux.sh")
"""What releases call the script that stops them."""

_ALL = {"0.0.0.0", "[::]", "::"}  # noqa: S104 - compared, not bound
_HERE = {"localhost", "127.0.0.1", "::1", *_ALL}

_WAYS_AROUND = re.compile(
    r"\bsudo\b|(^|[\s;&|(`\"'])/[\w./-]*/docker(-compose)?(\s|$)|docker\.sock|\bnerdctl\b|\bpodman\b"
)
"""Ways to an engine that do not look for ``docker`` on the PATH and in the environment that a script is given."""


def find(directory: Path, names: Sequence[str]) -> Path:
    """A script of a deployment.

    Raises:
        errors.InapplicableError: The deployment has none.
    """
    for name in names:
        if (directory / name).is_file():
            return directory / name
    raise errors.InapplicableError(
        f"find {names[0]} in {directory}",
        expected=f"one of {', '.join(names)}",
        actual=f"this deployment has no {names[0]}",
        next_step="nothing is to be done where the deployment is started and stopped without it",
    )


def script(path: Path) -> facts.Script:
    """A script as it lies on the disk."""
    text = path.read_bytes().decode(errors="replace")
    first, *rest = text.split("\n")
    commands = [line.strip() for line in rest if line.strip() and not line.lstrip().startswith(("#", "echo "))]
    return facts.Script(
        name=path.name,
        executable=bool(path.stat().st_mode & 0o100),
        shebang=first.removeprefix("#!").strip() if first.startswith("#!") else "",
        carriage_returns=text.count("\r\n"),
        way_around=next((line for line in commands if _WAYS_AROUND.search(line)), ""),
    )


def addresses(stack: Stack, text: str) -> tuple[facts.Address, ...]:
    """The addresses on this host that a text shows, each asked.

    The ports of a copy are the engine's choice, and a script may print those that its deployment declares: then the
    port that stands for it is asked.
    """
    stand_in = dict(_stand_ins(stack))
    return tuple(_asked(url, stand_in) for url in dict.fromkeys(_urls(text)))


def _urls(text: str) -> Iterator[str]:
    for url in re.findall(r"https?://[^\s\"'<>)\u3000-\uffef]+", text):
        if urllib.parse.urlsplit(url).hostname in {*_HERE, socket.gethostname()}:
            yield url.rstrip(".,;")


def _stand_ins(stack: Stack) -> Iterator[tuple[int, int]]:
    """By a port that the deployment declares, the one on which its copy is published."""
    declared = stack.declared_ports() or {}
    for service in stack.services():
        published = {port.target: port.published for port in service.ports if port.published}
        yield from ((port, port) for port in published.values())
        for port in declared.get(service.name, ()):
            if port.published and (actual := published.get(port.target)):
                yield port.published, actual


def _asked(url: str, stand_in: Mapping[int, int]) -> facts.Address:
    parts = urllib.parse.urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    host = "127.0.0.1" if (parts.hostname or "") in _ALL | {"localhost"} else parts.netloc.rpartition(":")[0]
    asked = parts._replace(netloc=f"{host or parts.hostname}:{stand_in.get(port, port)}").geturl()
    return facts.Address(
        url, url if asked.rstrip("/") == url.rstrip("/") else asked, http.ask(http.session(asked), "GET", asked)
    )
