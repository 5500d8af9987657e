"""What we create we remove: at the end, after Ctrl-C, after SIGTERM, after a crash."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
import pytest

from agentchat_check import deployment as deployments
from agentchat_check import errors, wait
from agentchat_check.procedures import restarts
from agentchat_check.settings import Settings
from agentchat_check.stack import labels, lifecycle, owner, process, sweep
from agentchat_check.stack.owner import Run
from agentchat_check.stack.running import Stack
from separate_runs import WAIT, Runs, Under, suite_test
from small import HEALTHY, PATIENCE, everything_of, left_behind, something_is_made, write

if TYPE_CHECKING:
    from docker import DockerClient as Client

NEVER_HEALTHY = {"test": "false", "interval": "1s", "retries": 1000}

ENDINGS = {"Ctrl-C": Under.interrupt, "SIGTERM": Under.terminate}


@pytest.fixture
def slow_deployment(tmp_path: Path, image: str) -> Path:
    """A deployment that never comes up."""
    return write(tmp_path / "slow", {"redis": {"image": image, "healthcheck": NEVER_HEALTHY}})


@pytest.fixture
def somebody_elses(client: Client, image: str, tmp_path: Path) -> Iterator[str]:
    """A project of somebody else's that is named as ours are; its network and its volume have no label of ours."""
    project = f"agentchat-check-{secrets.token_hex(4)}"
    service = {"image": image, "healthcheck": HEALTHY, "volumes": ["data:/data"]}
    directory = write(tmp_path / "theirs", {"redis": service}, volumes={"data": {}})
    compose = ["docker", "compose", "--project-name", project, "--project-directory", str(directory)]
    process.run([*compose, "up", "--detach", "--wait"], timeout=PATIENCE)
    yield project
    process.run([*compose, "down", "--volumes", "--timeout", "1"], timeout=PATIENCE)


def nothing_is_left(client: Client, scratch: Path) -> None:
    """What a killed run had begun may take a moment to appear: sweep until nothing comes any more."""
    wait.until(
        lambda: (sweep.abandoned(client), left_behind(client, scratch))[1],
        lambda left: left == [],
        successes=20,
        what="nothing is left of the killed run",
        timeout=PATIENCE,
    )


def nameless(stack: Stack) -> set[str]:
    """The volumes of a stack's one service, which names none."""
    return {mount["Name"] for mount in stack.inspect()["redis"]["Mounts"]}


def is_there(client: Client, volume: str) -> bool:
    """Whether the engine has a volume."""
    try:
        client.volumes.get(volume)
    except docker.errors.NotFound:
        return False
    return True


def test_a_run_removes_its_stack_with_its_volumes_at_its_end(runs: Runs, deployment: Path, client: Client) -> None:
    with runs.under_way("--deployment", str(deployment)) as run:
        (project,) = run.looking()
        (container,) = client.containers.list(filters={"label": f"{labels.PROJECT}={project}"})
        (anonymous,) = [mount["Name"] for mount in container.attrs["Mounts"]]
        run.go_on()
        outcome = run.outcome()
    assert outcome.status == 0, outcome.text
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("HOLDS", True)
    assert left_behind(client, runs.scratch) == []
    assert not is_there(client, anonymous)


@pytest.mark.parametrize(
    "begin_again", [restarts.down_and_up, partial(restarts.recreate, service="redis")], ids=["down and up", "recreated"]
)
def test_a_stack_that_began_again_leaves_no_volume_that_nobody_named(
    begin_again: Callable[[Stack], None],
    scratch: Path,
    deployment: Path,
    small_settings: Callable[..., Settings],
    client: Client,
    tmp_path: Path,
) -> None:
    settings, run = small_settings(), Run(secrets.token_hex(4), owner.current())
    ours = deployments.read(deployment, settings)
    with lifecycle.temporary(client, ours, settings, run, evidence_into=tmp_path / "evidence") as stack:
        before = nameless(stack)
        begin_again(stack)
        after = nameless(stack)
    assert (len(before), len(after)) == (1, 1)
    assert [volume for volume in before | after if is_there(client, volume)] == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_cut_short_removes_its_stack_and_says_so_in_its_report(
    ending: str, runs: Runs, deployment: Path, client: Client
) -> None:
    runs.write(suite_test("the_first_looks"), suite_test("the_second_is_cut_short", WAIT))
    with runs.under_way("--deployment", str(deployment)) as run:
        run.looking()
        ENDINGS[ending](run)
        outcome = run.outcome()
    assert outcome.status == 2, outcome.text
    assert "Traceback" not in outcome.text
    assert "the run was cut short" in outcome.text
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("UNKNOWN", False)
    assert outcome.verdicts == {"every service runs and is healthy": "HOLDS"}
    assert outcome.report["deployment"]["services"].keys() == {"redis"}
    assert left_behind(client, runs.scratch) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_cut_short_while_its_stack_comes_up_removes_it(
    ending: str, runs: Runs, slow_deployment: Path, client: Client
) -> None:
    with runs.under_way("--deployment", str(slow_deployment)) as run:
        something_is_made(client, runs.scratch)
        ENDINGS[ending](run)
        outcome = run.outcome()
    assert outcome.status == 2, outcome.text
    assert outcome.report["verdict"] != "HOLDS"
    assert not outcome.report["complete"]
    assert left_behind(client, runs.scratch) == []


