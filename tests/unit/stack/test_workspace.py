import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check.deployment import Deployment
from agentchat_check.stack import copying, workspace
from agentchat_check.stack.workspace import Workspace

Make = Callable[..., Workspace]

NAME = "agentchat-check-0a1b2c3d"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A deployment's directory, with a compose file in it."""
    made = tmp_path / "agentchat" / "docker"
    made.mkdir(parents=True)
    (made / "docker-compose.yml").write_text("services: {}\n")
    (made / "docker.env").write_text("COLOUR=blue\n")
    return made


@pytest.fixture
def make(directory: Path) -> Make:
    """Copies the deployment; its services' bind mounts are what compose rendered of them."""

    def copy(services: dict[str, Any] | None = None, *mounts: dict[str, Any], **given: Any) -> Workspace:
        rendered = {"services": services or {"backend": {"volumes": [{"type": "bind", **mount} for mount in mounts]}}}
        deployment = Deployment("demo", directory, (directory / "docker-compose.yml",), **given)
        return workspace.make(deployment, deployments.configuration(rendered, {}), project=NAME, owner="me")

    return copy


def tree(root: Path) -> set[str]:
    """Everything below a directory."""
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_the_scratch_directory_is_named_after_the_project_and_its_owner(make: Make, tmp_path: Path) -> None:
    made = make()
    assert made.root == tmp_path / "scratch" / NAME == workspace.place(NAME) == workspace.place("0a1b2c3d")
    assert (made.root / workspace.OWNER_FILE).read_text() == "me"
    assert made.root.stat().st_mode & 0o777 == 0o700
    assert made.directory == made.root / "docker"


def test_a_directory_that_is_more_than_a_deployment_is_refused_and_nothing_stays(
    make: Make, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "LARGEST", 2 * 2**20)
    (directory / "backups").mkdir()
    (directory / "backups" / "dump.sql").write_bytes(b"x" * (2 * 2**20 + 1))
    with pytest.raises(errors.DeploymentError) as caught:
        make()
    assert str(caught.value) == (
        f"copy {directory} to a scratch directory\n"
        "  expected:   a deployment of at most 2 MiB\n"
        f"  actual:     it is larger; {directory / 'backups'} holds much of it\n"
        "  next step:  keep data in volumes or outside the directory, or look at the running installation: "
        "--attach PROJECT"
    )
    assert tree(tmp_path / "scratch") == set()


@pytest.mark.parametrize(
    ("service", "target"),
    [("mysql", "/var/lib/mysql"), ("redis", "/data"), ("minio", "/data"), ("minio", "/minio_data")],
)
def test_what_holds_a_services_data_starts_empty(make: Make, directory: Path, service: str, target: str) -> None:
    state = directory / "data" / service
    state.mkdir(parents=True)
    (state / "rows").write_text("somebody's")
    made = make({service: {"volumes": [{"type": "bind", "source": str(state), "target": target}]}})
    assert made.mounts.source(str(state)) == str(made.directory / "data" / service)
    assert tree(made.directory / "data") == {service}


def test_data_from_outside_the_directory_starts_empty_too(make: Make, tmp_path: Path) -> None:
    state = tmp_path / "agentchat" / "data" / "minio_data"
    state.mkdir(parents=True)
    (state / "bucket").touch()
    made = make({"minio": {"volumes": [{"type": "bind", "source": str(state), "target": "/data"}]}})
    moved = Path(made.mounts.source(str(state)))
    assert moved.parent == made.root / "outside"
    assert tree(moved) == set()


def test_a_mount_in_the_directory_leads_to_its_copy(make: Make, directory: Path) -> None:
    made = make(None, {"source": str(directory / "docker.env"), "target": "/conf"})
    assert made.mounts.source(str(directory / "docker.env")) == str(made.directory / "docker.env")


