"""Logs written full: what the engine keeps of them is seen, not only what their options say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from docker.types import LogConfig

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.facts.production import MIB
from agentchat_check.stack import complaints, labels, owner
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

MOST = 700 * MIB
"""Bytes that are written to fill a log: enough for five files of 100 MB; what takes more is not tried."""

PATIENCE = 120.0
"""Seconds that it may take to fill one."""

_DEFAULTS = {"json-file": ("", "1"), "local": ("20m", "5")}
"""Drivers that write files of the engine's, each with the size and the number of files that it takes by itself."""

_SAYS_NOTHING_OF_THE_END = frozenset({"mode", "max-buffer-size"})
"""Options of how lines reach the driver: one that may drop some on the way would leave a log that never fills."""

_ENDLESS = 64 * MIB
"""Bytes that are written where nothing says where the log ends: twice the customary three files of 10 MB."""

_OLDEST, _NEWEST, _LINE = "agentchat-check: the first line", "agentchat-check: the last line", "x" * 3999

_FILL = 'echo "$1"; yes "$2" | head -n "$3"; echo "$4"'

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)

_Options = tuple[tuple[str, str], ...]


def full_logs(stack: Stack) -> tuple[facts.FullLog, ...]:
    """Fill a log like each service's, in a container that is made for it, and see what the engine keeps.

    Services whose logs have the same driver and the same options share one. The container runs the shell of the
    database's image, with no network and no data of the stack's, and goes at the end.

    Args:
        stack: A stack of ours.

    Raises:
        errors.InapplicableError: No service's log is in files of the engine's.
        errors.StackError: A log could not be filled.
    """
    found = stack.inspect()
    alike: dict[tuple[str, _Options], list[str]] = {}
    for name, attrs in sorted(found.items()):
        log = attrs["HostConfig"]["LogConfig"]
        if log["Type"] in _DEFAULTS:
            alike.setdefault((log["Type"], tuple(sorted((log.get("Config") or {}).items()))), []).append(name)
    if found and not alike:
        raise errors.InapplicableError(
            f"fill a log of {stack.name}",
            expected=f"a service whose log is in files of the engine's ({', '.join(_DEFAULTS)})",
            actual="every log goes elsewhere",
            next_step="see where it goes that it ends: docker inspect --format '{{.HostConfig.LogConfig}}' CONTAINER",
        )
    return tuple(
        _filled(stack, found[stack.service_name(Role.DATABASE)]["Image"], names, driver, dict(options))
        for (driver, options), names in alike.items()
    )


def bytes_of(size: str) -> int:
    """How much a driver's size is, ``10m``, at most: some drivers count a kilobyte as 1000. 0 for none, and for -1."""
    found = _SIZE.fullmatch(size)
    return int(float(found[1]) * 1024 ** " kmgtp".index(found[2].lower() or " ")) if found else 0


def _filled(stack: Stack, image: str, names: Iterable[str], driver: str, options: Mapping[str, str]) -> facts.FullLog:
    log = facts.LogRotation(", ".join(names), driver, options.get("max-size", ""), options.get("max-file", ""))
    size, files = (told or usual for told, usual in zip((log.max_size, log.max_file), _DEFAULTS[driver], strict=True))
    # Each file ends with the first line that goes beyond its size.
    one = bytes_of(size) + len(_LINE) + 1
    limit = int(files) * one if bytes_of(size) else None
    lines = (_ENDLESS if limit is None else limit + one) // (len(_LINE) + 1)
    written = lines * (len(_LINE) + 1) + len(_OLDEST) + len(_NEWEST) + 2
    if written > MOST:
        return facts.FullLog(log, limit, written, unseen=f"it takes more than the {MOST / MIB:g} MiB that are tried")
    kinds = {name: value for name, value in options.items() if name not in _SAYS_NOTHING_OF_THE_END}
    with _made(stack, image, LogConfig(type=driver, config=kinds), lines) as container:
        return _read(container, facts.FullLog(log, limit, written))


@contextmanager
def _made(stack: Stack, image: str, log: LogConfig, lines: int) -> Iterator[Container]:
    """A container that has filled its log and ended; should we die, a sweep finds it by its owner."""
    tried = f"fill a log like those of {stack.name}"
    with complaints.translated(tried):
        container = stack.client.containers.create(
            image,
            ["-euc", _FILL, "sh", _OLDEST, _LINE, str(lines), _NEWEST],
            entrypoint=["sh"],
            network_mode="none",
            log_config=log,
            labels={
                labels.OWNER: owner.current(),
                labels.PROJECT: labels.of_helpers(stack.project),
                labels.ONE_OFF: "True",
            },
        )
    try:
        with complaints.translated(tried):
            container.start()
            status = container.wait(timeout=PATIENCE)["StatusCode"]
        if status != 0:
            raise errors.StackError(
                tried,
                expected="exit status 0",
                actual=f"exit status {status}",
                next_step="see whether the database's image has sh, yes and head",
            )
        yield container
    finally:
        with complaints.translated(f"remove what filled a log like those of {stack.name}"):
            container.remove(force=True, v=True)


def _read(container: Container, log: facts.FullLog) -> facts.FullLog:
    """What the engine has of it: piece by piece, for it may be much."""
    first, kept, end = b"", 0, b""
    with complaints.translated(f"read a log like those of {log.rotation.service}"):
        for piece in container.logs(stream=True, stderr=False):
            first, kept, end = first or piece, kept + len(piece), piece
    oldest, newest = first.startswith(_OLDEST.encode()), end.endswith(f"{_NEWEST}\n".encode())
    return replace(log, kept=kept, oldest=oldest, newest=newest)