def test_ctrl_c_during_a_run_of_several_processes_removes_their_stack(
    runs: Runs, deployment: Path, client: Client
) -> None:
    runs.write(suite_test("one_looks", WAIT), suite_test("another_looks", WAIT))
    with runs.under_way("--deployment", str(deployment), "-n", "2") as run:
        run.looking()
        run.interrupt()
        outcome = run.outcome()
    assert outcome.status == 2, outcome.text
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("UNKNOWN", False)
    assert left_behind(client, runs.scratch) == []


def test_what_a_killed_run_leaves_is_gone_once_the_next_one_starts(
    runs: Runs, deployment: Path, client: Client
) -> None:
    with runs.under_way("--deployment", str(deployment)) as run:
        run.looking()
        run.kill()
        outcome = run.outcome()
    assert outcome.status == -signal.SIGKILL
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("UNKNOWN", False)
    (runs.suites / "go").touch()
    assert runs.run("--deployment", str(deployment)).status == 0
    assert left_behind(client, runs.scratch) == []


def test_what_a_run_killed_while_its_stack_comes_up_leaves_is_removed(
    runs: Runs, slow_deployment: Path, client: Client
) -> None:
    with runs.under_way("--deployment", str(slow_deployment)) as run:
        wait.until(
            lambda: list(runs.scratch.glob("agentchat-check-*/owner")), bool, what="a scratch copy", timeout=PATIENCE
        )
        run.kill()
        run.outcome()
    nothing_is_left(client, runs.scratch)


def test_a_second_run_leaves_the_stack_of_a_living_one_alone(runs: Runs, deployment: Path, client: Client) -> None:
    with runs.under_way("--deployment", str(deployment)) as run:
        (project,) = run.looking()
        before = everything_of(client, project)
        sweep.abandoned(client)
        second = Runs(runs.home.with_name("second"), runs.scratch)
        outcome = second.run("--deployment", str(deployment))
        assert outcome.status == 0, outcome.text
        assert everything_of(client, project) == before
        run.go_on()
        assert run.outcome().status == 0


def test_a_kept_stack_stays_says_how_it_is_reached_and_goes_when_asked(
    runs: Runs, deployment: Path, client: Client
) -> None:
    outcome = runs.run("--deployment", str(deployment), "--keep-stack")
    assert outcome.status == 0, outcome.text
    project = outcome.report["deployment"]["project"]
    assert f"docker compose --project-name {project} ps" in outcome.text
    assert f"agentchat-check down {project}" in outcome.text
    sweep.abandoned(client)
    assert left_behind(client, runs.scratch) != []
    again = runs.run("--attach", project)
    assert again.status == 0, again.text
    assert again.report["deployment"]["project"] == project
    down = runs.command("down", project)
    assert (down.status, down.text.strip()) == (0, f"removed {project}")
    assert left_behind(client, runs.scratch) == []


def test_up_leaves_a_stack_and_says_how_it_is_reached_and_removed(runs: Runs, deployment: Path, client: Client) -> None:
    up = runs.command("up", str(deployment))
    assert up.status == 0, up.text
    project = next(line for line in up.text.splitlines() if line.endswith("is up:")).partition(" ")[0]
    (container,) = client.containers.list(filters={"label": f"{labels.PROJECT}={project}"})
    (published,) = container.ports["6379/tcp"]
    assert f"  cache     127.0.0.1:{published['HostPort']}" in up.text
    assert f"--attach {project}" in up.text
    assert f"agentchat-check down {project}" in up.text
    assert runs.command("down", project).status == 0
    assert left_behind(client, runs.scratch) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_up_cut_short_leaves_nothing(ending: str, runs: Runs, slow_deployment: Path, client: Client) -> None:
    with runs.command_under_way("up", str(slow_deployment)) as run:
        something_is_made(client, runs.scratch)
        ENDINGS[ending](run)
        outcome = run.outcome()
    assert outcome.status not in {0, 1}, outcome.text
    assert "Traceback" not in outcome.text
    assert left_behind(client, runs.scratch) == []


