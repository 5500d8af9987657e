import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import REFERENCE, Deployment
from agentchat_check.stack import images, process, reference, releases
from doors import MakeSettings, Programs
from engines import Engine

LATER = releases.NAMES[1:]


@pytest.fixture(autouse=True)
def official(engine: Engine) -> None:
    """The official images are here."""
    engine.images = {image: f"sha256:{name}" for name, image in images.OFFICIAL.items()}


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the reference deployment that stands in for it, and may be changed."""
    copy = tmp_path / "compose"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "dist", "docker.env"))
    for module in (releases, reference):
        monkeypatch.setattr(module, "REFERENCE", copy)
    return copy


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A deployment of somebody's own."""
    directory = tmp_path / "chat"
    directory.mkdir()
    (directory / "docker-compose.yml").write_text("services: {}\n")
    return directory


@pytest.fixture
def tagged(
    client: DockerClient, programs: Programs, settings: MakeSettings, chat: Path
) -> Callable[..., dict[str, str]]:
    """The images that a tag makes of those of a deployment's services; a service without an image is built."""

    def of(services: dict[str, str], tag: str = ":v2.5", **replaced: str) -> dict[str, str]:
        rendered = {name: {"image": image} if image else {"build": {}} for name, image in services.items()}
        programs.answer("config --format json", json.dumps({"name": "chat", "services": rendered}))
        deployment = Deployment("chat", chat, (), replace_images=replaced)
        return dict(releases.named(client, settings(), tag, base=deployment).replace_images)

    return of


def test_the_first_release_is_the_reference_deployment_itself(settings: MakeSettings) -> None:
    assert releases.directory("ref-1", settings()) == REFERENCE
    assert not settings().state.exists()


@pytest.mark.parametrize("name", LATER)
def test_a_later_release_is_made_once(settings: MakeSettings, name: str) -> None:
    made = releases.directory(name, settings())
    assert made.parent == settings().state / "releases"
    assert made.name.startswith(f"{name}-")
    (made.parent / "draft").mkdir()  # as a process leaves it that was killed
    (made / "mark").touch()
    assert releases.directory(name, settings()) == made
    assert {path.name for path in made.parent.iterdir()} == {made.name, "lock"}
    assert (made / "mark").exists()


def test_each_release_has_the_migrations_of_those_before_it_and_its_own(settings: MakeSettings) -> None:
    found = []
    for name in releases.NAMES:
        versions = releases.directory(name, settings()) / "backend" / "backend" / "migrations" / "versions"
        found.append([file.name.partition("_")[0] for file in sorted(versions.glob("*.py"))])
    assert found == [["0001"], ["0001", "0002"], ["0001", "0002", "0003"]]


def test_the_renamed_setting_is_told_by_its_former_name(settings: MakeSettings) -> None:
    for name in LATER:
        example = (releases.directory(name, settings()) / "docker.env.example").read_text()
        assert "\n# formerly UPLOAD_LIMIT_MB\n#UPLOAD_MAX_MB=20\n" in example
    assert "formerly" not in (REFERENCE / "docker.env.example").read_text()


def test_scripts_can_be_run_and_what_is_only_of_this_host_stays_behind(settings: MakeSettings, base: Path) -> None:
    for name in ("docker.env", "frontend/node_modules/vue/index.js", "frontend/dist/index.html"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    made = releases.directory("ref-2", settings())
    assert (made / "start.sh").stat().st_mode & 0o111
    left_out = ("docker.env", "frontend/node_modules", "frontend/dist", "releases")
    assert not [name for name in left_out if (made / name).exists()]


def test_another_base_or_patch_makes_another_directory(settings: MakeSettings, base: Path) -> None:
    made = [releases.directory("ref-3", settings())]
    (base / "stop.sh").write_text("exit\n")
    made.append(releases.directory("ref-3", settings()))
    patch = base / "releases" / "ref-3.patch"
    patch.write_text(patch.read_text().replace("is now called", "has become"))
    made.append(releases.directory("ref-3", settings()))
    assert len(set(made)) == 3
    assert all(directory.is_dir() for directory in made)


def test_a_base_that_has_changed_where_a_patch_changes_it_is_told(settings: MakeSettings, base: Path) -> None:
    main = base / "backend" / "main.py"
    main.write_text(main.read_text().replace("app = FastAPI(", "app = FastAPI(debug=True, "))
    with pytest.raises(errors.DeploymentError) as caught:
        releases.directory("ref-2", settings())
    assert (caught.value.tried, caught.value.expected.split(":")[0].split(" of ")[1], caught.value.actual) == (
        "apply ref-2.patch",
        "backend/main.py",
        'app = FastAPI(debug=True, title="AgentChat reference backend", lifespan=lifespan)',
    )
    assert caught.value.next_step.endswith(f"{base}/releases/README.md says how")
    main.write_text((REFERENCE / "backend" / "main.py").read_text())
    assert releases.directory("ref-2", settings()).is_dir()


def test_a_package_without_the_reference_says_how_to_go_on(
    settings: MakeSettings, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "REFERENCE", base.parent / "nowhere")
    with pytest.raises(errors.DeploymentError, match="bring up the reference deployment"):
        releases.directory("ref-2", settings())


@pytest.mark.parametrize("name", releases.NAMES)
def test_the_code_of_each_release_is_held_to_the_rules_of_this_project(
    settings: MakeSettings, tmp_path: Path, name: str
) -> None:
    shutil.copytree(
        releases.directory(name, settings()), tmp_path / "compose", ignore=shutil.ignore_patterns("node_modules")
    )
    rules = str(REFERENCE.parent / "pyproject.toml")
    for how in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *how, "--no-cache", "--config", rules, "compose"]
        done = process.run(command, cwd=tmp_path, timeout=60, check=False)
        assert done.returncode == 0, done.said


