"""start.sh does what the manual says of it."""

from dataclasses import replace

from agentchat_check import facts
from agentchat_check.checks import scripts
from agentchat_check.findings import Finding, Verdict
from makers import answer, service, unanswered
from runs import script_run

TOLD = "start.sh, from its own directory: exit status 0 after 9.1 s"
FAILED = "start.sh, from its own directory: exit status 1 after 9.1 s"
HINDERED = script_run(status=1, held_back=("docker network create agentchat",))
ENDLESS = script_run(status=None, printed="waiting\n")
GOOD = (service("backend"), service("mysql"))
DECLARED = {"backend", "mysql"}


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_a_script_that_can_be_run_holds_and_each_thing_that_keeps_it_from_that_is_named() -> None:
    good = facts.Script("start.sh", executable=True, shebang="/usr/bin/env bash", carriage_returns=0)
    assert judged(scripts.runnable(good)) == (Verdict.HOLDS, "executable, run by /usr/bin/env bash")
    bad = facts.Script("start.sh", executable=False, shebang="", carriage_returns=3)
    assert str(scripts.runnable(bad)) == (
        "BROKEN: a script can be run as it is: start.sh\n"
        "  expected:   executable, a first line that names its shell, no CRLF\n"
        "  actual:     it is not executable; its first line names no shell; 3 lines end in CRLF\n"
        "  next step:  chmod +x it, begin it with #!/usr/bin/env bash, and keep CRLF out of it (in .gitattributes: "
        "*.sh text eol=lf)"
    )


def asked(run: facts.ScriptRun, settings: bytes | None = b"A=", started: tuple[str, ...] = ()) -> tuple[Verdict, str]:
    return judged(scripts.asks_for_settings(run, example=b"A=", settings=settings, started=started))


def test_a_start_that_asks_for_its_settings_holds() -> None:
    run = script_run(status=1, complained="docker.env is new: edit it")
    assert asked(run) == (Verdict.HOLDS, f"{FAILED}\ndocker.env copied, nothing started")


def test_a_start_without_settings_that_goes_on_is_broken() -> None:
    assert asked(script_run(printed="done"), None, ("demo-redis-1",)) == (
        Verdict.BROKEN,
        (
            f"{TOLD}\nthere is no docker.env afterwards\nit does not say that docker.env is to be edited\n"
            "exit status 0\nit made containers: demo-redis-1\nit said at last:\ndone"
        ),
    )
    said = script_run(status=1, printed="edit docker.env")
    assert "docker.env is not what the example is" in asked(said, b"B=")[1]


def test_settings_are_kept_changed_or_gone() -> None:
    def kept(after: bytes | None) -> tuple[Verdict, str]:
        return judged(scripts.settings_kept(script_run(), before=b"A=1", after=after))

    assert kept(b"A=1") == (Verdict.HOLDS, f"{TOLD}\nthe same 3 bytes")
    assert kept(b"A=2") == (Verdict.BROKEN, f"{TOLD}\ndocker.env was changed\nit said nothing")
    assert kept(None) == (Verdict.BROKEN, f"{TOLD}\ndocker.env is gone\nit said nothing")


def test_directories_are_made_missing_or_not_needed() -> None:
    assert judged(scripts.makes_directories(script_run(), ())) == (
        Verdict.HOLDS,
        f"{TOLD}\nnone has to be made: the data are in volumes",
    )
    assert judged(scripts.makes_directories(script_run(), ["data"])) == (Verdict.HOLDS, f"{TOLD}\nmade: data")
    assert judged(scripts.makes_directories(script_run(not_made=("data",)), ["data"])) == (
        Verdict.BROKEN,
        f"{TOLD}\ndata is not there when the services start\nit said nothing",
    )


def test_of_a_start_that_did_not_get_that_far_nobody_knows_what_it_would_have_made() -> None:
    assert judged(scripts.makes_directories(script_run(status=1), ["data"])) == (
        Verdict.UNKNOWN,
        f"{FAILED}\nit said nothing",
    )


def test_a_start_of_everything_holds_when_everything_is_there_and_well() -> None:
    assert judged(scripts.starts_everything(script_run(), GOOD, DECLARED))[0] is Verdict.HOLDS
    sick = (service("backend", health="starting"),)
    assert judged(scripts.starts_everything(script_run(status=1, complained="no"), sick, DECLARED)) == (
        Verdict.BROKEN,
        f"{FAILED}\nexit status 1\nmysql is not there\nbackend running (starting)\nit said at last:\nno",
    )