def test_up_that_fails_leaves_nothing(runs: Runs, slow_deployment: Path, client: Client) -> None:
    outcome = runs.command("up", str(slow_deployment), AGENTCHAT_CHECK_UP_TIMEOUT="3")
    assert outcome.status == 2
    assert "every service running and healthy" in outcome.text
    assert left_behind(client, runs.scratch) == []


def test_down_refuses_a_project_that_is_not_ours(runs: Runs, somebody_elses: str, client: Client) -> None:
    before = everything_of(client, somebody_elses)
    outcome = runs.command("down", somebody_elses)
    assert outcome.status == 2
    assert f"remove {somebody_elses}" in outcome.text
    assert "actual:     it is not one of them" in outcome.text
    assert "next step:" in outcome.text
    assert "Traceback" not in outcome.text
    assert everything_of(client, somebody_elses) == before


def test_nothing_without_our_label_is_ever_removed(somebody_elses: str, client: Client) -> None:
    before = everything_of(client, somebody_elses)
    assert len(before) == 3
    sweep.abandoned(client)
    sweep.remove(client, somebody_elses)
    assert everything_of(client, somebody_elses) == before


def test_an_interrupt_during_a_removal_waits_until_it_is_done(
    deployment: Path, scratch: Path, client: Client, small_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = small_settings()
    stack = lifecycle.create(
        client, deployments.read(deployment, settings), settings, Run(secrets.token_hex(4), owner.current())
    )
    lifecycle.bring_up(stack, settings, evidence_into=tmp_path / "evidence")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    removed = client.containers.list(filters={"label": f"{labels.PROJECT}={stack.project}"})[0]
    original = type(removed).remove

    def interrupted(self: Any, **options: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        original(self, **options)

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(removed), "remove", interrupted)
            lifecycle.remove(client, stack.project)
    finally:
        signal.signal(signal.SIGTERM, before)
        stack.timeline.close()
    assert left_behind(client, scratch) == []


def test_a_stack_whose_test_fails_is_removed(
    deployment: Path, scratch: Path, client: Client, small_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = small_settings()
    ours = deployments.read(deployment, settings)
    run = Run(secrets.token_hex(4), owner.current())

    def break_something() -> None:
        with lifecycle.temporary(client, ours, settings, run, evidence_into=tmp_path / "evidence") as stack:
            assert sweep.run_projects(client, run.id) == [stack.project]
            raise errors.StackError("it broke")

    with pytest.raises(errors.StackError, match="it broke"):
        break_something()
    assert sweep.run_projects(client, run.id) == []
    assert left_behind(client, scratch) == []


def test_what_a_killed_command_had_at_a_stacks_volumes_is_removed_with_the_stack(
    image: str, scratch: Path, client: Client, small_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    service = {"image": image, "healthcheck": HEALTHY, "volumes": ["data:/data"]}
    settings, run = small_settings(), Run(secrets.token_hex(4), owner.current())
    ours = deployments.read(write(tmp_path / "keeps", {"redis": service}, volumes={"data": {}}), settings)
    with lifecycle.temporary(client, ours, settings, run, evidence_into=tmp_path / "evidence") as stack:
        tags = {labels.OWNER: owner.current(), labels.PROJECT: labels.of_helpers(stack.project)}
        helper = client.containers.create(image, volumes_from=[stack.container("redis").id], labels=tags)
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(helper.id)
    assert left_behind(client, scratch) == []


def test_two_starts_at_once_remove_what_a_dead_run_left(
    deployment: Path,
    scratch: Path,
    client: Client,
    small_settings: Callable[..., Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, run = small_settings(), Run(secrets.token_hex(4), "known as dead to this process only")
    stack = lifecycle.create(client, deployments.read(deployment, settings), settings, run)
    lifecycle.bring_up(stack, settings, evidence_into=tmp_path / "evidence")
    stack.timeline.close()
    monkeypatch.setattr(owner, "is_dead", lambda who: who == run.owner)
    with ThreadPoolExecutor() as pool:
        list(pool.map(sweep.abandoned, [client] * 4))
    assert left_behind(client, scratch) == []
