"""A real database whose disk runs full while a logical backup is restored into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors
from agentchat_check.procedures.backup import small_disk
from agentchat_check.procedures.backup.logical import Logical
from agentchat_check.session import Session
from benchmarks import seeded
from databases import administering, archived, state, unstarted

if TYPE_CHECKING:
    from docker import DockerClient as Client


def test_a_restore_that_finds_no_room_leaves_what_was_there_and_is_done_once_there_is(
    client: Client, check_session: Session, tmp_path: Path
) -> None:
    with (
        unstarted(client, check_session, tmp_path) as stack,
        small_disk.under(stack, size=1 << 30, timeout=check_session.settings.up_timeout) as disk,
    ):
        with administering(stack, "agentchat") as cursor:
            seeded.fill(cursor.connection, 2)
        archive, taken = archived(stack, Logical(stack), tmp_path / "archive")
        restoration = Logical(stack).restoration(archive, archive.manifest.database)
        for kib in (64, 4096):
            disk.fill(leaving=kib * 1024)
            with pytest.raises(errors.HostError) as caught:
                restoration.stage()
            assert caught.value.expected.startswith("room on the disk")
            restoration.put_back()
            assert state(stack) == taken.database
            disk.make_room()
        restoration.stage()
        restoration.swap()
        restoration.confirm()
        assert state(stack) == taken.database