def test_either_compose_has_to_start_everything_and_need_not_cure_it() -> None:
    sick = (service("backend", health="unhealthy"), GOOD[1])
    assert judged(scripts.either_compose(script_run(), sick, DECLARED)) == (
        Verdict.HOLDS,
        f"{TOLD}\n2 services started",
    )
    ended = (service("backend", state="exited", health="", exit_code=1),)
    assert judged(scripts.either_compose(script_run(status=1), ended, DECLARED)) == (
        Verdict.BROKEN,
        f"{FAILED}\nexit status 1\nmysql is not there\nbackend exited (exit code 1)\nit said nothing",
    )


def test_which_compose_was_offered_is_part_of_the_promise() -> None:
    run = script_run(how="from its own directory, with docker-compose alone")
    assert scripts.either_compose(run, GOOD, DECLARED).promise.endswith(": docker-compose alone")


def test_a_start_from_elsewhere_has_to_start_everything() -> None:
    assert judged(scripts.starts_from_anywhere(script_run(), GOOD, DECLARED)) == (Verdict.HOLDS, f"{TOLD}\nall there")
    assert judged(scripts.starts_from_anywhere(script_run(status=1), (), DECLARED)) == (
        Verdict.BROKEN,
        f"{FAILED}\nexit status 1\nnot started: backend, mysql\nit said nothing",
    )


def test_a_second_start_leaves_every_container_alone() -> None:
    assert judged(scripts.starts_again(script_run(), GOOD, GOOD))[0] is Verdict.HOLDS
    after = (replace(GOOD[0], started="later"), replace(GOOD[1], container="another"))
    verdict, actual = judged(scripts.starts_again(script_run(), GOOD, after))
    assert verdict is Verdict.BROKEN
    assert "backend: started again\nmysql: replaced\n" in actual


def test_a_second_start_need_not_cure_what_was_sick_before_and_must_not_make_it_sick() -> None:
    sick = (replace(GOOD[0], health="unhealthy"), GOOD[1])
    assert judged(scripts.starts_again(script_run(), sick, sick))[0] is Verdict.HOLDS
    verdict, actual = judged(scripts.starts_again(script_run(), GOOD, sick))
    assert verdict is Verdict.BROKEN
    assert "backend running (unhealthy)" in actual


def test_the_status_of_every_service_is_shown_or_missing() -> None:
    shown = script_run(printed="demo-mysql-1  Up 2 s (healthy)\ndemo-backend-1  running\n")
    assert judged(scripts.shows_status(shown, DECLARED)) == (Verdict.HOLDS, f"{TOLD}\nthe status of 2 services")
    silent = script_run(printed="backend is running\nmysql\n")
    verdict, actual = judged(scripts.shows_status(silent, DECLARED))
    assert (verdict, "no line says how it is: mysql\n" in actual) == (Verdict.BROKEN, True)


def test_addresses_answer_as_printed_or_through_the_port_of_the_copy() -> None:
    printed = "http://localhost:8090"
    good = facts.Address(printed, printed, answer(status=404))
    moved = facts.Address(printed, "http://127.0.0.1:32768", answer())
    assert judged(scripts.addresses_answer(script_run(), [good, moved])) == (
        Verdict.HOLDS,
        f"{TOLD}\n{printed}: 404\n{printed} (of the copy: http://127.0.0.1:32768): 200",
    )


def test_an_address_that_does_not_answer_is_broken_and_so_is_none() -> None:
    dead = facts.Address("http://localhost:1", "http://localhost:1", unanswered())
    ill = facts.Address("http://localhost:2", "http://localhost:2", answer(status=502, inner=None))
    verdict, actual = judged(scripts.addresses_answer(script_run(), [dead, ill]))
    assert verdict is Verdict.BROKEN
    assert "http://localhost:1: GET /api/v1/dialog/list: connection refused" in actual
    assert "http://localhost:2: GET /api/v1/dialog/list: 502" in actual
    assert "it prints no address" in judged(scripts.addresses_answer(script_run(), []))[1]


def test_of_a_script_that_was_hindered_or_did_not_end_nothing_is_known() -> None:
    assert judged(scripts.starts_everything(HINDERED, (), DECLARED)) == (
        Verdict.UNKNOWN,
        f"{FAILED}\nheld back, because it is not kept to the copy: docker network create agentchat",
    )
    assert judged(scripts.starts_everything(ENDLESS, GOOD, DECLARED)) == (
        Verdict.UNKNOWN,
        "start.sh, from its own directory: had not ended after 9.1 s\nit said at last:\nwaiting",
    )
