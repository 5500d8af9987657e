"""What an image holds and declares, as far as its Dockerfile, its base's fame and this host's engine tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentchat_check.audit import contexts, dockerfiles, official
from agentchat_check.audit.contexts import Context
from agentchat_check.audit.dockerfiles import Dockerfile, Instruction, Stage
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.places import text_if_any
from agentchat_check.audit.services import Service

_PACKAGES = {
    "nc": ("netcat",),
    "ps": ("procps",),
    "pgrep": ("procps",),
    "ping": ("iputils",),
    "mysql": ("mysql-client", "mariadb-client"),
    "mysqladmin": ("mysql-client", "mariadb-client"),
    "redis-cli": ("redis-tools", "redis"),
    "psql": ("postgresql-client",),
    "pg_isready": ("postgresql-client",),
    "netstat": ("net-tools",),
}
"""Packages that bring a program under another name."""

_INSTALLS = re.compile(r"\b(apt|apt-get|apk|dnf|microdnf|yum|pip3?|pipx|uv|npm|yarn|pnpm|conda|cargo|go|gem)\b")
_FROM_PYTHON = re.compile(r"\b(pip3?|uv|poetry|pipenv)\b.*\b(install|sync)\b", re.DOTALL)
_OWN_ENVIRONMENT = re.compile(r"\b(uv\s+sync|poetry\s+install)\b")


@dataclass(frozen=True, slots=True)
class Image:
    """The image that a service runs.

    Attributes:
        name: What the engine calls it.
        base: The image that its last stage starts from; its own where it is not built.
        dockerfile: The file it is built from, if it is and the file is here.
        stages: The stage that becomes the image, and those it starts from.
        context: Where it is built, if that is here.
        engine: Where to look for it; None to look at files only.
    """

    name: str
    base: str
    dockerfile: Dockerfile | None
    stages: tuple[Stage, ...]
    context: Context | None
    engine: EngineImages | None

    def instructions(self, *names: str) -> Iterator[Instruction]:
        """The instructions of these names that count for the image, the last one first."""
        for stage in self.stages:
            yield from (one for one in reversed(stage.instructions) if one.name in names)

    def holds(self, program: str) -> bool | None:
        """Whether it holds a program: on its PATH, or under that path; None where nothing tells.

        What is to be built is asked of its files first: the image that is here may be an older one. Of any other the
        image itself is believed before what is known of its kind.
        """
        told = self._built_in(program) if self.stages else None
        if told is None and self.engine is not None:
            told = self.engine.holds(self.name, program)
        return official.holds(self.base, program) if told is None and not self.stages else told

    def user(self) -> str | None:
        """The user it runs as, "" for root; None where nothing tells."""
        for instruction in self.instructions("USER"):
            return instruction.text.strip()
        known, config = official.family(self.base), self._declared()
        if known and (self.stages or config is None):
            return known.user
        return str(config.get("User") or "") if config is not None else None

    def steps_down(self) -> bool:
        """Whether its entrypoint is known to take another user than root."""
        known = official.family(self.base)
        return bool(known and known.steps_down) and not any(self.instructions("ENTRYPOINT"))

    def may_step_down(self) -> bool:
        """Whether it has an entrypoint of which nobody knows what it does."""
        if self.stages or official.family(self.base):
            return False
        return bool((self._declared() or {}).get("Entrypoint"))

    def checks_health(self) -> bool | None:
        """Whether it brings a health check of its own; None where nothing tells."""
        for instruction in self.instructions("HEALTHCHECK"):
            return instruction.text.upper() != "NONE"
        config = self._declared()
        if official.family(self.base) and (self.stages or config is None):
            return False
        return bool((config.get("Healthcheck") or {}).get("Test")) if config is not None else None

    def runs_its_command(self) -> bool:
        """Whether the command is a program, run by itself or by an entrypoint that passes it on; not its arguments."""
        if any(self.instructions("ENTRYPOINT")):
            return False
        if official.family(self.base):
            return True
        entrypoint = (self._declared() or {}).get("Entrypoint") or []
        return not entrypoint or str(entrypoint[0]).endswith("entrypoint.sh")

    def _declared(self) -> Mapping[str, Any] | None:
        """Its configuration as this host's engine has it; None where it is not here."""
        return self.engine.declared(self.name) if self.engine else None

    def _built_in(self, program: str) -> bool | None:
        name = program.rpartition("/")[2]
        runs = [one.text for one in self.instructions("RUN")]
        names = (name, *_PACKAGES.get(name, ()))
        for text in runs:
            if _INSTALLS.search(text) and any(re.search(rf"(?<![\w-]){re.escape(n)}(?![\w/])", text) for n in names):
                return True
        if self._copied(name):
            return True
        if "/" in program:
            return None
        from_python = self._python_brings(name, runs)
        if from_python is not None:
            return from_python
        told = official.holds(self.base, name)
        mentioned = any(re.search(rf"\b{re.escape(name)}\b", text) for text in runs)
        foreign = any(re.search(r"\.sh\b|\b(curl|wget)\b[^|]*\|\s*(ba)?sh\b", text) for text in runs)
        return told if told or not (mentioned or foreign) else None

    def _copied(self, name: str) -> bool:
        for one in self.instructions("COPY", "ADD"):
            *sources, target = one.words() or ("",)
            into = Path(target).name
            if name in {into, *(Path(source).name for source in sources)}:
                return True
            if (
                self.context
                and not one.flags.get("from")
                and any((self.context.directory / source.lstrip("/") / name).is_file() for source in sources)
            ):
                return True
        return False

    def _python_brings(self, name: str, runs: list[str]) -> bool | None:
        """Whether the Python packages bring it: a lock tells for sure, a list of wishes only that they do."""
        installs = [text for text in runs if _FROM_PYTHON.search(text)]
        if not installs or self.context is None or official.family(self.base) is not official.FAMILIES["python"]:
            return None
        if official.holds(self.base, name):
            return True
        locked = [text for file in self._lists() if (text := text_if_any(file)) is not None]
        named = re.compile(rf"(?mi)^\s*(name = )?[\"']?{re.escape(name)}[\"']?\s*([=<>\[~!;\"\\ ]|$)")
        brought = any(named.search(text) for text in locked)
        if any(_OWN_ENVIRONMENT.search(text) for text in installs):
            return None if self._environment_on_path() or not brought else False
        if brought:
            return True
        whole = bool(locked) and all("--hash=" in text or "[[package]]" in text for text in locked)
        known = official.holds(self.base, name)
        return False if whole and known is None and name in _PYTHON_PROGRAMS else None

    def _environment_on_path(self) -> bool:
        """Whether the programs of a project's own environment are found, or go to the system's."""
        said = " ".join(one.text for one in self.instructions("ENV", "RUN", "ARG"))
        return re.search(r"\.?venv/bin|UV_PROJECT_ENVIRONMENT|UV_SYSTEM_PYTHON|virtualenvs\.create", said) is not None

    def _lists(self) -> Iterator[Path]:
        """The files that say which Python packages are installed, as far as they are copied one by one."""
        for one in self.instructions("COPY"):
            for source in one.words()[:-1]:
                if re.search(r"(requirements.*\.txt|uv\.lock|poetry\.lock)$", source) and self.context is not None:
                    yield from self.context.found(source) or ()


_PYTHON_PROGRAMS = frozenset(
    {
        "gunicorn",
        "uvicorn",
        "celery",
        "alembic",
        "hypercorn",
        "daphne",
        "flask",
        "fastapi",
        "streamlit",
        "waitress-serve",
    }
)


def image_of(service: Service, name: str, engine: EngineImages | None) -> Image:
    """The image of a service, under the name that the engine has for it; nothing is built or pulled.

    Raises:
        errors.DeploymentError: Its Dockerfile is there and cannot be read.
    """
    build = service.build
    if build is None:
        return Image(name, service.image, None, (), None, engine)
    directory = Path(build.context)
    path = directory / build.dockerfile
    if not build.dockerfile or not path.is_file():
        return Image(name, "", None, (), None, engine)
    dockerfile = dockerfiles.read(path)
    stages = dockerfile.last(build.target)
    base = dockerfile.base(stages[-1], build.args) if stages else ""
    return Image(name, base, dockerfile, stages, contexts.read(directory, path), engine)
