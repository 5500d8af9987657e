"""Every service is there and well, undisturbed, and health says so truly."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import health
from agentchat_check.findings import Verdict
from makers import answer, inner, outer, service, unanswered

OK = outer(200, {"status": "OK"}, url="http://127.0.0.1:7860/health")


def test_services_that_run_and_are_healthy_or_are_done_hold() -> None:
    finding = health.all_run([service("mysql"), service("init", state="exited", health="", restart_policy="no")])
    assert str(finding) == (
        "HOLDS: every service runs and is healthy\n"
        "  expected:   every service running and, where it has a health check, healthy\n"
        "  actual:     mysql running (healthy), init exited (exit code 0)"
    )


def test_a_service_astray_is_broken_and_told_with_what_its_health_check_said() -> None:
    sick = service("backend", health="unhealthy", health_output="connecting …\ncurl: (7) refused")
    finding = health.all_run([service("mysql"), sick, service("redis", state="paused")])
    assert str(finding) == (
        "BROKEN: every service runs and is healthy\n"
        "  expected:   every service running and, where it has a health check, healthy\n"
        "  actual:     backend running (unhealthy): curl: (7) refused\n"
        "              redis paused (healthy)\n"
        "  next step:  read the log of the service named above: docker compose logs SERVICE"
    )


def test_no_container_at_all_is_broken() -> None:
    finding = health.all_run([])
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, "the project has no containers")
    assert finding.next_step


def test_a_service_of_several_containers_is_as_well_as_its_worst() -> None:
    finding = health.all_run([service(container="b-1"), service(container="b-2", health="starting")])
    assert (finding.verdict, finding.actual) == (Verdict.BROKEN, "backend running (starting)")


def undisturbed(
    before: Sequence[facts.Service], after: Sequence[facts.Service], oom_kills: Mapping[str, int] | None = None
) -> tuple[Verdict, str]:
    finding = health.undisturbed(before, after, oom_kills or {})
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_undisturbed_holds_when_the_same_containers_run_since_the_same_time() -> None:
    assert str(health.undisturbed([service()], [service()], {"backend": 0})) == (
        "HOLDS: no service was restarted or ran out of memory\n"
        "  expected:   no restart, no process killed for memory\n"
        "  actual:     none"
    )


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"oom_killed": True}, "killed for memory"),
        ({"restarts": 2, "started": "later"}, "restarted 2 times since it was made"),
        ({"started": "later"}, "started again during the run"),
        ({"container": "other"}, "replaced by another container during the run"),
        ({"name": "frontend", "container": "other"}, "gone since the beginning of the run"),
    ],
)
def test_undisturbed_is_broken_by_what_happened(changes: dict[str, Any], event: str) -> None:
    assert undisturbed([service()], [service(**changes)]) == (Verdict.BROKEN, f"backend: {event}")


def test_undisturbed_is_broken_by_a_worker_that_only_its_cgroup_saw_killed() -> None:
    assert undisturbed([service()], [service()], {"backend": 1}) == (Verdict.BROKEN, "backend: killed for memory")


def test_undisturbed_is_broken_by_containers_that_are_all_gone() -> None:
    before = [service("mysql"), service("redis")]
    gone = "mysql: gone since the beginning of the run\nredis: gone since the beginning of the run"
    assert undisturbed(before, []) == (Verdict.BROKEN, gone)


def test_a_service_of_several_containers_is_not_taken_for_a_replaced_one() -> None:
    several = [service(container="b-1", started="1"), service(container="b-2", started="2")]
    assert undisturbed(several, several[::-1]) == (Verdict.HOLDS, "none")
    gone = (Verdict.BROKEN, "backend: gone since the beginning of the run")
    assert undisturbed(several, several[1:]) == gone


def test_undisturbed_is_unknown_when_there_was_nothing_at_the_beginning() -> None:
    nothing = (Verdict.UNKNOWN, "there was no container at the beginning of the run")
    assert undisturbed([], []) == nothing
    assert undisturbed([], [service()]) == nothing


def test_what_was_seen_broken_is_broken_even_without_a_beginning() -> None:
    assert undisturbed([], [service(oom_killed=True)]) == (Verdict.BROKEN, "backend: killed for memory")


def test_health_holds_when_it_says_ok_and_reads_and_writes_succeed() -> None:
    assert str(health.tells_the_truth(OK, answer(), answer(method="POST"))) == (
        "HOLDS: what /health says agrees with a real read and write\n"
        "  expected:   OK when a read and a write succeed, and not OK when they do not\n"
        "  actual:     it says OK (GET /health: 200 in 0.02 s)\n"
        "              read:  GET /api/v1/dialog/list: 200 in 0.02 s\n"
        "              write: POST /api/v1/dialog/list: 200 in 0.02 s"
    )


@pytest.mark.parametrize(
    ("read", "write"), [(answer(), inner(500)), (unanswered(), answer()), (outer(500), outer(500))]
)
def test_health_is_broken_when_it_says_ok_and_they_do_not(read: facts.HttpAnswer, write: facts.HttpAnswer) -> None:
    finding = health.tells_the_truth(OK, read, write)
    assert finding.verdict is Verdict.BROKEN
    assert finding.actual == f"it says OK (GET /health: 200 in 0.02 s)\nread:  {read}\nwrite: {write}"
    assert finding.next_step


@pytest.mark.parametrize("said", [outer(503, {"status": "degraded"}), outer(200, {"status": "DOWN"}), outer(404)])
def test_health_is_broken_when_it_says_not_ok_and_they_succeed(said: facts.HttpAnswer) -> None:
    finding = health.tells_the_truth(said, answer(), answer())
    assert finding.verdict is Verdict.BROKEN
    assert finding.actual.startswith(f"it says not OK ({said})\n")


def test_health_is_broken_when_it_says_nothing_and_they_succeed() -> None:
    finding = health.tells_the_truth(unanswered(), answer(), answer())
    assert finding.verdict is Verdict.BROKEN
    assert finding.actual.startswith("it says nothing (GET ")


def test_health_holds_when_it_admits_that_they_fail() -> None:
    assert health.tells_the_truth(outer(503), outer(500), outer(500)).verdict is Verdict.HOLDS


def test_health_is_unknown_when_nothing_is_in_reach() -> None:
    finding = health.tells_the_truth(unanswered(), unanswered(), unanswered())
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.actual.startswith("it says nothing (GET /api/v1/dialog/list: connection refused after 0.0 s)\n")
    assert finding.next_step == "see whether the backend runs: docker compose ps"


@given(st.sampled_from([OK, outer(503), unanswered()]), st.sampled_from([answer(), inner(500), unanswered()]))
def test_health_holds_only_on_the_word_of_an_answer(said: facts.HttpAnswer, works: facts.HttpAnswer) -> None:
    finding = health.tells_the_truth(said, works, works)
    assert (finding.verdict is Verdict.HOLDS) == (not said.error and said.ok == works.ok)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 1.0])
def test_health_in_time_holds_up_to_a_second(seconds: float) -> None:
    assert health.answers_in_time(answer(seconds=seconds)).verdict is Verdict.HOLDS


def test_a_health_endpoint_that_is_not_well_may_say_so_in_time() -> None:
    assert health.answers_in_time(outer(503)).verdict is Verdict.HOLDS


@pytest.mark.parametrize("late", [answer(seconds=1.01), unanswered(), answer(seconds=float("nan"))])
def test_health_in_time_is_broken_when_it_is_late_or_does_not_come(late: facts.HttpAnswer) -> None:
    assert str(health.answers_in_time(late)) == (
        "BROKEN: the health endpoint answers within 1 s\n"
        "  expected:   an answer within 1 s\n"
        f"  actual:     {late}\n"
        "  next step:  look at what the backend waits for: the database and the cache first"
    )


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        (OK, True),
        (outer(200, {"status": "healthy"}), True),
        (outer(200, {"status": "UP"}), True),
        (outer(200, {"status": None}), False),
        (outer(200, {"status": True}), False),
        (outer(200, {}), False),
        (outer(200, None), False),
        (outer(200, "OK"), False),
        (outer(200, ["ok"]), False),
        (outer(200, "<html>OK</html>"), False),
        (outer(503, {"status": "OK"}), False),
        (inner(500, data={"status": "OK"}), False),
    ],
)
def test_only_a_clear_word_is_an_ok(said: facts.HttpAnswer, ok: bool) -> None:
    assert health.says_ok(said) is ok
