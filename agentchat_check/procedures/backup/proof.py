"""What a stack holds, compared with what an archive notes."""

from __future__ import annotations

from datetime import UTC, datetime

from agentchat_check.archive.reading import Archive
from agentchat_check.checks import restored
from agentchat_check.findings import Finding
from agentchat_check.probes import database as probe
from agentchat_check.probes.cache import SESSION_KEY
from agentchat_check.procedures.backup import accounts, cache, cut, files, grants
from agentchat_check.procedures.backup.database import state
from agentchat_check.stack.running import Stack


def of(stack: Stack, archive: Archive) -> tuple[Finding, ...]:
    """Digest everything that a stack holds, and compare it with an archive.

    Args:
        stack: A stack whose database and cache run, and whose application does not: it would write.
        archive: The archive; opened with its key.
    """
    noted = archive.manifest
    found = state(stack)
    findings = [
        restored.same_tables(noted.database, found),
        restored.same_schema(noted.database, found),
        _accounts(stack, archive),
    ]
    if noted.cache:
        with archive.part(cache.KEYS) as source:
            keys = tuple(cache.noted(source))
        findings.append(restored.same_keys(keys, cache.held(stack), now=datetime.now(UTC)))
    if noted.files:
        findings.append(restored.same_files(noted.files, files.held(stack)))
    return tuple(findings)


def sessions(stack: Stack, archive: Archive) -> dict[str, bool]:
    """Whether the database of a stack knows the user of each session that an archive's cache holds, by the user."""
    prefix = SESSION_KEY.format(user_id="")
    users = {owner for table, owner in probe.row_digests(stack).groups if table == "user"}
    with archive.part(cache.KEYS) as source:
        found = [key.name.removeprefix(prefix) for key in cache.noted(source) if key.name.startswith(prefix)]
    return {user: user in users for user in found}


def _accounts(stack: Stack, archive: Archive) -> Finding:
    kept = accounts.read(archive)
    with cut.root(stack) as cursor:
        known = grants.known(cursor)
        lost = accounts.lost(kept, accounts.look(cursor), known)
    return restored.same_accounts(archive.manifest.database, lost, accounts.unknown(kept, known))
