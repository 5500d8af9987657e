"""Load and response stay below the operations manual's alarms."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat_check import facts
from agentchat_check.checks import thresholds
from agentchat_check.findings import Finding, Verdict
from agentchat_check.settings.thresholds import alarms
from makers import GIB, MIB, answer, inner, load, moment, unanswered, usage

NAN = float("nan")
ALARMS = alarms()


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def cpu(*after: facts.Usage, before: Sequence[facts.Usage] | None = None, cpus: int = 2) -> tuple[Verdict, str]:
    """What is said of processors, when every container had used none a second before."""
    first = [usage(one.service) for one in after] if before is None else before
    return judged(thresholds.cpu_below_alarm(load(*first), load(*after, cpus=cpus), ALARMS))


def busy(name: str = "backend", used: float = 1.0, *, limit: float = 2.0, seconds: float = 1.0) -> facts.Usage:
    """A container that used so many processors for some seconds."""
    return usage(name, cpu_seconds=used * seconds, cpu_limit=limit, seen=moment(seconds))


def test_processors_below_the_alarm_hold() -> None:
    assert cpu(busy("backend", 0.5), busy("mysql", 1.0)) == (
        Verdict.HOLDS,
        "all together 75% of 2 processors, most of it mysql",
    )


def test_use_is_a_share_of_the_time_between_the_looks() -> None:
    assert cpu(busy(used=1.0, seconds=4.0)) == (
        Verdict.HOLDS,
        "all together 50% of 2 processors, most of it backend",
    )


def test_a_container_above_the_alarm_of_its_limit_is_broken() -> None:
    finding = thresholds.cpu_below_alarm(
        load(usage(), usage("redis")), load(busy(used=0.45, limit=0.5), busy("redis", 0.1)), ALARMS
    )
    assert str(finding) == (
        "BROKEN: processor use is below the manual's alarm\n"
        "  expected:   at most 80% of each limit and of the host\n"
        "  actual:     backend: 90% of 0.5 processors\n"
        "              all together 28% of 2 processors, most of it backend\n"
        "  next step:  see what runs: docker stats; give the busiest service more processors, or take load off it"
    )


def test_containers_that_are_below_their_limits_may_be_above_the_host_s_together() -> None:
    assert cpu(busy("backend", 1.0), busy("mysql", 0.7)) == (
        Verdict.BROKEN,
        "all together 85% of 2 processors, most of it backend",
    )


def test_a_container_without_a_limit_may_use_what_the_host_has() -> None:
    assert cpu(busy(used=1.5, limit=0))[0] is Verdict.HOLDS
    assert cpu(busy(used=1.7, limit=0))[1].startswith("backend: 85% of 2 processors\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        ([usage()], []),
        ([], [busy()]),
        ([usage("mysql")], [busy("backend")]),
        ([usage()], [usage()]),
        ([usage(seen=moment(2))], [busy(seconds=1.0)]),
        ([usage(cpu_seconds=50.0)], [busy(used=0.1)]),
    ],
)
def test_without_two_looks_at_a_container_nothing_is_known(before: list[facts.Usage], after: list[facts.Usage]) -> None:
    assert cpu(*after, before=before) == (Verdict.UNKNOWN, "none was there both times")


def test_without_the_number_of_processors_nothing_is_known() -> None:
    assert cpu(busy(used=0.1), cpus=0) == (Verdict.UNKNOWN, "the engine does not say how many processors there are")


def test_a_container_that_was_seen_once_is_not_known_to_be_below() -> None:
    once = [usage("backend")]
    assert cpu(busy("backend", 0.1), busy("mysql", 9.0), before=once) == (
        Verdict.UNKNOWN,
        "all together 5% of 2 processors, most of it backend; not there both times: mysql",
    )
    assert cpu(busy("backend", 1.9), busy("mysql"), before=once)[0] is Verdict.BROKEN


@given(st.floats(0, 4), st.sampled_from([0.5, 1.0, 2.0]))
def test_the_alarm_is_the_manual_s(used: float, limit: float) -> None:
    verdict, _ = cpu(busy(used=used, limit=limit))
    assert (verdict is Verdict.HOLDS) == (used / limit <= 0.8 and used / 2 <= 0.8)


def test_a_figure_that_is_no_number_never_holds() -> None:
    assert cpu(busy(used=NAN))[0] is not Verdict.HOLDS
    assert judged(thresholds.disk_below_alarm([facts.Disk("mysql", "/", NAN)], ALARMS))[0] is not Verdict.HOLDS
    assert judged(thresholds.response_below_alarm({"agents": [answer(seconds=NAN)]}, ALARMS))[0] is not Verdict.HOLDS


def memory(*used: facts.Usage, host: int = 4 * GIB) -> tuple[Verdict, str]:
    return judged(thresholds.memory_below_alarm(load(*used, memory=host), ALARMS))


def test_memory_below_the_alarm_holds() -> None:
    assert memory(usage(), usage("mysql", memory=870 * MIB)) == (Verdict.HOLDS, "all together 1,382 MiB of 4,096 MiB")


def test_memory_above_the_alarm_of_a_limit_or_of_the_host_is_broken() -> None:
    assert memory(usage("backend", memory=900 * MIB), usage("mysql", memory=3 * GIB, memory_limit=3 * GIB)) == (
        Verdict.BROKEN,
        "backend: 88% of 1,024 MiB\nmysql: 100% of 3,072 MiB\nall together 97% of 4,096 MiB",
    )


def test_a_container_without_a_limit_counts_with_the_host() -> None:
    assert memory(usage(memory=3 * GIB, memory_limit=0))[0] is Verdict.HOLDS
    assert memory(usage(memory=4 * GIB, memory_limit=0)) == (Verdict.BROKEN, "all together 100% of 4,096 MiB")


@pytest.mark.parametrize(
    ("used", "host", "why"),
    [
        ([], 4 * GIB, "not counted: no container runs"),
        ([], 0, "not counted: no container runs"),
        ([usage()], 0, "not counted: the host"),
        ([usage(memory=0), usage("redis"), usage("mysql", memory=-5)], 4 * GIB, "not counted: backend, mysql"),
    ],
)
def test_memory_that_nobody_counted_is_unknown(used: list[facts.Usage], host: int, why: str) -> None:
    assert memory(*used, host=host) == (Verdict.UNKNOWN, why)


def test_what_was_seen_to_be_too_much_is_broken_whatever_was_not_counted() -> None:
    assert memory(usage(memory=0), usage("redis", memory=GIB))[0] is Verdict.BROKEN


def test_disks_below_the_alarm_hold() -> None:
    disks = [facts.Disk("mysql", "/var/lib/mysql", 0.9), facts.Disk("redis", "/", 0.1)]
    assert judged(thresholds.disk_below_alarm(disks, ALARMS)) == (Verdict.HOLDS, "the fullest is 90% used")


def test_each_disk_above_the_alarm_is_broken() -> None:
    disks = [
        facts.Disk("mysql", "/var/lib/mysql", 0.91),
        facts.Disk("redis", "/", 0.1),
        facts.Disk("redis", "/数据", 1.0),
    ]
    assert str(thresholds.disk_below_alarm(disks, ALARMS)) == (
        "BROKEN: disk use is below the manual's alarm\n"
        "  expected:   at most 90% used\n"
        "  actual:     mysql:/var/lib/mysql 91% used\n"
        "              redis:/数据 100% used\n"
        "  next step:  make room before the database stops writing: docker system df shows what takes it"
    )


def test_disks_that_nobody_could_show_are_unknown() -> None:
    assert judged(thresholds.disk_below_alarm([], ALARMS)) == (
        Verdict.UNKNOWN,
        "no running container could show its disks (df)",
    )


def response(answers: Mapping[str, Sequence[facts.HttpAnswer]]) -> tuple[Verdict, str]:
    return judged(thresholds.response_below_alarm(answers, ALARMS))


def each(*seconds: float) -> list[facts.HttpAnswer]:
    return [answer(seconds=one) for one in seconds]


def test_one_slow_answer_is_no_slow_service() -> None:
    assert response({"agents": each(0.1, 9.0, 0.2), "health": each(1.0)}) == (
        Verdict.HOLDS,
        "agents 0.20 s, health 1.00 s",
    )


def test_a_slow_median_is_broken() -> None:
    finding = thresholds.response_below_alarm({"agents": each(0.1, 1.5, 1.6), "health": each(0.1)}, ALARMS)
    assert str(finding) == (
        "BROKEN: responses come within the manual's alarm\n"
        "  expected:   a median of at most 1 s for each request\n"
        "  actual:     agents: 1.50 s\n"
        "  next step:  look at the slowest request's service and at the database's slow queries"
    )


@pytest.mark.parametrize("failed", [inner(500), unanswered()])
def test_an_answer_that_failed_is_broken_however_fast(failed: facts.HttpAnswer) -> None:
    assert response({"agents": [*each(0.1, 0.1), failed]}) == (Verdict.BROKEN, str(failed))


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "not asked: anything"),
        ({"agents": []}, "not asked: agents"),
        ({"agents": [], "health": each(0.1), "tools": []}, "not asked: agents, tools"),
    ],
)
def test_what_was_not_asked_is_unknown(answers: dict[str, list[facts.HttpAnswer]], why: str) -> None:
    assert response(answers) == (Verdict.UNKNOWN, why)
    assert response({**answers, "slow": each(2.0)}) == (Verdict.BROKEN, "slow: 2.00 s")
