"""Can the production overlay run at all: does it render, and can its images do what it asks of them?"""

from __future__ import annotations

from collections.abc import Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

RENDERS = Promise(
    "overlay.renders",
    "the production overlay renders without blank values",
    "give each variable that is named a value in the env file, or a default where it stands: ${NAME:-value}",
)
COMMANDS_EXIST = Promise(
    "overlay.commands_exist",
    "every command of the production overlay exists in its image",
    "add the program to the image (a line of its requirements, or of its Dockerfile), or correct the command",
)
DATABASE_FLAGS_VALID = Promise(
    "overlay.database_flags_valid",
    "the database's own server knows every flag it is given",
    "remove the flag, or write what this release of the server has instead; its manual names what was removed",
)


def renders(rendering: facts.RenderedOverlay) -> Finding:
    """Compose renders the files, and puts nothing blank where a value should be."""
    told = [f"{name} is not set, and has no default" for name in rendering.unset]
    told += [f"{place} is set to nothing" for place in rendering.blank]
    return RENDERS.judge(
        not (rendering.refused or told) and rendering.services > 0,
        expected="every variable with a value or a default",
        actual=rendering.refused or "\n".join(told) or f"{rendering.services} services, no blank value",
    )


def commands_exist(services: Sequence[facts.Programs]) -> Finding:
    """What each service begins with is there; a service whose image nobody could look into proves nothing."""
    expected = "each program in its image"
    missing = [f"{one.service}: {one.image} has no {', '.join(one.missing)}" for one in services if one.missing]
    unseen = [f"{one.service}: {one.unseen}" for one in services if one.unseen]
    if not missing and (unseen or not services):
        return COMMANDS_EXIST.unknown(
            expected=expected,
            actual="\n".join(unseen) or "there are no services",
            next_step="look for the program yourself: docker run --rm --entrypoint sh IMAGE -c 'command -v PROGRAM'",
        )
    found = ", ".join(f"{one.service}: {' '.join(one.wanted)}" for one in services)
    return COMMANDS_EXIST.judge(not missing, expected=expected, actual="\n".join(missing) or found)


def database_flags_valid(flags: facts.Flags) -> Finding:
    """The server refuses none of its flags."""
    expected = f"{', '.join(flags.given)}"
    if flags.unseen:
        return DATABASE_FLAGS_VALID.unknown(
            expected=expected,
            actual=flags.unseen,
            next_step="ask the server yourself: mysqld --validate-config, with the flags, in a container of its image",
        )
    refused = [f"{flag}: {said}" for flag, said in flags.refused]
    return DATABASE_FLAGS_VALID.judge(
        not refused, expected=expected, actual="\n".join(refused) or f"{flags.service} accepts {len(flags.given)} flags"
    )
