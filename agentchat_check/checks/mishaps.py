"""Does start.sh bear what goes wrong: a service that fails, a port that is taken, another start at the same time?"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from agentchat_check import facts
from agentchat_check.checks.script_runs import astray, judged
from agentchat_check.findings import Finding, Promise

TELLS_OF_FAILURE = Promise(
    "mishaps.tells_of_failure",
    "start.sh says so when a service does not come up, and exits with an error",
    "have start.sh wait for the health checks and pass their outcome on: docker compose up --detach --wait",
)
TWO_AT_ONCE = Promise(
    "mishaps.two_at_once",
    "two starts at once end in one working deployment",
    "have start.sh wait for another one of its kind: flock",
)
NAMES_THE_HOLDER = Promise(
    "mishaps.names_the_holder",
    "start.sh names a port that is taken, and who holds it",
    "have start.sh look who holds it: ss -ltnp 'sport = :PORT', docker ps --filter publish=PORT",
)


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
    return judged(TELLS_OF_FAILURE, [run], faults, expected=expected, good=f"{service} named")


def two_at_once(
    runs: Sequence[facts.ScriptRun], services: Sequence[facts.Service], declared: Collection[str]
) -> Finding:
    """Two starts at the same time left each service there once, and well, and at least one of them said so."""
    names = [service.name for service in services]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = astray(services, declared) + [f"{name} is there more than once" for name in twice]
    if all(run.status for run in runs):
        faults.append("neither ended well")
    return judged(
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
    return judged(
        NAMES_THE_HOLDER,
        [run],
        faults,
        expected=f"an exit status other than 0, port {holder.port} and {holder.name} (pid {holder.pid}) named",
        good="both named",
    )
