"""Whether the programs of a container read a variable of their environment, as far as their files tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentchat_check import facts
from agentchat_check.stack import complaints
from agentchat_check.stack.running import Stack

_SCRIPT = r"""
names=$1; shift
skip="--exclude-dir=node_modules --exclude-dir=.git --exclude-dir=site-packages --exclude-dir=dist-packages"
skip="$skip --exclude-dir=docs --exclude-dir=test --exclude-dir=tests"
skip="$skip --exclude=*.md --exclude=*.example --exclude=*.lock"
command -v grep > /dev/null || exit 3
echo searched
for place in "$@"; do
    [ -e "$place" ] || place=$(command -v "$place") || continue
    [ -n "$place" ] && grep -rnIwiE $skip -- "$names" "$place" 2> /dev/null | cut -c 1-400 | head -n 4000
done
exit 0
"""
"""Lines of the application's own files that hold one of the names: ``FILE:LINE:TEXT``, or ``LINE:TEXT`` of one file."""

_LIBRARIES = r"""
for place in /usr/lib/python3*/*-packages /usr/local/lib/python3*/*-packages /opt/*/lib/python3*/site-packages \
    "${VIRTUAL_ENV:-$PWD/.venv}"/lib/python3*/site-packages; do
    [ -d "$place" ] && grep -rlE --include=*.py -- "[\"']$1[\"']" "$place" 2> /dev/null | head -n 3
done
exit 0
"""


def of(stack: Stack, service: str, names: Sequence[str]) -> dict[str, facts.Reading]:
    """Which of these variables the programs of a service read.

    A variable is read where a file takes it from the environment: ``os.environ["X"]``, ``getenv``, ``process.env.X``,
    ``$X`` in a script, a field of pydantic's settings, or ``$X`` in the service's own command or health check.

    Args:
        stack: A running stack.
        service: The service.
        names: Variables of its environment.
    """
    attrs = stack.inspect()[service]
    commands = " ".join(_commands(attrs))
    status, printed = _search(stack, service, attrs, names)
    unseen = facts.Reading(None, f"the files of {service} cannot be searched")
    found = {name: unseen if status else judged(name, printed) for name in names}
    for name in names:
        if re.search(rf"\$\{{?{re.escape(name)}\b", commands):
            found[name] = facts.Reading(True, f"its command in the compose file: ${name}")  # noqa: FBT003 - in order
        elif found[name].reads is False:
            found[name] = _in_libraries(stack, service, name)
    return found


def _search(stack: Stack, service: str, attrs: Mapping[str, Any], names: Sequence[str]) -> tuple[int, str]:
    config = attrs["Config"]
    words = [
        word for part in ("Entrypoint", "Cmd") for word in config.get(part) or () if re.fullmatch(r"[\w./-]+", word)
    ]
    inner = re.findall(r"[\w./-]+\.sh\b", " ".join(config.get("Entrypoint") or ()))
    directory = config.get("WorkingDir") or ""
    places = [directory] if directory.strip("/") else []
    places += [word for word in dict.fromkeys([*words[:2], *inner]) if not word.startswith("-")]
    with complaints.translated(f"search the files of {service}"):
        return stack.execute(service, ["sh", "-c", _SCRIPT, "sh", "|".join(map(re.escape, names)), *places])


def _commands(attrs: Mapping[str, Any]) -> list[str]:
    config = attrs["Config"]
    check = (config.get("Healthcheck") or {}).get("Test") or []
    return [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ()), *check]


def judged(name: str, printed: str) -> facts.Reading:
    """Whether lines of a search say that a variable is read.

    Args:
        name: The variable.
        printed: ``FILE:LINE:TEXT``, or ``LINE:TEXT`` of a single file, one below the other.
    """
    lines = [line for line in printed.splitlines() if re.search(rf"(?i)\b{re.escape(name)}\b", line)]
    takes = re.compile(
        rf"""environ|getenv|\benv\.{name}\b|\benv\(|\$\{{?{name}\b|file_env ['"]?{name}\b|setting {name}\b"""
        r"""|Field\([^)]*env"""
    )
    field = re.compile(rf"^\s*{re.escape(name.lower())}\s*:")
    named = ""
    for line in lines:
        path, _, text = _parts(line)
        exact = re.search(rf"\b{re.escape(name)}\b", text)
        if (exact and takes.search(text)) or (field.search(text) and path.endswith(("settings.py", "config.py"))):
            return facts.Reading(True, path)  # noqa: FBT003 - in order
        named = named or (path if exact else "")
    if named:
        return facts.Reading(None, f"{named} names it, and may read it")
    return facts.Reading(False, "no file of the application names it")  # noqa: FBT003 - in order


def _in_libraries(stack: Stack, service: str, name: str) -> facts.Reading:
    """What nobody names may still be read by a library that the application uses."""
    status, printed = stack.execute(service, ["sh", "-c", _LIBRARIES, "sh", re.escape(name)])
    if status == 0 and printed.strip():
        package = re.sub(r".*-packages/([^/]+).*", r"\1", printed.split()[0])
        return facts.Reading(
            None, f"only the library {package} names it; whether the application lets it cannot be seen"
        )
    return facts.Reading(False, "no file of the application names it")  # noqa: FBT003 - in order


def _parts(line: str) -> tuple[str, str, str]:
    """File, number and text of a line of grep's; of a single file it says no name."""
    found = re.match(r"(?:(/[^:]*):)?(\d+):(.*)", line)
    return (found[1] or "its start script", found[2], found[3]) if found else ("", "", line)
