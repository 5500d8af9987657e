"""What each fault of backups breaks, and the words by which that is seen."""

from collections.abc import Callable

from agentchat_check.checks import backup, restored
from agentchat_check.faults.backup import losses
from agentchat_check.findings import Promise
from agentchat_check.stack.running import Stack

LOSSES: list[tuple[Callable[[Stack], None], Promise, str]] = [
    (losses.row_changed, restored.SAME_TABLES, "dialog: "),
    (losses.row_dropped, restored.SAME_TABLES, "history: "),
    (losses.index_lost, restored.SAME_SCHEMA, "dialog is defined otherwise"),
    (losses.index_added, restored.SAME_SCHEMA, "agent is defined otherwise"),
    (losses.charset_lost, restored.SAME_SCHEMA, "llm is defined otherwise"),
    (losses.default_charset_lost, restored.SAME_SCHEMA, "charset: 'utf8mb4' noted, 'latin1' found"),
    (losses.grant_lost, restored.SAME_ACCOUNTS, "gone: agentchat@%: GRANT"),
    (losses.ends_lost, restored.SAME_KEYS, "does not end any more"),
    (losses.keys_stale, restored.SAME_KEYS, "is not there"),
    (losses.file_missing, restored.SAME_FILES, "files noted, 0 found"),
    (losses.table_skipped, restored.SAME_TABLES, "history: is not there"),
]
"""Each in turn on one stack: what was lost stays so."""

BESIDE_VOLUMES = {backup.WHOLE: "mysql: /srv/precious.db, 9 bytes"}
ACCEPTED = {backup.REFUSED: "restored: database/tables/dialog.sql.zst"}
TOUCHED = {backup.REFUSED: "the database is not as it was"}
HALF_LEFT = {backup.WHOLE_OR_NOTHING: "is listed as an archive"}
ANOTHER_MOMENT = {backup.AGREES: "whom the database does not know"}
NO_SNAPSHOT = {backup.HONOURS_CUT: "begun after the cut and there: user"}
PASSWORDS_LOST = {backup.GOES_ON: "log in"}
TAKEN_AWAY = {backup.PUTS_BACK: "the database is not as it was"}
NOT_FINISHED = {backup.FINISHES: "a restore was begun and not ended"}

BROKEN: set[Promise] = {promise for _, promise, _ in LOSSES}.union(
    BESIDE_VOLUMES, ACCEPTED, TOUCHED, HALF_LEFT, ANOTHER_MOMENT, NO_SNAPSHOT, PASSWORDS_LOST, TAKEN_AWAY, NOT_FINISHED
)
