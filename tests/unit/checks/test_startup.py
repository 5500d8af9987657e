"""A deployment comes up in order, on its own, and with what it had."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agentchat_check import facts
from agentchat_check.checks import startup
from agentchat_check.findings import Finding, Verdict
from makers import answer, digests, log_in, moment, service

SERVICES = {"database": "mysql", "cache": "redis", "backend": "backend", "frontend": "frontend"}
SEED = facts.SeedRow("agent", "guide", "0")
CLOSED = (facts.Network("demo_default", internal=True),)


def at(seconds: float) -> datetime:
    return moment().utc + timedelta(seconds=seconds)


def event(seconds: float, name: str, what: str) -> facts.Event:
    return facts.Event(at(seconds), name, what)


IN_ORDER = (
    event(0, "mysql", "start"),
    event(1, "redis", "health_status: healthy"),
    event(4, "mysql", "health_status: healthy"),
    event(5, "backend", "start"),
    event(8, "backend", "health_status: healthy"),
    event(9, "frontend", "start"),
)


def refused(seconds: float) -> facts.LogIn:
    return log_in(accepted=False, error="connection refused", seen=moment(seconds), who="agentchat")


def at_moment(seconds: float) -> facts.Moment:
    return facts.Moment(at(seconds), 1000.0 + seconds)


def course(**changes: Any) -> facts.Course:
    accepted = replace(log_in(), seen=at_moment(3))
    made = facts.Course(SERVICES, IN_ORDER, {}, (replace(refused(0), seen=at_moment(1)), accepted), came_up=True)
    return replace(made, **changes)


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_a_start_in_order_holds() -> None:
    assert judged(startup.dependencies_first(course())) == (
        Verdict.HOLDS,
        "mysql 1.00 s before, redis 4.00 s before",
    )
    assert judged(startup.backend_first(course())) == (Verdict.HOLDS, "backend 1.00 s before")
    assert judged(startup.database_ready(course())) == (
        Verdict.HOLDS,
        "agentchat (environment of mysql): accepted in 0.01 s, 1.99 s before it",
    )


def test_a_start_that_does_not_wait_is_broken() -> None:
    late = (
        event(0, "backend", "start"),
        event(0.5, "frontend", "start"),
        event(2, "mysql", "health_status: healthy"),
    )
    assert str(startup.dependencies_first(course(events=late))) == (
        "BROKEN: the database and the cache are healthy before the backend starts\n"
        "  expected:   database and cache healthy before backend starts\n"
        "  actual:     mysql was healthy 2.00 s after backend started\n"
        "              redis was never known to be healthy, yet backend started\n"
        "  next step:  have the backend wait for them: depends_on with condition: service_healthy, and a health check "
        "for each"
    )
    assert judged(startup.backend_first(course(events=late))) == (
        Verdict.BROKEN,
        "backend was never known to be healthy, yet frontend started",
    )


def test_a_health_checks_own_log_tells_what_no_event_told() -> None:
    events = (event(5, "backend", "start"),)
    passed = {"mysql": at(3), "redis": at(2)}
    assert judged(startup.dependencies_first(course(events=events, passed=passed)))[0] is Verdict.HOLDS


def test_an_order_of_starts_that_nobody_heard_is_unknown() -> None:
    assert judged(startup.dependencies_first(course(events=()))) == (
        Verdict.UNKNOWN,
        "no start of the backend was heard, or nothing before it",
    )
    assert judged(startup.database_ready(course(events=()))) == (
        Verdict.UNKNOWN,
        "no start of the backend was heard",
    )


def test_a_database_that_refuses_after_the_backends_start_is_broken() -> None:
    attempts = (replace(refused(0), seen=at_moment(6.5)), replace(log_in(), seen=at_moment(7)))
    assert judged(startup.database_ready(course(log_ins=attempts))) == (
        Verdict.BROKEN,
        "1.50 s after the backend's start still: agentchat: connection refused in 0.01 s",
    )


def test_a_database_that_nobody_asked_in_time_is_unknown() -> None:
    while_starting = (replace(refused(0), seen=at_moment(4.5)), replace(log_in(), seen=at_moment(5.5)))
    assert judged(startup.database_ready(course(log_ins=while_starting)))[0] is Verdict.UNKNOWN
    assert judged(startup.database_ready(course(log_ins=()))) == (Verdict.UNKNOWN, "no query was ever answered")


def test_a_start_without_a_way_out_holds_when_all_is_there() -> None:
    good = startup.needs_no_internet((service(),), CLOSED, ([SEED], [answer()]))
    assert judged(good) == (Verdict.HOLDS, "1 services well, 1 rows there")


def test_a_service_that_needs_the_internet_is_broken_with_what_it_said() -> None:
    sick = service("model", state="restarting", exit_code=6, health="", health_output="curl: (6) Could not resolve")
    assert judged(startup.needs_no_internet((sick,), CLOSED, ([], []))) == (
        Verdict.BROKEN,
        "model restarting (exit code 6): curl: (6) Could not resolve",
    )
    assert judged(startup.needs_no_internet((service(),), CLOSED, ([], [answer()]))) == (
        Verdict.BROKEN,
        "neither agents nor tools nor models are there",
    )


def test_with_a_way_out_nothing_is_known() -> None:
    open_ = (facts.Network("shared", internal=False),)
    assert judged(startup.needs_no_internet((service(),), open_, ([SEED], []))) == (
        Verdict.UNKNOWN,
        "a way out: shared",
    )
    assert judged(startup.needs_no_internet((service(),), (), ([SEED], [])))[1] == "no network was seen"


def test_rows_are_kept_or_lost_by_a_start() -> None:
    before = digests(user__7=(2, "a"), agent=(9, "b"), tool__0=(3, "c"))
    after = digests(user__7=(2, "a"), agent=(9, "x"), tool__0=(3, "y"))
    assert judged(startup.existing_volumes_kept(before, after)) == (Verdict.HOLDS, "all there, 2 of them users'")
    assert judged(startup.existing_volumes_kept(before, digests())) == (
        Verdict.BROKEN,
        "agent: 9 of 9 rows gone\ntool: 3 of 3 rows gone\nuser: 2 of 2 rows gone",
    )
    assert judged(startup.existing_volumes_kept(digests(agent=(9, "b")), after)) == (
        Verdict.UNKNOWN,
        "no user had a row",
    )


def test_a_service_without_a_policy_that_brings_it_back_is_broken() -> None:
    lasting = (service("backend"), service("redis", restart_policy="always"))
    done = service("seed", state="exited", health="", restart_policy="no")
    stub = service("model", restart_policy="no")
    declared = {"backend", "redis", "seed", "minio"}
    assert judged(startup.comes_back((*lasting, done, stub), declared)) == (
        Verdict.HOLDS,
        "backend: unless-stopped, redis: always",
    )
    lost = service("minio", restart_policy="on-failure")
    assert judged(startup.comes_back((*lasting, lost), declared)) == (Verdict.BROKEN, "minio: restart: on-failure")
    assert judged(startup.comes_back((done,), declared)) == (Verdict.UNKNOWN, "no service of the deployment runs")


def test_the_course_reads_second_by_second() -> None:
    attempts = tuple(replace(refused(0), seen=at_moment(seconds)) for seconds in (0.5, 1, 2))
    text = startup.as_text(course(log_ins=(*attempts, replace(log_in(), seen=at_moment(3)))))
    assert text.splitlines()[:3] == [
        "    0.00 s  mysql        start",
        "    0.50 s  mysql        refused a query: connection refused",
        "    1.00 s  redis        health_status: healthy",
    ]
    assert "    3.00 s  mysql        accepted a query\n" in text
    assert startup.as_text(course(events=(), log_ins=())) == "nothing was heard\n"
