"""What becomes of the application when what it depends on is in trouble?"""

import pytest

from agentchat_check.checks import durability, resilience
from agentchat_check.deployment import Role
from agentchat_check.procedures import disturb, plan
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive(mends=True)
@pytest.mark.parametrize("dependency", [Role.DATABASE, Role.CACHE, Role.OBJECTS])
def test_the_application_survives_its_dependencies_in_trouble(stack, dependency, plan_seed, ledger, exhibit, verify):
    """Whatever happens to the database, the cache or the object store, nobody is lied to, and it passes.

    Procedure:
        1. Make a plan of the seed: every trouble once, in its order, at its moments. The same --plan-seed repeats it.
        2. A user reads, writes, chats and logs in, all the time, with a token of before the trouble.
        3. The dependency comes 60 s after the backend wants it; refuses connections; takes another password than the
           backend has; hangs; is killed and stays away; is killed and comes back at once.
        4. At the end of each trouble health says truly whether all works. Every request is done or refused with an
           error within 10 s; nobody with a valid token is told to log in.
        5. The trouble ends: everything works again within 30 s, and nobody restarted the backend. What was
           acknowledged meanwhile is there.

    If it fails:
        The line names the dependency and its trouble; the table shows what was answered. Requests that hang, or that
        fail until a restart: give the backend's connections time limits, and let it try them before their use. Health
        that says OK meanwhile: do not let a load balancer believe it.
    """
    planned = plan.make(plan_seed, [disturb.require(stack, dependency)])
    exhibit(f"plan of the disturbances of the {dependency}", str(planned), at_once=True)
    regular = Regular.arrive(stack, ledger)
    ordeals = disturb.follow(planned, regular)
    exhibit(f"the {dependency} in trouble", disturb.table(ordeals))
    lost = durability.nothing_lost(regular.written(), regular.read_back(), f"the {dependency} in trouble")
    verify(*(finding for ordeal in ordeals for finding in resilience.of(ordeal)), lost)
