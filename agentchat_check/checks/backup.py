"""Does a backup hold everything, and did a restore bring it back?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise
from agentchat_check.ledger import Entry

SAME_TABLES = Promise(
    "backup.same_tables",
    "every table has the rows that it had at the cut",
    "do not use this installation yet: restore into an empty one and compare; the archive's own digests name the table",
)
SAME_SCHEMA = Promise(
    "backup.same_schema",
    "tables, indexes, keys and character sets are defined as they were",
    "compare SHOW CREATE TABLE of the table that is named with database/schema.sql in the archive",
)
SAME_ACCOUNTS = Promise(
    "backup.same_accounts",
    "every account of the database is there, with what it may do",
    "make the account that is named, as database/accounts.sql in the archive says",
)
SAME_KEYS = Promise(
    "backup.same_keys",
    "the cache holds what it held at the cut, and each key ends when it was to end",
    "users may have to log in again; compare the keys that are named with cache/keys.ndjson in the archive",
)
SAME_FILES = Promise(
    "backup.same_files",
    "every file of a volume is there as it was",
    "unpack the archive's files/ by hand, and compare",
)
WHOLE = Promise(
    "backup.whole",
    "what the services write is in the backup",
    "give the path a volume, so that it outlives its container and is backed up; until then copy it by hand: docker cp",
)
HONOURS_CUT = Promise(
    "backup.honours_cut",
    "everything acknowledged before the cut is there, and nothing that began after it",
    "do not rely on this backup: take one with --cold, and look why the database was not held still",
)
AGREES = Promise(
    "backup.agrees",
    "database and cache show the same moment",
    "take the backup with --cold: something writes to the cache while the database is held still",
)

GOES_ON = Promise(
    "backup.goes_on",
    "after a restore users log in with their passwords and chat on",
    "read the backend's log; compare its configuration with the archive's",
)
REFUSED = Promise(
    "backup.refused",
    "what may not be restored is refused, and nothing is touched",
    "do not restore on this host with this version: it would destroy what is there",
)
WHOLE_OR_NOTHING = Promise(
    "backup.whole_or_nothing",
    "a backup that is cut short leaves no archive behind, and the application as it was",
    "remove what lies in the directory of the archives, and see whether users can write",
)
FINISHES = Promise(
    "backup.finishes",
    "a restore that is cut short leaves the original, or is finished by the next",
    "restore once more; what was there before is in the safety copy, and beside the data as ….agentchat-check-before",
)

TTL_TOLERANCE = 2.0
"""Seconds by which the end of a key may differ."""

_SHOWN = 6


def same_tables(noted: facts.DatabaseState, found: facts.DatabaseState) -> Finding:
    """Every table that the backup notes is there with as many rows and the same digest, and no other is.

    Args:
        noted: What the backup says.
        found: What the database says now.
    """
    was, is_ = ({table.table: table for table in state.tables} for state in (noted, found))
    wrong = []
    for name in sorted(was.keys() | is_.keys()):
        before, after = was.get(name), is_.get(name)
        if before is None or after is None:
            wrong.append(f"{name}: {'is not there' if after is None else 'was not there'}")
        elif before.rows != after.rows:
            wrong.append(f"{name}: {before.rows} rows noted, {after.rows} found")
        elif before.digest != after.digest:
            wrong.append(f"{name}: {after.rows} rows, but not the same ones")
    rows = sum(table.rows for table in noted.tables)
    expected = f"{len(was)} tables, {rows} rows"
    if not was:
        return SAME_TABLES.unknown(
            expected="tables", actual="the backup notes none", next_step="see which database the application uses"
        )
    return SAME_TABLES.judge(not wrong, expected=expected, actual=_some(wrong) or f"{expected}, each as it was")


def same_schema(noted: facts.DatabaseState, found: facts.DatabaseState) -> Finding:
    """Definitions are the same; those that only one side has are told by ``same_tables``."""
    was, is_ = ({table.table: table.schema_digest for table in state.tables} for state in (noted, found))
    both = sorted(was.keys() & is_.keys())
    wrong = [f"{name} is defined otherwise" for name in both if was[name] != is_[name]]
    for what in ("charset", "collation", "sql_mode", "time_zone"):
        before, after = getattr(noted, what), getattr(found, what)
        wrong += [f"{what.replace('_', ' ')}: {before!r} noted, {after!r} found"] if before != after else []
    for what in ("routines", "views", "triggers"):
        differ = getattr(noted, f"{what}_digest") != getattr(found, f"{what}_digest")
        wrong += [f"{what} differ"] if differ else []
    expected = f"{len(was)} definitions, {noted.charset}, {noted.collation}"
    if not (both or wrong):
        return SAME_SCHEMA.unknown(
            expected=expected,
            actual="no table is on both sides: no definition can be compared",
            next_step="see what is said of the tables themselves",
        )
    return SAME_SCHEMA.judge(not wrong, expected=expected, actual=_some(wrong) or f"{len(both)} compared, the same")


def same_accounts(noted: facts.DatabaseState, lost: Sequence[str]) -> Finding:
    """Every account is there with its grants; one that is there besides is the installation's own.

    Args:
        noted: What the backup says.
        lost: What accounts had and have no more: ``chat@%``, or ``chat@%: GRANT SELECT ON …``.
    """
    if not noted.accounts:
        return SAME_ACCOUNTS.unknown(
            expected="accounts",
            actual="the backup notes none",
            next_step="see who logs in there: SELECT User, Host FROM mysql.user",
        )
    return SAME_ACCOUNTS.judge(
        not lost,
        expected=f"{len(noted.accounts)} accounts, with what they may do",
        actual=_some([f"gone: {what}" for what in lost]) or "each, as it was",
    )


def same_keys(
    noted: Sequence[facts.KeyDigest],
    found: Sequence[facts.KeyDigest],
    *,
    now: datetime,
    tolerance: float = TTL_TOLERANCE,
) -> Finding:
    """Every key that has not ended since holds what it held, and ends when it was to end; no other is there.

    Args:
        noted: What the backup says.
        found: What the cache says now, and the application has not used it since.
        now: When it was asked.
        tolerance: Seconds by which an end may differ.
    """
    was, is_ = ({(key.database, key.name): key for key in keys} for keys in (noted, found))
    clock = now.astimezone(UTC).timestamp() * 1000 + tolerance * 1000
    ended = {place for place, key in was.items() if place not in is_ and key.ends is not None and key.ends <= clock}
    wrong = [line for place, key in was.items() if place not in ended for line in _key(key, is_.get(place), tolerance)]
    wrong += [f"{key.name}: was not there" for place, key in is_.items() if place not in was]
    expected = f"{len(was)} keys" + (f", {len(ended)} of which have ended since" if ended else "")
    fine = f"{len(was) - len(ended)} compared, each as it was"
    return SAME_KEYS.judge(not wrong, expected=expected, actual=_some(wrong) or fine)


def same_files(noted: Sequence[facts.FileTree], found: Sequence[facts.FileTree]) -> Finding:
    """Every tree of files has the same digest.

    Args:
        noted: What the backup says.
        found: What the volumes hold now.
    """
    there = {(tree.service, tree.path): tree for tree in found}
    wrong = []
    for tree in noted:
        now = there.get((tree.service, tree.path))
        if now is None:
            wrong.append(f"{tree.service} {tree.path}: is not there")
        elif now.digest != tree.digest:
            wrong.append(f"{tree.service} {tree.path}: {tree.files} files noted, {now.files} found, not the same")
    files = sum(tree.files for tree in noted)
    if not noted:
        return SAME_FILES.unknown(
            expected="places with files",
            actual="the backup notes none",
            next_step="see which volumes there are",
        )
    return SAME_FILES.judge(
        not wrong, expected=f"{files} files in {len(noted)} places", actual=_some(wrong) or "each as it was"
    )


def whole(omissions: Sequence[facts.Omission]) -> Finding:
    """No service keeps data outside of its volumes.

    Args:
        omissions: What was found there.
    """
    told = [f"{one.service}: {one.path}, {one.bytes} bytes" for one in omissions]
    return WHOLE.judge(not told, expected="no data outside of a volume", actual=_some(told) or "none")


def honours_cut(said: Sequence[Entry], found: facts.ReadBack, cut: facts.CutLine) -> Finding:
    """What was acknowledged before the database was held still is there; what began when it was free again is not.

    Args:
        said: Writes, as the ledger has them.
        found: What the application returns after the restore.
        cut: When the database was held still.
    """
    before = [entry for entry in said if entry.acknowledged and entry.ended and _seconds(entry.ended, cut) < 0]
    after = [entry for entry in said if _seconds(entry.begun, cut) > cut.locked_for]
    expected = f"{len(before)} writes of before the cut, and none of {len(after)} of after it"
    lost = [f"acknowledged before the cut and not there: {entry.kind} {entry.value!r}" for entry in before
            if not _is_there(entry, found)]  # fmt: skip
    late = [
        f"begun after the cut and there: {entry.kind} {entry.value!r}" for entry in after if _is_there(entry, found)
    ]
    if not (before and after) and not (lost or late):
        return HONOURS_CUT.unknown(
            expected="writes before and after the cut",
            actual=f"{len(before)} before, {len(after)} after: nothing is to be told apart",
            next_step="take the backup while users write",
        )
    return HONOURS_CUT.judge(not (lost or late), expected=expected, actual=_some(lost + late) or "so it is")


def agrees(sessions: Mapping[str, bool]) -> Finding:
    """Whoever has a session in the cache is a user of the database.

    Args:
        sessions: Whether the database knows the user, by the user of each session.
    """
    strangers = [
        f"a session of {user}, whom the database does not know" for user, known in sessions.items() if not known
    ]
    if not sessions:
        return AGREES.unknown(
            expected="sessions",
            actual="the cache holds none: nothing is to be compared",
            next_step="take the backup while users are logged in",
        )
    return AGREES.judge(
        not strangers, expected=f"a user for each of {len(sessions)} sessions", actual=_some(strangers) or "so it is"
    )


def goes_on(chat: facts.Reply) -> Finding:
    """A user who logged in with the old password got an answer in an old dialog.

    Args:
        chat: What became of the question.
    """
    return GOES_ON.judge(chat.done, expected="an answer in a dialog of before", actual=str(chat))


def refused(attempts: Mapping[str, str], *, before: facts.DatabaseState, after: facts.DatabaseState) -> Finding:
    """Each attempt was refused with a reason, and the database is as it was.

    Args:
        attempts: The reason by what was tried; "" where it was done.
        before: The database before.
        after: The database after.
    """
    wrong = [f"restored: {what}" for what, reason in attempts.items() if not reason]
    wrong += [] if before == after else ["the database is not as it was"]
    expected = f"{len(attempts)} attempts, each refused, and the database as it was"
    if not attempts:
        return REFUSED.unknown(expected="attempts", actual="none was made", next_step="see whether there is an archive")
    return REFUSED.judge(not wrong, expected=expected, actual=_some(wrong) or "so it is")


def whole_or_nothing(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that it was cut short there was nothing amiss after it.

    Args:
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
    """
    return _cut_short(WHOLE_OR_NOTHING, found, good="no archive, and everything as it was")


