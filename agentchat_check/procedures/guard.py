"""Stand-ins for docker that keep a deployment's scripts from harm while a suite runs them.

A script means the installation that it belongs to; here it is run for a copy, on an engine with other projects. So
it finds a ``docker`` and a ``docker-compose`` of ours first: they let through what only looks, and compose where it
acts on the copy. The rest is noted and not done: a prune as if it had been, anything else as refused.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agentchat_check import errors


class Compose(StrEnum):
    """By which names a host offers compose."""

    EITHER = "docker compose and docker-compose"
    PLUGIN = "docker compose alone"
    STANDALONE = "docker-compose alone"


@dataclass(frozen=True, slots=True)
class Guard:
    """Where the stand-ins are, and what they noted.

    Attributes:
        path: The only directory of the script's PATH: every program of this host, but docker's.
        environment: Variables that give the script the copy for its project.
    """

    path: Path
    environment: dict[str, str]

    @property
    def held_back(self) -> tuple[str, ...]:
        """Commands that were not let through, in order."""
        return _lines(self.path.parent / "held-back")

    @property
    def not_made(self) -> tuple[str, ...]:
        """Directories that were not there when the services were started, each once."""
        return tuple(dict.fromkeys(_lines(self.path.parent / "not-made")))


@contextmanager
def standing(
    project: str, files: Sequence[str], *, offers: Compose, directories: Sequence[Path] = ()
) -> Iterator[Guard]:
    """Stand before docker for as long as a script runs.

    Args:
        project: The project that the script may act on.
        files: The compose files it has to take, as COMPOSE_FILE says them.
        offers: By which names it finds compose.
        directories: What to look for when it starts the services.

    Raises:
        errors.HostError: There is no docker.
    """
    real = shutil.which("docker")
    if real is None:
        raise errors.HostError(
            "run a script of the deployment",
            expected="the program docker on the PATH",
            actual="there is none",
            next_step="install docker, or run `agentchat-check doctor` to see what is missing",
        )
    with tempfile.TemporaryDirectory(prefix="agentchat-check-guard-") as directory:
        path = Path(directory) / "bin"
        path.mkdir()
        environment = {
            "PATH": str(path),
            "COMPOSE_PROJECT_NAME": project,
            "COMPOSE_FILE": os.pathsep.join(files),
            "COMPOSE_PATH_SEPARATOR": os.pathsep,
        }
        values = {
            "real": real,
            "notes": directory,
            "project": project,
            "files": environment["COMPOSE_FILE"],
        }
        head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        looked_for = f"for directory in {shlex.join(map(str, directories))}; do" if directories else "for directory; do"
        common = _COMMON.replace("for directory in DIRECTORIES; do", looked_for)
        plugin = _NO_PLUGIN if offers is Compose.STANDALONE else _PLUGIN
        _write(path / "docker", head + "name=docker\n" + common + _ENGINE.replace("PLUGIN", plugin))
        if offers is not Compose.PLUGIN:
            _write(path / "docker-compose", head + "name=docker-compose\n" + common + _STANDALONE)
        _every_other_program(path)
        yield Guard(path, environment)


def _lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text().splitlines()) if file.exists() else ()


def _write(file: Path, text: str) -> None:
    file.write_text("#!/bin/sh\n" + text)
    file.chmod(0o755)


def _every_other_program(path: Path) -> None:
    """Links to what this host has: a docker-compose of its own would be found behind ours."""
    for directory in os.get_exec_path():
        if not os.access(directory, os.R_OK):
            continue
        for program in Path(directory).iterdir():
            link = path / program.name
            if program.name not in {"docker", "docker-compose"} and not os.path.lexists(link):
                link.symlink_to(program.absolute())


_COMMON = """\
said="$name $*"
hold() {
    printf '%s\\n' "$said" >> "$notes/held-back"
    echo "held back by agentchat-check: $said" >&2
    exit "$1"
}
started() {
    for directory in DIRECTORIES; do
        [ -d "$directory" ] || printf '%s\\n' "$directory" >> "$notes/not-made"
    done
}
# Other files, or another project, than those it was given would be somebody's installation.
compose() {
    [ "$COMPOSE_PROJECT_NAME" = "$project" ] && [ "$COMPOSE_FILE" = "$files" ] || hold 1
    verb=
    for word in "$@"; do
        case $verb:$word in
            :-f* | :--file* | :-p* | :--project-name* | :--project-directory* | *:--rmi*) hold 1 ;;
            :up | :start | :create | :run) verb=$word && started ;;
            :down | :ps | :logs | :build | :pull | :stop | :restart | :rm | :config | :version) verb=$word ;;
            :exec | :port | :images | :kill | :pause | :unpause | :top | :events | :ls) verb=$word ;;
            :cp | :wait | :push | :watch) verb=$word ;;
        esac
    done
}
"""

_ENGINE = """\
case $* in *prune*) hold 0 ;; esac
case ${1:-} in
    compose) PLUGIN ;;
    "" | info | version | ps | inspect | logs | images | port | top | stats | events | help) exec "$real" "$@" ;;
    -v | --version | -h | --help)
        exec "$real" "$@" ;;
    container | image | volume | network | system | builder | buildx | context)
        case ${2:-} in
            ls | list | inspect | logs | df | info | version | ps | top | port | stats | du | show) exec "$real" "$@" ;;
        esac
        ;;
esac
hold 1
"""

_PLUGIN = 'shift && compose "$@" && exec "$real" compose "$@"'

_NO_PLUGIN = "echo \"docker: 'compose' is not a docker command.\" >&2 && echo \"See 'docker --help'\" >&2 && exit 1"

_STANDALONE = 'compose "$@"\nexec "$real" compose "$@"\n'
