"""The reference deployment's releases: what each migration makes, and which release runs on whose schema."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import databases
from agentchat_check import facts, wait
from agentchat_check.deployment import Role
from agentchat_check.faults import planting
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes import database_state
from agentchat_check.probes.api import Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle, owner, process, releases
from agentchat_check.stack.compose import Compose
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from small import PATIENCE, left_behind

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
            return compose("run", "--rm", *_options(database, told), self.service, *command, check=False)

    def migrate(self, database: str, *each: str) -> None:
        """Bring a database up to date with these releases, one after the other."""
        for release in each:
            done = self.run(release, *MIGRATE, database=database)
            assert done.returncode == 0, done.said

    def kill_while_it_waits(self, release: str, database: str, table: str) -> None:
        """Begin to migrate a database, and kill that where it comes to a table; it has done what comes before."""
        waiting = (
            f"SELECT id FROM information_schema.processlist WHERE db = '{database}' AND state LIKE '%metadata lock'"  # noqa: S608 - ours
        )
        with (
            databases.administering(self.stack, database) as reader,
            databases.administering(self.stack) as watcher,
            self._compose(release) as compose,
        ):
            reader.execute("BEGIN")
            reader.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - ours
            printed = compose("run", "--detach", *_options(database, {}), self.service, *MIGRATE).stdout.split()
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


@dataclass(frozen=True)
class Belongings:
    """What a user has written.

    Attributes:
        guest: The user.
        agent: An agent of the user's own.
        dialog: A dialog with it.
        said: What was said in it first.
        file: Where an uploaded file can be fetched.
    """

    guest: Guest
    agent: str
    dialog: str
    said: str
    file: str


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


@pytest.mark.parametrize("passage", [("ref-1", "ref-2"), ("ref-2", "ref-3"), ("ref-1", "ref-3"), releases.NAMES])
def test_a_database_that_was_upgraded_is_like_a_fresh_one(
    backends: Backends, database: str, fresh: str, passage: tuple[str, ...]
) -> None:
    backends.migrate(database, *passage)
    backends.migrate(fresh, passage[-1])
    assert backends.definition(database) == backends.definition(fresh)
    assert backends.rows(database) == backends.rows(fresh)


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
    refused = backends.run("ref-3", *MIGRATE, database=database, UPLOAD_LIMIT_MB="1")
    assert refused.returncode == 1
    assert "Cannot start. UPLOAD_LIMIT_MB is now called UPLOAD_MAX_MB: rename it in docker.env" in refused.said


def test_a_release_runs_on_the_schema_of_the_next_and_not_on_that_of_the_one_after(backends: Backends) -> None:
    written = [every_call(backends.api(), backends.stack)]

    with backends.in_use("ref-2", UPLOAD_LIMIT_MB="1") as api:
        is_all_there(api, *written)
        written.append(every_call(api, backends.stack))
        assert_new_things_are_there(api)
        assert upload(written[0].guest, api, TOO_LARGE).status == 413

    is_all_there(backends.api(), *written)
    written.append(every_call(backends.api(), backends.stack))  # ref-1 on the schema of ref-2

    with backends.in_use("ref-3", UPLOAD_MAX_MB="1") as api:
        is_all_there(api, *written)
        written.append(every_call(api, backends.stack))
        assert_new_things_are_there(api)
        assert upload(written[0].guest, api, TOO_LARGE).status == 413

    with backends.in_use("ref-2") as api:  # on the schema of ref-3
        is_all_there(api, *written)
        written.append(every_call(api, backends.stack))
        assert_new_things_are_there(api)

    with backends.in_use("ref-3") as api:
        is_all_there(api, *written)

    users = backends.rows("agentchat")["user"]
    api = backends.api()  # ref-1 on the schema of ref-3
    is_readable(api, *written)
    refused = api.register(visit.fresh_account())
    assert (refused.status, refused.data) == (500, None)
    guest = visit.arrive(api, written[0].guest.account)
    assert guest.api.create_agent("one too many", agents(guest.api)[0]["llm_id"]).status == 500
    assert backends.rows("agentchat")["user"] == users
    assert "one too many" not in [agent["name"] for agent in agents(guest.api)]
    assert "Field 'display_name' doesn't have a default value" in backends.stack.logs(backends.service)
    assert "Field 'avatar_url' doesn't have a default value" in backends.stack.logs(backends.service)


@pytest.mark.parametrize("release", ["ref-2", "ref-3"])
def test_a_release_comes_up_by_its_own_files(
    client: Client, quick: Settings, scratch: Path, tmp_path: Path, release: str
) -> None:
    run, deployment = Run(secrets.token_hex(4), owner.current()), releases.read(client, quick, release)
    cold = quick.model_copy(update={"database": "cold"})
    with lifecycle.temporary(client, deployment, cold, run, evidence_into=tmp_path / "evidence") as stack:
        assert all(service.settled for service in stack.services())
        host, port = stack.address(Role.FRONTEND)
        api = apis.discover(f"http://{host}:{port}")  # through the front door
        is_all_there(api, every_call(api, stack))


def every_call(api: Api, stack: Stack) -> Belongings:
    """Make each call of the contract once, as somebody new; every one is answered as it should be."""
    guest = visit.arrive(api)
    name, said = f"of {guest.account.name}"[:10], f"I am {guest.account.name}."
    agent = visit.agent_of_ours(guest, stack)
    spare = visit.agent_of_ours(guest, stack)
    dialog = visit.new_dialog(guest.api.create_dialog("kept", agent))
    second = visit.new_dialog(guest.api.create_dialog("deleted", spare))
    chat = visit.say(guest, dialog, said, Ledger())
    assert (chat.text, chat.errors) == (f"You said: {said}", ())
    file = upload(guest, api, said.encode())

    def ask(method: str, path: str, **request: Any) -> facts.HttpAnswer:
        return guest.api.ask(method, apis.PREFIX + path, **request)

    answers = [
        api.health(),
        file,
        ask("GET", "/user/info", params={"user_id": guest.user_id}),
        ask("GET", "/agent"),
        ask("DELETE", "/agent", json={"agent_id": spare}),
        ask("GET", "/dialog/list"),
        ask("DELETE", "/dialog", json={"dialog_id": second}),
        ask("GET", "/history", params={"dialog_id": dialog}),
        ask("POST", "/llm/visible"),
        ask("GET", "/llm/schema"),
        ask("GET", "/tool/all"),
        ask("POST", "/tool/all"),
        ask("POST", "/knowledge/create", json={"knowledge_name": name, "knowledge_desc": "What there is to know."}),
        ask("GET", "/knowledge/select"),
        ask("GET", "/workspace/session"),
        ask("GET", "/mcp_server"),
        ask("POST", "/usage"),
        ask("GET", "/usage/models_list"),
    ]
    assert [str(answer) for answer in answers if not answer.ok] == []
    return Belongings(guest, agent, dialog, said, str(file.data))


def is_readable(api: Api, *written: Belongings) -> None:
    """Whoever wrote something logs in with the password, or goes on with the token, and finds it."""
    for one in written:
        visit.arrive(api, one.guest.account)
        own = api.as_user(one.guest.token)
        assert one.agent in {agent["id"] for agent in agents(own)}
        dialogs = own.call("dialogs").data
        assert [(dialog["dialog_id"], dialog["name"]) for dialog in dialogs] == [(one.dialog, "kept")]
        _, messages = own.history(one.dialog)
        assert [message.content for message in messages][:2] == [one.said, f"You said: {one.said}"]
        assert api.ask("GET", one.file).body == one.said


def is_all_there(api: Api, *written: Belongings) -> None:
    """What was written can be read, down to each picture; and its dialog goes on."""
    is_readable(api, *written)
    for one in written:
        own = api.as_user(one.guest.token)
        assert {agent["logo_url"] for agent in agents(own) if agent["id"] == one.agent} == {PICTURE}
        assert own.chat(one.dialog, "And?").text == "You said: And?"
        info = own.call("user", params={"user_id": one.guest.user_id}).data
        assert info.get("display_name", one.guest.account.name) == one.guest.account.name


def assert_new_things_are_there(api: Api) -> None:
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


def upload(guest: Guest, api: Api, content: bytes) -> facts.HttpAnswer:
    """Store a file as a user."""
    return api.as_user(guest.token).upload("note.txt", content)
