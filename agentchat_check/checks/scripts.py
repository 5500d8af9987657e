"""Does start.sh do what the operations manual says of it?"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from agentchat_check import facts
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
TELLS_OF_FAILURE = Promise(
    "scripts.tells_of_failure",
    "start.sh says so when a service does not come up, and exits with an error",
    "have start.sh wait for the health checks and pass their outcome on: docker compose up --detach --wait",
)
EITHER_COMPOSE = Promise(
    "scripts.either_compose",
    "start.sh works with docker compose and with docker-compose",
    "have start.sh take whichever of the two answers: docker compose version, docker-compose version",
)
TWO_AT_ONCE = Promise(
    "scripts.two_at_once",
    "two starts at once end in one working deployment",
    "have start.sh wait for another one of its kind: flock",
)
NAMES_THE_HOLDER = Promise(
    "scripts.names_the_holder",
    "start.sh names a port that is taken, and who holds it",
    "have start.sh look who holds it: ss -ltnp 'sport = :PORT', docker ps --filter publish=PORT",
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
    return _judged(ASKS_FOR_SETTINGS, [run], faults, expected=expected, good="docker.env copied, nothing started")


def settings_kept(run: facts.ScriptRun, *, before: bytes, after: bytes | None) -> Finding:
    """The settings are byte for byte what they were."""
    faults = ["docker.env is gone"] if after is None else ["docker.env was changed"] if after != before else []
    return _judged(SETTINGS_KEPT, [run], faults, expected="docker.env as it was", good=f"the same {len(before)} bytes")


def makes_directories(run: facts.ScriptRun, mounted: Collection[str]) -> Finding:
    """Every directory that a service mounts was there when the services were started.

    Args:
        run: The start.
        mounted: Directories that services mount and that were not there before.
    """
    expected = "every directory that a service mounts"
    if mounted and run.status and not run.not_made:
        return MAKES_DIRECTORIES.unknown(
            expected=expected, actual=f"{run}\n{_last_words(run)}", next_step=STARTS_EVERYTHING.next_step
        )
    faults = [f"{name} is not there when the services start" for name in run.not_made]
    good = f"made: {', '.join(sorted(mounted))}" if mounted else "none has to be made: the data are in volumes"
    return _judged(MAKES_DIRECTORIES, [run], faults, expected=expected, good=good)


def starts_from_anywhere(run: facts.ScriptRun, services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """Run from another directory it started every service."""
    missing = sorted(set(declared) - {service.name for service in services})
    faults = _status(run) + ([f"not started: {', '.join(missing)}"] if missing else [])
    return _judged(
        STARTS_FROM_ANYWHERE, [run], faults, expected="exit status 0, every service started", good="all there"
    )


def starts_everything(run: facts.ScriptRun, services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """When it had ended every service was there and well.

    Args:
        run: The start.
        services: Every service, right after it.
        declared: Services that the deployment declares.
    """
    return _judged(
        STARTS_EVERYTHING,
        [run],
        _status(run) + _astray(services, declared),
        expected="exit status 0, and every service running and healthy by then",
        good=", ".join(map(str, services)),
    )


def starts_again(run: facts.ScriptRun, before: Sequence[facts.Service], after: Sequence[facts.Service]) -> Finding:
    """A second start ended well, and left every container as it was."""
    known = {service.container: service.started for service in before}
    faults = [
        f"{service.name}: {'started again' if service.container in known else 'replaced'}"
        for service in after
        if known.get(service.container) != service.started
    ]
    faults += _astray(after, {service.name for service in before})
    return _judged(
        STARTS_AGAIN,
        [run],
        _status(run) + faults,
        expected="exit status 0, every container as before",
        good="every container as before",
    )


def shows_status(run: facts.ScriptRun, declared: Collection[str]) -> Finding:
    """Of every service a line says how it is."""
    lines = [line for line in run.printed.splitlines() if _STATES.search(line)]
    silent = [
        name for name in sorted(declared) if not any(re.search(rf"\b{re.escape(name)}\b", line) for line in lines)
    ]
    return _judged(
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
    return _judged(ADDRESSES_ANSWER, [run], faults, expected="at least one address, each answering", good=good)


def tells_of_failure(run: facts.ScriptRun, services: Sequence[facts.Service], service: str) -> Finding:
    """With a service that cannot come up it ended with an error, and named the service.

    Args:
        run: The start.
        services: Every service, right after it.
        service: The one that cannot come up.
    """
    expected = f"an exit status other than 0, and {service} named"
    if any(one.name == service and one.settled for one in services):
        return TELLS_OF_FAILURE.unknown(
            expected=expected, actual=f"{service} came up all the same", next_step="break it in another way"
        )
    faults = ["exit status 0"] if run.status == 0 else []
    faults += [] if re.search(rf"\b{re.escape(service)}\b", run.output) else [f"{service} is not named"]
    return _judged(TELLS_OF_FAILURE, [run], faults, expected=expected, good=f"{service} named")


def either_compose(run: facts.ScriptRun, services: Sequence[facts.Service], declared: Collection[str]) -> Finding:
    """On a host that offers compose by one name only it started every service."""
    subject = run.how.partition(", with ")[2]
    return _judged(
        EITHER_COMPOSE.about(subject),
        [run],
        _status(run) + _astray(services, declared),
        expected="exit status 0, every service well",
        good=f"{len(services)} services well",
    )


def two_at_once(
    runs: Sequence[facts.ScriptRun], services: Sequence[facts.Service], declared: Collection[str]
) -> Finding:
    """Two starts at the same time left each service there once, and well, and at least one of them said so."""
    names = [service.name for service in services]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = _astray(services, declared) + [f"{name} is there more than once" for name in twice]
    if all(run.status for run in runs):
        faults.append("neither ended well")
    return _judged(
        TWO_AT_ONCE,
        runs,
        faults,
        expected="every service once, and well; one of the two starts ends with status 0",
        good=f"{len(services)} services well",
    )


def names_the_holder(run: facts.ScriptRun, holder: facts.Holder) -> Finding:
    """With a port taken it ended with an error that names the port, and the program that holds it.

    A program's number says enough wherever it stands; its name does beside the port alone, for images have names, too.
    """
    said = run.output
    faults = ["exit status 0"] if run.status == 0 else []
    faults += [] if re.search(rf"\b{holder.port}\b", said) else [f"port {holder.port} is not named"]
    beside = [line for line in said.splitlines() if re.search(rf"\b{holder.port}\b", line)]
    named = re.search(rf"\b{holder.pid}\b", said) or any(
        re.search(rf"\b{re.escape(holder.name)}\b", line) for line in beside
    )
    faults += [] if named else [f"who holds it is not named: {holder.name} (pid {holder.pid})"]
    return _judged(
        NAMES_THE_HOLDER,
        [run],
        faults,
        expected=f"an exit status other than 0, port {holder.port} and {holder.name} (pid {holder.pid}) named",
        good="both named",
    )


def _judged(
    promise: Promise, runs: Sequence[facts.ScriptRun], faults: Sequence[str], *, expected: str, good: str
) -> Finding:
    """A finding about a script, with its last words; of one that was hindered, or did not end, nothing is known."""
    hindered = [command for run in runs for command in run.hindered]
    endless = [run for run in runs if run.status is None]
    told = "\n".join(map(str, runs))
    if faults and hindered:
        return promise.unknown(
            expected=expected,
            actual=f"{told}\nheld back, because it is not kept to the copy: {'; '.join(hindered)}",
            next_step="try the script by hand in a test environment",
        )
    if endless:
        return promise.unknown(
            expected=expected,
            actual=f"{told}\n{_last_words(endless[-1])}",
            next_step="give it longer, or see what it waits for: --up-timeout SECONDS",
        )
    detail = "\n".join([*faults, *(_last_words(run) for run in runs)])
    return promise.judge(not faults, expected=expected, actual=f"{told}\n{detail if faults else good}")


def _last_words(run: facts.ScriptRun) -> str:
    """The last lines of what was said."""
    return f"it said at last:\n{run.ending}" if run.ending else "it said nothing"


def _status(run: facts.ScriptRun) -> list[str]:
    return [] if run.status == 0 else [f"exit status {run.status}"]


def _astray(services: Sequence[facts.Service], declared: Collection[str]) -> list[str]:
    """What is missing or not well of the services that the deployment declares."""
    missing = sorted(set(declared) - {service.name for service in services})
    return [f"{name} is not there" for name in missing] + [str(one) for one in services if not one.settled]


def _stood_for(address: facts.Address) -> str:
    """Which way it was judged, where a copy's port stands for the printed one."""
    return f" (of the copy: {address.asked})" if address.asked != address.printed else ""
