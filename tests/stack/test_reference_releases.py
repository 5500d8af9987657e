"""The reference deployment's releases: what each migration makes, and which release runs on whose schema."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import databases
from agentchat_check.checks import carried
from agentchat_check.deployment import Role
from agentchat_check.findings import Verdict
from agentchat_check.probes import api as apis
from agentchat_check.probes import definitions
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle, owner, releases
from agentchat_check.stack.owner import Run
from backends import MIGRATE, Backends
from comers import Crowd, has_what_is_new
from small import left_behind

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from docker import DockerClient as Client

TOO_LARGE = b"x" * (3 * 2**19)
"""What a limit of a megabyte keeps out."""


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
