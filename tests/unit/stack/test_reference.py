import re
import stat
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import REFERENCE
from agentchat_check.stack import images, reference
from doors import MakeSettings
from engines import Engine


@pytest.fixture(autouse=True)
def official(engine: Engine) -> None:
    """The official images are here."""
    engine.images = {image: f"sha256:{name}" for name, image in images.OFFICIAL.items()}


def test_it_comes_with_images_and_with_every_secret_that_its_example_leaves_open(
    client: DockerClient, settings: MakeSettings
) -> None:
    read = reference.read(client, settings())
    assert (read.name, read.directory) == ("reference", REFERENCE)
    assert read.variables["MYSQL_IMAGE"] == images.OFFICIAL["mysql"]
    open_ones = re.findall(r"^(\w+)=$", (REFERENCE / "docker.env.example").read_text(), re.MULTILINE)
    assert set(reference.SECRETS) <= set(open_ones) & set(read.variables)


def test_its_secrets_differ_and_stay_the_same_on_one_host(client: DockerClient, settings: MakeSettings) -> None:
    once, again = (reference.read(client, settings()).variables for _ in range(2))
    assert once == again
    assert len({once[name] for name in reference.SECRETS}) == len(reference.SECRETS)


def test_another_host_has_other_secrets(client: DockerClient, settings: MakeSettings, tmp_path: Path) -> None:
    here, there = (reference.read(client, settings(state=tmp_path / host)).variables for host in ("here", "there"))
    assert not {here[name] for name in reference.SECRETS} & {there[name] for name in reference.SECRETS}


def test_what_the_secrets_are_made_from_is_for_its_owner_alone(client: DockerClient, settings: MakeSettings) -> None:
    state = settings().state
    reference.read(client, settings())
    assert [file.name for file in state.iterdir()] == ["seed"]
    assert stat.S_IMODE((state / "seed").stat().st_mode) == 0o600


def test_a_package_without_its_files_says_how_to_go_on(
    client: DockerClient, settings: MakeSettings, tmp_path: Path
) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        reference.read(client, settings(), directory=tmp_path / "compose")
    assert str(caught.value) == (
        "bring up the reference deployment\n"
        f"  expected:   its files in {tmp_path / 'compose'}\n"
        "  actual:     there is no such directory; the package alone does not bring them\n"
        "  next step:  run from a checkout of agentchat-check, or name a deployment: --deployment DIR"
    )


def test_the_stub_model_is_built_on_the_python_image(client: DockerClient, settings: MakeSettings) -> None:
    section = reference.stub_model(client, settings())
    assert (Path(section["context"]) / section["dockerfile"]).is_file()
    assert section["args"] == {"PYTHON_IMAGE": images.OFFICIAL["python"]}
