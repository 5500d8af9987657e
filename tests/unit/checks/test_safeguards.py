"""Logs that end, limits in force, and a cache that remembers."""

from dataclasses import replace

import pytest

from agentchat_check import facts
from agentchat_check.checks import safeguards
from agentchat_check.findings import Finding, Verdict
from makers import MIB, answer, outer

ROTATED = facts.LogRotation("redis", "json-file", "10m", "3")
KEY = facts.CacheKey("user_current_session:7", exists=True, ttl=90000)
GONE = replace(KEY, exists=False, ttl=None)
LIMITS = facts.Limits(256 * MIB, 0.5)
FULL = facts.FullLog(ROTATED, 30 * MIB, 40 * MIB, kept=28 * MIB, newest=True)
WRITTEN = "redis: json-file, max-size 10m, max-file 3: 40.0 MiB written"


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


@pytest.mark.parametrize(
    ("one", "actual"),
    [
        (ROTATED, "redis: json-file, max-size 10m, max-file 3"),
        (facts.LogRotation("redis", "local", "", ""), "redis: local"),
        (facts.LogRotation("redis", "journald", "", ""), "redis: journald"),
    ],
)
def test_a_log_that_ends_holds(one: facts.LogRotation, actual: str) -> None:
    assert judged(safeguards.logs_rotate([one])) == (Verdict.HOLDS, actual)


@pytest.mark.parametrize("size", ["", "-1", "0"])
def test_a_log_without_an_end_is_broken(size: str) -> None:
    verdict, actual = judged(safeguards.logs_rotate([ROTATED, facts.LogRotation("mysql", "json-file", size, "")]))
    assert verdict is Verdict.BROKEN
    assert actual.startswith("mysql: json-file")
    assert actual.endswith(", without an end")


def test_without_containers_nothing_is_known() -> None:
    assert judged(safeguards.logs_rotate([])) == (Verdict.UNKNOWN, "the project has no containers")
    assert judged(safeguards.full_logs_begin_anew([])) == (Verdict.UNKNOWN, "the project has no containers")
    assert judged(safeguards.limits_in_force([])) == (Verdict.UNKNOWN, "no service with a limit runs")


@pytest.mark.parametrize(
    ("log", "verdict", "actual"),
    [
        (FULL, Verdict.HOLDS, f"{WRITTEN}, 28.0 MiB kept, the oldest lines gone"),
        (replace(FULL, limit=None), Verdict.HOLDS, f"{WRITTEN}, 28.0 MiB kept, the oldest lines gone"),
        (replace(FULL, kept=40 * MIB, oldest=True), Verdict.BROKEN, f"{WRITTEN}, 40.0 MiB kept, the first line too"),
        (
            replace(FULL, limit=None, kept=40 * MIB, oldest=True),
            Verdict.BROKEN,
            f"{WRITTEN}, 40.0 MiB kept, the first line too",
        ),
        (replace(FULL, kept=35 * MIB), Verdict.BROKEN, f"{WRITTEN}, 35.0 MiB kept, of 30.0 MiB declared"),
        (
            replace(FULL, kept=12 * MIB, oldest=True),
            Verdict.UNKNOWN,
            f"{WRITTEN}, 12.0 MiB kept, and some of the lines between never reached it",
        ),
        (
            replace(FULL, kept=0, newest=False),
            Verdict.UNKNOWN,
            f"{WRITTEN}, 0.0 MiB kept, and some of the lines between never reached it",
        ),
        (
            replace(FULL, unseen="it takes too much"),
            Verdict.UNKNOWN,
            "redis: json-file, max-size 10m, max-file 3: it takes too much",
        ),
    ],
)
def test_a_full_log_begins_anew_or_not(log: facts.FullLog, verdict: Verdict, actual: str) -> None:
    assert judged(safeguards.full_logs_begin_anew([log])) == (verdict, actual)


def test_a_log_that_outgrows_is_told_whatever_could_not_be_seen() -> None:
    endless = replace(FULL, kept=40 * MIB, oldest=True)
    verdict, actual = judged(safeguards.full_logs_begin_anew([FULL, replace(FULL, unseen="why"), endless]))
    assert (verdict, actual) == (Verdict.BROKEN, f"{WRITTEN}, 40.0 MiB kept, the first line too")


@pytest.mark.parametrize(
    ("declared", "enforced", "verdict", "actual"),
    [
        (LIMITS, facts.Limits(256 * MIB - 4096, 0.5), Verdict.HOLDS, "in force for 1 services"),
        (facts.Limits(None, 0.5), facts.Limits(None, 0.5), Verdict.HOLDS, "in force for 1 services"),
        (LIMITS, facts.Limits(None, 0.5), Verdict.BROKEN, "redis: any memory, 0.5 CPU"),
        (LIMITS, facts.Limits(512 * MIB, 0.5), Verdict.BROKEN, "redis: 512 MiB, 0.5 CPU"),
        (LIMITS, facts.Limits(256 * MIB, None), Verdict.BROKEN, "redis: 256 MiB, any CPU"),
    ],
)
def test_limits_are_what_the_kernel_enforces(
    declared: facts.Limits, enforced: facts.Limits, verdict: Verdict, actual: str
) -> None:
    assert judged(safeguards.limits_in_force([facts.Limited("redis", declared, enforced)])) == (verdict, actual)


@pytest.mark.parametrize(
    ("appends", "last_write", "verdict", "actual"),
    [
        (True, "ok", Verdict.HOLDS, "it writes one; the last write: ok"),
        (True, "err", Verdict.BROKEN, "it writes one; the last write: err"),
        (False, "", Verdict.BROKEN, "it writes none"),
    ],
)
def test_the_cache_appends_or_not(appends: bool, last_write: str, verdict: Verdict, actual: str) -> None:
    seen = facts.Persistence(appends=appends, last_write=last_write, unsaved=0)
    assert judged(safeguards.keeps_a_log(seen)) == (verdict, actual)


@pytest.mark.parametrize(
    ("before", "after", "used", "verdict", "actual"),
    [
        (KEY, KEY, answer(), Verdict.HOLDS, "it is there\nGET /api/v1/dialog/list: 200 in 0.02 s"),
        (KEY, GONE, answer(), Verdict.BROKEN, "it is gone\nGET /api/v1/dialog/list: 200 in 0.02 s"),
        (KEY, KEY, outer(401), Verdict.BROKEN, "it is there\nGET /api/v1/dialog/list: 401 in 0.02 s"),
        (GONE, GONE, answer(), Verdict.UNKNOWN, "there was no session before the crash"),
    ],
)
def test_a_session_outlives_a_crash_or_not(
    before: facts.CacheKey, after: facts.CacheKey, used: facts.HttpAnswer, verdict: Verdict, actual: str
) -> None:
    assert judged(safeguards.survives_a_crash(before, after, used)) == (verdict, actual)
