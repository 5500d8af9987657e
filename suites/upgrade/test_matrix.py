"""Which releases go together?"""

import pytest

from agentchat_check.procedures.upgrade.pairs import onwards
from agentchat_check.report import pairs


@pytest.mark.disruptive
def test_each_release_can_follow_every_one_before_it(judge, every_release, exhibit, verify):
    """From each release one can upgrade to each later one, and come back from there; a table shows all pairs.

    Procedure:
        1. For each pair of releases, start the one with its database as a first start leaves it. Users write, and make
           every call.
        2. Bring the other one in while they go on: a later release as agentchat-check upgrade run does, an earlier one
           by hand, on the data of the later one. Read everything back, make every call again, and compare the
           database with the one that a first start makes.
        3. Go back, and look once more; where the former release does not work on the newer data, its backup is put
           back, which loses what came since.
        4. Show for each pair what holds of reads, writes, schema, configuration and rollback. What earlier releases do
           on the data of later ones is shown, and not promised.

    If it fails:
        Upgrade by way of the releases in between, where the table says that this holds.
    """
    found, names = judge.matrix(every_release), [release.name for release in every_release]
    exhibit("each pair of releases", pairs.table(found))
    exhibit("which releases go together", pairs.compatibility(names, found))
    exhibit("why not", "\n".join(pairs.reasons(found)))
    promised = onwards(found, names)
    verify(*(finding for pair in promised for several in pair.findings.values() for finding in several))
