"""Images: what they are pinned to, what they hold, who they run as, and what goes into their build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agentchat_check.audit import official, shell
from agentchat_check.audit.dockerfiles import Instruction
from agentchat_check.audit.files import Files
from agentchat_check.audit.images import Image
from agentchat_check.audit.places import Place
from agentchat_check.audit.ruling import NOT_IN_FILES, Hit, Rule, Severity, Unseen, each, of
from agentchat_check.audit.services import Service

_LOCKS = {
    "package.json": ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lockb"),
    "pyproject.toml": ("uv.lock", "poetry.lock", "pdm.lock"),
    "Pipfile": ("Pipfile.lock",),
    "go.mod": ("go.sum",),
    "Cargo.toml": ("Cargo.lock",),
    "Gemfile": ("Gemfile.lock",),
    "composer.json": ("composer.lock",),
}
_STEPS_DOWN = re.compile(r"docker-entrypoint\.sh|\bgosu\b|\bsu-exec\b|\bsetpriv\b|\brunuser\b")
_ROOT = {"", "root", "0", "0:0", "root:root"}
_ABOVE = 3
"""Directories above a build context in which a lock file is looked for."""


def _unpinned(files: Files) -> Iterator[Hit | Unseen]:
    told = set()
    for service in files.services.values():
        image = files.images[service.name]
        if service.build is None and (why := _loose(service.image)):
            yield of(service, f"its image {service.image} {why}", "image")
        for stage in image.dockerfile.stages if image.dockerfile else ():
            base = image.dockerfile.base(stage, service.build.args if service.build else {}) if image.dockerfile else ""
            names = {one.name for one in image.dockerfile.stages} if image.dockerfile else set()
            why = "" if base.lower() in names or stage.place in told else _loose(base)
            told.add(stage.place)
            if why:
                yield Hit(stage.place, service.name, f"{service.name}: it is built on {base}, which {why}")


def _loose(image: str) -> str:
    """What is wrong with a name; "" where it says which version, or nothing can be said."""
    if not image or image == "scratch" or "@sha256:" in image or "$" in image or "://" in image:
        return ""
    name = image.rpartition("/")[2]
    tag = name.partition(":")[2]
    if not tag:
        return "has no tag"
    if tag == "latest":
        return "is tagged latest"
    is_version = re.search(r"\d", tag) or re.search(r"\b[0-9a-f]{7,}\b", tag)
    return "" if is_version else "has a tag without a version"


def _missing_command(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    image = files.images[service.name]
    for program, place in _run(service, image):
        told = image.holds(program)
        if told is None and official.family(image.base) and not image.stages and program.startswith("/"):
            continue
        if told is None:
            yield Unseen(service.name, f"{NOT_IN_FILES}: {program}")
        elif not told:
            yield Hit(place, service.name, f"{service.name}: its command {program} is not on its image's PATH")


def _run(service: Service, image: Image) -> Iterator[tuple[str, Place]]:
    """What a service runs as far as it is written down, and where."""
    if service.entrypoint:
        yield service.entrypoint[0], service.at("entrypoint")
        return
    for one in list(image.instructions("ENTRYPOINT"))[:1]:
        yield from _written(one)
    if service.command and not service.command[0].startswith("-") and image.runs_its_command():
        yield service.command[0], service.at("command")
    elif service.command is None and not any(image.instructions("ENTRYPOINT")):
        for one in list(image.instructions("CMD"))[:1]:
            yield from _written(one)


def _written(one: Instruction) -> Iterator[tuple[str, Place]]:
    words = one.words()
    if one.listed and words:
        yield words[0], one.place
    elif not one.listed:
        yield from ((call.name, one.place) for call in shell.calls(one.text)[:1])


def _root(service: Service, files: Files) -> Iterator[Hit | Unseen]:
    image = files.images[service.name]
    if user := service.word("user"):
        if user in _ROOT:
            yield of(service, "it runs as root, because user says so", "user")
        return
    own = image.user()
    if own is None:
        yield Unseen(service.name, NOT_IN_FILES)
    elif own in _ROOT and image.may_step_down():
        yield Unseen(service.name, "it starts as root, and whether its entrypoint takes another user nothing tells")
    elif own in _ROOT and not (image.steps_down() and _enters(service)):
        named = next(image.instructions("USER"), None)
        place = named.place if named else image.stages[0].place if image.stages else service.at("image")
        yield Hit(place, service.name, f"{service.name}: it runs as root, because nothing says otherwise")


def _enters(service: Service) -> bool:
    """Whether it still goes through the entrypoint that takes another user."""
    return not service.entrypoint or _STEPS_DOWN.search(" ".join(service.entrypoint)) is not None


def _copies(files: Files) -> Iterator[tuple[Service, Image, Instruction, str]]:
    """Every file that a build takes from its context, each once."""
    told = set()
    for service in files.services.values():
        image = files.images[service.name]
        for stage in image.dockerfile.stages if image.dockerfile else ():
            for one in stage.instructions:
                if one.name not in {"COPY", "ADD"} or one.flags.get("from") is not None or one.heredoc:
                    continue
                for source in one.words()[:-1]:
                    key = (image.context.directory if image.context else None, one.place, source)
                    if "$" not in source and "://" not in source and not source.startswith("git@") and key not in told:
                        told.add(key)
                        yield service, image, one, source


def _copy_of_missing(files: Files) -> Iterator[Hit | Unseen]:
    for service in files.services.values():
        build, image = service.build, files.images[service.name]
        if build and build.dockerfile and "://" not in build.context and image.dockerfile is None:
            name = files.shown(Path(build.context) / build.dockerfile)
            yield of(service, f"its Dockerfile {name} does not exist", "build")
    for service, image, one, source in _copies(files):
        if image.context is None or not image.context.directory.is_dir():
            continue
        found = image.context.found(source)
        if found is None:
            why = "lies outside the build context"
        elif not found:
            why = "does not exist in the build context"
        elif source.strip("./") and all(image.context.leaves_out(path) for path in found):
            why = f"is left out by {image.context.ignore_file.name if image.context.ignore_file else '.dockerignore'}"
        else:
            continue
        yield Hit(one.place, service.name, f"{service.name}: {one.name} takes {source}, which {why}")


def _lock_outside(files: Files) -> Iterator[Hit | Unseen]:
    for service, image, one, source in _copies(files):
        if image.context is None:
            continue
        for path in image.context.found(source) or ():
            for lock in _LOCKS.get(path.name, ()):
                why = _kept_out(image, path.parent, lock)
                if why:
                    yield Hit(one.place, service.name, f"{service.name}: {lock} {why}, so versions are not locked")


def _kept_out(image: Image, beside: Path, lock: str) -> str:
    if image.context is None:
        return ""
    if (beside / lock).is_file():
        return "is left out by .dockerignore" if image.context.leaves_out(beside / lock) else ""
    above = list(image.context.directory.parents)[:_ABOVE]
    inside = any((beside / other).is_file() for locks in _LOCKS.values() if lock in locks for other in locks)
    if not inside and any((folder / lock).is_file() for folder in above):
        return "lies outside the build context"
    return ""


RULES = (
    Rule(
        "unpinned-image",
        Severity.WARNING,
        "every image is pinned to a version",
        "What a name without a version means changes overnight: two hosts differ, and no way leads back.",
        "name a version, as in mysql:8.0; or a digest",
        _unpinned,
    ),
    Rule(
        "command-not-in-image",
        Severity.ERROR,
        "every service runs a program that its image holds",
        "A container whose program is missing ends at once, with exit status 127.",
        "install the program in the image, or name it by its path",
        each(_missing_command),
    ),
    Rule(
        "runs-as-root",
        Severity.WARNING,
        "no service runs as root",
        "Whoever breaks into a service that is root in its container is one mistake away from being root on the host.",
        "end the Dockerfile with a USER of its own, or set user in the compose file",
        each(_root),
    ),
    Rule(
        "copy-of-missing-file",
        Severity.ERROR,
        "every file that a build copies is there",
        "The build ends with an error, on a fresh checkout first.",
        "correct the name, or the .dockerignore",
        _copy_of_missing,
    ),
    Rule(
        "lock-file-outside-context",
        Severity.WARNING,
        "lock files reach the build that installs from them",
        "Without its lock file every build installs other versions.",
        "let the lock file into the build context, and copy it beside the file that it locks",
        _lock_outside,
    ),
)
