"""Scripts as they lie on the disk, and the addresses that they print."""

from pathlib import Path

import pytest
from docker import DockerClient

import engines
import servers
import stacks
from agentchat_check import errors
from agentchat_check.deployment import Configuration
from agentchat_check.probes import belongings, scripts
from agentchat_check.stack.running import Stack


def written(directory: Path, text: str, *, mode: int = 0o755) -> Path:
    file = directory / "start.sh"
    file.write_bytes(text.encode())
    file.chmod(mode)
    return file


def test_a_script_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "start_linux.sh").touch()
    assert scripts.find(tmp_path, scripts.START) == tmp_path / "start_linux.sh"


def test_a_deployment_without_the_script_says_so(tmp_path: Path) -> None:
    with pytest.raises(errors.InapplicableError) as caught:
        scripts.find(tmp_path, scripts.STOP)
    assert caught.value.actual == "this deployment has no stop.sh"


def test_mode_shell_and_line_ends_are_seen(tmp_path: Path) -> None:
    seen = scripts.script(written(tmp_path, "#!/usr/bin/env bash\ndocker compose up\n"))
    assert (seen.executable, seen.shebang, seen.carriage_returns, seen.way_around) == (True, "/usr/bin/env bash", 0, "")
    seen = scripts.script(written(tmp_path, "set -e\r\nup\r\n", mode=0o644))
    assert (seen.executable, seen.shebang, seen.carriage_returns) == (False, "", 2)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("sudo docker compose up", True),
        ("/usr/bin/docker compose up", True),
        ("if ! /usr/local/bin/docker-compose up; then", True),
        ("curl --unix-socket /var/run/docker.sock http://d/info", True),
        ("# sudo docker compose up", False),
        ('echo "sudo docker compose logs"', False),
        ("docker-compose up", False),
        ("cat docker/docker-compose.yml", False),
    ],
)
def test_a_way_around_the_stand_ins_is_seen(tmp_path: Path, line: str, *, is_one: bool) -> None:
    seen = scripts.script(written(tmp_path, f"#!/bin/sh\n{line}\n"))
    assert seen.way_around == (line if is_one else "")


def test_printed_addresses_are_asked_as_printed_or_where_the_copy_has_the_port(
    client: DockerClient, engine: engines.Engine, site: servers.Site
) -> None:
    port = site.server_address[1]
    engine.containers = [engines.container("backend", ports={7860: port})]
    declared = Configuration(
        project="demo",
        services={"backend": {"ports": [{"target": 7860, "published": "7860"}]}},
        networks={},
        volumes={},
        roles=stacks.ROLES,
    )
    text = (
        f"页面: http://localhost:7860/health。 见 https://example.org/ http://127.0.0.1:{port}/x, http://0.0.0.0:7860"
    )
    with stacks.attached(client, configuration=declared) as stack:
        found = scripts.addresses(stack, text)
    assert [(one.printed, one.asked) for one in found] == [
        ("http://localhost:7860/health", f"http://127.0.0.1:{port}/health"),
        (f"http://127.0.0.1:{port}/x", f"http://127.0.0.1:{port}/x"),
        ("http://0.0.0.0:7860", f"http://127.0.0.1:{port}"),
    ]
    assert [one.answer.error for one in found] == ["", "", ""]


def test_networks_that_cannot_be_looked_at_are_one_clear_error(stack: Stack, engine: engines.Engine) -> None:
    engine.containers = [engines.container("backend")]
    with pytest.raises(errors.CheckError, match="look at the networks of demo"):
        belongings.networks(stack)
