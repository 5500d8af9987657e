"""Is what a production deployment relies on in force: logs that end, limits, and a cache that remembers?"""

from __future__ import annotations

from collections.abc import Sequence

from agentchat_check import facts
from agentchat_check.facts.production import MIB
from agentchat_check.findings import Finding, Promise

LOGS_ROTATE = Promise(
    "safeguards.logs_rotate",
    "no service's log grows for ever",
    "give the service logging options (max-size, max-file), or the engine: log-opts in /etc/docker/daemon.json; then "
    "recreate the container, which keeps what it was made with",
)
FULL_LOGS_BEGIN_ANEW = Promise(
    "safeguards.full_logs_begin_anew",
    "a log that is full loses its oldest lines, and takes no more room",
    "give the service logging options (max-size, max-file), and recreate its container; where it has them, ask the "
    "engine's log why they are not kept to: journalctl --unit docker",
)
LIMITS_IN_FORCE = Promise(
    "safeguards.limits_in_force",
    "every declared limit is in force",
    "recreate the service (docker compose up --detach SERVICE); where its limit is still not in force, see whether the "
    "engine warns: docker info",
)
KEEPS_A_LOG = Promise(
    "safeguards.keeps_a_log",
    "the cache writes what it is told to an append-only log",
    "start it with --appendonly yes, and see whether its disk is full",
)
SURVIVES_A_CRASH = Promise(
    "safeguards.survives_a_crash",
    "a session outlives a crash of the cache",
    "start the cache with --appendonly yes, on a volume",
)

_ENDLESS = {"json-file"}
"""Drivers whose files grow until the disk is full, unless they are told where to end."""


def logs_rotate(rotations: Sequence[facts.LogRotation]) -> Finding:
    """Each log ends somewhere: by its driver, or by its size."""
    expected = "a log of limited size for every service"
    if not rotations:
        return LOGS_ROTATE.unknown(
            expected=expected,
            actual="the project has no containers",
            next_step="see what runs: docker compose ps --all",
        )
    endless = [str(one) for one in rotations if one.driver in _ENDLESS and not _is_limit(one.max_size)]
    return LOGS_ROTATE.judge(
        not endless,
        expected=expected,
        actual="\n".join(f"{one}, without an end" for one in endless) or "\n".join(map(str, rotations)),
    )


def full_logs_begin_anew(logs: Sequence[facts.FullLog]) -> Finding:
    """Of each log that was written full the oldest lines are gone, and what is left fits into its declared size."""
    expected = "of every full log only the newest lines, within its declared size"
    if not logs:
        return FULL_LOGS_BEGIN_ANEW.unknown(
            expected=expected,
            actual="the project has no containers",
            next_step="see what runs: docker compose ps --all",
        )
    unseen = [why for log in logs if (why := _why_unseen(log))]
    grown = [f"{log}{fault}" for log in logs if not _why_unseen(log) and (fault := _outgrown(log))]
    if unseen and not grown:
        return FULL_LOGS_BEGIN_ANEW.unknown(
            expected=expected,
            actual="\n".join(unseen),
            next_step="watch its files where the engine keeps them: docker inspect --format '{{.LogPath}}' CONTAINER",
        )
    held = "\n".join(f"{log}, the oldest lines gone" for log in logs)
    return FULL_LOGS_BEGIN_ANEW.judge(not grown, expected=expected, actual="\n".join(grown) or held)


def limits_in_force(services: Sequence[facts.Limited]) -> Finding:
    """What the kernel enforces is what is declared; what is not declared is not asked about."""
    expected = "\n".join(f"{one.service}: {one.declared}" for one in services)
    if not services:
        return LIMITS_IN_FORCE.unknown(
            expected="every declared limit in force",
            actual="no service with a limit runs",
            next_step="see what runs: docker compose ps --all",
        )
    astray = [f"{one.service}: {one.enforced}" for one in services if not _agree(one)]
    return LIMITS_IN_FORCE.judge(
        not astray, expected=expected, actual="\n".join(astray) or f"in force for {len(services)} services"
    )


def keeps_a_log(persistence: facts.Persistence) -> Finding:
    """The cache appends to its log, and its last write succeeded."""
    appends = f"it writes one; the last write: {persistence.last_write}" if persistence.appends else "it writes none"
    return KEEPS_A_LOG.judge(
        persistence.appends and persistence.last_write == "ok",
        expected="an append-only log, and its last write ok",
        actual=appends,
    )


def survives_a_crash(before: facts.CacheKey, after: facts.CacheKey, used: facts.HttpAnswer) -> Finding:
    """A session that was there before the crash is there after it, and lets its user in.

    Args:
        before: The session before the crash.
        after: The session after it.
        used: A request of its user's after it.
    """
    expected = f"{before.name} after the crash, and its user let in"
    if not before.exists:
        return SURVIVES_A_CRASH.unknown(
            expected=expected,
            actual="there was no session before the crash",
            next_step="look at what the cache holds of a log-in: the smoke suite's session",
        )
    there = "it is there" if after.exists else "it is gone"
    return SURVIVES_A_CRASH.judge(after.exists and used.ok, expected=expected, actual=f"{there}\n{used}")


def _is_limit(size: str) -> bool:
    """Whether a size limits anything; the engine writes -1 for none."""
    return bool(size) and not size.startswith(("-", "0"))


def _why_unseen(log: facts.FullLog) -> str:
    """Why nothing follows from it: it was not filled, or not all that was printed reached it; or ""."""
    if log.unseen:
        return f"{log.rotation}: {log.unseen}"
    arrived = log.newest and not (log.oldest and log.kept < log.written)
    return "" if arrived else f"{log}, and some of the lines between never reached it"


def _outgrown(log: facts.FullLog) -> str:
    """What is wrong with it, or ""."""
    if log.oldest:
        return ", the first line too"
    return f", of {log.limit / MIB:.1f} MiB declared" if log.limit is not None and log.kept > log.limit else ""


def _agree(one: facts.Limited) -> bool:
    """Whether what is declared is enforced; the kernel rounds memory to pages and processors to microseconds."""
    memory, cpus = one.declared.memory, one.declared.cpus
    held = memory is None or (one.enforced.memory is not None and abs(one.enforced.memory - memory) < 2**16)
    slowed = cpus is None or (one.enforced.cpus is not None and abs(one.enforced.cpus - cpus) < 0.01)  # noqa: PLR2004 - as said above
    return held and slowed
