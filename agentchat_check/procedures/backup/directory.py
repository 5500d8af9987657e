"""A database's directory restored beside the one that is there, and put into its place by renames."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import partial

from agentchat_check import errors, facts, wait
from agentchat_check.archive import tars
from agentchat_check.archive.streams import CHUNK, Sink, Source, pulled_through
from agentchat_check.deployment import Role
from agentchat_check.probes import database
from agentchat_check.probes.administration import USER
from agentchat_check.probes.database import Credentials
from agentchat_check.procedures.backup import clone, cut
from agentchat_check.procedures.backup.method import Archived
from agentchat_check.stack import isolation, storage
from agentchat_check.stack.coming_up import HOPELESS_RESTARTS
from agentchat_check.stack.running import Stack

PART = "database/directory.tar"

_PREFIX = ".agentchat-check"
"""With which our directories begin; the server does not look into hidden ones."""

_PATIENCE = 300.0
"""Seconds that the database may take to start or to stop."""

_FUNCTIONS = f"""
cd "$1"
new={_PREFIX}-restoring old={_PREFIX}-before leaving={_PREFIX}-before.partial
each() {{ # everything in directory $1 that is not ours, one after the other, to command $2
    for one in "$1"/* "$1"/.[!.]*; do
        case "${{one##*/}}" in {_PREFIX}-*|lost+found) continue ;; esac
        if [ -e "$one" ] || [ -L "$one" ]; then "$2" "$one"; fi
    done
}}
leave() {{ mv -- "$1" "$leaving/"; }}
come() {{ mv -- "$1" ./; }}
discard() {{ rm -rf -- "$1"; }}
"""

_STAGE = _FUNCTIONS + 'rm -rf "$new" "$old"-*; mkdir -m 700 "$new"'

# The name of the directory with the original says how far it has come: while all of it is not there yet, nothing else
# is in the database's place. The server's id and its certificates stay where they are.
_SWAP = (
    _FUNCTIONS
    + """
chown -R "$(stat -c %u:%g .)" "$new/data"
for one in auto.cnf *.pem; do
    if [ -e "$one" ] && [ ! -e "$new/data/$one" ]; then cp -p -- "$one" "$new/data/"; fi
done
mkdir -m 700 "$leaving"
each . leave
mv "$leaving" "$old"
each "$new/data" come
sync
"""
)

_PUT_BACK = (
    _FUNCTIONS
    + """
if [ -d "$old" ]; then
    each . discard
    mv "$old" "$leaving"
fi
if [ -d "$leaving" ]; then
    each "$leaving" come
    rmdir "$leaving"
fi
rm -rf "$new" "$old"-*
"""
)

_CONFIRM = _FUNCTIONS + 'sync; [ ! -d "$old" ] || mv "$old" "$old-gone"; rm -rf "$new" "$old-gone"'

_IS_SWAPPED = _FUNCTIONS + 'for one in "$old" "$leaving"; do [ ! -d "$one" ] || echo yes; done'


_WANTED_TO_START = 2**26
"""Bytes: its log of changes, its temporary tables and its undo space, with which a database begins."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The restore of a physical backup.

    Attributes:
        stack: The stack.
        archive: The archive.
        path: The database's directory in its container.
        with_plugin: Whether the clone plugin belongs to it.
    """

    stack: Stack
    archive: Archived
    path: str
    with_plugin: bool

    def stage(self) -> None:
        """Unpack everything beside what is there."""

        def check(source: Source, sink: Sink) -> None:
            tars.check(source, sink, mounted_at=f"/{clone.TOP}")

        with (
            storage.helper(self.stack, self._service) as helper,
            self.archive.part(PART) as source,
            pulled_through(check, source) as checked,
        ):
            if helper.ask(_IS_SWAPPED, self.path):
                self.put_back()
            helper.run(_STAGE, self.path)
            helper.write(posixpath.join(self.path, f"{_PREFIX}-restoring"), iter(partial(checked.read, CHUNK), b""))

    def swap(self) -> None:
        """Stop the database, put the new directory's content into the place of the old one's, and start it."""
        self._while_stopped(_SWAP)
        if not self.with_plugin:
            with cut.root(self.stack) as cursor:
                clone.forget_plugin(cursor)

    def put_back(self) -> None:
        """Put the original back into its place, where a swap has moved it or has begun to."""
        if self.is_swapped():
            self._while_stopped(_PUT_BACK)
        else:
            self._run(_PUT_BACK)

    def confirm(self) -> None:
        """Remove the original."""
        self._run(_CONFIRM)

    def is_swapped(self) -> bool:
        """Whether a swap was begun, and neither undone nor confirmed."""
        with storage.helper(self.stack, self._service) as helper:
            return bool(helper.ask(_IS_SWAPPED, self.path))

    @property
    def _service(self) -> str:
        return self.stack.service_name(Role.DATABASE)

    def _run(self, script: str) -> None:
        with storage.helper(self.stack, self._service) as helper:
            helper.run(script, self.path)

    def _while_stopped(self, script: str) -> None:
        stop(self.stack)
        self._run(script)
        start(self.stack)


def stop(stack: Stack) -> None:
    """Stop the database in order."""
    stack.act("stop", stack.service_name(Role.DATABASE), timeout=_PATIENCE)


def start(stack: Stack) -> None:
    """Start the database, and wait until it lets its administrator in.

    Raises:
        errors.HostError: It does not come up, on a disk that is as good as full.
        errors.TimeoutError: It does not come up.
    """
    service = stack.service_name(Role.DATABASE)
    stack.act("start", service, timeout=_PATIENCE)
    try:
        _wait_until_it_lets_us_in(stack, service)
    except errors.TimeoutError as error:
        left = _room(stack, service)
        if left >= _WANTED_TO_START:
            raise
        raise errors.HostError(
            "start the database",
            expected="room on the disk where the database keeps its data",
            actual=f"{left / 2**20:.0f} MiB are left: {error.actual}",
            next_step="make room where the engine keeps its volumes; `docker system df` shows what takes it",
        ) from None


def _room(stack: Stack, service: str) -> int:
    """Bytes that are left on the disk that the database's directory is on."""
    with storage.helper(stack, service) as helper:
        free = helper.run('df -Pk "$1" / 2> /dev/null | sed -n 2p', isolation.STATE_PATHS[Role.DATABASE][0])
        return int(free.split()[3]) * 1024


def _wait_until_it_lets_us_in(stack: Stack, service: str) -> None:

    def look() -> tuple[facts.Service, str]:
        seen = stack.service(Role.DATABASE)
        try:
            refused = database.log_in(stack, Credentials(USER, database.root_password(stack), "")).error
        except errors.StackError as error:  # while it is not running it has no address
            refused = error.actual
        return seen, refused

    wait.until(
        look,
        lambda seen: not seen[1],
        hopeless=lambda seen: (
            f"{seen[0]} will not come up" if seen[0].state == "exited" or seen[0].restarts >= HOPELESS_RESTARTS else ""
        ),
        show=lambda seen: f"{seen[0]}: {seen[1] or 'lets us in'}",
        what="the database to let its administrator in",
        timeout=_PATIENCE,
        delay=0.2,
        next_step=f"docker compose --project-name {stack.project} logs {service}",
    )
