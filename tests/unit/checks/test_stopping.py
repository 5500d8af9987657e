"""stop.sh keeps the data, or removes them, and then only its own."""

from dataclasses import replace
from typing import Any

from agentchat_check import facts
from agentchat_check.checks import stopping
from agentchat_check.findings import Finding, Verdict
from makers import digests
from runs import belongings, script_run

BEFORE = belongings()
STOPPED = replace(BEFORE, containers={}, networks=())
NOTHING = replace(STOPPED, volumes=())
OTHER = belongings("demo2")
TOLD = "stop.sh, from its own directory: exit status 0 after 9.1 s"


def stop(**changes: Any) -> facts.ScriptRun:
    return script_run(script="stop.sh", **changes)


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_a_stop_that_keeps_every_volume_holds() -> None:
    finding = stopping.keeps_volumes(stop(), "answered with n", BEFORE, STOPPED)
    assert judged(finding) == (Verdict.HOLDS, f"{TOLD}\nno container running, the same 2 volumes")
    assert finding.promise.endswith(": answered with n")


def test_a_stop_that_removes_a_volume_or_stops_nothing_is_broken() -> None:
    after = replace(BEFORE, volumes=("demo_mysql_data",))
    assert str(stopping.keeps_volumes(stop(), "answered with n", BEFORE, after)) == (
        "BROKEN: stop.sh stops every service and keeps every volume: answered with n\n"
        "  expected:   no container running, 2 volumes\n"
        f"  actual:     {TOLD}\n"
        "              volume removed: demo_redis_data\n"
        "              still running: demo-redis-1\n"
        "  next step:  do not run this stop.sh on an installation that holds data: docker compose down stops it, and "
        "keeps them"
    )


def test_of_a_stop_that_was_hindered_or_did_not_end_nothing_good_is_known() -> None:
    hindered = stop(held_back=("docker rm agentchat-mysql",))
    assert judged(stopping.keeps_volumes(hindered, "answered with n", BEFORE, BEFORE)) == (
        Verdict.UNKNOWN,
        f"{TOLD}\nheld back, because it is not kept to the copy: docker rm agentchat-mysql",
    )
    endless = stop(status=None)
    assert judged(stopping.keeps_volumes(endless, "answered with n", BEFORE, STOPPED))[0] is Verdict.UNKNOWN


def test_rows_are_kept_changed_or_gone() -> None:
    before = digests(user__7=(1, "a"), agent=(9, "b"))
    assert judged(stopping.keeps_rows(before, digests(user__7=(1, "a"), agent=(10, "c")))) == (
        Verdict.HOLDS,
        "all there",
    )
    assert judged(stopping.keeps_rows(before, digests(user__7=(1, "z"), agent=(8, "b")))) == (
        Verdict.BROKEN,
        "agent: 1 of 9 rows gone\nuser: rows of a user are not what they were (1 before, 1 now)",
    )
    assert judged(stopping.keeps_rows(digests(), digests())) == (Verdict.UNKNOWN, "there was no row to lose")


def test_a_second_stop_is_harmless_or_not() -> None:
    assert judged(stopping.harmless_twice(stop(), STOPPED, STOPPED)) == (
        Verdict.HOLDS,
        f"{TOLD}\nunchanged: 0 containers, 2 volumes, 0 networks",
    )
    assert judged(stopping.harmless_twice(stop(status=3), STOPPED, NOTHING)) == (
        Verdict.BROKEN,
        (
            "stop.sh, from its own directory: exit status 3 after 9.1 s\nexit status 3\n"
            "what the project has is not what it was"
        ),
    )


def test_data_are_removed_or_left() -> None:
    assert judged(stopping.removes_its_data(stop(), BEFORE, NOTHING)) == (Verdict.HOLDS, f"{TOLD}\n2 volumes removed")
    left = replace(BEFORE, volumes=("demo_mysql_data",))
    assert judged(stopping.removes_its_data(stop(), BEFORE, left)) == (
        Verdict.BROKEN,
        f"{TOLD}\nvolume left: demo_mysql_data\ncontainer left: demo-redis-1",
    )
    assert judged(stopping.removes_its_data(stop(), NOTHING, NOTHING)) == (
        Verdict.UNKNOWN,
        "the project had no volume",
    )


def test_another_project_is_spared_or_not() -> None:
    assert judged(stopping.spares_others(stop(), OTHER, OTHER, OTHER.images)) == (
        Verdict.HOLDS,
        f"{TOLD}\ndemo2 as it was: 1 containers, 2 volumes, 1 networks",
    )
    run = stop(held_back=("docker system prune -f", "docker rm agentchat-mysql"))
    after = replace(OTHER, containers={"demo2-redis-1": "exited"}, volumes=(), networks=())
    assert judged(stopping.spares_others(run, OTHER, after, ())) == (
        Verdict.BROKEN,
        (
            f"{TOLD}\ncontainer demo2-redis-1: exited\nvolume gone: demo2_mysql_data\nvolume gone: demo2_redis_data\n"
            "network gone: demo2_default\nimage gone: sha256:1\n"
            "it says `docker system prune -f`, which removes what other projects have, too"
        ),
    )
    gone = replace(OTHER, containers={})
    assert "container gone: demo2-redis-1" in judged(stopping.spares_others(stop(), OTHER, gone, OTHER.images))[1]
