"""Is everything still there when the stack was started again?"""

import pytest

from agentchat_check.checks import durability, health
from agentchat_check.checks import layers as layers_
from agentchat_check.probes import layers
from agentchat_check.procedures import restarts
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("way", restarts.WAYS)
def test_nothing_is_lost_when_the_stack_is_started_again(stack, way, settings, ledger, verify):
    """After a start on existing data everything acknowledged is there, once, and whoever was logged in still is.

    Procedure:
        1. Users register, log in, hold conversations, upload a file; note what is acknowledged.
        2. Start the stack again: restart; stop and start; down and up; or reboot the host. That is: kill every
           container and start them all at once; with restart_engine in agentchat-check.toml the engine itself.
        3. Log in, and read all of it back. List agents, tools and models. Ask with the token of before.

    If it fails:
        Do not start this installation again before its volumes are copied. Lost rows: look whether the database's
        directory is a named volume. Lost log-ins: the same of the cache, and whether it saves at its end; after a loss
        of power only a cache with a log (appendonly yes) knows them. Seeds twice: the backend seeds at every start.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    after = restarts.survive(way, regular, settings)
    verify(
        health.all_run(after.services),
        durability.nothing_lost(regular.written(), after.found, way),
        durability.sessions_live(after.read, way, forgetful=after.forgetful),
        durability.seeded_once(after.seeds_before, after.seeds_after, after.listings, way),
    )


@pytest.mark.disruptive(mends=True)
def test_data_are_in_volumes_only(stack, ledger, verify):
    """Each service can be recreated: what it wrote is in volumes, and the next container finds it.

    Procedure:
        1. Users register, log in, hold conversations, upload a file; note what is acknowledged.
        2. List what every container wrote beside its named volumes, as docker diff does.
        3. Recreate every service, one after the other. After each, log in and read everything back.
        4. List again: files of before that are gone, or begin anew, were data; logs, caches and what every start makes
           again as it was are none.

    If it fails:
        Copy the files that are named out of the container (docker cp) before anybody recreates it, as every update
        does. Then give their directory a named volume.
    """
    regular = Regular.arrive(stack, ledger)
    regular.live()
    used = layers.written(stack)
    aftermaths = restarts.survive_recreation(regular)
    verify(
        *(health.all_run(after.services) for after in aftermaths),
        layers_.data_in_volumes(used, layers.written(stack)),
        *(durability.nothing_lost(regular.written(), after.found, after.way) for after in aftermaths),
        *(durability.sessions_live(after.read, after.way) for after in aftermaths),
        *(durability.seeded_once(a.seeds_before, a.seeds_after, a.listings, a.way) for a in aftermaths),
    )
