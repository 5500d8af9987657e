"""Where the secrets of a deployment can be seen: in its files, images, logs, processes and pages."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from agentchat_check import errors, facts
from agentchat_check.facts import Search, Sighting
from agentchat_check.probes.secret_words import SHORTEST, Secrets, baked, holding, literals, on_lines
from agentchat_check.stack import complaints, evidence, one_off, variables
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.images import Image


_LARGEST_FILE = 64 * 2**20
"""Bytes; a larger file of an image is data, and is said to be unseen."""


def known(stack: Stack) -> dict[str, frozenset[str]]:
    """Every secret that a stack was given, by its variable; what only its containers were told by their name for it."""
    settings = dict(variables.given(stack))
    for attrs in stack.inspect().values():
        for pair in attrs["Config"]["Env"] or []:
            name, _, value = pair.partition("=")
            if value not in settings.values():
                settings.setdefault(name, value)
    found = {name: frozenset(evidence.secret_values({name: value})) for name, value in settings.items()}
    return {name: values for name, values in found.items() if values}


def in_compose_files(stack: Stack) -> Search:
    """Look for secrets that stand in the compose files: what they hold besides variables, and every known value."""
    files = [Path(file) for file in _compose_files(stack)]
    secrets: Secrets = known(stack)
    sightings: list[Sighting] = []
    for file in files:
        text = file.read_text(encoding="utf-8-sig")
        sightings += [Sighting(name, file.name) for name in literals(text)]
        sightings += holding(secrets, text, file.name)
    return _search(secrets, [file.name for file in files], sightings, unsearchable=False)


def in_images(stack: Stack) -> Search:
    """Look for secrets in the images that the deployment builds: history, environment, labels, and every file."""
    with complaints.translated("look at the images"):
        declared = stack.configuration.services if stack.configuration else {}
        built = {name for name, service in declared.items() if service.get("build")}
        images = {attrs["Image"]: name for name, attrs in stack.inspect().items() if name in built}
        secrets = known(stack)
        with ThreadPoolExecutor(max_workers=2) as pool:
            found = list(pool.map(lambda one: _in_image(stack, secrets, *one), images.items()))
    sightings = [sighting for several, _ in found for sighting in several]
    unseen = [words for _, several in found for words in several]
    names = [f"the image of {name}: history, environment and files" for name in images.values()]
    return _search(secrets, names, sightings, unseen)


def in_logs(stack: Stack) -> Search:
    """Look for secrets in what every service printed."""
    secrets, names = known(stack), [service.name for service in stack.services()]
    sightings = [one for name in names for one in holding(secrets, stack.logs(name), f"the log of {name}")]
    return _search(secrets, [f"the log of {name}" for name in names], sightings)


def on_command_lines(stack: Stack) -> Search:
    """Look for secrets among the arguments of every process, and in what compose and health checks run."""
    secrets: Secrets = known(stack)
    sightings: list[Sighting] = []
    places, unseen = [], []
    for name, attrs in stack.inspect().items():
        config = attrs["Config"]
        check = (config.get("Healthcheck") or {}).get("Test") or []
        said = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ()), *check]
        places.append(f"the processes and the health check of {name}")
        sightings += on_lines(secrets, [" ".join(said)], f"the command of {name}")
        try:
            with complaints.translated(f"list the processes of {name}"):
                rows = stack.client.containers.get(attrs["Id"]).top(ps_args="-ww -eo pid,args")["Processes"]
        except errors.CheckError as error:
            unseen.append(f"the processes of {name}: {error.actual}")
        else:
            sightings += on_lines(secrets, [row[-1] for row in rows], f"a process of {name}")
    return _search(secrets, places, sightings, unseen)


def in_page(stack: Stack, page: facts.Page) -> Search:
    """Look for secrets in the page and in everything it loads.

    Args:
        stack: Whose secrets.
        page: What it serves.
    """
    secrets, answers = known(stack), [page.index, *page.assets]
    sightings = [
        one
        for a in answers
        for one in holding(secrets, _text(a.body), a.url.partition("//")[2].partition("/")[2] or "the page")
    ]
    unseen = [str(answer) for answer in answers if not answer.ok]
    return _search(secrets, [f"the page and {len(page.assets)} files of it"], sightings, unseen)


def _search(
    secrets: Secrets,
    looked_at: Sequence[str],
    sightings: Iterable[Sighting],
    unseen: Sequence[str] = (),
    *,
    unsearchable: bool = True,
) -> Search:
    short = [name for name, values in secrets.items() if not any(len(value) >= SHORTEST for value in values)]
    return Search(
        tuple(looked_at), tuple(dict.fromkeys(sightings)), tuple(sorted(short)) if unsearchable else (), tuple(unseen)
    )


def _in_image(stack: Stack, secrets: Secrets, image_id: str, service: str) -> tuple[list[Sighting], list[str]]:
    image = stack.client.images.get(image_id)
    sightings = holding(secrets, json.dumps(image.history(), ensure_ascii=False), f"the history of {service}'s image")
    config = image.attrs["Config"]
    sightings += holding(secrets, "\n".join(config.get("Env") or ()), f"the environment of {service}'s image")
    sightings += baked(config.get("Env") or (), f"the environment of {service}'s image")
    sightings += holding(secrets, json.dumps(config.get("Labels") or {}), f"the labels of {service}'s image")
    in_files, unseen = _in_files(stack, secrets, image, service)
    return sightings + in_files, unseen


def _in_files(stack: Stack, secrets: Secrets, image: Image, service: str) -> tuple[list[Sighting], list[str]]:
    """Every file of an image, read from a container of it that is never started."""
    needles = [(value.encode(), name) for name, values in secrets.items() for value in values if len(value) >= SHORTEST]
    container = stack.client.containers.create(image, command="nothing", labels=_labels(stack))
    sightings, unseen = [], []
    try:
        with tarfile.open(fileobj=_as_file(container.export(chunk_size=2**20)), mode="r|") as files:
            for file in files:
                if not file.isfile():
                    continue
                place = f"/{file.name} in {service}'s image"
                if file.size > _LARGEST_FILE:
                    unseen.append(f"{place}: it is larger than {_LARGEST_FILE // 2**20} MiB")
                    continue
                content = files.extractfile(file)
                held = content.read() if content else b""
                sightings += [Sighting(name, place) for needle, name in needles if needle in held]
    finally:
        container.remove(force=True, v=True)
    return sightings, unseen


def _labels(stack: Stack) -> dict[str, str]:
    """What finds and removes the container should we die; it is none of the project's services."""
    tags = next(iter(stack.inspect().values()))["Config"]["Labels"]
    return {name: value for name, value in tags.items() if not name.startswith("com.docker.compose.")} | {
        "com.docker.compose.project": stack.project,
        "com.docker.compose.oneoff": "True",
    }


def _as_file(chunks: Any) -> IO[bytes]:
    """Chunks as a file that is read once, from the beginning to the end."""
    return cast("IO[bytes]", _Stream(iter(chunks)))


class _Stream:
    """Chunks as a file that is read once."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int) -> bytes:
        """So many bytes; fewer at the end."""
        parts, missing = [self._rest[:size]], size - len(self._rest)
        self._rest = self._rest[size:]
        while missing > 0 and (chunk := next(self._chunks, b"")):
            parts.append(chunk[:missing])
            self._rest = chunk[missing:]
            missing -= len(chunk)
        return b"".join(parts)


def _compose_files(stack: Stack) -> list[str]:
    try:
        return one_off.files(stack, production=True)
    except errors.InapplicableError:
        return one_off.files(stack)


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