def finishes(found: Mapping[str, Sequence[str]]) -> Finding:
    """Each time that it was cut short there was nothing amiss after one more restore.

    Args:
        found: What was amiss, by the step at which it was cut short, or by what cut it short.
    """
    return _cut_short(FINISHES, found, good="finished by the next, with proof")


def _cut_short(promise: Promise, found: Mapping[str, Sequence[str]], *, good: str) -> Finding:
    wrong = [f"cut short at {step!r}: {line}" for step, lines in found.items() for line in lines]
    expected = f"cut short {len(found)} times: {good}"
    if not found:
        return promise.unknown(expected="to be cut short at each step", actual="it never was", next_step="run it again")
    return promise.judge(not wrong, expected=expected, actual=_some(wrong) or "so it is")


def _key(key: facts.KeyDigest, now: facts.KeyDigest | None, tolerance: float) -> Iterator[str]:
    if now is None:
        yield f"{key.name}: is not there"
    elif (now.kind, now.digest) != (key.kind, key.digest):
        yield f"{key.name}: holds something else"
    elif (key.ends is None) != (now.ends is None):
        yield f"{key.name}: {'does not end any more' if now.ends is None else 'has an end that it had not'}"
    elif key.ends is not None and now.ends is not None and abs(key.ends - now.ends) > tolerance * 1000:
        yield f"{key.name}: ends {(now.ends - key.ends) / 1000:+.1f} s from when it was to end"


def _is_there(entry: Entry, found: facts.ReadBack) -> bool:
    match entry.kind:
        case "dialog":
            return entry.value in found.dialogs
        case "file":
            return found.files.get(entry.key) == entry.value
        case "account":
            return entry.key in found.log_ins and found.log_ins[entry.key].ok
        case _:
            _, messages = found.histories.get(entry.key, (None, ()))
            return (entry.kind, entry.value.strip()) in {(one.role, one.content.strip()) for one in messages}


def _seconds(moment: facts.Moment, cut: facts.CutLine) -> float:
    """Seconds from the cut to a moment."""
    return (moment.utc - cut.at).total_seconds()


def _some(lines: Sequence[str]) -> str:
    return "\n".join([*lines[:_SHOWN], *([f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else [])])
