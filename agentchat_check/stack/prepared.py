"""A database image that holds its data directory as a first start leaves it: a stack on it skips that start.

The engine copies what an image has at a volume's place into a new volume. So the data goes into an image on top of the
database's own, once for everything it depends on, and any deployment's database service can run from it.
"""

from __future__ import annotations

import json
import re
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentchat_check import progress
from agentchat_check.deployment import Configuration, Role
from agentchat_check.stack import complaints, content, isolation, labels
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker import DockerClient as Client

DATA = isolation.STATE_PATHS[Role.DATABASE][0]

_BASE = "agentchat-check.base"
"""Label of a prepared image: the id of the database's own image, on top of which it was made."""

_LEFT_OUT = re.compile(r"auto\.cnf|#ib_redo\d+_tmp")
"""MySQL's id of itself (two servers with one id are one server to everybody else), and spare redo logs: half of what
would be copied into every volume, and a server makes them anew when it needs them."""


def name(client: Client, configuration: Configuration, images: Mapping[str, str]) -> str:
    """The name of the prepared image: another one whenever the database, or who makes its schema, differs.

    Args:
        client: The engine.
        configuration: The deployment's services.
        images: The image each service runs, where it is not the deployment's own.
    """
    parts = [_LEFT_OUT.pattern, _BASE]
    for role in (Role.DATABASE, Role.BACKEND):
        service = configuration.services[configuration.roles[role]]
        image = images.get(configuration.roles[role]) or str(service["image"])
        what = {key: service.get(key) for key in ("environment", "command", "entrypoint")}
        with complaints.translated(f"look at the image {image}"):
            parts.append(str(client.images.get(image).id))
        parts += [json.dumps(what, sort_keys=True), *_scripts(service)]
    return f"agentchat-check/prepared:{content.key(*parts)}"


def is_made_of(client: Client, image: str, base: str) -> bool:
    """Whether a database's image is a prepared one, made on top of another: the same programs, so the same database.

    Args:
        client: The engine.
        image: Name or id of the one.
        base: Name or id of the other.
    """
    with complaints.translated(f"look at the images {image} and {base}"):
        label = (client.images.get(image).labels or {}).get(_BASE)
        return label is not None and label == client.images.get(base).id


def make(stack: Stack, image: str) -> None:
    """Make the prepared image from a stack that just came up for the first time; its database is stopped for it.

    Raises:
        errors.CheckError: The data cannot be read, or the image not built.
    """
    service = stack.service_name(Role.DATABASE)
    base = stack.service(Role.DATABASE)
    with (
        progress.step("preparing the database") as show,
        tempfile.TemporaryDirectory(prefix="agentchat-check-prepared-") as directory,
        complaints.translated("prepare the database"),
    ):
        stack.act("stop", stack.service_name(Role.BACKEND), service)
        _copy_data(stack, service, Path(directory) / "data.tar")
        (Path(directory) / "Dockerfile").write_text(
            f"FROM {base.image}\nADD data.tar {Path(DATA).parent}/\nLABEL {_BASE}={base.image_id}\n"
        )
        file = Path(directory) / "compose.json"
        file.write_text(json.dumps({"services": {"database": {"image": image, "build": {"context": directory}}}}))
        Compose(directory, str(file), project="agentchat-check-prepared").build_images((), on_line=show)


def _copy_data(stack: Stack, service: str, archive: Path) -> None:
    container = next(
        c
        for c in stack.client.containers.list(all=True, filters={"label": f"{labels.SERVICE}={service}"})
        if c.labels[labels.PROJECT] == stack.project
    )
    stream, _ = container.get_archive(DATA)
    with tempfile.TemporaryFile() as whole, tarfile.open(archive, "w") as kept:
        for chunk in stream:
            whole.write(chunk)
        whole.seek(0)
        with tarfile.open(fileobj=whole) as found:
            for member in found:
                if not _LEFT_OUT.fullmatch(Path(member.name).name) and (member.isfile() or member.isdir()):
                    kept.addfile(member, found.extractfile(member) if member.isfile() else None)


def _scripts(service: Mapping[str, Any]) -> Iterable[str]:
    """The content of what is mounted into the database's container: scripts of a first start, configuration."""
    for volume in service.get("volumes") or ():
        if volume.get("type") == "bind":
            source = Path(volume["source"])
            yield (
                content.tree(source)
                if source.is_dir()
                else content.key(source.read_bytes())
                if source.is_file()
                else ""
            )
