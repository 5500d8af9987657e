"""The backends of all releases of the reference deployment, on the database of one stack."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import databases
from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.faults import planting
from agentchat_check.probes import api as apis
from agentchat_check.probes import database_state
from agentchat_check.probes.api import Api
from agentchat_check.stack import process
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.running import Stack
from small import PATIENCE

OF_TODAY = {"UPLOAD_LIMIT_MB": ""}
"""What a backend of any release takes: ref-1's compose file tells it a setting that ref-3 refuses by that name."""

MIGRATE = ("python", "-m", "backend.migrate")
"""The command that brings a database up to date."""

WHEN = {"create_time", "update_time"}
"""Columns in which two fresh databases differ, too."""


@dataclass(frozen=True)
class Backends:
    """The backends of all releases, beside one stack's database.

    Attributes:
        stack: A stack of the first release.
        images: The backend's image by release.
    """

    stack: Stack
    images: Mapping[str, str]

    @property
    def service(self) -> str:
        """The backend's service."""
        return self.stack.service_name(Role.BACKEND)

    def run(self, release: str, *command: str, database: str, **told: str) -> process.Completed:
        """Run a command in a container of a release's own, on a database."""
        with self._compose(release) as compose:
            return compose(
                "run", "--rm", *_options(database, told), self.service, *command, timeout=PATIENCE, check=False
            )

    def migrate(self, database: str, *each: str) -> None:
        """Bring a database up to date with these releases, one after the other."""
        for release in each:
            done = self.run(release, *MIGRATE, database=database)
            assert done.returncode == 0, done.said

    def kill_while_it_waits(self, release: str, database: str, table: str) -> None:
        """Begin to migrate a database, and kill that where it comes to a table; it has done what comes before."""
        waiting = (
            f"SELECT id FROM information_schema.processlist WHERE db = '{database}' AND state LIKE '%metadata lock'"  # noqa: S608 - a name of ours
        )
        with (
            databases.administering(self.stack, database) as reader,
            databases.administering(self.stack) as watcher,
            self._compose(release) as compose,
        ):
            reader.execute("BEGIN")
            reader.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a name of ours
            begin = ("run", "--detach", *_options(database, {}), self.service, *MIGRATE)
            printed = compose(*begin, timeout=PATIENCE).stdout.split()
            container = self.stack.client.containers.get(printed[-1])

            def found() -> tuple[Any, ...]:
                watcher.execute(waiting)
                return tuple(watcher.fetchall())

            try:
                wait.until(found, bool, what="a migration that waits for a table", timeout=PATIENCE)
                container.kill()
                watcher.execute(f"KILL {found()[0][0]}")  # the server would finish what it was told
            finally:
                container.remove(force=True, v=True)

    @contextmanager
    def in_use(self, release: str, **told: str) -> Iterator[Api]:
        """The stack's backend is that of a release; afterwards it is its own again."""
        changes = {"image": self.images[release], "environment": {**OF_TODAY, **told}}
        with planting.reconfigured(self.stack, self.service, changes):
            yield self.api()

    def api(self) -> Api:
        """The API of the backend that runs now."""
        host, port = self.stack.address(Role.BACKEND)
        return apis.discover(f"http://{host}:{port}")

    def definition(self, database: str) -> dict[str, str]:
        """What makes each table."""
        with databases.administering(self.stack, database) as cursor:
            tables = database_state.names(cursor, database, "TABLE")
            return {table: database_state.table_definition(cursor, database, table) for table in tables}

    def rows(self, database: str) -> dict[str, list[str]]:
        """What is in each table, but for when it was written."""
        found = {}
        with databases.administering(self.stack, database) as cursor:
            for table in database_state.names(cursor, database, "TABLE"):
                cursor.execute(f"SELECT * FROM `{table}`")  # noqa: S608 - a name the server told
                names = [column[0] for column in cursor.description or ()]
                rows = [zip(names, row, strict=True) for row in cursor.fetchall()]
                found[table] = sorted(str([pair for pair in row if pair[0] not in WHEN]) for row in rows)
        return found

    @contextmanager
    def _compose(self, release: str) -> Iterator[Compose]:
        with tempfile.TemporaryDirectory() as directory:
            override = Path(directory) / "release.json"
            override.write_text(json.dumps({"services": {self.service: {"image": self.images[release]}}}))
            files = [*(self.stack.compose.compose_file_name or ()), str(override)]
            yield replace(self.stack.compose, compose_file_name=files)


def _options(database: str, told: Mapping[str, str]) -> list[str]:
    environment = {**OF_TODAY, "MYSQL_DATABASE": database, **told}
    return ["--no-deps", "--no-TTY", *(f"--env={name}={value}" for name, value in environment.items())]
