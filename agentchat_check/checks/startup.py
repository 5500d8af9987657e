"""Does a deployment come up in order, on its own, and with what it had?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

DEPENDENCIES_FIRST = Promise(
    "startup.dependencies_first",
    "the database and the cache are healthy before the backend starts",
    "have the backend wait for them: depends_on with condition: service_healthy, and a health check for each",
)
BACKEND_FIRST = Promise(
    "startup.backend_first",
    "the backend is healthy before the frontend starts",
    "have the frontend wait for it: depends_on: {backend: {condition: service_healthy}}",
)
DATABASE_READY = Promise(
    "startup.database_ready",
    "the database answers an authenticated query before the backend first connects",
    "let the database's health check log in over TCP with the application's account; a ping is answered by the "
    "temporary server of a first start, too",
)
NEEDS_NO_INTERNET = Promise(
    "startup.needs_no_internet",
    "a first start needs no internet",
    "read the log of the service named above: docker compose logs SERVICE; what it fetches belongs into its image",
)
EXISTING_VOLUMES_KEPT = Promise(
    "startup.existing_volumes_kept",
    "a start on existing volumes keeps every row",
    "restore the last backup, and look at what the start does to an existing database: init scripts, migrations, seeds",
)
COMES_BACK = Promise(
    "startup.comes_back",
    "every service comes back after a crash and after a restart of the host",
    "give the service a restart policy: restart: unless-stopped",
)

RETURNING = ("always", "unless-stopped")
"""Restart policies with which a container comes back whatever ended it, also with the engine."""

_SYSTEM = ("", "0")
"""Owners of rows that are the application's own: a start may bring them up to date."""


def dependencies_first(course: facts.Course) -> Finding:
    """Of the database and the cache each was healthy before the backend's container was started."""
    return _in_order(DEPENDENCIES_FIRST, course, first=("database", "cache"), then="backend")


def backend_first(course: facts.Course) -> Finding:
    """The backend was healthy before the frontend's container was started."""
    return _in_order(BACKEND_FIRST, course, first=("backend",), then="frontend")


def database_ready(course: facts.Course) -> Finding:
    """A query with the application's account was answered before the backend's container was started.

    An attempt that began after the backend's start and was refused shows that it was too early; one that began before
    it shows nothing.
    """
    expected = "a query answered before the backend's container is started"
    backend = course.started("backend")
    accepted = next((one for one in course.log_ins if one.accepted), None)
    if backend is None:
        return DATABASE_READY.unknown(
            expected=expected, actual="no start of the backend was heard", next_step=_LOOK_AT_LOGS
        )
    late = [one for one in course.log_ins if not one.accepted and one.seen.utc > backend]
    if late:
        after = (late[-1].seen.utc - backend).total_seconds()
        return DATABASE_READY.judge(
            kept=False,
            expected=expected,
            actual=f"{after:.2f} s after the backend's start still: {late[-1]}",
        )
    if accepted is None:
        return DATABASE_READY.unknown(expected=expected, actual="no query was ever answered", next_step=_LOOK_AT_LOGS)
    answered = accepted.seen.utc + timedelta(seconds=accepted.seconds)
    if answered > backend:
        return DATABASE_READY.unknown(
            expected=expected,
            actual="the first query was answered while the backend was being started, and none was refused since",
            next_step="run again on a host with less to do",
        )
    early = (backend - answered).total_seconds()
    return DATABASE_READY.judge(kept=True, expected=expected, actual=f"{accepted}, {early:.2f} s before it")


def needs_no_internet(
    services: Sequence[facts.Service],
    networks: Sequence[facts.Network],
    seeds: tuple[Sequence[facts.SeedRow], Sequence[facts.HttpAnswer]],
) -> Finding:
    """On networks that lead nowhere every service came up, and the application has what it brings along.

    Args:
        services: Every service.
        networks: The networks that they are on.
        seeds: Rows of the application's own, and the answers that listed them.
    """
    rows, answers = seeds
    expected = "every service well, and agents, tools and models there, on networks without a way out"
    open_ = [network.name for network in networks if not network.internal]
    if open_ or not networks:
        return NEEDS_NO_INTERNET.unknown(
            expected=expected,
            actual=f"a way out: {', '.join(open_)}" if open_ else "no network was seen",
            next_step="take the way out from the deployment's network, or try it on a host without internet",
        )
    astray = [f"{service}{_said(service)}" for service in services if not service.settled]
    astray += [str(answer) for answer in answers if not answer.ok]
    astray += [] if rows or astray else ["neither agents nor tools nor models are there"]
    return NEEDS_NO_INTERNET.judge(
        bool(services) and not astray,
        expected=expected,
        actual="\n".join(astray) or f"{len(services)} services well, {len(rows)} rows there",
    )


