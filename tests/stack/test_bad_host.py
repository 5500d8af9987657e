"""Whatever is wrong with this host: one clear error, and nothing left behind."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.faults import planting
from agentchat_check.settings import Settings
from agentchat_check.stack import lifecycle, owner, sweep
from agentchat_check.stack.owner import Run
from relay import relay
from separate_runs import Runs, is_one_clear_error, on_a_disk_of_its_own
from small import HEALTHY, left_behind, snapshot, something_is_made, write

if TYPE_CHECKING:
    from docker import DockerClient as Client


def test_no_engine_is_one_clear_error(runs: Runs, deployment: Path) -> None:
    outcome = runs.run("--deployment", str(deployment), DOCKER_HOST="unix:///nowhere/docker.sock")
    is_one_clear_error(outcome, "could not reach the Docker engine", "nothing listens there", "start that engine")


def test_compose_of_before_version_2_is_one_clear_error(runs: Runs, deployment: Path, tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "docker"
    stand_in.parent.mkdir()
    stand_in.write_text("#!/bin/sh\necho docker-compose version 1.29.2\n")
    stand_in.chmod(0o755)
    outcome = runs.run("--deployment", str(deployment), PATH=f"{stand_in.parent}:{os.environ['PATH']}")
    is_one_clear_error(outcome, "could not prepare this host", "needed: install docker compose", "Docker Engine with")


def test_a_port_that_is_taken_is_named(
    client: Client, deployment: Path, scratch: Path, small_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = small_settings()
    ours, run = deployments.read(deployment, settings), Run(secrets.token_hex(4), owner.current())
    with (
        socket.create_server(("127.0.0.1", 0)) as holder,
        lifecycle.temporary(client, ours, settings, run, evidence_into=tmp_path / "evidence") as stack,
    ):
        port = holder.getsockname()[1]
        with (
            pytest.raises(errors.HostError) as caught,
            planting.reconfigured(stack, "redis", {"ports": [f"127.0.0.1:{port}:6379"]}),
        ):
            pass
    assert caught.value.expected == f"port {port} free"
    assert str(port) in caught.value.actual
    assert f"ss -ltnp 'sport = :{port}'" in caught.value.next_step


def test_no_room_for_the_scratch_copy_is_one_clear_error(runs: Runs, deployment: Path) -> None:
    (deployment / "large.bin").write_bytes(bytes(2**20))
    before = snapshot(deployment)
    runs.prefix = on_a_disk_of_its_own(runs.scratch, "-t tmpfs -o size=512k", "tmpfs")
    outcome = runs.run("--deployment", str(deployment))
    is_one_clear_error(outcome, f"could not copy {deployment}", "room on the disk", "No space left on device", "TMPDIR")
    assert snapshot(deployment) == before


def test_no_room_for_the_report_is_one_clear_error(runs: Runs, deployment: Path, client: Client) -> None:
    runs.reports.mkdir(parents=True)
    runs.prefix = on_a_disk_of_its_own(runs.reports, "-t tmpfs -o size=4k", "tmpfs")
    outcome = runs.run("--deployment", str(deployment))
    assert outcome.status == 1, outcome.text
    assert "Traceback" not in outcome.text
    assert f"write {runs.reports}" in outcome.text
    for words in ("room on the disk", "No space left on device", "another place for reports: AGENTCHAT_CHECK_REPORTS"):
        assert words in outcome.text
    assert left_behind(client, runs.scratch) == []


def test_an_engine_that_goes_away_halfway_is_one_clear_error(
    runs: Runs, deployment: Path, client: Client, scratch: Path
) -> None:
    before = snapshot(deployment)
    with relay() as path, runs.under_way("--deployment", str(deployment), DOCKER_HOST=path.address) as run:
        run.looking()
        path.cut()
        run.go_on()
        outcome = run.outcome()
    sweep.abandoned(client)  # as the next start does
    assert left_behind(client, scratch) == []
    assert snapshot(deployment) == before
    is_one_clear_error(
        outcome, "could not look at the containers of", "an engine that answers", "start the engine again"
    )


def test_an_engine_that_goes_away_while_the_stack_comes_up_is_one_clear_error(
    runs: Runs, tmp_path: Path, image: str, client: Client, scratch: Path
) -> None:
    never = {**HEALTHY, "test": "false", "retries": 1000}
    directory = write(tmp_path / "tiny", {"redis": {"image": image, "healthcheck": never}})
    with relay() as path, runs.under_way("--deployment", str(directory), DOCKER_HOST=path.address) as run:
        something_is_made(client, scratch)
        path.cut()
        outcome = run.outcome()
    sweep.abandoned(client)  # as the next start does
    assert left_behind(client, scratch) == []
    is_one_clear_error(outcome, "could not", "an engine that answers", "start the engine again")
