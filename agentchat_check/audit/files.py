"""A deployment's files as the rules see them: read once, nothing started, nothing written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.audit import composing, images, marked, rendering, shell, variables, views
from agentchat_check.audit.composing import Composed
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.images import Image
from agentchat_check.audit.interpolation import Use
from agentchat_check.audit.places import Place, text_if_any, unreadable
from agentchat_check.audit.services import Service
from agentchat_check.audit.shell import Call
from agentchat_check.audit.variables import Variable
from agentchat_check.deployment import Deployment

TO_BE_FILLED_IN = "to be filled in by the administrator"
"""Stands for a required variable that the example leaves blank; no rule takes it for a value."""

_NOT_LOOKED_INTO = {".git", "node_modules", "__pycache__", ".venv", "venv", "dist", "data", "logs"}
_DEEPEST = 4
_MOST_FILES = 2000
_LARGEST_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Text:
    """A text file."""

    path: Path
    content: str

    def lines(self) -> Iterator[tuple[Place, str]]:
        """Its lines, each with its place."""
        for number, line in enumerate(self.content.split("\n"), start=1):
            yield Place(self.path, number), line.removesuffix("\r")


@dataclass(frozen=True, slots=True)
class Files:
    """Everything that the rules look at.

    Attributes:
        deployment: The files' own account: which compose files, which env file.
        services: What runs, by name.
        in_production: Likewise, with the production overlay on top where there is one.
        uses: Every variable in the compose files.
        variables: Every variable that the env file sets.
        example: Whether that is only the example that an administrator copies, or there is none.
        twice: Keys that stand twice in a mapping of a compose file.
        complaint: Why compose refuses the files; "" where it does not, or is not here.
        images: What each service's image is known to hold.
        texts: Every text file of the directory; and, by path, files that services mount.
        too_large: Files of it that were not read.
        compose_files: Every compose file that was read, with those that are included and extended.
        env_files: The env files that compose is given.
        programs: Whether this host has a program.
    """

    deployment: Deployment
    services: Mapping[str, Service]
    in_production: Mapping[str, Service]
    uses: tuple[tuple[Use, Place], ...]
    variables: tuple[Variable, ...]
    example: bool
    twice: tuple[tuple[str, Place], ...]
    complaint: str
    images: Mapping[str, Image]
    texts: tuple[Text, ...]
    too_large: tuple[Path, ...]
    compose_files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    programs: Callable[[str], bool]
    _calls: dict[Path, list[Call]] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        """The deployment's directory."""
        return self.deployment.directory

    def scripts(self) -> list[Text]:
        """Its shell scripts."""
        return [text for text in self.texts if _is_script(text)]

    def calls(self, script: Text) -> list[Call]:
        """The programs that a script calls."""
        if script.path not in self._calls:
            self._calls[script.path] = shell.calls(script.content)
        return self._calls[script.path]

    def shown(self, path: Path) -> str:
        """A path relative to the deployment's directory."""
        return os.path.relpath(path, self.directory)


def read(
    deployment: Deployment,
    engine: EngineImages | None = None,
    *,
    ask_compose: bool = True,
    running: Mapping[str, str] | None = None,
    more_env_files: tuple[Path, ...] = (),
) -> Files:
    """Read a deployment's files.

    Args:
        deployment: Which.
        engine: Where to look for images that the files do not tell enough of; None to look at files only.
        ask_compose: Ask compose what it makes of them, if this host has it.
        running: The image that each service runs, where they run; by default the one that compose would.
        more_env_files: Env files that compose is given besides; what they set is among the deployment's variables.

    Raises:
        errors.DeploymentError: A compose file, an env file or a Dockerfile cannot be read, or there is no service.
    """
    env_file, directory = deployment.env_file, deployment.directory
    example = env_file is None or "example" in env_file.name
    found = variables.read(env_file) if env_file else ()
    values = {**variables.values(found), **deployment.variables}
    composed = composing.read(deployment.compose_files, directory, values)
    blank = {use.name for use, _ in composed.uses if use.required and not values.get(use.name)} if example else set()
    if blank:
        values |= dict.fromkeys(blank, TO_BE_FILLED_IN)
        composed = composing.read(deployment.compose_files, directory, values)
    own = _own_view(composed)
    if not own:
        raise unreadable(deployment.compose_files[0], "there are none in it", expected="services")
    given = {**deployment.variables, **{name: values[name] for name in blank}}
    asked = (
        rendering.ask(deployment.compose_files, directory, env_file, given)
        if ask_compose
        else rendering.Rendering(None)
    )
    seen = _as_compose_has_it(asked, own, directory)
    project = str((asked.configuration or {}).get("name") or directory.name.lower())
    names = {name: service.image or f"{project}-{name}" for name, service in seen.items()} | dict(running or {})
    return Files(
        deployment=deployment,
        services=seen,
        in_production=_in_production(deployment, values) or seen,
        uses=tuple(composed.uses),
        variables=found,
        example=example,
        twice=tuple(composed.twice),
        complaint=asked.complaint,
        images={name: images.image_of(service, names[name], engine) for name, service in seen.items()},
        texts=tuple(_texts(directory)),
        too_large=tuple(path for path in _files(directory) if _size(path) > _LARGEST_TEXT),
        compose_files=tuple(composed.files),
        env_files=(*([env_file] if env_file else []), *more_env_files),
        programs=lambda name: shutil.which(name) is not None,
    )


