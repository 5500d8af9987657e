"""The manual's own ways to back up: a dump through docker exec, and a copy of the volumes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from agentchat_check.deployment import Role
from agentchat_check.probes import database
from agentchat_check.procedures.backup import cache, rdb, swapping
from agentchat_check.procedures.backup.saving import Saving
from agentchat_check.procedures.backup.take import PATIENCE
from agentchat_check.stack import mounts, storage, streams
from agentchat_check.stack.running import Stack

Way = Callable[[Stack, Path], None]
"""One half of a way: takes a copy into a directory, or puts one back from there."""


def dump(stack: Stack, into: Path) -> None:
    """``docker exec mysql mysqldump``, and the cache's RDB after a save.

    Raises:
        errors.CheckError: One of the two failed.
    """
    account = database.credentials(stack)
    command = ["mysqldump", "--user=root", "--single-transaction", "--routines", "--no-tablespaces", account.database]
    secrets = {"MYSQL_PWD": database.root_password(stack)}
    with (
        streams.inside(stack, stack.service_name(Role.DATABASE), command, secrets=secrets) as program,
        (into / "backup.sql").open("wb") as file,
    ):
        shutil.copyfileobj(program.stdout, file)
        program.finish(PATIENCE)
    saving = Saving(stack)
    saving.make_ready()
    saving.begin()
    saving.finish(lambda name: (into / Path(name).name).open("wb"))


def load(stack: Stack, copy: Path) -> None:
    """``docker exec -i mysql mysql < backup.sql``, the RDB put back, and the services started again.

    Raises:
        errors.CheckError: One of them failed.
    """
    account = database.credentials(stack)
    command, secrets = ["mysql", "--user=root", account.database], {"MYSQL_PWD": database.root_password(stack)}
    with (
        streams.inside(stack, stack.service_name(Role.DATABASE), command, secrets=secrets) as program,
        (copy / "backup.sql").open("rb") as file,
    ):
        shutil.copyfileobj(file, program.stdin)
        program.stdin.close()
        program.finish(PATIENCE)
    service, kept = stack.service_name(Role.CACHE), cache.asked_persistence(stack)
    stack.act("stop", service, timeout=PATIENCE)
    saved = copy / Path(cache.DUMP).name
    with saved.open("rb") as source:
        cache.put_back(stack, source, saved.stat().st_size, kept)
    stack.act("start", service, timeout=PATIENCE)
    cache.wait_until_loaded(stack)
    cache.forget(stack, kept.directory)
    stack.act("restart", stack.service_name(Role.BACKEND), timeout=PATIENCE)
    stack.settle(timeout=PATIENCE, unhealthy_too=True)


def copy_volumes(stack: Stack, into: Path) -> None:
    """Stop everything, copy every volume, start it again.

    Raises:
        errors.CheckError: One of them cannot be read.
    """
    stack.act("stop", timeout=PATIENCE)
    for place in _volumes(stack):
        with storage.helper(stack, place.service) as helper, (into / f"{place.source}.tar").open("wb") as file:
            shutil.copyfileobj(helper.read(place.path), file, storage.CHUNK)
    stack.act("start", timeout=PATIENCE)
    stack.settle(timeout=PATIENCE, unhealthy_too=True)


def put_volumes_back(stack: Stack, copy: Path) -> None:
    """Stop everything, put every volume's files back, start it again.

    Raises:
        errors.CheckError: One of them cannot be written.
    """
    stack.act("stop", timeout=PATIENCE)
    for place in _volumes(stack):
        with storage.helper(stack, place.service) as helper, (copy / f"{place.source}.tar").open("rb") as file:
            swapping.stage(helper, place.path, iter(partial(file.read, rdb.CHUNK), b""))
            swapping.swap(helper, place.path, below=f"/{Path(place.path).name}")
            swapping.forget(helper, place.path)
    stack.act("start", timeout=PATIENCE)
    stack.settle(timeout=PATIENCE, unhealthy_too=True)


def _volumes(stack: Stack) -> list[mounts.Place]:
    return [place for place in mounts.places(stack) if place.kind == "volume" and not place.nameless]


WAYS: dict[str, tuple[Way, Way]] = {
    "a dump through docker exec": (dump, load),
    "a copy of the volumes": (copy_volumes, put_volumes_back),
}
