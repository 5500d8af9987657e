"""Workers in containers, as hosts of workers run them: their image, and what they take part in."""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

import servers
from agentchat_check.findings import Verdict
from agentchat_check.load import profiles, trust
from agentchat_check.load.generator import Door
from agentchat_check.session import Session
from agentchat_check.stack import images
from agentchat_check.stack.compose import SLOW, Compose, project_of
from driven import driven, good_replies, outcomes, times
from servers import Site

pytestmark = pytest.mark.long

FLEET = profiles.FILES / "fleet"
LOGIN = "POST /user/login"


@pytest.fixture
def door() -> Door:
    """Where workers may join."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Door("127.0.0.1", free.getsockname()[1])


@pytest.fixture
def known(check_session: Session, door: Door) -> dict[str, str]:
    """What the host of workers is told: where to join, and what their image is made of."""
    settings = check_session.settings
    python = images.variables(check_session.client, settings, only=("python",))
    trusted = {"CA_BUNDLE": str(settings.ca_bundle)} if settings.ca_bundle else {}
    return {**python, **trusted, "MASTER": door.address, "MASTER_PORT": str(door.port)}


@contextmanager
def workers(number: int, known: Mapping[str, str], directory: Path) -> Iterator[Compose]:
    """So many workers in containers, on this host's own network: what is driven is on 127.0.0.1."""
    override = directory / "here.yml"
    override.write_text(yaml.safe_dump({"services": {"worker": {"network_mode": "host"}}}), encoding="utf-8")
    files = [FLEET / "docker-compose.yml", override]
    compose = project_of(f"agentchat-load-{secrets.token_hex(4)}", FLEET, files, [], {**os.environ, **known})
    try:
        compose("build", timeout=SLOW)
        compose("up", "--detach", "--scale", f"worker={number}")
        yield compose
    finally:
        compose("down", "--rmi", "local", "--volumes", "--timeout", "1")


def test_workers_in_containers_are_recorded_and_judged_as_those_of_this_host(
    known: dict[str, str], door: Door, tmp_path: Path
) -> None:
    with servers.running(site := Site()), workers(2, known, tmp_path) as fleet:
        site.replies = good_replies()
        assert fleet("exec", "-T", "worker", "id", "--user").stdout.strip() != "0"
        assert fleet("exec", "-T", "worker", "touch", "/app/loadtests/mine.py", check=False).returncode != 0
        recording = driven(
            site, tmp_path, "login_storm.py", rate=10.0, spacing="constant", seconds=5.0, processes=2, door=door
        )
        said = fleet("logs").stdout
    assert recording.ended == {"worker-0", "worker-1"}, said
    assert recording.run.joined_at == f"{door.address}:{door.port}"
    assert [one for one in trust.judged(recording, trust.latest([]))[1:] if one.verdict is not Verdict.HOLDS] == []
    assert outcomes(recording) == {(LOGIN, "ok"): 50}
    assert times(recording, LOGIN).total == len(site.asked) == 50
