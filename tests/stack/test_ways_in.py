"""The ways to name a deployment: a directory with its options, a project that runs, several processes at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import pytest
import yaml

from agentchat_check import deployment as deployments
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle, owner, process
from agentchat_check.stack.owner import Run
from separate_runs import Runs, suite_test
from small import HEALTHY, PATIENCE, everything_of, write

if TYPE_CHECKING:
    from docker import DockerClient as Client

READS_ENVIRONMENT = """
(environment,) = [attrs["Config"]["Env"] for attrs in stack.inspect().values()]
actual = "\\n".join(sorted(one for one in environment if one.startswith("GREETING")))
verify(health.ALL_RUN.judge(True, expected="its environment", actual=actual))
"""


@pytest.fixture
def built(client: Client, tmp_path: Path, image: str) -> Iterator[Path]:
    """A deployment that builds its image; what was built for it is removed."""
    directory = write(tmp_path / f"built-{secrets.token_hex(4)}", {"redis": {"build": ".", "healthcheck": HEALTHY}})
    (directory / "Dockerfile").write_text(f"FROM {image}\nCOPY words /words\n")
    (directory / "words").write_text("first\n")
    yield directory
    for made in client.images.list():
        for tag in made.tags:
            if directory.name in tag:
                client.images.remove(tag)


def test_a_directory_takes_an_env_file_several_compose_files_and_another_image(
    runs: Runs, deployment: Path, client: Client, image: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        greeting = {"redis": {"environment": {f"GREETING{number}": f"${{WORD{number}}}"}}}
        (deployment / f"{number}.yml").write_text(yaml.safe_dump({"services": greeting}))
    (tmp_path / "words.env").write_text("WORD1=hello\nWORD2=world\n")
    another = f"another-redis:{secrets.token_hex(4)}"
    client.images.get(image).tag(another)
    try:
        runs.write(suite_test("it_greets", READS_ENVIRONMENT))
        files = ("--compose-file", "docker-compose.yml", "--compose-file", "1.yml", "--compose-file", "2.yml")
        options = ("--env-file", str(tmp_path / "words.env"), "--image", f"cache={another}")
        outcome = runs.run("--deployment", str(deployment), *files, *options)
    finally:
        client.images.remove(another)
    assert outcome.status == 0, outcome.text
    assert outcome.report["findings"][0]["actual"] == "GREETING1=hello\nGREETING2=world"
    assert outcome.report["deployment"]["services"]["redis"]["image"] == another
    assert outcome.report["deployment"]["way"] == "directory"


def test_an_image_is_built_anew_when_its_content_changed_and_only_then(
    client: Client,
    built: Path,
    scratch: Path,
    small_settings: Callable[..., Settings],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def image_of(settings: Settings) -> tuple[str, bool]:
        deployment = deployments.read(built, settings)
        stack = lifecycle.create(client, deployment, settings, Run(secrets.token_hex(4), owner.current()))
        stack.timeline.close()
        chosen = stack.compose.rendered()["services"]["redis"]["image"]
        lifecycle.remove(client, stack.project)
        return chosen, "building redis" in capsys.readouterr().err

    first, was_built = image_of(small_settings())
    assert was_built
    assert image_of(small_settings()) == (first, False)
    former = client.images.get(first)
    assert image_of(small_settings(build=True)) == (first, True)
    if client.images.get(first).id != former.id:
        with pytest.raises(docker.errors.ImageNotFound):
            client.images.get(str(former.id))
    (built / "words").write_text("second\n")
    second, was_built = image_of(small_settings())
    assert was_built
    assert second != first


def test_no_build_runs_what_the_deployment_itself_built_or_says_that_it_is_missing(runs: Runs, built: Path) -> None:
    never = runs.run("--deployment", str(built), "--no-build")
    assert never.status == 1, never.text
    assert never.report["verdict"] == "UNKNOWN"
    assert f"could not pull the image {built.name}-redis" in never.text
    assert "Traceback" not in never.text
    process.run(["docker", "compose", "--project-directory", str(built), "build"], timeout=PATIENCE)
    outcome = runs.run("--deployment", str(built), "--no-build")
    assert outcome.status == 0, outcome.text
    assert "building" not in outcome.text
    assert outcome.report["deployment"]["services"]["redis"]["image"] == f"{built.name}-redis"


def test_on_somebody_elses_project_only_safe_tests_run(runs: Runs, deployment: Path, client: Client) -> None:
    project = f"theirs-{secrets.token_hex(4)}"
    compose = ["docker", "compose", "--project-name", project, "--project-directory", str(deployment)]
    process.run([*compose, "up", "--detach", "--wait"], timeout=PATIENCE)
    try:
        before = everything_of(client, project)
        runs.write(suite_test("it_is_looked_at"), suite_test("it_is_changed", mark="disruptive"))
        outcome = runs.run("--attach", project)
        after = everything_of(client, project)
    finally:
        process.run([*compose, "down", "--volumes", "--timeout", "1"], timeout=PATIENCE)
    assert outcome.status == 0, outcome.text
    assert outcome.text.count("somebody's installation, by one process: what changes anything is deselected") == 1
    assert "1 passed, 1 deselected" in outcome.text
    assert (outcome.report["verdict"], outcome.report["deployment"]["way"]) == ("HOLDS", "attached")
    assert after == before


def test_tests_that_only_look_share_one_stack_and_one_report_whatever_the_number_of_processes(
    runs: Runs, deployment: Path
) -> None:
    tells = "verify(health.ALL_RUN.judge(True, expected=worker_id, actual=stack.project))"
    meet = "(HERE / str(time.monotonic())).touch()\nwhile len(list(HERE.glob('[0-9]*'))) < 2: time.sleep(0.05)\n"
    runs.write(
        *(suite_test(f"look_{number}", meet + tells, fixtures="stack, verify, worker_id") for number in range(4))
    )
    outcome = runs.run("--deployment", str(deployment), "-n", "2")
    assert outcome.status == 0, outcome.text
    assert len(list(runs.reports.iterdir())) == 1
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("HOLDS", True)
    findings = outcome.report["findings"]
    assert len(findings) == 4
    assert {finding["actual"] for finding in findings} == {outcome.report["deployment"]["project"]}
    assert {finding["expected"] for finding in findings} == {"gw0", "gw1"}
    assert outcome.text.count(f"bringing up {deployment.name} as") == 2, "once begun, once done"


def test_what_keeps_one_process_from_looking_is_told_by_all_of_them(runs: Runs, deployment: Path) -> None:
    runs.write(*(suite_test(f"look_{number}") for number in range(4)))
    compose = yaml.safe_load((deployment / "docker-compose.yml").read_text())
    compose["services"]["redis"]["command"] = ["sh", "-c", "echo it was the moon; exit 3"]
    write(deployment, compose["services"])
    outcome = runs.run("--deployment", str(deployment), "-n", "2")
    assert outcome.status == 1, outcome.text
    assert (outcome.report["verdict"], outcome.report["complete"]) == ("UNKNOWN", True)
    assert len(outcome.report["findings"]) == 4
    assert all("it was the moon" in finding["actual"] for finding in outcome.report["findings"])
    assert outcome.text.count(f"bringing up {deployment.name} as") == 2, "tried once, and failed"
