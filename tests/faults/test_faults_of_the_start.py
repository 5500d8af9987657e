"""Every promise about starting and stopping is seen broken, in changed copies of the reference deployment."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from agentchat_check.checks import mishaps, scripts, startup, stopping
from agentchat_check.faults.startup import scripts as script_faults
from agentchat_check.faults.startup import services as service_faults
from agentchat_check.findings import Promise
from agentchat_check.stack.running import Stack
from tests.faults.broken import assert_breaks
from tests.faults.conftest import Installed, Judged

JUDGED: tuple[ModuleType, ...] = (mishaps, scripts, startup, stopping)

START, STOP = "startup/test_start_script.py::test_", "startup/test_stop_script.py::test_"
ORDER, FIRST = "startup/test_order.py::test_", "startup/test_first_start.py::test_"


class Case(NamedTuple):
    """A defect, the test that sees it, and every promise it breaks, each with a word of the cause."""

    changes: Callable[[], dict[str, dict[str, str]]]
    test: str
    breaks: dict[Promise, str | list[str]]
    database: str = "prepared"

    def __str__(self) -> str:
        """The defect, and the test that sees it."""
        return f"{self.changes.__name__}-{self.test.partition('::test_')[2]}"


CASES = [
    Case(
        script_faults.asks_and_says_all_is_well,
        START + "without_settings_it_asks_for_them_and_starts_nothing",
        {scripts.ASKS_FOR_SETTINGS: "exit status 0"},
    ),
    Case(
        script_faults.everything_done_badly,
        START + "it_starts_everything_and_says_where_it_answers",
        {
            scripts.STARTS_FROM_ANYWHERE: "not started: backend, frontend",
            scripts.STARTS_EVERYTHING: "frontend is not there",
            scripts.SETTINGS_KEPT: "docker.env was changed",
            scripts.MAKES_DIRECTORIES: "data/pages is not there when the services start",
            scripts.SHOWS_STATUS: "no line says how it is: backend, frontend",
            scripts.ADDRESSES_ANSWER: "http://127.0.0.1:9/docs: GET /docs: ",
            scripts.STARTS_AGAIN: "model: started again",
        },
    ),
    Case(
        script_faults.one_compose_alone,
        START + "it_works_with_either_name_of_compose",
        {scripts.EITHER_COMPOSE: "finds neither 'docker compose' nor 'docker-compose'"},
    ),
    Case(
        script_faults.tidies_up_after_another,
        START + "two_starts_at_once_end_in_one_working_deployment",
        {mishaps.TWO_AT_ONCE: "backend is not there"},
    ),
    Case(
        script_faults.failure_passed_over,
        START + "a_service_that_does_not_come_up_is_told",
        {mishaps.TELLS_OF_FAILURE: "exit status 0"},
    ),
    Case(
        script_faults.holder_unknown,
        START + "a_port_that_is_taken_is_named_with_its_holder",
        {mishaps.NAMES_THE_HOLDER: "who holds it is not named"},
    ),
    Case(
        script_faults.removes_without_being_told,
        STOP + "stopping_keeps_every_volume_and_every_row",
        {stopping.KEEPS_VOLUMES: "_mysql_data", stopping.HARMLESS_TWICE: "exit status 3"},
    ),
    Case(
        script_faults.tidies_the_database,
        STOP + "stopping_keeps_every_volume_and_every_row",
        {stopping.KEEPS_ROWS: "user: "},
    ),
    Case(
        script_faults.removes_others_and_not_its_own,
        STOP + "yes_removes_this_projects_data_and_nothing_of_others",
        {
            stopping.REMOVES_ITS_DATA: "volume left: ",
            stopping.SPARES_OTHERS: "it says `docker system prune --force`, which removes",
        },
    ),
    Case(
        service_faults.nobody_waits,
        ORDER + "each_service_starts_after_those_it_needs_are_ready",
        {
            startup.DEPENDENCIES_FIRST: "backend started",
            startup.DATABASE_READY: "after the backend's start still: ",
            startup.BACKEND_FIRST: "frontend started",
        },
        database="cold",
    ),
    Case(
        service_faults.fetches_at_start,
        FIRST + "a_first_start_needs_no_internet",
        {startup.NEEDS_NO_INTERNET: ["model ", "restart"]},  # it is seen in the middle of one, or between two
    ),
    Case(
        service_faults.data_in_memory,
        FIRST + "empty_volumes_are_seeded_once_and_existing_ones_are_kept",
        {startup.EXISTING_VOLUMES_KEPT: "user: 1 of 1 rows gone"},
        database="cold",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_defect_of_the_deployment_breaks_its_promise(
    case: Case, installed: Installed, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTCHAT_CHECK_DATABASE", case.database)
    assert_breaks(judged(case.test, options=["--deployment", str(installed(case.changes()))]), case.breaks)


def test_scripts_that_came_from_another_system_are_seen(installed: Installed, judged: Judged) -> None:
    directory = installed()
    script_faults.not_runnable(directory)
    tests = (START + "start_sh_can_be_run_as_it_is", STOP + "stop_sh_can_be_run_as_it_is")
    cause = "it is not executable; its first line names no shell; "
    assert_breaks(judged(*tests, options=["--deployment", str(directory)]), {scripts.RUNNABLE: cause})


def test_a_service_that_stays_away_is_seen(victim: Stack, judged: Judged) -> None:
    with service_faults.stays_away(victim):
        found = judged(FIRST + "every_service_comes_back_by_itself", options=["--attach", victim.project])
    assert_breaks(found, {startup.COMES_BACK: "redis: restart: no"})


def test_a_deployment_without_scripts_is_told_so_and_not_judged(
    installed: Installed, judged: Judged, tmp_path: Path
) -> None:
    directory = installed()
    for name in ("start.sh", "stop.sh"):
        (directory / name).unlink()
    assert (
        judged(
            "startup/test_start_script.py",
            "startup/test_stop_script.py::test_stop_sh_can_be_run_as_it_is",
            options=["--deployment", str(directory)],
        )
        == []
    )


def test_every_promise_has_its_fault() -> None:
    made = {value for module in JUDGED for value in vars(module).values() if isinstance(value, Promise)}
    seen = {promise for case in CASES for promise in case.breaks} | {scripts.RUNNABLE, startup.COMES_BACK}
    assert made - seen == set()