def _own_view(composed: Composed) -> dict[str, Service]:
    return {
        name: _with_env_files(views.view(name, node, composed.bases[name]))
        for name, node in composed.services().items()
        if isinstance(node.value, dict)
    }


def _with_env_files(service: Service) -> Service:
    """A service with the variables of its own env files, under those that the compose file sets."""
    where, environment = dict(service.where), dict(service.environment)
    for path in service.env_files:
        if path.is_file():
            for variable in variables.read(path):
                if f"environment:{variable.name}" not in service.where:
                    environment[variable.name] = variable.value
                    where[f"environment:{variable.name}"] = variable.place
    return replace(service, where=where, environment=environment)


def _as_compose_has_it(asked: rendering.Rendering, own: Mapping[str, Service], directory: Path) -> dict[str, Service]:
    """The services as compose has them, with the places of our own reading; our own where compose said nothing."""
    rendered = (asked.configuration or {}).get("services")
    if not isinstance(rendered, dict):
        return dict(own)
    seen = {}
    for name, service in own.items():
        if name not in rendered:
            continue
        node = marked.plain(_without_escapes(rendered[name]), service.at())
        theirs = views.view(name, node, directory)
        waits = {**theirs.dependencies, **service.dependencies}
        # Compose fills in what is not written, a condition; and leaves out what it has read, env files.
        seen[name] = replace(theirs, where=service.where, dependencies=waits, env_files=service.env_files)
    return seen


def _without_escapes(value: object) -> object:
    """Compose doubles every dollar sign that it prints."""
    match value:
        case str():
            return value.replace("$$", "$")
        case dict():
            return {key: _without_escapes(inner) for key, inner in value.items()}
        case list():
            return [_without_escapes(inner) for inner in value]
        case _:
            return value


def _in_production(deployment: Deployment, values: Mapping[str, str]) -> dict[str, Service] | None:
    """The services with the production overlay on top, where the deployment has one that was not named already."""
    try:
        production = deployments.in_production(deployment)
    except errors.CheckError:
        return None
    if production.compose_files == deployment.compose_files:
        return None
    return _own_view(composing.read(production.compose_files, deployment.directory, values))


def _texts(directory: Path) -> Iterator[Text]:
    """Every text file of the directory."""
    for path in _files(directory):
        content = text_if_any(path, largest=_LARGEST_TEXT)
        if content is not None:
            yield Text(path, content)


def _files(directory: Path) -> Iterator[Path]:
    """The files of the directory, links not followed: not what programs make, and within bounds."""
    left = _MOST_FILES
    for parent, names, files in os.walk(directory):
        depth = len(Path(parent).relative_to(directory).parts)
        names[:] = sorted(name for name in names if name not in _NOT_LOOKED_INTO) if depth < _DEEPEST else []
        for name in sorted(files):
            left -= 1
            if left < 0:
                return
            path = Path(parent) / name
            if not path.is_symlink():
                yield path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_script(text: Text) -> bool:
    return text.path.suffix in {".sh", ".bash"} or re.match(r"#!.*\b(ba|da|k|a)?sh\b", text.content) is not None
