"""Dockerfiles with their lines: stages, instructions, and what the last stage comes to."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check.audit import interpolation
from agentchat_check.audit.places import Place, text_of

_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_]\w*)[\"']?")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?\s+")


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction.

    Attributes:
        name: In capitals.
        text: Its arguments in one line, without flags.
        flags: Its flags.
        place: The line that it begins on.
        heredoc: Whether files or commands stand in the lines below it.
    """

    name: str
    text: str
    flags: Mapping[str, str]
    place: Place
    heredoc: bool = False

    def words(self) -> tuple[str, ...]:
        """Its arguments, in the form of a list or of a command line."""
        if self.text.startswith("["):
            try:
                given = json.loads(self.text)
            except ValueError:
                given = None
            if isinstance(given, list):
                return tuple(map(str, given))
        return split(self.text)

    @property
    def listed(self) -> bool:
        """Whether it is written as a list, which no shell reads."""
        return self.text.startswith("[")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: what it starts from, its name, and its instructions."""

    base: str
    name: str
    place: Place
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile; ``args`` are those before the first stage, with their defaults."""

    path: Path
    stages: tuple[Stage, ...]
    args: Mapping[str, str] = field(default_factory=dict)

    def last(self, target: str = "") -> tuple[Stage, ...]:
        """The stage that becomes the image and the stages that it starts from, the image's first."""
        stages = {stage.name or str(number): stage for number, stage in enumerate(self.stages)}
        stage = stages.get(target.lower()) or (self.stages[-1] if self.stages else None)
        chain: list[Stage] = []
        while stage is not None and stage not in chain:
            chain.append(stage)
            stage = stages.get(stage.base.lower())
        return tuple(chain)

    def base(self, stage: Stage, args: Mapping[str, str]) -> str:
        """What a stage starts from, with its arguments filled in."""
        return interpolation.filled(stage.base, {**self.args, **args})


def read(path: Path) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        errors.DeploymentError: It cannot be read.
    """
    args: dict[str, str] = {}
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in _instructions(text_of(path), path):
        if instruction.name == "FROM":
            stages.append((instruction, []))
        elif stages:
            stages[-1][1].append(instruction)
        elif instruction.name == "ARG":
            name, _, value = instruction.text.partition("=")
            args[name.strip()] = value.strip().strip("\"'")
    return Dockerfile(path, tuple(_stage(begin, inner) for begin, inner in stages), args)


def split(text: str) -> tuple[str, ...]:
    """The words of a command line; what no shell could read is one word for each space."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _stage(begin: Instruction, inner: list[Instruction]) -> Stage:
    words = begin.text.split()
    named = len(words) > 2 and words[1].lower() == "as"  # noqa: PLR2004 - FROM base AS name
    return Stage(words[0] if words else "", words[2].lower() if named else "", begin.place, tuple(inner))


def _instructions(text: str, path: Path) -> Iterator[Instruction]:
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = [line.rstrip()]
        while whole[-1].endswith("\\"):
            whole[-1] = whole[-1][:-1].rstrip()
            _, more = next(lines, (0, ""))
            while more.lstrip().startswith("#"):
                _, more = next(lines, (0, ""))
            whole.append(more.strip())
        name, _, rest = " ".join(whole).strip().partition(" ")
        endings = _HEREDOC.findall(rest) if name.upper() in {"RUN", "COPY", "ADD"} else []
        for ending in endings:
            for _, inside in lines:
                if inside.strip() == ending:
                    break
                rest += "\n" + inside
        flags, rest = _flags(rest.strip())
        yield Instruction(name.upper(), rest, flags, Place(path, number), bool(endings))


def _flags(text: str) -> tuple[dict[str, str], str]:
    flags = {}
    while found := _FLAG.match(text):
        flags[found.group(1)] = found.group(2) or ""
        text = text[found.end() :]
    return flags, text
