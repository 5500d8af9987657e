"""start.sh bears what goes wrong, and says so."""

from agentchat_check import facts
from agentchat_check.checks import mishaps
from agentchat_check.findings import Finding, Verdict
from makers import service
from runs import script_run

TOLD = "start.sh, from its own directory: exit status 0 after 9.1 s"
FAILED = "start.sh, from its own directory: exit status 1 after 9.1 s"
GOOD = (service("backend"), service("mysql"))
DECLARED = {"backend", "mysql"}
HOLDER = facts.Holder(8090, "python", 4711)


def judged(finding: Finding) -> tuple[Verdict, str]:
    assert bool(finding.next_step) == (finding.verdict is not Verdict.HOLDS)
    return finding.verdict, finding.actual


def test_a_failure_is_told_or_passed_over() -> None:
    broken = (service("frontend", state="exited", exit_code=1, health=""),)
    told = script_run(status=1, complained="frontend is exited")
    assert judged(mishaps.tells_of_failure(told, broken, "frontend")) == (Verdict.HOLDS, f"{FAILED}\nfrontend named")
    assert judged(mishaps.tells_of_failure(script_run(printed="all is well"), broken, "frontend")) == (
        Verdict.BROKEN,
        f"{TOLD}\nexit status 0\nfrontend is not named\nit said at last:\nall is well",
    )


def test_of_a_service_that_came_up_all_the_same_no_failure_is_to_be_told() -> None:
    assert judged(mishaps.tells_of_failure(script_run(), (service("frontend"),), "frontend")) == (
        Verdict.UNKNOWN,
        "frontend came up all the same",
    )


def test_two_starts_end_in_one_deployment_or_in_less_or_more() -> None:
    first, second = script_run(), script_run(status=1)
    assert judged(mishaps.two_at_once([first, second], GOOD, DECLARED))[0] is Verdict.HOLDS
    verdict, actual = judged(mishaps.two_at_once([second, second], (*GOOD[:1], *GOOD[:1]), DECLARED))
    assert verdict is Verdict.BROKEN
    assert "mysql is not there\nbackend is there more than once\nneither ended well\n" in actual


def test_the_holder_of_a_port_is_named_or_not() -> None:
    named = script_run(status=1, complained='port 8090 is held by users:(("python",pid=4711,fd=3))')
    assert judged(mishaps.names_the_holder(named, HOLDER)) == (Verdict.HOLDS, f"{FAILED}\nboth named")
    by_name = script_run(status=1, complained="port 8090 is held by python")
    assert judged(mishaps.names_the_holder(by_name, HOLDER))[0] is Verdict.HOLDS
    port_alone = script_run(status=1, complained="FROM python:3.13\n127.0.0.1:8090: address already in use")
    assert "who holds it is not named: python (pid 4711)" in judged(mishaps.names_the_holder(port_alone, HOLDER))[1]
    silent = judged(mishaps.names_the_holder(script_run(), HOLDER))
    assert silent == (
        Verdict.BROKEN,
        f"{TOLD}\nexit status 0\nport 8090 is not named\nwho holds it is not named: python (pid 4711)\nit said nothing",
    )
