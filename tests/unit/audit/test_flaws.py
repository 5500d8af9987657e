"""Every rule has its flaw, which breaks it at its place, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.audit import files, judging, rules
from agentchat_check.audit.files import Files
from agentchat_check.faults import audit as flaws
from agentchat_check.faults.audit import Flaw
from agentchat_check.settings import Settings

REFUSED = "services.backend.init must be a boolean"


def read(directory: Path, *compose_files: str) -> Files:
    """A deployment's files, on a host that has every program but one."""
    deployment = deployments.read(directory, Settings(compose_files=tuple(map(Path, compose_files))))
    return replace(files.read(deployment, ask_compose=False), programs=lambda name: name != "no-such-program")


@pytest.mark.parametrize("compose_files", [(), (flaws.COMPOSE, flaws.PRODUCTION)], ids=["base", "production"])
def test_the_reference_deployment_breaks_no_rule(compose_files: tuple[str, ...], tmp_path: Path) -> None:
    audit = judging.judge(read(flaws.copy(tmp_path / "copy"), *compose_files))
    assert [hit.message for _, hit in audit.hits()] == []
    assert audit.unseen() == []


@pytest.mark.parametrize("flaw", flaws.ALL, ids=str)
def test_a_flaw_breaks_its_rule_at_its_place_and_nothing_else(flaw: Flaw, tmp_path: Path) -> None:
    found = read(flaw.planted(tmp_path / "copy"))
    if flaw.rule == "compose-refuses":
        found = replace(found, complaint=REFUSED)
    audit = judging.judge(found)
    hits = [(rule.id, found.shown(hit.place.file), hit.place.line) for rule, hit in audit.hits()]
    assert hits == [(flaw.rule, flaw.file, flaw.line(tmp_path / "copy"))], [hit.message for _, hit in audit.hits()]
    assert audit.unseen() == []


def test_every_rule_has_its_flaw() -> None:
    assert [flaw.rule for flaw in flaws.ALL] == list(rules.ALL)


def test_every_topic_has_its_flaws() -> None:
    by_topic = [flaws.HEALTH, flaws.NETWORK, flaws.RUNNING, flaws.DATA, flaws.IMAGES, flaws.SECRETS]
    by_topic += [flaws.VARIABLES, flaws.WRITTEN]
    assert [[flaw.rule for flaw in some] for some in by_topic] == [
        [rule.id for rule in topic.RULES] for topic in rules.TOPICS
    ]
