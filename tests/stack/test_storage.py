"""A way into volumes that leaves nothing behind, holds nobody up, and says what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors
from agentchat_check.session import Session
from agentchat_check.stack import labels, storage
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from volumes import AT, running

if TYPE_CHECKING:
    from docker import DockerClient as Client
    from docker.models.containers import Container


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(client, check_session, tmp_path_factory.mktemp("storage"), {}) as running_stack:
        yield running_stack


def test_what_cannot_be_read_is_one_clear_error(stack: Stack, helper: Helper) -> None:
    with pytest.raises(errors.StackError) as caught:
        helper.read("/no/such/place")
    assert caught.value.tried == "read /no/such/place of app"
    with pytest.raises(errors.StackError) as failed:
        helper.run('echo "$1" >&2; exit 3', "what $went 'wrong'")
    assert failed.value.actual == "what $went 'wrong'"


def test_whoever_reads_no_more_lets_go_of_the_container(stack: Stack) -> None:
    large = ["sh", "-c", "head -c 100000000 /dev/zero > /srv/large"]
    assert stack.execute("app", large, user="root")[0] == 0
    with storage.helper(stack, "app") as helper:
        helper.run(f"head -c 100000000 /dev/zero > {AT}/large")
        helper.read(AT).read()
    with storage.reading(stack, "app", "/srv") as tar:
        tar.read()
    with storage.reading(stack, "app", "/srv"):
        pass
    assert stack.execute("app", ["rm", "/srv/large", f"{AT}/large"], user="root") == (0, "")


def test_what_the_engine_lost_is_asked_again(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    run, lost = helper.run, iter([True, True])
    monkeypatch.setattr(helper, "run", lambda *given: "" if next(lost, False) else run(*given))
    assert helper.ask('echo "$1"', "heard").split() == ["heard"]
    assert helper.ask("true") == ""
    monkeypatch.setattr(helper, "run", lambda *_: "")
    with pytest.raises(errors.StackError, match="none, 5 times"):
        helper.ask("true")


def test_a_helper_is_nobodys_service_and_does_not_stay(stack: Stack, client: Client) -> None:
    services, before = [service.name for service in stack.services()], helpers(client, stack)
    with storage.helper(stack, "app") as helper:
        helper.run("true")
        assert [service.name for service in stack.services()] == services
        (made,) = helpers(client, stack) - before
        held, own = volumes_of(client.containers.get(made)), volumes_of(stack.container("app"))
    assert held >= own
    assert held & {str(volume.name) for volume in client.volumes.list()} <= own
    assert helpers(client, stack) == before


def helpers(client: Client, stack: Stack) -> set[str]:
    """The ids of the containers that reach a stack's volumes."""
    whose = {"label": f"{labels.PROJECT}={labels.of_helpers(stack.project)}"}
    return {str(container.id) for container in client.containers.list(all=True, filters=whose)}


def volumes_of(container: Container) -> set[str]:
    """The names of the volumes that a container has."""
    return {mount["Name"] for mount in container.attrs["Mounts"] if mount["Type"] == "volume"}
