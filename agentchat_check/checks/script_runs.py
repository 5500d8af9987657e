"""How a run of a script is judged, whatever it was to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise


def judged(
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
            actual=f"{told}\n{last_words(endless[-1])}",
            next_step="give it longer, or see what it waits for: --up-timeout SECONDS",
        )
    detail = "\n".join([*faults, *(last_words(run) for run in runs)])
    return promise.judge(not faults, expected=expected, actual=f"{told}\n{detail if faults else good}")


def last_words(run: facts.ScriptRun) -> str:
    """The last lines of what was said."""
    return f"it said at last:\n{run.ending}" if run.ending else "it said nothing"


def status(run: facts.ScriptRun) -> list[str]:
    """What is wrong with how it ended."""
    return [] if run.status == 0 else [f"exit status {run.status}"]


def astray(services: Sequence[facts.Service], declared: Collection[str]) -> list[str]:
    """What is missing or not well of the services that the deployment declares."""
    missing = sorted(set(declared) - {service.name for service in services})
    return [f"{name} is not there" for name in missing] + [str(one) for one in services if not one.settled]
