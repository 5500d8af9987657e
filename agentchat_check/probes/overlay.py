"""What can be said of a deployment before anything of it runs: how it renders, and whether its images can run it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from agentchat_check import errors, facts
from agentchat_check.deployment import Deployment, Role
from agentchat_check.stack import complaints, process
from agentchat_check.stack.compose import Compose, project_of
from agentchat_check.stack.running import Stack

PATIENCE = 120.0
"""Seconds for one look into an image, in a container that is made for it."""

_UNSET = re.compile(r'\\?"(\w+)\\?" variable is not set')
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

_FIND = 'for program; do command -v "$program" >/dev/null 2>&1 || [ -x "$program" ] || echo "$program"; done'

_ASK_SERVER = """
server=$1; shift
said=$("$server" --validate-config --user=mysql 2>&1) || { echo "$said"; exit 3; }
for flag; do
  said=$("$server" --validate-config --user=mysql "$flag" 2>&1) || printf '%s\\t%s\\n' "$flag" "$(echo $said)"
done
"""
"""Each flag by itself, because the server stops at the first that it refuses; without any first, whether it can say."""

_STARTERS = {"tini", "dumb-init", "docker-init"}


def rendering(deployment: Deployment) -> facts.RenderedOverlay:
    """How compose renders a deployment's files with its env file; starts nothing."""
    given = [deployment.env_file] if deployment.env_file else []
    compose = project_of("", deployment.directory, deployment.compose_files, given, deployment.variables)
    done = compose("config", "--format", "json", check=False)
    if done.returncode != 0:
        return facts.RenderedOverlay(_complaint(done.stderr), (), (), 0)
    unset = dict.fromkeys(_UNSET.findall(done.stderr))
    services = json.loads(done.stdout).get("services") or {}
    blank = [place for place, variable in _blanks(services, _as_written(compose)) if variable not in unset]
    return facts.RenderedOverlay("", tuple(unset), tuple(blank), len(services))


def programs(stack: Stack) -> tuple[facts.Programs, ...]:
    """Look in each service's image for the programs that its entrypoint and its command begin with.

    Args:
        stack: A stack of ours; nothing of it has to run.
    """
    declared = stack.configuration.services if stack.configuration else {}
    run = {name: service["image"] for name, service in stack.compose.rendered()["services"].items()}
    # One after the other: two at once would each make the project's network.
    return tuple(_programs(stack, name, run[name], declared[name]) for name in sorted(declared))


def database_flags(stack: Stack) -> facts.Flags:
    """Show the database's flags to its own server.

    Args:
        stack: A stack of ours; nothing of it has to run.

    Raises:
        errors.InapplicableError: It is given none.
    """
    service = stack.service_name(Role.DATABASE)
    declared = stack.configuration.services[service] if stack.configuration else {}
    words = [str(word) for word in declared.get("command") or ()]
    flags = flags_of(words)
    if not flags:
        raise errors.InapplicableError(
            f"read the flags of {service}",
            expected="a command with flags",
            actual=f"{stack.name} gives {service} no flags",
            next_step="nothing is to be done where the server's own settings will do",
        )
    server = words[0] if not words[0].startswith("-") else "mysqld"
    done = _inside(stack, service, _ASK_SERVER, [server, *flags])
    refused = [line.partition("\t")[::2] for line in done.stdout.splitlines() if "\t" in line]
    unseen = (_complaint(done.stderr) or done.said) if done.returncode != 0 else ""
    return facts.Flags(service, flags, tuple((flag, reason(said)) for flag, said in refused), unseen)


def _complaint(stderr: str) -> str:
    """What compose refuses, without the warnings around it."""
    said = [line for line in stderr.splitlines() if "level=warning" not in line]
    return complaints.without_progress("\n".join(said)).strip()


def _as_written(compose: Compose) -> Mapping[str, Any]:
    """The services with their variables as they stand in the files."""
    written = json.loads(compose("config", "--no-interpolate", "--format", "json").stdout)
    services: dict[str, Any] = written["services"]
    return services


def _blanks(rendered: Mapping[str, Any], written: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a variable without a default of its own stands and nothing came of it, with its name."""
    found = []
    for name, service in rendered.items():
        values = service.get("environment") or {}
        for key, text in _pairs(written.get(name, {}).get("environment") or {}):
            variable = _VARIABLE.fullmatch(text)
            if variable and values.get(key) == "":
                found.append((f"{name}: {key}", variable[1] or variable[2]))
    return found


def _pairs(environment: Mapping[str, Any] | Sequence[str]) -> list[tuple[str, str]]:
    if isinstance(environment, Mapping):
        return [(key, str(value)) for key, value in environment.items() if value is not None]
    return [(key, value) for key, _, value in (entry.partition("=") for entry in environment)]


def _programs(stack: Stack, name: str, image: str, declared: Mapping[str, Any]) -> facts.Programs:
    with complaints.translated(f"look at the image {image}"):
        own = stack.client.images.get(image).attrs["Config"]
    wanted = tuple(dict.fromkeys(begins(own, declared)))
    if not wanted:
        return facts.Programs(name, image, (), (), "neither the image nor the compose files say what it runs")
    with contextlib.suppress(process.CommandError):
        done = _inside(stack, name, _FIND, wanted)
        if done.returncode == 0:
            return facts.Programs(name, image, wanted, tuple(done.stdout.split("\n")[:-1]), "")
        return facts.Programs(name, image, wanted, (), _complaint(done.stderr) or done.said)
    return facts.Programs(name, image, wanted, (), f"no answer within {PATIENCE:g} s")


def begins(own: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    """The programs that a container begins with: its entrypoint, and the command where nothing but that leads to it."""
    overridden = declared.get("entrypoint") is not None
    entrypoint = [str(word) for word in (declared["entrypoint"] if overridden else own.get("Entrypoint")) or ()]
    given = declared.get("command")
    command = [str(word) for word in (given if given is not None else () if overridden else own.get("Cmd")) or ()]
    first = PurePosixPath(entrypoint[0]).name if entrypoint else ""
    # To any other entrypoint the command's words are arguments: a script's name, an action, a shell's line.
    leads_on = not entrypoint or first in _STARTERS or "entrypoint" in first
    return [*entrypoint[:1], *(word for word in command[:1] if leads_on and not word.startswith("-"))]


def flags_of(words: Sequence[str]) -> tuple[str, ...]:
    """Flags with their values: a word that follows one without ``=`` and is no flag belongs to it."""
    flags: list[str] = []
    for word in words:
        if word.startswith("-"):
            flags.append(word)
        elif flags:
            flags[-1] += f"={word}"
    return tuple(flags)


def reason(said: str) -> str:
    """The server's own words of an error, without its time and its numbers."""
    found = re.search(r"\[ERROR\] (?:\[[^\]]*\] )*(.+?)(?= \d{4}-\d\d-\d\dT|$)", said)
    return found[1] if found else said


def _inside(stack: Stack, service: str, script: str, arguments: Sequence[str]) -> process.Completed:
    """Run a shell's script in a container that is made for it, of a service's image and as that service would run.

    Its labels are the stack's, so it is removed with it whatever happens to us.
    """
    once = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "sh", service, "-c", script, "sh", *arguments)
    return stack.compose(*once, timeout=PATIENCE, check=False)
