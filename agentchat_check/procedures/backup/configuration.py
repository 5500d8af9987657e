"""What makes a stack what it is beside its data: compose files, settings and secrets, for the day the host is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from agentchat_check.procedures.backup.parts import Part
from agentchat_check.stack import evidence, mounts, storage
from agentchat_check.stack.running import Stack

RENDERED = "configuration/rendered.yml"
SECRETS = "configuration/secrets/"
"""Where in an archive everything goes that holds a secret, or may."""


def put(stack: Stack, part: Part, *, secrets: bool) -> None:
    """Put a stack's configuration into an archive.

    Args:
        stack: The stack.
        part: Where parts go.
        secrets: Whether with its secrets: the env files and compose files as they are, and the files that its services
            are given to read. Without them there is only what compose makes of it, secrets redacted.
    """
    rendered = yaml.safe_dump(stack.compose.rendered(), sort_keys=False)
    with part(RENDERED) as sink:
        sink.write(evidence.redacted(rendered, evidence.secrets(stack)).encode())
    if not secrets:
        return
    with part(f"{SECRETS}rendered.yml") as sink:
        sink.write(rendered.encode())
    for number, file in enumerate(_own_files(stack)):
        with part(f"{SECRETS}files/{number:02}-{file.name}") as sink:
            sink.write(file.read_bytes())
    for place in mounts.places(stack):
        if place.kind == "bind" and not (place.writable and mounts.is_directory(stack, place)):
            with (
                storage.helper(stack, place.service) as helper,
                part(f"{SECRETS}mounts/{place.service}{place.path}.tar") as sink,
            ):
                tar = helper.read(place.path)
                while chunk := tar.read():
                    sink.write(chunk)


def _own_files(stack: Stack) -> Iterator[Path]:
    """Its compose files and env files, as far as they are here."""
    for file in [*(stack.compose.compose_file_name or ()), *(stack.compose.env_file or ())]:
        if (path := Path(file)).is_file():
            yield path
