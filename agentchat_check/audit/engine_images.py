"""Images on this host's engine: what they declare, and which programs they hold. Nothing is started.

A program is looked for in a container that is made, never started, and removed at once: only there the engine shows
an image's files.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentchat_check import errors
from agentchat_check.stack import complaints, engine, labels, owner, workspace

if TYPE_CHECKING:
    from docker import DockerClient as Client

_PATIENCE = 5.0
_USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class EngineImages:
    """The images of the engine that the docker command would use; where none answers, there are none."""

    _known: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    _declared: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    @cached_property
    def _client(self) -> Client | None:
        with suppress(errors.CheckError):
            return engine.connect()
        return None

    def declared(self, image: str) -> Mapping[str, Any] | None:
        """An image's configuration, as the engine has it; None where the image is not here."""
        if image not in self._declared:
            self._declared[image] = None
            client = self._client
            if client is not None and image:
                with suppress(errors.CheckError), complaints.translated(f"look at the image {image}"):
                    self._declared[image] = client.images.get(image).attrs.get("Config") or {}
        return self._declared[image]

    def id(self, image: str) -> str:
        """An image's id; "" where the image is not here."""
        if self._client is not None and image:
            with suppress(errors.CheckError), complaints.translated(f"look at the image {image}"):
                return str(self._client.images.get(image).id)
        return ""

    def holds(self, image: str, program: str) -> bool | None:
        """Whether an image holds a program, by its path or on its own PATH; None where the image is not here."""
        if (image, program) not in self._known:
            self._known[image, program] = self._looked(image, program)
        return self._known[image, program]

    def _looked(self, image: str, program: str) -> bool | None:
        config = self.declared(image)
        if config is None or self._client is None:
            return None
        variables = dict(entry.partition("=")[::2] for entry in config.get("Env") or ())
        folders = variables.get("PATH", _USUAL_PATH).split(":")
        paths = [program] if program.startswith("/") else [f"{folder}/{program}" for folder in folders]
        with (
            suppress(errors.CheckError),
            complaints.translated(f"look into the image {image}"),
            _never_started(self._client, image) as container,
        ):
            api = self._client.api
            address = f"{api.base_url}/v{api.api_version}/containers/{container}/archive"
            answers = (api.head(address, params={"path": path}, timeout=_PATIENCE) for path in paths)
            return any(answer.status_code == 200 for answer in answers)  # noqa: PLR2004 - HTTP's own number
        return None


@contextmanager
def _never_started(client: Client, image: str) -> Iterator[str]:
    """A container of an image, only there to be looked into; should we die, the next sweep removes it."""
    tags = {labels.OWNER: owner.current(), labels.PROJECT: f"{workspace.PREFIX}audit-{secrets.token_hex(4)}"}
    container = client.containers.create(image, ["never-started"], labels=tags, network_mode="none")
    try:
        yield str(container.id)
    finally:
        container.remove(v=True, force=True)
