"""Variables that are called otherwise from one release on, set by their former names."""

from __future__ import annotations

from dataclasses import dataclass

from agentchat_check import errors
from agentchat_check.deployment import Deployment
from agentchat_check.procedures import other_values
from agentchat_check.procedures.upgrade import described, example


@dataclass(frozen=True, slots=True)
class Set:
    """An administrator's env file, and what the next release has to be told.

    Attributes:
        text: The env file, for the release that runs.
        values: What it sets, by the name that the next release has for it.
    """

    text: str
    values: dict[str, str]


def by_former_names(before: Deployment, after: Deployment) -> Set:
    """Set every variable that the next release calls otherwise to another value than its usual one.

    Args:
        before: The release that runs.
        after: The next one.

    Raises:
        errors.DeploymentError: Their files are at fault.
        errors.InapplicableError: The next one renames none.
    """
    own = described.own(before)
    running, there = described.read(before, own), set(example.names(own))
    values, lines = {}, [own]
    for line in example.lines(described.example(after), f"the example of {after.name}"):
        for former in line.former:
            if running.hears(former) and not {former, line.name} & there:
                values[line.name] = other_values.another(line.value or "")
                lines.append(f"{former}={values[line.name]}")
    if not values:
        raise errors.InapplicableError(
            "set variables by their former names",
            expected="variables that the next release renames, as its example says: # formerly NAME",
            actual=f"{after.name} renames none that can be set anew",
            next_step="nothing is to be done where every name stays",
        )
    return Set("\n".join([*lines, ""]), values)
