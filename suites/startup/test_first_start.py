"""Does it come up from nothing, without the internet, and with what it had?"""

import pytest

from agentchat_check.checks import conversation, startup
from agentchat_check.probes import belongings, database
from agentchat_check.procedures import starting


@pytest.mark.safe
def test_every_service_comes_back_by_itself(stack, verify):
    """Every service comes back after a crash and after a restart of the host.

    Procedure:
        1. Look at the restart policy that each container was made with.

    If it fails:
        After the next power cut somebody has to come and start the service by hand. Give it restart: unless-stopped,
        and recreate it: docker compose up --detach SERVICE.
    """
    declared = stack.declared_ports()
    names = {service.name for service in stack.services()} if declared is None else set(declared)
    verify(startup.comes_back(stack.services(), names))


@pytest.mark.disruptive
def test_a_first_start_needs_no_internet(unstarted_stack, settings, verify):
    """A first start needs no internet, once the images are there.

    Procedure:
        1. Give the deployment networks that lead nowhere but to its own containers.
        2. Start it on empty volumes.
        3. Every service comes up, and agents, tools and models are there.

    If it fails:
        A service fetches something while it starts, and will not start behind a firewall, or when the other side is
        down: put it into the image.
    """
    stack = starting.cut_off(unstarted_stack)
    services = starting.tried(stack, timeout=settings.up_timeout)
    verify(startup.needs_no_internet(services, belongings.networks(stack), starting.seeds(stack)))


@pytest.mark.disruptive(mends=True)
def test_empty_volumes_are_seeded_once_and_existing_ones_are_kept(stack, settings, verify):
    """A start on empty volumes brings the application's own rows, once; the next one keeps every row, and adds none.

    Procedure:
        1. Start on empty volumes. Agents, tools and models are there, none twice.
        2. A user registers.
        3. Remove every container, keep the volumes, start again.
        4. The user's rows are what they were, and the application's own are there, none twice.

    If it fails:
        Do not restart this installation without a backup. Rows that stand twice are made by every start: clean them up
        with the next release, not by hand.
    """
    verify(conversation.seeded_once(*starting.seeds(stack)))
    before = database.row_digests(stack)
    stack.act("down")
    stack.up(timeout=settings.up_timeout)
    verify(
        startup.existing_volumes_kept(before, database.row_digests(stack)),
        conversation.seeded_once(*starting.seeds(stack)),
    )
