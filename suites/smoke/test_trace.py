"""Does our visit leave anything behind?"""

import pytest

from agentchat_check import wait
from agentchat_check.checks import durability
from agentchat_check.findings import Verdict
from agentchat_check.probes import database
from agentchat_check.procedures import visit


@pytest.mark.safe
@pytest.mark.closing
def test_a_visit_leaves_no_trace(stack, guest, agent_id, ledger, verify):
    """Looking at an installation changes nothing in it: our one dialog is removed, every other row is as before.

    Procedure:
        1. Take a digest of every row, by table and by the user it belongs to.
        2. Begin a dialog, send a message, read it back, delete it.
        3. Take the digests again: nobody else's rows changed, no dialog and no message of ours is left.
        4. While other people are at work their rows change, too: look again, for half a minute.

    If it fails:
        Remove the dialogs named agentchat-check by hand. Rows of nobody or of the system that changed are a defect of
        the application: its delete takes too much, or too little.
    """

    def visit_between_two_looks():
        before = database.row_digests(stack)
        with visit.dialog(guest, agent_id, ledger) as dialog_id:
            visit.say(guest, dialog_id, "Does this leave a trace?", ledger)
            guest.api.history(dialog_id)
        return durability.no_trace(before, database.row_digests(stack), guest.user_id)

    verify(
        wait.until(
            visit_between_two_looks,
            lambda finding: finding.verdict is not Verdict.UNKNOWN,
            what="a moment in which nobody else writes",
            timeout=30.0,
        )
    )
