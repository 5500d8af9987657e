"""Runs of scripts, and what projects have; a test says what is different."""

from dataclasses import replace
from typing import Any

from agentchat_check import facts
from makers import moment


def script_run(**changes: Any) -> facts.ScriptRun:
    """``start.sh, from its own directory: exit status 0 after 9.1 s``."""
    made = facts.ScriptRun(
        script="start.sh",
        how="from its own directory",
        status=0,
        printed="",
        complained="",
        held_back=(),
        not_made=(),
        seconds=9.1,
        seen=moment(),
    )
    return replace(made, **changes)


def belongings(project: str = "demo", **changes: Any) -> facts.Belongings:
    """One container that runs, two volumes, one network."""
    made = facts.Belongings(
        project=project,
        containers={f"{project}-redis-1": "running"},
        volumes=(f"{project}_mysql_data", f"{project}_redis_data"),
        networks=(f"{project}_default",),
        images=("sha256:1",),
    )
    return replace(made, **changes)
