"""The stack of a run: found or brought up, noted, kept or removed, and shown in the evidence."""

from collections.abc import Iterator

import pytest

from agentchat_check.stack import labels
from plugin import engine
from plugin.engine import Engine
from plugin.installation import Installation
from plugin.project import Report, Suite


@pytest.fixture
def docker(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, installation: Installation) -> Iterator[Engine]:
    """An engine that runs nothing yet; what it will run leads to the installation."""
    shop = pytester.path / "shop"
    shop.mkdir()
    (shop / "compose.yml").write_text("services: {}\n")
    with engine.serving(pytester.path, monkeypatch, port=installation.server_port) as server:
        yield server


def test_a_run_removes_the_stack_that_it_made_and_reports_what_it_was(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(asks="stack, verify", a="verify(GOOD)", b="verify(GOOD)")
    pytester.runpytest_inprocess("--deployment", "shop").assert_outcomes(passed=2)
    assert docker.left() == []
    deployment = report()["deployment"]
    assert (deployment["way"], deployment["name"]) == ("directory", "shop")
    assert sorted(deployment["services"]) == sorted(engine.SERVICES)


def test_a_stack_that_is_to_be_kept_stays_and_the_run_says_how_to_look_and_remove(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    suite(asks="stack, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop", "--keep-stack")
    (project,) = docker.projects()
    result.stdout.fnmatch_lines(
        [
            "report: *",
            f"kept: {project}; look with  docker compose --project-name {project} ps",
            f"      remove with  agentchat-check down {project}",
        ],
        consecutive=True,
    )


def test_the_findings_of_workers_arrive_in_one_report_and_a_workers_death_is_unknown(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(asks="api, verify", a="verify(GOOD)", b="verify(BAD)", c="verify(UNSEEN)", d="os._exit(3)")
    result = pytester.runpytest_inprocess("-n", "2", "--deployment", "shop")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert docker.left() == []
    found = report()
    assert sorted(finding["verdict"] for finding in found["findings"]) == ["BROKEN", "HOLDS", "UNKNOWN", "UNKNOWN"]
    (death,) = [finding for finding in found["findings"] if finding["check"] == "test_d"]
    assert death["actual"].endswith("crashed while running 'suites/demo/test_safe.py::test_d'")
    assert (found["verdict"], found["complete"]) == ("BROKEN", True)
    assert found["deployment"]["application"] == "AgentChat 2.2.0"


def test_an_interrupted_run_removes_its_stack_too(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(asks="stack, verify", a="raise KeyboardInterrupt")
    pytester.runpytest_inprocess("--deployment", "shop", no_reraise_ctrlc=True)
    assert docker.left() == []
    assert report()["complete"] is False


def test_a_disruptive_test_breaks_a_stack_of_its_own_and_not_the_shared_one(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    note = "with open('stacks', 'a') as file: file.write(stack.project + ' ')\n    verify(GOOD)"
    suite(mark="safe", asks="stack, verify", a=note, b=note)
    suite(mark="disruptive", asks="stack, verify", c=note, d=note)
    pytester.runpytest_inprocess("--deployment", "shop").assert_outcomes(passed=4)
    c, d, a, b = (pytester.path / "stacks").read_text().split()
    assert a == b
    assert len({a, c, d}) == 3
    assert docker.left() == []


def test_what_is_broken_or_unknown_comes_with_evidence_and_what_holds_without(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(asks="stack, verify", a="verify(GOOD, BAD)", b="1 / 0")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    result.stdout.fnmatch_lines(["  evidence:   .agentchat-check/*/evidence/test_a/ (ps.txt, *, backend.log, *)"])
    good, bad, unseen = report()["findings"]
    assert good["evidence"] == []
    for finding in (bad, unseen):
        assert (pytester.path / finding["evidence"][0]).read_text().startswith("backend ")


def test_a_stack_that_does_not_come_up_is_unknown_with_the_evidence_of_its_bring_up(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    docker.refuse("dependency failed to start")
    suite(asks="stack, verify", a="verify(GOOD)", b="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "  actual:     could not bring up shop",
            "*dependency failed to start",
            "  actual:     could not bring up shop, as told above",
        ]
    )
    second = str(result.stdout).partition("ERROR at setup of test_b")[2].partition("\n=")[0]
    assert "dependency failed to start" not in second
    one, other = report()["findings"]
    assert one["actual"] == other["actual"]
    assert "/evidence/bring-up/ps.txt" in one["evidence"][0]
    assert docker.left() == []


def test_on_somebodys_installation_what_changes_anything_is_left_out_and_said(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    docker.run("chat")
    suite(mark="safe", asks="stack, verify", a="verify(GOOD)")
    suite(mark="disruptive", asks="stack, verify", b="verify(BAD)")
    result = pytester.runpytest_inprocess("--attach", "chat")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "agentchat-check: chat, run *",
            "agentchat-check: somebody's installation, by one process: what changes anything is deselected",
        ]
    )
    assert docker.projects() == ["chat"]


def test_on_a_stack_of_ours_that_was_kept_every_test_runs(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    docker.run("kept", **{labels.OWNER: "gone", labels.KEEP: "true"})
    suite(mark="browser", asks="stack, guest, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--attach", "kept")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*somebody's installation*")
    assert docker.projects() == ["kept"]


def test_an_attached_project_that_does_not_exist_is_a_usage_error_with_those_that_do(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    docker.run("chat")
    suite(a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--attach", "caht")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: find the project caht", "  actual:     its projects are: chat"])


def test_an_engine_that_is_gone_at_the_end_is_complained_of_and_the_report_stays(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(asks="stack, verify", a="with open('engine/gone', 'x'): verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    result.stdout.fnmatch_lines(
        [
            "1 promise: 1 holds",
            "report: *",
            "remove the stacks of run *",
            "  expected:   an engine that answers",
            "  next step:  start the engine again; what was left behind is removed at the next start",
        ]
    )
    assert report()["verdict"] == "HOLDS"


def test_tests_get_what_they_ask_for_of_the_stack(
    pytester: pytest.Pytester, suite: Suite, installation: Installation, docker: Engine
) -> None:
    suite(
        asks="stack, site, hosts, first_look, answer_to, api, guest, agent_id, dialog_id, ledger, chromium, pictures, "
        "settings, verify",
        a="assert site.api == f'http://127.0.0.1:{stack.address(\"backend\")[1]}'; "
        "assert {'backend', 'frontend', 'model'} <= hosts; "
        "assert [service.name for service in first_look] == ['backend', 'frontend', 'model']; "
        "assert answer_to('hello') == 'You said: hello'; "
        "assert agent_id == guest.api.call('agents').data[-1]['id']; "
        "assert dialog_id in str(guest.api.call('dialogs').data); "
        "assert [entry.kind for entry in ledger.of(guest.user_id)] == ['dialog']; "
        "assert chromium == '/bin/true'; assert pictures.name == 'test_a'; assert settings.deployment; verify(GOOD)",
    )
    pytester.makefile(".toml", **{"agentchat-check": 'chromium = "/bin/true"'})
    pytester.runpytest_inprocess("--deployment", "shop").assert_outcomes(passed=1)
    assert installation.dialogs == {}


NOTE = "with open('stacks', 'a') as file: file.write(stack.project + ' ')\n    "


@pytest.mark.parametrize("options", [(), ("-n", "2", "--dist", "loadfile")], ids=["one-process", "two-processes"])
def test_tests_that_mend_what_they_break_share_the_stack_of_their_file(
    pytester: pytest.Pytester, suite: Suite, docker: Engine, options: tuple[str, ...]
) -> None:
    mends = {"mark": "disruptive(mends=True)", "asks": "stack, verify"}
    suite(**mends, a=NOTE + "verify(GOOD)", b=NOTE + "verify(GOOD)")
    suite(**mends, into="suites/other", c=NOTE + "verify(GOOD)")
    pytester.runpytest_inprocess("--deployment", "shop", *options).assert_outcomes(passed=3)
    used = (pytester.path / "stacks").read_text().split()
    assert sorted(used.count(project) for project in set(used)) == [1, 2]
    assert docker.left() == []


@pytest.mark.parametrize(
    "spoils", ["verify(BAD)", "1 / 0", "stack.client.containers.list()[0].stop(); verify(GOOD)"], ids=str
)
def test_a_stack_that_a_test_spoiled_is_not_given_to_the_next(
    pytester: pytest.Pytester, suite: Suite, docker: Engine, spoils: str
) -> None:
    suite(mark="disruptive(mends=True)", asks="stack, verify", a=NOTE + spoils, b=NOTE + "verify(GOOD)")
    pytester.runpytest_inprocess("--deployment", "shop")
    a, b = (pytester.path / "stacks").read_text().split()
    assert a != b
    assert docker.left() == []


def test_a_test_may_have_a_stack_of_which_nothing_runs(pytester: pytest.Pytester, suite: Suite, docker: Engine) -> None:
    suite(
        mark="disruptive",
        asks="unstarted_stack, verify",
        a="assert (unstarted_stack.directory / 'compose.yml').is_file(); assert unstarted_stack.services() == ()"
        "; verify(GOOD)",
    )
    pytester.runpytest_inprocess("--deployment", "shop").assert_outcomes(passed=1)
    assert docker.left() == []


def test_production_is_the_deployment_with_its_overlay_on_top(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    (pytester.path / "shop" / "docker-compose.prod.yml").write_text("services: {}\n")
    suite(
        mark="production",
        asks="stack, deployment, verify",
        a="print([file.name for file in deployment.compose_files]); verify(GOOD)",
    )
    result = pytester.runpytest_inprocess("--deployment", "shop", "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*'compose.yml', 'docker-compose.prod.yml'*"])
    assert docker.left() == []


def test_what_a_deployment_does_not_have_is_left_out_with_the_reason(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(mark="production", asks="stack, verify", a="verify(GOOD)")
    suite(mark="safe", asks="verify", b="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["HOLDS    the sky is blue *", "-        A test called a: shop has no production overlay"], consecutive=True
    )
    assert report()["verdict"] == "HOLDS"
    assert report()["inapplicable"] == [{"promise": "A test called a", "reason": "shop has no production overlay"}]


def test_a_run_that_judged_nothing_is_no_pass(
    pytester: pytest.Pytester, suite: Suite, report: Report, docker: Engine
) -> None:
    suite(mark="production", asks="stack, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["nothing was judged: what was asked about is no part of this deployment"])
    assert report()["verdict"] == "UNKNOWN"


def test_a_stack_with_another_database_is_left_out_where_none_is_named(
    pytester: pytest.Pytester, suite: Suite, docker: Engine
) -> None:
    suite(mark="disruptive", asks="other_stack, stack, verify", a="verify(GOOD)")
    result = pytester.runpytest_inprocess("--deployment", "shop")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no image of another version of the database is named"])
    assert docker.left() == []
