"""The reference deployment: named by naming nothing, its database's every byte, and looked at from outside."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.faults import planting
from agentchat_check.probes import cache, database
from agentchat_check.procedures import visit
from agentchat_check.session import Session
from agentchat_check.stack import lifecycle, owner, prepared
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from separate_runs import Runs
from small import PATIENCE, ROOT, left_behind

if TYPE_CHECKING:
    from docker import DockerClient as Client

REFERENCE = {"AGENTCHAT_CHECK_ROLES": "{}", "AGENTCHAT_CHECK_HEALTH_INTERVAL": "0.5"}
"""Variables of runs of the reference deployment: nothing of small ones."""

TABLE = "check_rows"
ROWS = {
    1: "('a', NULL, x'ff', '{\"k\": 1}', 0.1, 0.1)",
    2: "('', 'b', x'00', NULL, NULL, NULL)",
    3: "('日本 😀', 'it''s', NULL, '[]', -1, 16777215)",
}
SAME_BUT_FOR = {
    "one byte of text": (1, "('A', NULL, x'ff', '{\"k\": 1}', 0.1, 0.1)"),
    "one byte of binary data": (1, "('a', NULL, x'fe', '{\"k\": 1}', 0.1, 0.1)"),
    "a value in JSON": (1, "('a', NULL, x'ff', '{\"k\": 2}', 0.1, 0.1)"),
    "the last digit of a number": (1, "('a', NULL, x'ff', '{\"k\": 1}', 0.1000001, 0.1)"),
    "the last bit of a short number": (3, "('日本 😀', 'it''s', NULL, '[]', -1, 16777214)"),
    "a NULL that is the word": (1, "('a', 'NULL', x'ff', '{\"k\": 1}', 0.1, 0.1)"),
    "a NULL that is nothing": (1, "('a', '', x'ff', '{\"k\": 1}', 0.1, 0.1)"),
    "a value in another column": (2, "('b', '', x'00', NULL, NULL, NULL)"),
    "a space at the end": (2, "('', 'b ', x'00', NULL, NULL, NULL)"),
    "a quote": (3, "('日本 😀', 'it\"s', NULL, '[]', -1, 16777215)"),
}


@pytest.fixture(scope="module")
def reference(check_session: Session, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of the reference deployment on a prepared database."""
    settings = check_session.settings.model_copy(update={"database": "prepared"})
    run, scratch = Run(secrets.token_hex(4), owner.current()), tmp_path_factory.mktemp("scratch")
    evidence = scratch.with_name("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        with lifecycle.temporary(client, check_session.deployment, settings, run, evidence_into=evidence) as stack:
            yield stack
    assert left_behind(client, scratch) == []


@pytest.fixture
def table(reference: Stack) -> Iterator[Callable[..., tuple[int, str]]]:
    """Fills a table with rows, in the order they are given, and returns what its digest is."""

    def filled(*rows: str) -> tuple[int, str]:
        columns = "(a VARCHAR(20), b VARCHAR(20), c VARBINARY(20), d JSON, e DOUBLE, f FLOAT)"
        planting.run_sql(reference, f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} {columns}")
        planting.run_sql(reference, f"SET NAMES utf8mb4; INSERT INTO {TABLE} VALUES {', '.join(rows)}")  # noqa: S608 - ours
        return database.row_digests(reference).groups[TABLE, ""]

    yield filled
    planting.run_sql(reference, f"DROP TABLE {TABLE}")


def test_digests_depend_on_what_the_rows_are_and_not_on_their_order(table: Callable[..., tuple[int, str]]) -> None:
    digest = table(*ROWS.values())
    assert digest[0] == 3
    assert table(*reversed(ROWS.values())) == digest


@pytest.mark.parametrize("change", SAME_BUT_FOR)
def test_digests_notice(change: str, table: Callable[..., tuple[int, str]]) -> None:
    row, changed = SAME_BUT_FOR[change]
    before, after = table(*ROWS.values()), table(*{**ROWS, row: changed}.values())
    assert after[0] == before[0]
    assert after != before


def test_digests_notice_an_added_a_lost_and_a_doubled_row(table: Callable[..., tuple[int, str]]) -> None:
    digests = [table(*rows) for rows in ([ROWS[1]], [ROWS[1], ROWS[2]], [ROWS[1], ROWS[1]], [ROWS[2]])]
    assert [rows for rows, _ in digests] == [1, 2, 2, 1]
    assert len(set(digests)) == 4


def test_digests_tell_whose_rows_they_are(reference: Stack, check_session: Session) -> None:
    api = check_session.reception.api(check_session.reception.site(reference))
    one, other = visit.arrive(api), visit.arrive(api)
    before = database.row_digests(reference).groups
    agent = visit.agent_of_ours(one, reference)
    visit.new_dialog(one.api.create_dialog("whose", agent))
    after = database.row_digests(reference).groups
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert ("dialog", one.user_id) in changed
    assert not any(user == other.user_id for _, user in changed)


def test_a_log_in_leaves_a_session_that_ends(reference: Stack, check_session: Session) -> None:
    guest = visit.arrive(check_session.reception.api(check_session.reception.site(reference)))
    session = cache.session(reference, guest.user_id)
    assert session.exists
    assert 0 < (session.ttl or 0) <= 90_000


def test_a_prepared_database_has_the_seed_rows_and_accepts_a_log_in(reference: Stack, check_session: Session) -> None:
    assert reference.service(Role.DATABASE).image.startswith("agentchat-check/prepared:")
    seeds, answers = visit.arrive(check_session.reception.api(check_session.reception.site(reference))).api.seeds()
    assert all(answer.ok for answer in answers)
    assert {"agent", "tool", "model"} == {seed.kind for seed in seeds}
    assert database.log_in(reference).accepted


def test_each_server_on_a_prepared_database_is_another_one(
    reference: Stack, check_session: Session, client: Client, scratch: Path
) -> None:
    settings = check_session.settings.model_copy(update={"database": "prepared"})
    run = Run(secrets.token_hex(4), owner.current())
    second = lifecycle.create(client, check_session.deployment, settings, run)
    try:
        second.act("up", "--detach", second.service_name(Role.DATABASE))
        wait.until(
            lambda: second.service(Role.DATABASE), lambda seen: seen.settled, what="a second server", timeout=PATIENCE
        )
        ids = [planting.run_sql(stack, "SELECT @@server_uuid").strip() for stack in (reference, second)]
    finally:
        lifecycle.remove(client, second.project)
        second.timeline.close()
    assert all(len(one) == 36 for one in ids)
    assert ids[0] != ids[1]


def test_a_prepared_database_is_another_one_when_what_it_depends_on_is(
    reference: Stack, client: Client, image: str
) -> None:
    configuration = reference.configuration
    assert configuration is not None
    backend = configuration.roles[Role.BACKEND]
    images = {service.name: service.image for service in reference.services()}
    images[configuration.roles[Role.DATABASE]] = image
    name = prepared.name(client, configuration, images)
    assert prepared.name(client, configuration, images) == name
    assert prepared.name(client, configuration, {**images, backend: image}) != name
    services = {
        **configuration.services,
        backend: {**configuration.services[backend], "environment": {"APP_ENV": "production"}},
    }
    assert prepared.name(client, replace(configuration, services=services), images) != name


def test_an_installation_is_looked_at_from_outside_as_the_user_that_was_named(
    reference: Stack, check_session: Session, runs: Runs, client: Client
) -> None:
    site = check_session.reception.site(reference)
    account = visit.arrive(check_session.reception.api(site)).account
    before = [(service.container, service.started) for service in reference.services()]
    runs.suite = ROOT / "suites" / "smoke"
    options = ("--url", site.api, "--page-url", site.page, "--user", account.name, "-m", "not browser")
    outcome = runs.run(*options, **REFERENCE, AGENTCHAT_CHECK_PASSWORD=account.password)
    assert outcome.status == 0, outcome.text
    assert (
        outcome.text.count("from outside, by one process: what needs the engine or changes anything is deselected") == 1
    )
    assert "deselected" in outcome.text.splitlines()[-1]
    assert outcome.report["deployment"]["way"] == "url"
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("HOLDS", True)
    assert len(outcome.report["findings"]) > 10
    assert account.password not in outcome.text
    assert [(service.container, service.started) for service in reference.services()] == before


def test_without_an_account_an_installation_is_not_looked_at(
    runs: Runs, reference: Stack, check_session: Session
) -> None:
    runs.suite = ROOT / "suites" / "smoke"
    outcome = runs.run("--url", check_session.reception.site(reference).api)
    assert outcome.status == pytest.ExitCode.USAGE_ERROR
    assert "an account that was made for checks" in outcome.text
    assert "Traceback" not in outcome.text


def test_naming_nothing_verifies_the_reference_deployment_by_several_processes(runs: Runs, client: Client) -> None:
    runs.suite = ROOT / "suites" / "smoke" / "test_health.py"
    outcome = runs.run("-n", "2", **REFERENCE, AGENTCHAT_CHECK_DATABASE="prepared")
    assert outcome.status == 0, outcome.text
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("HOLDS", True)
    assert outcome.report["deployment"]["way"] == "reference"
    assert {service["role"] for service in outcome.report["deployment"]["services"].values()} == {
        "frontend",
        "backend",
        "database",
        "cache",
        "model",
    }
    assert left_behind(client, runs.scratch) == []
