"""The reference deployment's releases: what each migration makes, and which release runs on whose schema."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import databases
from agentchat_check import facts, wait
from agentchat_check.checks import carried
from agentchat_check.deployment import Role
from agentchat_check.faults import planting
from agentchat_check.findings import Verdict
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes import database_state, definitions
from agentchat_check.probes.api import Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle, owner, process, releases
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from small import PATIENCE, left_behind

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from docker import DockerClient as Client

OF_TODAY = {"UPLOAD_LIMIT_MB": ""}
"""What a backend of any release takes: ref-1's compose file tells it a setting that ref-3 refuses by that name."""

MIGRATE = ("python", "-m", "backend.migrate")

WHEN = {"create_time", "update_time"}
"""Columns in which two fresh databases differ, too."""

PICTURE = "/logo.png"
"""What ``Api.create_agent`` names as an agent's picture."""

TOO_LARGE = b"x" * (3 * 2**19)
"""What a limit of a megabyte keeps out."""


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
                container.remove(force=True)

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


@pytest.fixture(scope="module")
def quick(check_session: Session) -> Settings:
    """Settings of stacks that come up soon."""
    return check_session.settings.model_copy(update={"database": "prepared"})


@pytest.fixture(scope="module")
def backends(client: Client, quick: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """A stack of ref-1, and the backends of all releases."""
    run, scratch = Run(secrets.token_hex(4), owner.current()), tmp_path_factory.mktemp("scratch")
    cold = quick.model_copy(update={"database": "cold"})
    images = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        for name in releases.NAMES:
            with lifecycle.made(client, releases.read(client, cold, name), cold, run) as made:
                images[name] = made.compose.rendered()["services"]["backend"]["image"]
        first = releases.read(client, quick, "ref-1")
        evidence = scratch.with_name("evidence")
        with lifecycle.temporary(client, first, quick, run, evidence_into=evidence) as stack:
            yield Backends(stack, images)
    assert left_behind(client, scratch) == []


@pytest.fixture
def database(backends: Backends) -> Iterator[str]:
    """A database without tables, which the application may use."""
    with databases.schema(backends.stack) as (cursor, name):
        cursor.execute(f"GRANT ALL ON {name}.* TO agentchat")
        yield name


@pytest.fixture
def fresh(backends: Backends) -> Iterator[str]:
    """Another one."""
    with databases.schema(backends.stack) as (cursor, name):
        cursor.execute(f"GRANT ALL ON {name}.* TO agentchat")
        yield name


@pytest.mark.parametrize("release", releases.NAMES)
def test_the_schema_of_a_release_is_what_its_models_say(backends: Backends, database: str, release: str) -> None:
    backends.migrate(database, release)
    done = backends.run(release, "alembic", "check", database=database)
    assert done.returncode == 0, done.said
    assert "No new upgrade operations detected" in done.said


@pytest.mark.parametrize(
    "passage", [("ref-1", "ref-2"), ("ref-2", "ref-3"), ("ref-1", "ref-3"), releases.NAMES], ids=" ".join
)
def test_a_database_that_was_upgraded_is_like_a_fresh_one(
    backends: Backends, database: str, fresh: str, passage: tuple[str, ...]
) -> None:
    backends.migrate(database, *passage)
    backends.migrate(fresh, passage[-1])
    assert backends.definition(database) == backends.definition(fresh)
    assert backends.rows(database) == backends.rows(fresh)
    with databases.administering(backends.stack) as cursor:
        looks = [(definitions.schema(cursor, name), definitions.seeds(cursor, name)) for name in (database, fresh)]
    (migrated, rows), (wanted, wanted_rows) = looks
    finding = carried.same_as_fresh(migrated, wanted, rows, wanted_rows, subject=" ".join(passage))
    assert finding.verdict is Verdict.HOLDS, str(finding)
    assert len(wanted_rows) > 10


def test_a_later_schema_stays_as_it_is_when_an_earlier_release_starts(backends: Backends, database: str) -> None:
    backends.migrate(database, "ref-3")
    before = backends.definition(database), backends.rows(database)
    for release, unknown in {"ref-1": "0003", "ref-2": "0003"}.items():
        done = backends.run(release, *MIGRATE, database=database)
        assert done.returncode == 0
        assert f"the database is of a later release ({unknown}): its tables stay as they are" in done.said
    assert (backends.definition(database), backends.rows(database)) == before


@pytest.mark.parametrize("release", ["ref-2", "ref-3"])
def test_a_migration_that_was_killed_halfway_is_finished_by_the_next_start(
    backends: Backends, database: str, fresh: str, release: str
) -> None:
    former = releases.NAMES[releases.NAMES.index(release) - 1]
    backends.migrate(database, former)
    backends.migrate(fresh, former)
    untouched = backends.definition(database)
    backends.kill_while_it_waits(release, database, "agent")
    halfway = backends.definition(database)
    assert halfway["agent"] == untouched["agent"]
    assert halfway["user"] != untouched["user"]
    backends.migrate(fresh, release)
    backends.migrate(database, release)
    assert backends.definition(database) == backends.definition(fresh)
    assert backends.rows(database) == backends.rows(fresh)


def test_a_setting_that_was_renamed_is_taken_for_one_release_and_then_refused(
    backends: Backends, database: str
) -> None:
    assert backends.run("ref-2", *MIGRATE, database=database, UPLOAD_LIMIT_MB="1").returncode == 0
    nonsense = backends.run("ref-2", *MIGRATE, database=database, UPLOAD_LIMIT_MB="much")
    assert "Cannot start. UPLOAD_LIMIT_MB: " in nonsense.said
    refused = backends.run("ref-3", *MIGRATE, database=database, UPLOAD_LIMIT_MB="1")
    assert refused.returncode == 1
    assert "Cannot start. UPLOAD_LIMIT_MB is now called UPLOAD_MAX_MB: rename it in docker.env" in refused.said


def test_a_release_runs_on_the_schema_of_the_next_and_not_on_that_of_the_one_after(
    backends: Backends, fresh: str
) -> None:
    crowd = Crowd(backends.stack)
    crowd.come_and_use_it()
    with backends.in_use("ref-2", UPLOAD_LIMIT_MB="1") as api:
        crowd.come_and_use_it()
        has_what_is_new(api)
        assert crowd.uploads(TOO_LARGE).status == 413
    crowd.come_and_use_it()  # ref-1, on the schema of ref-2
    with backends.in_use("ref-3", UPLOAD_MAX_MB="1") as api:
        crowd.come_and_use_it()
        has_what_is_new(api)
        assert crowd.uploads(TOO_LARGE).status == 413
    with backends.in_use("ref-2") as api:  # on the schema of ref-3
        crowd.come_and_use_it()
        has_what_is_new(api)
    with backends.in_use("ref-3"):
        crowd.come_and_use_it()
    backends.migrate(fresh, "ref-3")
    assert backends.definition("agentchat") == backends.definition(fresh)

    before = backends.rows("agentchat")
    for failures in crowd.use_it():  # ref-1, on the schema of ref-3
        assert {reply.what for reply in failures} == {"register", "create agent", "agents", "delete agent"}
        assert {reply.what for reply in failures if reply.answer.status == 500} == {"register", "create agent"}
    after = backends.rows("agentchat")
    assert (after["user"], after["agent"]) == (before["user"], before["agent"])
    log = backends.stack.logs(backends.service)
    assert all(f"Field '{column}' doesn't have a default value" in log for column in ("display_name", "avatar_url"))


@pytest.mark.parametrize("release", ["ref-2", "ref-3"])
def test_a_release_comes_up_by_its_own_files(
    client: Client, check_session: Session, scratch: Path, tmp_path: Path, release: str
) -> None:
    settings, run = check_session.settings, Run(secrets.token_hex(4), owner.current())
    deployment = releases.read(client, settings, release)
    with lifecycle.temporary(client, deployment, settings, run, evidence_into=tmp_path / "evidence") as stack:
        assert all(service.settled for service in stack.services())
        Crowd(stack).come_and_use_it()
        has_what_is_new(apis.discover("http://{}:{}".format(*stack.address(Role.FRONTEND))))


@dataclass
class Crowd:
    """Users who have come one after the other, and come again.

    Attributes:
        stack: What they use.
    """

    stack: Stack
    _users: list[tuple[Regular, facts.ContractLook]] = field(default_factory=list)

    def come_and_use_it(self) -> None:
        """Somebody new comes; everybody makes every call, is answered, and finds all that was ever written."""
        self._users.append((Regular.arrive(self.stack, Ledger()), facts.ContractLook()))
        assert [[str(reply) for reply in failures] for failures in self.use_it()] == [[] for _ in self._users]
        for user, _ in self._users:
            user.come_again()
            own = [agent for agent in agents(user.guest.api) if agent["user_id"] == user.guest.user_id]
            assert {agent["logo_url"] for agent in own} == {PICTURE}
            info = user.guest.api.call("user").data
            assert info.get("display_name", user.guest.account.name) == user.guest.account.name

    def use_it(self) -> list[list[facts.Reply]]:
        """Everybody makes every call with the token of before; what each did not get."""
        self._users = [(user, contract.of_regular(user, before)) for user, before in self._users]
        return [[reply for reply in look.replies if not reply.done] for _, look in self._users]

    def uploads(self, content: bytes) -> facts.HttpAnswer:
        """The first to come uploads something."""
        return self._users[0][0].now().api.upload("note.txt", content)


def has_what_is_new(api: Api) -> None:
    """A user has a name to show, an agent a picture by its new name, and a pinned dialog comes first."""
    account = visit.fresh_account()
    names = {"user_name": account.name, "user_email": "", "user_password": account.password, "display_name": "小明 😀"}
    assert api.call("register", json=names).ok
    own = visit.arrive(api, account).api
    assert own.call("user").data["display_name"] == "小明 😀"
    first = agents(own)[0]
    agent = own.call("create agent", json={"name": "seen", "avatar_url": "/me.png", "llm_id": first["llm_id"]}).data
    assert (agent["avatar_url"], agent["logo_url"]) == ("/me.png", "/me.png")
    assert agent in agents(own)
    assert {one["avatar_url"] for one in agents(own)} == {"", "/me.png"}
    for name, pinned in {"pinned": True, "later": False}.items():
        assert own.call("create dialog", json={"name": name, "agent_id": first["id"], "pinned": pinned}).ok
    assert [(one["name"], one["pinned"]) for one in own.call("dialogs").data] == [("pinned", True), ("later", False)]
    assert [one["name"] for one in agents(own) if one["user_id"] == "0"].count("Summarizer") == 1


def agents(api: Api) -> list[dict[str, Any]]:
    """The agents that a user sees."""
    return apis.rows(api.call("agents").data, "id")
