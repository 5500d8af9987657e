"""Is everything there whatever happens, in any order?"""

import pytest

from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive
def test_nothing_is_lost_whatever_order_things_happen_in(stack, planned, carry_out, ledger, exhibit, verify):
    """Upgrades, rollbacks, restarts and kills in any order lose no acknowledged write, and leave one release, whole.

    Procedure:
        1. Make plans of the seed: steps in an order of its own, each possible after the ones before it. They are shown
           before they begin; --plans says how many, --plan-length how many steps each has.
        2. A user writes all the time. Upgrade to the next release, or roll back, to the end, or killed (kill -9) at one
           of its steps and run once more; restart everything in one of the ways of the manual; write more.
        3. After each step everything runs, on the very images of one release, every call works, and all that was
           acknowledged is there.

    If it fails:
        The line names the step. Repeat the plan with --plans 1, the seed that is shown, and as many steps; with fewer,
        see which of them are needed.
    """
    exhibit(f"plan of seed {planned.seed}", str(planned), at_once=True)
    regular = Regular.arrive(stack, ledger)
    for findings in carry_out(planned, regular):
        verify(*findings)
