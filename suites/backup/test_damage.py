"""Is an archive that is not what it was refused?"""

import secrets
import shutil

import pytest

from agentchat_check.archive import reading
from agentchat_check.archive.sealing import Identity, Sealing
from agentchat_check.checks import backup
from agentchat_check.faults.backup import archives
from agentchat_check.procedures.backup import database, restore, take
from agentchat_check.procedures.regular import Regular


@pytest.mark.disruptive(mends=True)
def test_a_damaged_archive_is_refused(stack, ledger, tmp_path, verify):
    """Whatever happened to an archive, it is refused before anything is touched.

    Procedure:
        1. Users write. Take a backup.
        2. Damage a copy of it: each file cut, with one byte flipped, empty, missing, or a link; two parts swapped; the
           manifest edited, with names that climb, or sizes that a part exceeds; a file besides; a later format.
        3. Try to restore each, told to replace what is there. Each is refused with a reason before a service is
           stopped; the database is as it was.

    If it fails:
        Do not restore from a disk or a transfer that you do not trust; verify archives where they were written.
    """
    Regular.arrive(stack, ledger).live(dialogs=1, messages=1)
    taken = take.take(stack, tmp_path / "archives", take.Wishes())
    before, reasons = database.state(stack), {}
    safety = restore.Safety(tmp_path / "safety", take.Wishes())
    for number, (what, damage) in enumerate(archives.every(taken.path).items()):
        damaged = archives.copied(taken.path, tmp_path / f"damaged-{number}" / taken.path.name, damage)
        reasons[what] = restore.refusal(stack, damaged, state=tmp_path / "state", replace=safety)
        shutil.rmtree(damaged.parent)
    verify(backup.refused(reasons, before=before, after=database.state(stack)))


@pytest.mark.disruptive(mends=True)
def test_an_encrypted_archive_opens_with_its_key_only(stack, ledger, tmp_path, verify):
    """An encrypted archive is read with its passphrase, and with no other.

    Procedure:
        1. Take a backup, encrypted with a passphrase, the deployment's secrets in it.
        2. Verify it with that passphrase.
        3. Try to restore it with another passphrase, and with none: it is refused, and nothing is touched.

    If it fails:
        Treat every secret of this deployment as known to whoever can read the directory of the archives.
    """
    passphrase = secrets.token_hex(16)
    Regular.arrive(stack, ledger).live(dialogs=1, messages=1)
    wishes = take.Wishes(sealing=Sealing(passphrase=passphrase), secrets=True)
    taken = take.take(stack, tmp_path / "archives", wishes)
    reading.open_archive(taken.path, Identity.of_passphrase(passphrase)).verify()
    before, state = database.state(stack), tmp_path / "state"
    other = Identity.of_passphrase("another")
    safety = restore.Safety(tmp_path / "safety", take.Wishes())
    reasons = {
        "with another passphrase": restore.refusal(stack, taken.path, state=state, identity=other, replace=safety),
        "without a passphrase": restore.refusal(stack, taken.path, state=state, replace=safety),
    }
    verify(backup.refused(reasons, before=before, after=database.state(stack)))
