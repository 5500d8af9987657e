"""Faults in the files: compose itself reads them here, and images are looked into on the real engine."""

import dataclasses
from pathlib import Path

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.audit import files, judging
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.services import Service
from agentchat_check.deployment import Deployment
from agentchat_check.faults import audit as flaws
from agentchat_check.faults.audit import Flaw
from agentchat_check.findings import Verdict
from agentchat_check.session import Session
from agentchat_check.settings import Settings
from agentchat_check.stack.running import Stack
from tests.faults.conftest import Judged

SMALL = """\
include: [more/b.yml]
x-all: &all {restart: always, logging: {driver: local}}
services:
  web:
    <<: *all
    build: {context: ., args: [A=1]}
    command: run --it "as it is" $$NOW
    ports: ["80:8080", "127.0.0.1:81:81/udp", "[::1]:82:82"]
    volumes: [data:/data, ./conf:/conf:ro, /tmp/x, "~/y:/y"]
    environment: ["A=${A:-${B:-deep}}", C=1, D]
    env_file: x.env
    depends_on: [db]
    healthcheck: {test: curl -f "http://$$HOST", start_period: 1m}
    tmpfs: /run
    deploy: {resources: {limits: {memory: 64M}}}
  other: {extends: {file: c.yml, service: base}, profiles: [more], network_mode: "service:web"}
volumes: {data: }
"""


def as_read(directory: Path, *compose_files: str) -> tuple[dict[str, Service], dict[str, Service]]:
    deployment = deployments.read(directory, Settings(compose_files=tuple(map(Path, compose_files))))
    own, theirs = files.read(deployment, ask_compose=False), files.read(deployment)
    assert theirs.complaint == ""
    return dict(own.services), dict(theirs.services)


def comparable(service: Service) -> dict[str, object]:
    """A service without what compose writes in words of its own: amounts of memory, and the order of mounts."""
    values = {field.name: getattr(service, field.name) for field in dataclasses.fields(service)}
    words = ("image", "restart", "user", "network_mode", "privileged", "container_name", "pid", "ipc")
    values["scalars"] = {word: service.word(word) for word in words}
    values["memory_limit"] = bool(service.memory_limit)
    values["mounts"] = frozenset(service.mounts)
    return {name: value for name, value in values.items() if name != "where"}


def assert_same(own: dict[str, Service], theirs: dict[str, Service]) -> None:
    assert own.keys() == theirs.keys()
    for name, service in own.items():
        assert comparable(service) == comparable(theirs[name])


@pytest.mark.parametrize("compose_files", [(), (flaws.COMPOSE, flaws.PRODUCTION)], ids=["base", "production"])
def test_our_reading_of_the_reference_is_composes(compose_files: tuple[str, ...], tmp_path: Path) -> None:
    assert_same(*as_read(flaws.copy(tmp_path / "copy"), *compose_files))


def test_our_reading_of_a_small_sample_is_composes(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "docker-compose.yml").write_text(SMALL)
    (tmp_path / "docker-compose.override.yml").write_text(
        "services:\n  web: {ports: ['83:83'], command: [other], environment: {C: 2}, volumes: [other:/data]}\n"
        "volumes: {other: }\n"
    )
    (tmp_path / "more/b.yml").write_text("services: {db: {image: 'b:1', volumes: ['./d:/d']}}\n")
    (tmp_path / "c.yml").write_text("services: {base: {image: 'c:1', volumes: ['./e:/e'], user: '7'}}\n")
    (tmp_path / "x.env").write_text("C=below\nE='it costs $5'\n")
    (tmp_path / ".env").write_text("A=\n")
    assert_same(*as_read(tmp_path))


@pytest.mark.parametrize("flaw", flaws.ALL, ids=str)
def test_a_flaw_is_seen_in_what_compose_makes_of_the_files(flaw: Flaw, tmp_path: Path) -> None:
    found = files.read(deployments.read(flaw.planted(tmp_path / "copy"), Settings()))
    audit = judging.judge(found)
    hits = [(rule.id, found.shown(hit.place.file), hit.place.line) for rule, hit in audit.hits()]
    assert hits == [(flaw.rule, flaw.file, flaw.line(tmp_path / "copy"))]


def test_an_image_is_looked_into_and_nothing_of_it_stays(check_session: Session) -> None:
    image = check_session.deployment.variables["REDIS_IMAGE"]
    looked_into = {"ancestor": image, "network": "none"}
    engine = EngineImages()
    assert engine.declared(image) is not None
    assert [engine.holds(image, name) for name in ("redis-server", "/bin/sh", "no-such-program")] == [True, True, False]
    assert engine.declared("no-such-image:1") is None
    assert engine.holds("no-such-image:1", "sh") is None
    assert check_session.client.containers.list(all=True, filters=looked_into, ignore_removed=True) == []


def test_a_health_check_that_its_image_cannot_run_is_found_there(check_session: Session, tmp_path: Path) -> None:
    image = check_session.deployment.variables["REDIS_IMAGE"]
    (tmp_path / "compose.yml").write_text(
        f"services: {{web: {{image: '{image}', command: [nope], healthcheck: {{test: [CMD, no-such-program]}}}}}}\n"
    )
    deployment = Deployment("small", tmp_path, (tmp_path / "compose.yml",))
    audit = judging.judge(files.read(deployment, EngineImages()))
    said = {rule.id: hit.message for rule, hit in audit.hits()}
    assert "calls no-such-program, which its image does not hold" in said["health-check-calls-missing-program"]
    assert audit.unseen() == []


def test_the_suite_sees_one_flaw_and_nothing_else(judged: Judged, tmp_path: Path) -> None:
    directory = flaws.RUNNING[4].planted(tmp_path / "copy")
    found = judged("audit", options=["--deployment", str(directory)])
    assert {finding.check for finding in found if finding.verdict is not Verdict.HOLDS} == {"audit.privileged"}
    assert len(found) == 38


def test_the_suite_reads_the_files_of_a_running_project(judged: Judged, victim: Stack) -> None:
    found = judged("audit", options=["--attach", victim.project])
    assert [str(finding) for finding in found if finding.verdict is not Verdict.HOLDS] == []
    assert len(found) == 38
