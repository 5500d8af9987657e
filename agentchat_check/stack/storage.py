"""A way to where the services of a stack keep data that needs no program in any image but a shell in one.

A helper container has a service's volumes. The engine reads and writes its files while it does not even run; only what
has to happen inside a volume, as a rename, is done by the shell of the database's image.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from docker.types import Mount

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.stack import complaints, labels, owner
from agentchat_check.stack.running import Stack

if TYPE_CHECKING:
    from docker.models.containers import Container

CHUNK = 1 << 20
"""Bytes read at once."""


_LOOKS, _END = 5, "agentchat-check: that is all"


@contextmanager
def reading(stack: Stack, service: str, path: str) -> Iterator[Tar]:
    """A directory or file of a service's own container, which need not run; see ``Helper.read``.

    Until the block is left the engine does nothing else with that container: nothing is executed in it or started.
    """
    with closing(_read(stack.container(service), service, path)) as tar:
        yield tar


class Tar:
    """A tar stream from the engine, to be read once.

    Args:
        chunks: What comes.
        tried: What is being done, for errors.
    """

    def __init__(self, chunks: Generator[bytes], tried: str) -> None:
        self._chunks = chunks
        self._tried = tried
        self._rest = b""

    def read(self, size: int = CHUNK, /) -> bytes:
        """At most so many bytes; none at its end.

        Raises:
            errors.StackError: The engine breaks off.
        """
        with complaints.translated(self._tried):
            while not self._rest and (chunk := next(self._chunks, None)) is not None:
                self._rest = chunk
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def close(self) -> None:
        """Read no more: the engine, which may have much to say yet, lets go of the container."""
        next(self._chunks, None)  # one that was never begun would not be given up
        self._chunks.close()


class Helper:
    """A container with the volumes of a service's, at the same paths.

    Args:
        container: The container, created and not started.
        service: Whose volumes these are.
    """

    def __init__(self, container: Container, service: str) -> None:
        self._container = container
        self._service = service
        self._tars: list[Tar] = []

    def read(self, path: str) -> Tar:
        """A directory or file as a tar stream; its entries begin with the path's last part.

        Raises:
            errors.StackError: There is no such path.
        """
        self._tars.append(_read(self._container, self._service, path))
        return self._tars[-1]

    def close(self) -> None:
        """Read no more."""
        for tar in self._tars:
            tar.close()

    def write(self, path: str, tar: Iterable[bytes]) -> None:
        """Unpack a tar stream into a directory that exists.

        Raises:
            errors.StackError: The engine refused, or did not get all of it.
        """
        with complaints.translated(f"write {path} of {self._service}"):
            done = self._container.put_archive(path, iter(tar))
        if not done:
            raise errors.StackError(
                f"write {path} of {self._service}",
                expected="every file unpacked there",
                actual="the engine unpacked it in part, or not at all",
                next_step="read the engine's log, and make room where it keeps its data",
            )

    def ask(self, script: str, *arguments: str) -> str:
        """Run a script that changes nothing, as ``run`` does, and be sure of all that it printed.

        An engine may lose what a program printed that ended at once; then it is asked again.

        Raises:
            errors.StackError: It failed, or nothing is heard of it.
        """
        for _ in range(_LOOKS):
            said = self.run(f"{script}\necho {_END}", *arguments).rstrip()
            if said.endswith(_END):
                return said.removesuffix(_END)
        raise errors.StackError(
            f"look among the volumes of {self._service}",
            expected="an answer",
            actual=f"none, {_LOOKS} times",
            next_step="see whether docker exec shows what a program prints; restart the engine where it does not",
        )

    def run(self, script: str, *arguments: str) -> str:
        """Run a shell's script among the volumes, as root; its arguments are $1, $2, ….

        Returns:
            What it printed.

        Raises:
            errors.StackError: It failed.
        """
        with complaints.translated(f"work among the volumes of {self._service}"):
            if self._container.status != "running":
                self._container.start()
                self._container.reload()
            status, output = self._container.exec_run(["sh", "-euc", script, "sh", *arguments], user="0")
        said = (output if isinstance(output, bytes) else b"".join(output)).decode(errors="replace")
        if status != 0:
            raise errors.StackError(
                f"work among the volumes of {self._service}",
                expected="exit status 0",
                actual=said.strip() or f"exit status {status}",
                next_step=f"look at the volumes of {self._service}: docker volume ls",
            )
        return said


@contextmanager
def helper(stack: Stack, service: str, *, alone: str = "") -> Iterator[Helper]:
    """A helper with the volumes of a service's, removed at the end.

    It belongs to no compose project, so nobody takes it for a service; a sweep finds it by its owner, should we die.

    Args:
        stack: The stack.
        service: The service.
        alone: The path of a place that is to be seen without what is mounted inside of it.
    """
    attrs = stack.inspect()
    inside = any(mount["Destination"].startswith(f"{alone}/") for mount in attrs[service]["Mounts"]) if alone else False
    own = [_mount(mount) for mount in attrs[service]["Mounts"] if inside and mount["Destination"] == alone]
    shell = attrs[stack.service_name(Role.DATABASE)]["Image"]
    with complaints.translated(f"reach the volumes of {service}"):
        container = stack.client.containers.create(
            shell,
            entrypoint=["sh", "-c", "sleep 86400"],
            user="0",
            network_mode="none",
            mounts=own,
            volumes_from=[] if own else [attrs[service]["Id"]],
            labels={
                labels.OWNER: owner.current(),
                labels.PROJECT: labels.of_helpers(stack.project),
                labels.ONE_OFF: "True",
            },
        )
    try:
        with closing(Helper(container, service)) as one:
            yield one
    finally:
        with complaints.translated("remove a helper"):
            container.remove(force=True, v=True)


def _read(container: Container, service: str, path: str) -> Tar:
    tried = f"read {path} of {service}"
    with complaints.translated(tried):
        chunks, _ = container.get_archive(path, chunk_size=CHUNK)
    return Tar(cast("Generator[bytes]", chunks), tried)


def _mount(told: Mapping[str, Any]) -> Mount:
    return Mount(told["Destination"], told.get("Name") or told["Source"], type=told["Type"])
