"""Does start.sh do what the operations manual says of it?"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from agentchat_check import facts
from agentchat_check.checks.script_runs import astray, judged, last_words, status
from agentchat_check.findings import Finding, Promise

RUNNABLE = Promise(
    "scripts.runnable",
    "a script can be run as it is",
    "chmod +x it, begin it with #!/usr/bin/env bash, and keep CRLF out of it (in .gitattributes: *.sh text eol=lf)",
)
ASKS_FOR_SETTINGS = Promise(
    "scripts.asks_for_settings",
    "without its settings start.sh asks for them and starts nothing",
    "have start.sh copy docker.env.example to docker.env, say that it has to be edited, and exit with another status "
    "than 0",
)
SETTINGS_KEPT = Promise(
    "scripts.settings_kept",
    "start.sh never overwrites existing settings",
    "have start.sh copy the example only where there is no docker.env; restore the lost settings from a backup",
)
MAKES_DIRECTORIES = Promise(
    "scripts.makes_directories",
    "start.sh makes the data directories",
    "have start.sh make them (mkdir -p): the engine makes what is missing, too, but as root's",
)
STARTS_FROM_ANYWHERE = Promise(
    "scripts.starts_from_anywhere",
    "start.sh works from another directory, through a path with spaces",
    'have start.sh go to its own directory first: cd -- "$(dirname -- "$0")"',
)
STARTS_EVERYTHING = Promise(
    "scripts.starts_everything",
    "start.sh starts everything and waits until it is well",
    "have start.sh wait for the health checks: docker compose up --detach --wait",
)
STARTS_AGAIN = Promise(
    "scripts.starts_again",
    "start.sh does no harm to what already runs",
    "see what start.sh does to running containers: docker compose up leaves what did not change alone",
)
SHOWS_STATUS = Promise(
    "scripts.shows_status",
    "start.sh shows the status of every service",
    "have start.sh end with docker compose ps",
)
ADDRESSES_ANSWER = Promise(
    "scripts.addresses_answer",
    "the addresses that start.sh prints answer",
    "have start.sh wait until the services are well, and print the addresses that docker compose port tells",
)
EITHER_COMPOSE = Promise(
    "scripts.either_compose",
    "start.sh works with docker compose and with docker-compose",
    "have start.sh take whichever of the two answers: docker compose version, docker-compose version",
)
_STATES = re.compile(
    r"\b(up|running|healthy|unhealthy|starting|restarting|exited|exit|created|paused)\b", re.IGNORECASE
)


def runnable(script: facts.Script) -> Finding:
    """Its owner may run it, it names its shell, and no line ends in CRLF."""
    faults = [] if script.executable else ["it is not executable"]
    faults += [] if script.shebang else ["its first line names no shell"]
    faults += [f"{script.carriage_returns} lines end in CRLF"] if script.carriage_returns else []
    return RUNNABLE.about(script.name).judge(
        not faults,
        expected="executable, a first line that names its shell, no CRLF",
        actual="; ".join(faults) or f"executable, run by {script.shebang}",
    )


def asks_for_settings(
    run: facts.ScriptRun, *, example: bytes, settings: bytes | None, started: Collection[str]
) -> Finding:
    """It copied the example, said so, ended with an error, and started nothing.

    Args:
        run: The start without settings.
        example: The example.
        settings: The settings that are there now; None where there are none.
        started: Containers that are there now.
    """
    expected = "docker.env copied from the example, a request to edit it, an exit status other than 0, no container"
    faults = []
    if settings is None:
        faults.append("there is no docker.env afterwards")
    elif settings != example:
        faults.append("docker.env is not what the example is")
    if "docker.env" not in run.output:
        faults.append("it does not say that docker.env is to be edited")
    if run.status == 0:
        faults.append("exit status 0")
    if started:
        faults.append(f"it made containers: {', '.join(sorted(started))}")
    return judged(ASKS_FOR_SETTINGS, [run], faults, expected=expected, good="docker.env copied, nothing started")


def settings_kept(run: facts.ScriptRun, *, before: bytes, after: bytes | None) -> Finding:
    """The settings are byte for byte what they were."""
    faults = ["docker.env is gone"] if after is None else ["docker.env was changed"] if after != before else []
    return judged(SETTINGS_KEPT, [run], faults, expected="docker.env as it was", good=f"the same {len(before)} bytes")


def makes_directories(run: facts.ScriptRun, mounted: Collection[str]) -> Finding:
    """Every directory that a service mounts was there when the services were started.

    Args:
        run: The start.
        mounted: Directories that services mount and that were not there before.
    """
    expected = "every directory that a service mounts"
    if mounted and run.status and not run.not_made:
        return MAKES_DIRECTORIES.unknown(
            expected=expected, actual=f"{run}\n{last_words(run)}", next_step=STARTS_EVERYTHING.next_step
        )
    faults = [f"{name} is not there when the services start" for name in run.not_made]
    good = f"made: {', '.join(sorted(mounted))}" if mounted else "none has to be made: the data are in volumes"
    return judged(MAKES_DIRECTORIES, [run], faults, expected=expected, good=good)


def starts_from_anywhere(run: facts.ScriptRun, services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """Run from another directory it started every service."""
    missing = sorted(set(declared) - {service.name for service in services})
    faults = status(run) + ([f"not started: {', '.join(missing)}"] if missing else [])
    return judged(
        STARTS_FROM_ANYWHERE, [run], faults, expected="exit status 0, every service started", good="all there"
    )


def starts_everything(run: facts.ScriptRun, services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """When it had ended every service was there and well.

    Args:
        run: The start.
        services: Every service, right after it.
        declared: Services that the deployment declares.
    """
    return judged(
        STARTS_EVERYTHING,
        [run],
        status(run) + astray(services, declared),
        expected="exit status 0, and every service running and healthy by then",
        good=", ".join(map(str, services)),
    )


def starts_again(run: facts.ScriptRun, before: Sequence[facts.Service], after: Sequence[facts.Service]) -> Finding:
    """A second start ended well, and left every container as it was; one that was not well before need not be."""
    known = {service.container: service.started for service in before}
    faults = [
        f"{service.name}: {'started again' if service.container in known else 'replaced'}"
        for service in after
        if known.get(service.container) != service.started
    ]
    changed = [service for service in after if str(service) not in set(map(str, before))]
    faults += astray(changed, {service.name for service in before} - {service.name for service in after})
    return judged(
        STARTS_AGAIN,
        [run],
        status(run) + faults,
        expected="exit status 0, every container as before",
        good="every container as before",
    )


def shows_status(run: facts.ScriptRun, declared: Collection[str]) -> Finding:
    """Of every service a line says how it is."""
    lines = [line for line in run.printed.splitlines() if _STATES.search(line)]
    silent = [
        name for name in sorted(declared) if not any(re.search(rf"\b{re.escape(name)}\b", line) for line in lines)
    ]
    return judged(
        SHOWS_STATUS,
        [run],
        [f"no line says how it is: {', '.join(silent)}"] if silent else [],
        expected="a line with the status of each service",
        good=f"the status of {len(declared)} services",
    )


def addresses_answer(run: facts.ScriptRun, addresses: Sequence[facts.Address]) -> Finding:
    """Every address on this host that was printed answers; with an error of its own, it does not."""
    faults = [
        f"{one.printed}{_stood_for(one)}: {one.answer}"
        for one in addresses
        if one.answer.error or one.answer.status >= 500  # noqa: PLR2004 - HTTP's own number
    ]
    faults += [] if addresses else ["it prints no address"]
    good = "\n".join(f"{one.printed}{_stood_for(one)}: {one.answer.status}" for one in addresses)
    return judged(ADDRESSES_ANSWER, [run], faults, expected="at least one address, each answering", good=good)


def either_compose(run: facts.ScriptRun, services: Sequence[facts.Service], declared: set[str]) -> Finding:
    """On a host that offers compose by one name only it started every service; whether those are well others judge."""
    subject = run.how.partition(", with ")[2]
    running = {one.name for one in services if one.state == "running"}
    return judged(
        EITHER_COMPOSE.about(subject),
        [run],
        status(run) + astray([one for one in services if one.state != "running"], declared - running),
        expected="exit status 0, every service started",
        good=f"{len(services)} services started",
    )


def _stood_for(address: facts.Address) -> str:
    """Which way it was judged, where a copy's port stands for the printed one."""
    return f" (of the copy: {address.asked})" if address.asked != address.printed else ""