def existing_volumes_kept(before: facts.RowDigests, after: facts.RowDigests) -> Finding:
    """What the users had is there, unchanged; of the application's own rows none is gone."""
    lost = rows_lost(before, after)
    users = sum(number for (_, owner), (number, _) in before.groups.items() if owner not in _SYSTEM)
    total = sum(number for number, _ in before.groups.values())
    expected = f"the {total} rows from before, those of users unchanged"
    if not users:
        return EXISTING_VOLUMES_KEPT.unknown(
            expected=expected,
            actual="no user had a row",
            next_step="register a user first",
        )
    return EXISTING_VOLUMES_KEPT.judge(
        not lost, expected=expected, actual="\n".join(lost) or f"all there, {users} of them users'"
    )


def comes_back(services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """Every service that is to run has a policy with which the engine starts it again, whatever ended it.

    Args:
        services: Every service.
        declared: Those that the deployment itself declares.
    """
    lasting = [one for one in services if one.name in declared and not (one.state == "exited" and one.settled)]
    expected = f"restart: {' or '.join(RETURNING)} for each of them"
    if not lasting:
        return COMES_BACK.unknown(
            expected=expected, actual="no service of the deployment runs", next_step="docker compose ps --all"
        )
    astray = [f"{one.name}: restart: {one.restart_policy or 'no'}" for one in lasting]
    astray = [text for one, text in zip(lasting, astray, strict=True) if one.restart_policy not in RETURNING]
    policies = ", ".join(f"{one.name}: {one.restart_policy}" for one in lasting)
    return COMES_BACK.judge(not astray, expected=expected, actual="\n".join(astray) or policies)


def rows_lost(before: facts.RowDigests, after: facts.RowDigests) -> list[str]:
    """What is gone or changed: of users every row counts as it was, of the application's own how many there are."""
    lost = []
    for (table, owner), (number, digest) in sorted(before.groups.items()):
        now, digest_now = after.groups.get((table, owner), (0, ""))
        if now < number:
            lost.append(f"{table}: {number - now} of {number} rows gone")
        elif owner not in _SYSTEM and (now, digest_now) != (number, digest):
            lost.append(f"{table}: rows of a user are not what they were ({number} before, {now} now)")
    return lost


def as_text(course: facts.Course) -> str:
    """The start, second by second: what the engine told, and how the database took our attempts to log in."""
    lines = [(event.time, event.service, event.what) for event in course.events]
    database = course.services.get("database", "database")
    last = ""
    for one in course.log_ins:
        said = "accepted a query" if one.accepted else f"refused a query: {one.error}"
        if said != last:
            lines.append((one.seen.utc, database, said))
        last = said
    if not lines:
        return "nothing was heard\n"
    first = min(time for time, _, _ in lines)
    return "".join(
        f"{(time - first).total_seconds():8.2f} s  {service:<12} {what}\n" for time, service, what in sorted(lines)
    )


_LOOK_AT_LOGS = "read the services' logs: docker compose logs"


def _in_order(promise: Promise, course: facts.Course, *, first: Sequence[str], then: str) -> Finding:
    """Whether some roles were healthy before another one's container was started."""
    known = [role for role in first if role in course.services]
    began = course.started(then)
    expected = f"{' and '.join(known) or ' and '.join(first)} healthy before {then} starts"
    healthy: Mapping[str, datetime | None] = {role: course.healthy(role) for role in known}
    late = [
        f"{course.services[role]} was {_when(time, began)} {course.services[then]} started"
        for role, time in healthy.items()
        if began and (time is None or time > began)
    ]
    if began is None or not known:
        return promise.unknown(
            expected=expected, actual=f"no start of the {then} was heard, or nothing before it", next_step=_LOOK_AT_LOGS
        )
    ahead = ", ".join(
        f"{course.services[role]} {(began - time).total_seconds():.2f} s before"
        for role, time in healthy.items()
        if time
    )
    return promise.judge(not late, expected=expected, actual="\n".join(late) or ahead)


def _when(healthy: datetime | None, began: datetime) -> str:
    if healthy is None:
        return "never known to be healthy, yet"
    return f"healthy {(healthy - began).total_seconds():.2f} s after"


def _said(service: facts.Service) -> str:
    return f": {service.health_output.splitlines()[-1]}" if service.health_output else ""
