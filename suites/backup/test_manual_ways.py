"""Do the manual's own ways to back up bring everything back?"""

from datetime import UTC, datetime

import pytest

from agentchat_check.checks import durability, restored
from agentchat_check.procedures.backup import by_hand, cache, database
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive
@pytest.mark.parametrize("way", by_hand.WAYS)
def test_the_manuals_own_way_brings_everything_back(stack, way, ledger, settings, tmp_path, verify):
    """A dump through docker exec with the cache's RDB, or a copy of the volumes, brings back everything.

    Procedure:
        1. Users write, and stop writing. Digest every table and every key.
        2. Back up as the manual says: mysqldump through docker exec, and the cache's RDB; or stop, copy every volume,
           start.
        3. Lose the host: every container and every volume. Start the same release, empty.
        4. Put everything back as the manual says, and restart. Digest again, log in, read back.

    If it fails:
        Back up with agentchat-check backup take until a release passes; a dump holds neither accounts nor files.
    """
    take, put_back = by_hand.WAYS[way]
    regular = Regular.arrive(stack, ledger)
    regular.live()
    before, keys = database.state(stack), cache.held(stack)
    take(stack, tmp_path)
    stack.act("down", "--volumes", timeout=settings.up_timeout)
    stack.up(timeout=settings.up_timeout, unhealthy_too=True)
    put_back(stack, tmp_path)
    after = database.state(stack)
    said = [entry for entry in regular.written() if entry.kind != "file" or "volumes" in way]
    verify(
        restored.same_tables(before, after),
        restored.same_schema(before, after),
        restored.same_keys(keys, cache.held(stack), now=datetime.now(UTC)),
        durability.nothing_lost(said, regular.read_back(), way),
    )