@pytest.mark.parametrize("kind", ["file", "directory", "nothing"])
def test_a_mount_from_outside_is_copied_because_the_stack_may_write_it(make: Make, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "logs"
    if kind == "file":
        outside.write_text("before")
    elif kind == "directory":
        outside.mkdir()
        (outside / "backend.log").touch()
    made = make(None, {"source": str(outside), "target": "/logs"}, {"source": str(outside), "target": "/again"})
    moved = Path(made.mounts.source(str(outside)))
    assert moved.is_relative_to(made.root / "outside")
    assert (
        moved.read_text() == "before"
        if kind == "file"
        else tree(moved) == {"backend.log"} - {kind == "nothing" and "backend.log"}
    )


def test_what_is_only_read_and_devices_are_used_in_place(make: Make, tmp_path: Path) -> None:
    (tmp_path / "localtime").touch()
    read_only = {"source": str(tmp_path / "localtime"), "target": "/etc/localtime", "read_only": True}
    made = make(None, read_only, {"source": "/dev/null", "target": "/dev/tty0"})
    assert made.mounts.moved == {}
    assert made.mounts.source("/dev/null") == "/dev/null"


def test_a_link_in_the_directory_that_leads_out_of_it_is_not_written_through(
    make: Make, directory: Path, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "file").write_text("theirs")
    (directory / "shared").symlink_to(tmp_path / "shared")
    made = make(None, {"source": str(directory / "shared"), "target": "/shared"})
    moved = Path(made.mounts.source(str(directory / "shared")))
    (moved / "file").write_text("ours")
    assert (tmp_path / "shared" / "file").read_text() == "theirs"


def test_a_link_inside_the_directory_leads_to_the_copy_of_what_it_led_to(make: Make, directory: Path) -> None:
    (directory / "vectors").mkdir()
    (directory / "vectors" / "index").write_text("theirs")
    (directory / "current").symlink_to("vectors")
    (directory / "absolute").symlink_to(directory / "vectors")
    made = make(None, {"source": str(directory / "current"), "target": "/vectors"})
    moved = Path(made.mounts.source(str(directory / "current")))
    assert moved == made.directory / "vectors"
    for link in ("current", "absolute"):
        (made.directory / link / "index").write_text("ours")
    assert (directory / "vectors" / "index").read_text() == "theirs"


def test_a_directory_that_is_known_by_two_paths_is_one(make: Make, directory: Path, tmp_path: Path) -> None:
    (directory / "conf").mkdir()
    (directory / "data").mkdir()
    (directory / "data" / "rows").touch()
    alias = tmp_path / "alias"
    alias.symlink_to(directory)
    mounts = [
        {"type": "bind", "source": str(alias / "conf"), "target": "/conf"},
        {"type": "bind", "source": str(alias / "data"), "target": "/var/lib/mysql"},
    ]
    made = make({"mysql": {"volumes": mounts}})
    assert made.mounts.moved == {
        str(alias / "conf"): made.directory / "conf",
        str(alias / "data"): made.directory / "data",
    }
    assert tree(made.directory / "data") == set()


@pytest.mark.parametrize(
    ("number", "kind", "expected", "next_step"),
    [
        (
            errno.EACCES,
            errors.DeploymentError,
            "files that can be read, and a place to write them to",
            "let this user read the file that is named, or name another place for the copy: TMPDIR",
        ),
        (
            errno.ENOSPC,
            errors.HostError,
            "room on the disk",
            "make room in {scratch}, or name another place: TMPDIR",
        ),
    ],
)
def test_a_file_that_cannot_be_copied_is_named_and_nothing_stays(
    make: Make,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[errors.CheckError],
    expected: str,
    next_step: str,
) -> None:
    def refuse(source: Path, _: Path) -> None:
        raise OSError(number, os.strerror(number), str(source))

    (directory / "docker.env").unlink()
    monkeypatch.setattr(shutil, "copy2", refuse)
    with pytest.raises(errors.CheckError) as caught:
        make()
    file, scratch = directory / "docker-compose.yml", tmp_path / "scratch"
    assert type(caught.value) is kind
    assert str(caught.value) == (
        f"copy {directory} to {scratch / NAME}\n"
        f"  expected:   {expected}\n"
        f"  actual:     [Errno {number}] {os.strerror(number)}: '{file}'\n"
        f"  next step:  {next_step.format(scratch=scratch)}"
    )
    assert tree(scratch) == set()


def test_what_is_no_bind_mount_stays_as_it_is(make: Make) -> None:
    made = make({"backend": {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}})
    assert made.mounts.moved == {}


ENV_FILES = [
    ("env_file: ../shared.env", ["../shared.env"]),
    ("env_file: [docker.env, ../shared.env]", ["docker.env", "../shared.env"]),
    ("env_file: [{path: ../shared.env, required: false}]", ["../shared.env"]),
    ("env_file: !override [../shared.env]", ["../shared.env"]),
    ("env_file: !override ../shared.env", ["../shared.env"]),
    ("env_file: docker.env", None),
    ("image: x", None),
]


@pytest.mark.parametrize(("text", "named"), ENV_FILES)
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
def test_env_files_from_outside_the_directory_are_named_absolutely(
    make: Make, directory: Path, text: str, named: list[str] | None, start: str
) -> None:
    (directory / "docker-compose.yml").write_text(f"{start}services:\n  backend:\n    {text}\n", encoding="utf-8")
    expected = {"backend": [str((directory / name).resolve()) for name in named]} if named else {}
    assert make().env_files == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "services:\n",
        "services:\n  web:\n",
        "services:\n  web: !reset null\n",
        "services:\n  web: !override {image: x, ports: !reset [], env_file: !reset null}\n",
    ],
)
def test_files_without_services_and_with_composes_own_tags_are_read(make: Make, directory: Path, text: str) -> None:
    (directory / "docker-compose.yml").write_text(text)
    assert make().env_files == {}


