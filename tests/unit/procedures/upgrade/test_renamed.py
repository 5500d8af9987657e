"""What the next release renames is set by its former name, to another value than its usual one."""

from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.deployment import Deployment
from agentchat_check.procedures.upgrade import described, renamed
from releases_of import configuration
from releases_of import described as described_as


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A release whose backend hears of LIMIT, and nothing is set."""
    heard = described_as("v2.4", configuration(backend={"environment": {"LIMIT": "20"}}), uses=frozenset({"LIMIT"}))
    monkeypatch.setattr(described, "read", lambda *_: heard)
    (tmp_path / "docker.env").write_text("TZ=Asia/Shanghai\n")
    return Deployment("v2.4", tmp_path, (), env_file=tmp_path / "docker.env")


def following(into: Path, example: str) -> Deployment:
    """A release with that example."""
    into.mkdir()
    (into / "docker.env.example").write_text(example)
    return Deployment("v2.5", into, ())


def test_a_variable_is_set_by_its_former_name(running: Deployment, tmp_path: Path) -> None:
    after = following(tmp_path / "next", "# formerly LIMIT\n#MAX=20\n# formerly NOBODY_HEARS\n#OTHER=1\n")
    own = renamed.by_former_names(running, after)
    assert own.values == {"MAX": "21"}
    assert own.text == "TZ=Asia/Shanghai\n\nLIMIT=21\n"


@pytest.mark.parametrize("own", ["LIMIT=5\n", "MAX=5\n"])
def test_what_the_administrator_has_set_is_left_alone(running: Deployment, tmp_path: Path, own: str) -> None:
    (tmp_path / "docker.env").write_text(own)
    with pytest.raises(errors.InapplicableError) as caught:
        renamed.by_former_names(running, following(tmp_path / "next", "# formerly LIMIT\n#MAX=20\n"))
    assert caught.value.actual == "v2.5 renames none that can be set anew"
