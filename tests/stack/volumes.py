"""A stack of services that keep something in volumes, and what lies there."""

from __future__ import annotations

import io
import secrets
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchat_check import deployment as deployments
from agentchat_check import settings as settings_
from agentchat_check.archive.streams import Sink, Source
from agentchat_check.session import Session
from agentchat_check.stack import images, lifecycle, owner
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from small import write

if TYPE_CHECKING:
    from docker import DockerClient as Client

AT = "/var/lib/app"
"""Where the volume of the application is mounted."""

_FILL = r"""
cd "$1"
mkdir -p 'a b/deep' .hidden ..odd
printf 'new\nline' > 'two
lines'
echo text > 'a b/deep/ file '
echo dash > ./-rf
echo star > '*'
echo hidden > .hidden/.file
echo odd > ..odd/...
: > empty
ln -s 'a b/deep/ file ' link
ln -s nowhere dangling
ln ./-rf 'a b/second name'
chown -h 1234:4321 'a b' empty link
chmod 2751 'a b'; chmod 600 empty; chmod 4755 '*'
chown 77:88 .; chmod 1770 .
"""

_LIST = r"""
cd "$1"
find . -printf '%p %y %m %U:%G %l\0' | sort -z | tr '\0' '\n'
find . -type f -exec sha256sum {} + | sort
"""


@dataclass
class Parts:
    """An archive in memory.

    Attributes:
        held: Its parts, by name.
    """

    held: dict[str, bytes] = field(default_factory=dict)

    @contextmanager
    def write(self, name: str) -> Iterator[Sink]:
        """Write a part."""
        whole = io.BytesIO()
        yield whole
        self.held[name] = whole.getvalue()

    @contextmanager
    def read(self, name: str) -> Iterator[Source]:
        """Read a part."""
        yield io.BytesIO(self.held[name])


@contextmanager
def running(client: Client, session: Session, home: Path, services: Mapping[str, Any], **more: Any) -> Iterator[Stack]:
    """A stack of these services, and of ``app``: the database's image, which does nothing, with a volume at ``AT``."""
    found = images.variables(client, session.settings, only=("mysql", "redis"))
    shell = {"image": found["MYSQL_IMAGE"], "entrypoint": ["sleep", "1000"], "stop_grace_period": "0s"}
    app = {**shell, "volumes": [f"files:{AT}"], **more}
    caches = {name: {"image": found["REDIS_IMAGE"], **service} for name, service in services.items()}
    named = [one.partition(":")[0] for one in app["volumes"] if ":" in one and not one.startswith("/")]
    volumes: dict[str, Any] = {name: {} for name in (*named, *services)}
    directory = write(home / "kept", {"app": app, **caches}, volumes=volumes)
    roles = {"model": "app", "database": "app", **dict(zip(["cache"], services, strict=False))}
    settings = settings_.read({"roles": roles, "health_interval": 0.2})
    deployment, run = deployments.read(directory, settings), Run(secrets.token_hex(4), owner.current())
    scratch, usual = home / "scratch", tempfile.tempdir
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    try:
        with lifecycle.temporary(client, deployment, settings, run, evidence_into=home / "evidence") as stack:
            yield stack
    finally:
        tempfile.tempdir = usual


def empty(helper: Helper, at: str = AT) -> None:
    """Remove everything."""
    helper.run('cd "$1"; find . -mindepth 1 -delete; chown 0:0 .; chmod 755 .', at)


def fill(helper: Helper, at: str = AT) -> str:
    """Lay out names that scripts stumble over; what lies there then."""
    empty(helper, at)
    helper.run(_FILL, at)
    return listed(helper, at)


def listed(helper: Helper, at: str = AT) -> str:
    """Every name, with its kind, mode, owner, target and content."""
    return helper.ask(_LIST, at)


def tar(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> list[bytes]:
    """A tar stream of files with these contents, and of links to these targets."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as packed:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            packed.addfile(member, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            packed.addfile(member)
    return [whole.getvalue()]
