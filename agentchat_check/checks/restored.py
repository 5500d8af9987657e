"""Did a restore bring back what the archive notes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agentchat_check import facts, zones
from agentchat_check.findings import Finding, Promise, few

SAME_TABLES = Promise(
    "restored.same_tables",
    "every table has the rows that it had at the cut",
    "do not use this installation yet: restore into an empty one and compare; the archive's own digests name the table",
)
SAME_SCHEMA = Promise(
    "restored.same_schema",
    "tables, indexes, keys and character sets are defined as they were",
    "compare SHOW CREATE TABLE of the table that is named with database/schema.sql in the archive",
)
SAME_ACCOUNTS = Promise(
    "restored.same_accounts",
    "every account of the database is there, with what it may do",
    "make the account that is named, as database/accounts.sql in the archive says",
)
SAME_KEYS = Promise(
    "restored.same_keys",
    "the cache holds what it held at the cut, and each key ends when it was to end",
    "users may have to log in again; compare the keys that are named with cache/keys.ndjson in the archive",
)
SAME_FILES = Promise(
    "restored.same_files",
    "every file of a volume is there as it was",
    "unpack the archive's files/ by hand, and compare",
)
TTL_TOLERANCE = 2.0
"""Seconds by which the end of a key may differ."""


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
    return SAME_TABLES.judge(not wrong, expected=expected, actual=few(wrong) or f"{expected}, each as it was")


def same_schema(noted: facts.DatabaseState, found: facts.DatabaseState) -> Finding:
    """Definitions are the same; those that only one side has are told by ``same_tables``."""
    was, is_ = ({table.table: table.schema_digest for table in state.tables} for state in (noted, found))
    both = sorted(was.keys() & is_.keys())
    wrong = [f"{name} is defined otherwise" for name in both if was[name] != is_[name]]
    for what in ("charset", "collation", "sql_mode", "time_zone"):
        before, after = getattr(noted, what), getattr(found, what)
        same = zones.can_be_same(before, after) if what == "time_zone" else before == after
        wrong += [] if same else [f"{what.replace('_', ' ')}: {before!r} noted, {after!r} found"]
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
    name = zones.name_noted(noted.time_zone)
    by_name = f"; its time zone is noted as {name}, which may be {found.time_zone}" if name else ""
    return SAME_SCHEMA.judge(
        not wrong, expected=expected, actual=few(wrong) or f"{len(both)} compared, the same{by_name}"
    )


def same_accounts(noted: facts.DatabaseState, lost: Sequence[str], unknown: Sequence[str] = ()) -> Finding:
    """Every account is there with its grants; one that is there besides is the installation's own.

    Args:
        noted: What the backup says.
        lost: What accounts had and have no more: ``chat@%``, or ``chat@%: GRANT SELECT ON …``.
        unknown: What they might do, and a server of another version does not know: ``root@%: …``.
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
        actual=few([f"gone: {what}" for what in lost])
        or few(["each, as it was", *(f"unknown to this server: {what}" for what in unknown)]),
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
    return SAME_KEYS.judge(not wrong, expected=expected, actual=few(wrong) or fine)


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
        not wrong, expected=f"{files} files in {len(noted)} places", actual=few(wrong) or "each as it was"
    )


def _key(key: facts.KeyDigest, now: facts.KeyDigest | None, tolerance: float) -> Iterator[str]:
    if now is None:
        yield f"{key.name}: is not there"
    elif (now.kind, now.digest) != (key.kind, key.digest):
        yield f"{key.name}: holds something else"
    elif (key.ends is None) != (now.ends is None):
        yield f"{key.name}: {'does not end any more' if now.ends is None else 'has an end that it had not'}"
    elif key.ends is not None and now.ends is not None and abs(key.ends - now.ends) > tolerance * 1000:
        yield f"{key.name}: ends {(now.ends - key.ends) / 1000:+.1f} s from when it was to end"
