"""Defects of start.sh and stop.sh: by file, what to write instead, for a copy of the deployment."""

from __future__ import annotations

from pathlib import Path

Changes = dict[str, dict[str, str]]

_UP = 'compose up --build --detach --wait --wait-timeout "$patience"'
_STATUS = "\ncompose ps\n"
_DOWN = '\n"${command[@]}" down\n'


def not_runnable(deployment: Path) -> None:
    """Both scripts went through another system: no executable bit, CRLF, and no first line that names a shell."""
    for name in ("start.sh", "stop.sh"):
        script = deployment / name
        script.write_text(script.read_text().removeprefix("#!/usr/bin/env bash\n").replace("\n", "\r\n"))
        script.chmod(0o644)


def asks_and_says_all_is_well() -> Changes:
    """Without settings start.sh asks for them, and ends as if it had started everything."""
    return {"start.sh": {"docker.env >&2\n    exit 1": "docker.env >&2\n    exit 0"}}


def everything_done_badly() -> Changes:
    """start.sh has a defect in each of its steps.

    It relies on where it is called from, changes the settings, forgets the frontend, makes no directory for what the
    frontend mounts, restarts what runs, shows no status, and prints an address at which nobody listens.
    """
    return {
        "start.sh": {
            'cd -- "$(dirname -- "${BASH_SOURCE[0]}")"': "",
            "compose config --quiet || exit 1": "echo '# started' >> docker.env; compose config --quiet || exit 1",
            _UP: f"{_UP} mysql redis backend model",
            _STATUS: "\ncompose restart model &> /dev/null\n",
            "http://$(address backend 7860)/docs": "http://127.0.0.1:9/docs",
        },
        "docker-compose.yml": {
            "      - ./nginx.conf:": "      - ./data/pages:/pages\n      - ./nginx.conf:",
        },
    }


def one_compose_alone() -> Changes:
    """start.sh knows docker compose, and no docker-compose."""
    return {"start.sh": {'elif [[ "$(docker-compose version': 'elif false && [[ "$(docker-compose version'}}


def tidies_up_after_another() -> Changes:
    """start.sh takes another start for one that died, and removes what it made."""
    mark = "if [[ -e .started ]]; then compose down; exit 1; fi; touch .started"
    return {"start.sh": {"compose config --quiet || exit 1": f"{mark}; compose config --quiet || exit 1"}}


def failure_passed_over() -> Changes:
    """start.sh tells of a service that did not come up, and ends as if it had."""
    return {"start.sh": {"stop.sh stops it.\\n' >&2\n    exit 1": "stop.sh stops it.\\n' >&2\n    exit 0"}}


def holder_unknown() -> Changes:
    """start.sh does not look who holds a port."""
    return {"start.sh": {'then holder "$port" || true': "then true"}}


def removes_without_being_told() -> Changes:
    """stop.sh removes the data whatever it is answered, and fails when nothing runs."""
    nothing = '[[ -n "$("${command[@]}" ps --quiet)" ]] || exit 3'
    return {"stop.sh": {_DOWN: f'\n{nothing}\n"${{command[@]}}" down --volumes\n'}}


def tidies_the_database() -> Changes:
    """stop.sh removes rows before it stops."""
    sql = 'MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql agentchat --execute "SET FOREIGN_KEY_CHECKS = 0; DELETE FROM user"'
    tidy = f"\"${{command[@]}}\" exec -T mysql sh -c '{sql}' || true"
    return {"stop.sh": {_DOWN: f"\n{tidy}{_DOWN}"}}


def removes_others_and_not_its_own() -> Changes:
    """Told to remove the data, stop.sh prunes the engine, and leaves the data."""
    return {"stop.sh": {'"${command[@]}" down --volumes\n    echo': "docker system prune --force\n    echo"}}
