"""Every promise about restarts is seen broken."""

import pytest

from agentchat_check import deployment as deployments
from agentchat_check.checks import durability
from agentchat_check.checks import layers as layers_
from agentchat_check.deployment import Role
from agentchat_check.faults.startup import restarts as restarts_faults
from agentchat_check.findings import Finding
from agentchat_check.ledger import Ledger
from agentchat_check.probes import layers
from agentchat_check.procedures import restarts
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.restarts import Aftermath
from agentchat_check.session import Session
from agentchat_check.stack.running import Stack
from tests.faults import startup_cases
from tests.faults.broken import assert_breaks
from tests.faults.conftest import Installed
from tests.faults.startup_cases import Restarted


def judged(regular: Regular, after: Aftermath) -> list[Finding]:
    """Every promise about a start on existing data."""
    return [
        durability.nothing_lost(regular.written(), after.found, after.way),
        durability.sessions_live(after.read, after.way, forgetful=after.forgetful),
        durability.seeded_once(after.seeds_before, after.seeds_after, after.listings, after.way),
    ]


@pytest.mark.parametrize("case", startup_cases.RESTARTED, ids=str)
def test_a_planted_fault_breaks_its_promise(case: Restarted, victim: Stack, check_session: Session) -> None:
    with case.fault(victim):
        regular = Regular.arrive(victim, Ledger())
        regular.live()
        after = restarts.survive("restart", regular, check_session.settings)
        assert_breaks(judged(regular, after), case.breaks)


def test_files_in_a_containers_own_layer_are_lost_with_it(check_session: Session, installed: Installed) -> None:
    directory = installed(restarts_faults.FILES_IN_THE_LAYER)
    deployment = deployments.read(directory, check_session.settings)
    with check_session.own_stack(deployment, evidence_into=check_session.directory / "evidence" / "layer") as stack:
        regular = Regular.arrive(stack, Ledger())
        regular.live()
        used = layers.written(stack)
        (after,) = restarts.survive_recreation(regular, [stack.service_name(Role.BACKEND)])
        found = [*judged(regular, after), layers_.data_in_volumes(used, layers.written(stack))]
    assert_breaks(found, startup_cases.RECREATED)
