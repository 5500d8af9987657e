"""Which upgrades are looked at: what the operator names, else the reference deployment's own."""

from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.procedures.upgrade import pairing
from agentchat_check.procedures.upgrade.pairing import Which
from doors import MakeSettings


def shown(settings: MakeSettings, which: Which = "each", **named: Any) -> list[str]:
    return [str(pair) for pair in pairing.pairs(settings(**named), which)]


def test_without_a_name_each_release_of_the_reference_goes_to_the_next(settings: MakeSettings) -> None:
    assert shown(settings) == ["ref-1 to ref-2", "ref-2 to ref-3"]
    assert shown(settings, "last") == ["ref-2 to ref-3"]
    assert shown(settings, "skipping") == ["ref-1 to ref-2", "ref-2 to ref-3", "ref-1 to ref-3"]


def test_two_that_are_named_are_one_pair(settings: MakeSettings) -> None:
    for which in ("each", "last", "skipping"):
        assert shown(settings, which, from_release="/srv/chat-2.4/docker", to_release=":v2.5") == ["docker to :v2.5"]


def test_one_that_is_named_goes_to_the_next_or_comes_from_the_deployment(settings: MakeSettings) -> None:
    assert shown(settings, from_release="ref-2") == ["ref-2 to ref-3"]
    assert shown(settings, to_release="ref-3") == ["ref-1 to ref-3"]
    assert shown(settings, deployment=Path("/srv/shop"), to_release="ref-3") == ["shop to ref-3"]


@pytest.mark.parametrize("named", [{"deployment": Path("/srv/shop")}, {"from_release": "ref-3"}])
def test_one_release_alone_is_no_pair(settings: MakeSettings, named: dict[str, Any]) -> None:
    assert shown(settings, **named) == []
    error = pairing.require_two(settings(**named))
    assert str(named.popitem()[1]) in error.actual
    assert error.actual.startswith("only one release is named: ")


def test_every_release_is_read_the_oldest_first(client: DockerClient, settings: MakeSettings, tmp_path: Path) -> None:
    for name in ("v2.10", "v2.9"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        (tmp_path / "releases" / name / "docker-compose.yml").write_text("services: {}\n")
    found = pairing.every(client, settings(releases=tmp_path / "releases"))
    assert [one.name for one in found] == ["v2.9", "v2.10"]


def test_one_release_alone_is_not_every_release(client: DockerClient, settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "releases" / "v2.9").mkdir(parents=True)
    with pytest.raises(errors.InapplicableError, match="or a directory with all of them: --releases DIR"):
        pairing.every(client, settings(releases=tmp_path / "releases"))


def test_the_releases_of_a_directory_are_counted_as_people_count(settings: MakeSettings, tmp_path: Path) -> None:
    home = tmp_path / "releases"
    for name in ("v2.10", "v2.9", "v2.9.1", ".git"):
        (home / name).mkdir(parents=True)
    (home / "notes.txt").touch()
    assert shown(settings, releases=home) == ["v2.9 to v2.9.1", "v2.9.1 to v2.10"]
    assert pairing.names(settings(releases=home))[0] == str(home / "v2.9")


@pytest.mark.parametrize(
    ("name", "complaint"), [("empty", "there is none in it"), ("no", "there is no such directory")]
)
def test_a_directory_without_releases_is_one_clear_error(
    settings: MakeSettings, tmp_path: Path, name: str, complaint: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.DeploymentError) as caught:
        pairing.pairs(settings(releases=tmp_path / name), "each")
    assert caught.value.actual == complaint
    assert caught.value.next_step == "correct the directory: --releases DIR"
