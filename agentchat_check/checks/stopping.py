"""Does stop.sh keep the data unless it is told otherwise, and then only its own?"""

from __future__ import annotations

from collections.abc import Sequence

from agentchat_check import facts
from agentchat_check.checks.startup import rows_lost
from agentchat_check.findings import Finding, Promise

KEEPS_VOLUMES = Promise(
    "stopping.keeps_volumes",
    "stop.sh stops every service and keeps every volume",
    "do not run this stop.sh on an installation that holds data: docker compose down stops it, and keeps them",
)
KEEPS_ROWS = Promise(
    "stopping.keeps_rows",
    "after stop.sh and a new start every row is there",
    "do not run this stop.sh on an installation that holds data; restore the last backup",
)
HARMLESS_TWICE = Promise(
    "stopping.harmless_twice",
    "running stop.sh twice is harmless",
    "have stop.sh take it as done when nothing runs",
)
REMOVES_ITS_DATA = Promise(
    "stopping.removes_its_data",
    "stop.sh removes this deployment's data when told to",
    "remove them with docker compose down --volumes, and see with docker volume ls that they are gone",
)
SPARES_OTHERS = Promise(
    "stopping.spares_others",
    "stop.sh leaves everything of other projects alone",
    "take the command out of stop.sh: docker compose down --volumes removes what is this deployment's, and no more",
)


def keeps_volumes(run: facts.ScriptRun, answer: str, before: facts.Belongings, after: facts.Belongings) -> Finding:
    """No container runs any more, and every volume is there.

    Args:
        run: The stop.
        answer: What it was answered, in words: ``answered "n"``.
        before: What the project had.
        after: What it has.
    """
    gone = [name for name in before.volumes if name not in after.volumes]
    runs_on = [name for name, state in after.containers.items() if state == "running"]
    faults = [f"volume removed: {name}" for name in gone] + [f"still running: {name}" for name in runs_on]
    return _judged(
        KEEPS_VOLUMES.about(answer),
        run,
        faults,
        expected=f"no container running, {len(before.volumes)} volumes",
        good=f"no container running, the same {len(after.volumes)} volumes",
    )


def keeps_rows(before: facts.RowDigests, after: facts.RowDigests) -> Finding:
    """After stops that were not to remove anything, and a start, every row is there."""
    lost = rows_lost(before, after)
    total = sum(number for number, _ in before.groups.values())
    expected = f"{total} rows, those of users unchanged"
    if not total:
        return KEEPS_ROWS.unknown(
            expected=expected, actual="there was no row to lose", next_step="register a user first"
        )
    return KEEPS_ROWS.judge(not lost, expected=expected, actual="\n".join(lost) or "all there")


def harmless_twice(run: facts.ScriptRun, before: facts.Belongings, after: facts.Belongings) -> Finding:
    """A stop of what is already stopped ends well and changes nothing."""
    faults = [f"exit status {run.status}"] if run.status else []
    faults += ["what the project has is not what it was"] if before != after else []
    return _judged(HARMLESS_TWICE, run, faults, expected="exit status 0, nothing changed", good=f"unchanged: {after}")


def removes_its_data(run: facts.ScriptRun, before: facts.Belongings, after: facts.Belongings) -> Finding:
    """Nothing of the project is left."""
    expected = "no container, no volume"
    if not before.volumes:
        return REMOVES_ITS_DATA.unknown(
            expected=expected, actual="the project had no volume", next_step="start the deployment first"
        )
    faults = [f"exit status {run.status}"] if run.status else []
    faults += [f"volume left: {name}" for name in after.volumes]
    faults += [f"container left: {name}" for name in after.containers]
    return _judged(REMOVES_ITS_DATA, run, faults, expected=expected, good=f"{len(before.volumes)} volumes removed")


def spares_others(
    run: facts.ScriptRun, before: facts.Belongings, after: facts.Belongings, images: Sequence[str]
) -> Finding:
    """Another project has everything that it had, and no command was given that removes what belongs to nobody.

    Args:
        run: The stop with the data.
        before: What the other project had.
        after: What it has.
        images: Of the images that it runs, those that are there.
    """
    faults = [f"container gone: {name}" for name in before.containers if name not in after.containers]
    faults += [
        f"container {name}: {state}"
        for name, state in after.containers.items()
        if name in before.containers and state != before.containers[name]
    ]
    faults += [f"volume gone: {name}" for name in before.volumes if name not in after.volumes]
    faults += [f"network gone: {name}" for name in before.networks if name not in after.networks]
    faults += [f"image gone: {image}" for image in before.images if image not in images]
    faults += [f"it says `{command}`, which removes what other projects have, too" for command in run.prunes]
    return _judged(
        SPARES_OTHERS,
        run,
        faults,
        expected="another project as it was, and no prune",
        good=f"{before.project} as it was: {after}",
    )


def _judged(promise: Promise, run: facts.ScriptRun, faults: Sequence[str], *, expected: str, good: str) -> Finding:
    """A finding about the script; of one that was hindered nothing is known, of one that did not end no good."""
    hindered = promise is not SPARES_OTHERS and run.hindered
    if hindered or (not faults and (run.hindered or run.status is None)):
        held = f"held back, because it is not kept to the copy: {'; '.join(run.hindered)}"
        return promise.unknown(
            expected=expected,
            actual=f"{run}\n{held}" if run.hindered else str(run),
            next_step="try the script by hand in a test environment",
        )
    return promise.judge(not faults, expected=expected, actual="\n".join([str(run), *(faults or [good])]))