def test_a_file_of_the_deployment_is_found_in_the_copy_and_another_stays_where_it_is(
    make: Make, directory: Path, tmp_path: Path
) -> None:
    made = make()
    deployment = Deployment("demo", directory, ())
    assert made.copy_of(directory / "docker.env", deployment) == made.directory / "docker.env"
    assert made.copy_of(tmp_path / "my.env", deployment) == tmp_path / "my.env"


def test_removing_it_removes_everything_and_removing_it_twice_is_no_error(make: Make, tmp_path: Path) -> None:
    made = make()
    made.remove()
    made.remove()
    assert tree(tmp_path / "scratch") == set()


def test_a_project_that_is_there_already_is_not_written_into(make: Make) -> None:
    first = make()
    with pytest.raises(errors.DeploymentError, match=f"File exists: '{first.root}'"):
        make()
    assert (first.directory / "docker.env").is_file()


def test_a_further_release_lies_beside_the_first_and_writes_where_that_writes(
    make: Make, directory: Path, tmp_path: Path
) -> None:
    (directory / "data/minio").mkdir(parents=True)
    first = make({"minio": {"image": "minio", "volumes": [bind(directory / "data/minio", "/data")]}})
    (first.directory / "data/minio/object").write_text("kept")
    next_ = tmp_path / "agentchat-2" / "docker"
    (next_ / "conf").mkdir(parents=True)
    (next_ / "conf/more.conf").touch()
    (next_ / "docker-compose.yml").write_text("services: {}\n")
    (next_ / "nginx.conf").touch()
    services = {
        "minio": {"image": "minio", "volumes": [bind(next_ / "data/minio", "/data")]},
        "backend": {"volumes": [bind(next_ / "uploads", "/uploads"), bind(next_ / "conf", "/conf")]},
        "frontend": {"volumes": [bind(next_ / "nginx.conf", "/etc/nginx.conf", read_only=True)]},
    }
    (first.directory / "uploads").mkdir()
    deployment = Deployment("demo", next_, (next_ / "docker-compose.yml",))
    made = workspace.succeed(deployment, deployments.configuration({"services": services}, {}), project=NAME, number=2)
    assert made.root == first.root
    assert made.directory == first.root / "release-2" / "docker"
    assert made.mounts.moved == {
        str(next_ / "data/minio"): first.directory / "data/minio",
        str(next_ / "uploads"): first.directory / "uploads",
        str(next_ / "conf"): made.directory / "conf",
        str(next_ / "nginx.conf"): made.directory / "nginx.conf",
    }
    assert (first.directory / "data/minio/object").read_text() == "kept"
    assert workspace.first(NAME) == first.directory


def test_a_copy_that_a_try_before_left_halfway_is_made_anew(make: Make, directory: Path) -> None:
    made = make()
    stale = made.root / "release-2" / "docker" / "stale.conf"
    stale.parent.mkdir(parents=True)
    stale.touch()
    deployment = Deployment("demo", directory, (directory / "docker-compose.yml",))
    workspace.succeed(deployment, deployments.configuration({"services": {}}, {}), project=NAME, number=2)
    assert not stale.exists()
    assert (stale.parent / "docker-compose.yml").is_file()


def bind(source: Path, target: str, **more: Any) -> dict[str, Any]:
    """A bind mount, as compose renders it."""
    return {"type": "bind", "source": str(source), "target": target, **more}