@pytest.mark.parametrize("name", releases.NAMES)
def test_a_release_is_read_under_its_name_with_images_and_secrets(
    client: DockerClient, settings: MakeSettings, name: str
) -> None:
    read = releases.read(client, settings(), name)
    assert (read.name, read.directory) == (name, releases.directory(name, settings()))
    assert read.variables == reference.read(client, settings()).variables
    assert releases.named(client, settings(), name) == read


def test_a_directory_is_a_release(client: DockerClient, settings: MakeSettings, chat: Path) -> None:
    named = releases.named(client, settings(), str(chat))
    assert (named.name, named.directory, named.replace_images) == ("chat", chat, {})


def test_a_directory_that_is_called_like_a_release_is_named_by_its_path(
    client: DockerClient, settings: MakeSettings, chat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(chat.parent)
    chat.rename("ref-2")
    assert releases.named(client, settings(), "./ref-2").directory == chat.parent / "ref-2"
    assert releases.named(client, settings(), "ref-2").directory != chat.parent / "ref-2"


def test_images_replace_those_of_the_deployment_that_was_named(
    client: DockerClient, settings: MakeSettings, chat: Path
) -> None:
    given = settings(deployment=chat, replace_images={"database": "mysql:8.4", "backend": "chat:1"})
    named = releases.named(client, given, "backend=host:5000/chat:2,page=page@sha256:12")
    assert named.name == "chat with backend=host:5000/chat:2,page=page@sha256:12"
    assert named.replace_images == {
        "database": "mysql:8.4",
        "backend": "host:5000/chat:2",
        "page": "page@sha256:12",
    }


def test_without_a_deployment_images_replace_those_of_the_first_release(
    client: DockerClient, settings: MakeSettings
) -> None:
    named = releases.named(client, settings(), "backend=chat:2")
    assert (named.name, named.directory) == ("ref-1 with backend=chat:2", REFERENCE)


def test_a_tag_is_one_of_the_applications_images_wherever_they_run(tagged: Callable[..., dict[str, str]]) -> None:
    services = {
        "backend": "host:5000/chat/api:v2.4@sha256:12",
        "worker": "host:5000/chat/api:v2.4",
        "frontend": "host:5000/chat/page",
        "mysql": "mysql:8.0",
    }
    assert tagged(services) == {
        "backend": "host:5000/chat/api:v2.5",
        "worker": "host:5000/chat/api:v2.5",
        "frontend": "host:5000/chat/page:v2.5",
    }


def test_a_tag_is_one_of_the_images_that_replace_others(tagged: Callable[..., dict[str, str]]) -> None:
    replaced = tagged({"api": "chat:1", "page": "", "mysql": "mysql:8.0"}, ":2", backend="own/chat:1")
    assert replaced == {"backend": "own/chat:1", "api": "own/chat:2"}


@pytest.mark.parametrize(
    ("services", "actual"),
    [
        ({"backend": "", "frontend": "page:1"}, "backend: built from its files"),
        ({"backend": "", "frontend": ""}, "backend and frontend: built from its files"),
        ({"mysql": "mysql:8.0"}, "it has neither"),
    ],
    ids=["one", "both", "none"],
)
def test_a_tag_needs_images_that_have_a_name(
    tagged: Callable[..., dict[str, str]], services: dict[str, str], actual: str
) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        tagged(services)
    assert str(caught.value) == (
        "run chat with the tag :v2.5\n"
        "  expected:   an image with a name for its backend and its frontend\n"
        f"  actual:     {actual}\n"
        "  next step:  name the images themselves: backend=IMAGE,frontend=IMAGE"
    )


@pytest.mark.parametrize("text", ["", "ref-4", "v2.5", "/nowhere/chat", ":", ":v 2", "backend=", "=chat:2", "a=b,,c=d"])
def test_what_is_no_release_is_told_with_all_that_is(client: DockerClient, settings: MakeSettings, text: str) -> None:
    with pytest.raises(errors.DeploymentError) as caught:
        releases.named(client, settings(), text)
    assert str(caught.value) == (
        f"find the release {text!r}\n"
        "  expected:   a directory with a compose file, ref-1, ref-2, ref-3, a tag like :v2.5, or images like "
        "backend=IMAGE,frontend=IMAGE\n"
        "  actual:     it is none of them; there is no such directory\n"
        "  next step:  correct the name"
    )


@pytest.mark.parametrize("name", releases.NAMES)
def test_a_release_on_disk_needs_no_engine_and_has_its_secrets(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    found = releases.on_disk(settings(), name)
    assert (found.name, found.directory) == (name, releases.directory(name, settings()))
    assert set(found.variables) == set(reference.SECRETS)


def test_a_directory_and_images_on_disk_are_as_they_are_named(settings: MakeSettings, chat: Path) -> None:
    base = releases.on_disk(settings(), str(chat))
    assert base.directory == chat
    assert releases.on_disk(settings(), "backend=a:1", base=base).replace_images == {"backend": "a:1"}
