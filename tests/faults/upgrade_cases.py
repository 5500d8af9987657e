"""What each fault of upgrades breaks, and the words by which that is seen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentchat_check.checks import carried, durability, undoing, upgrade
from agentchat_check.faults.copies import Changes
from agentchat_check.faults.startup.restarts import FILES_IN_THE_LAYER
from agentchat_check.faults.upgrade import releases
from agentchat_check.findings import Promise


class Release(NamedTuple):
    """A release with a fault, and every promise it breaks, with words of the causes.

    Attributes:
        name: What it is called.
        changes: What is changed in ref-2.
        breaks: Every promise that breaks when it is brought in.
        limit: Seconds that users may go without an answer; None for any.
        on_return: Every promise that breaks when ref-1 runs again on its data.
    """

    name: str
    changes: Changes
    breaks: Mapping[Promise, str | Sequence[str]]
    limit: float | None = None
    on_return: Mapping[Promise, str] | None = None

    def __str__(self) -> str:
        """Its name."""
        return self.name


BROUGHT_IN = [
    Release("as-it-is", {}, {}, on_return={}),
    Release(
        "rows-dropped",
        releases.ROWS_DROPPED,
        {durability.NOTHING_LOST: "is there 0 times", upgrade.WORKS_AFTER: "without 2 of"},
    ),
    Release(
        "values-lost",
        releases.VALUES_LOST,
        {
            durability.NOTHING_LOST: "is not listed",
            upgrade.SESSIONS_LIVE_ON: "cannot log in",
            upgrade.WORKS_AFTER: "log in: ",
            upgrade.SHORT_DOWNTIME: "not answered at the end: log in",
        },
    ),
    Release(
        "seed-twice",
        releases.SEED_TWICE,
        {carried.SEEDS_ONCE: "tool 'Weather': 1 wanted, 2 there", carried.SAME_AS_FRESH: "tool: 'Weather' is there 2"},
    ),
    Release(
        "column-forgotten",
        releases.COLUMN_FORGOTTEN,
        {
            carried.SAME_AS_FRESH: "dialog.pinned: tinyint(1) NOT NULL DEFAULT '0' -> nothing",
            upgrade.WORKS_AFTER: ["dialogs: ", "create dialog: "],
            upgrade.SHORT_DOWNTIME: "not answered at the end: write",
        },
    ),
    Release(
        "key-changed",
        releases.KEY_CHANGED,
        {
            upgrade.SESSIONS_LIVE_ON: "the token of before is refused",
            upgrade.SHORT_DOWNTIME: "not answered at the end: read",
        },
    ),
    Release(
        "files-in-the-layer",
        FILES_IN_THE_LAYER,
        {
            carried.STAYS_IN_ITS_VOLUMES: "backend /app/uploads: moved",
            durability.NOTHING_LOST: "the file ",
            upgrade.WORKS_AFTER: "without the file ",
        },
    ),
    Release(
        "nothing-for-a-while",
        releases.NOTHING_FOR_A_WHILE,
        {upgrade.SHORT_DOWNTIME: "the longest time without an answer: "},
        limit=30.0,
    ),
    Release(
        "no-default",
        releases.NO_DEFAULT,
        {carried.SAME_AS_FRESH: "user.display_name: varchar(64) DEFAULT NULL -> varchar(64) NOT NULL"},
        on_return={undoing.COMES_BACK: "register: "},
    ),
]
"""Brought in by hand on a stack of ref-1, while a user writes."""

PLANNED = [
    Release("as-it-is", {}, {}),
    Release(
        "volume-renamed",
        releases.VOLUME_RENAMED,
        {carried.STAYS_IN_ITS_VOLUMES: "volume agentchat_mysql_data -> volume agentchat_database_data"},
    ),
    Release(
        "files-in-the-layer",
        FILES_IN_THE_LAYER,
        {carried.STAYS_IN_ITS_VOLUMES: "what is written would be lost with the container"},
    ),
    Release(
        "setting-dropped",
        releases.SETTING_DROPPED,
        {carried.CONFIGURATION_CARRIED: "UPLOAD_LIMIT_MB: conflict"},
    ),
]
"""Looked at before anything is touched."""

TAG_MOVED = {upgrade.EXACT_IMAGES: "means something else now"}
TOUCHED = {undoing.REFUSED_UNTOUCHED: "frontend was started again"}
NOT_FINISHED = {undoing.FINISHES_OR_UNDOES: "nothing changes from"}
LEFT_AGAIN = {upgrade.TOOK_OVER: "401"}
SHUT_OUT = {upgrade.GATE: "create knowledge"}
NOT_SAID = {undoing.TELLS_THE_LOSS: "it said: nothing"}

BROKEN: set[Promise] = {
    promise for case in (*BROUGHT_IN, *PLANNED) for promise in (*case.breaks, *(case.on_return or ()))
}.union(TAG_MOVED, TOUCHED, NOT_FINISHED, LEFT_AGAIN, SHUT_OUT, NOT_SAID)
