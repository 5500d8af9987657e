"""How many workers are asked for, and which processes they are."""

from typing import Any

import pytest

from agentchat_check.probes import processes

MASTER = (10, 1, "gunicorn: master [main:app]")
WORKERS = [(11, 10, "gunicorn: worker [main:app]"), (12, 10, "gunicorn: worker [main:app]")]


@pytest.mark.parametrize(
    ("service", "number"),
    [
        ({"command": ["gunicorn", "main:app", "-w", "4"], "environment": {"WORKERS": "2"}}, 4),
        ({"command": ["gunicorn", "-w3"]}, 3),
        ({"command": ["uvicorn", "--workers", "5"]}, 5),
        ({"command": ["gunicorn", "--workers=6"]}, 6),
        ({"command": ["gunicorn"], "environment": {"GUNICORN_CMD_ARGS": "--workers 7", "WORKERS": "2"}}, 7),
        ({"environment": {"WEB_CONCURRENCY": "8"}}, 8),
        ({"command": None, "environment": {"WORKERS": "four"}}, None),
        ({"command": ["gunicorn", "-w"]}, None),
        ({}, None),
    ],
)
def test_workers_are_declared_in_a_command_or_an_environment(service: dict[str, Any], number: int | None) -> None:
    assert processes.declared(service) == number


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([MASTER, *WORKERS], 2),
        ([(9, 1, "/sbin/docker-init -- gunicorn main:app"), (10, 9, "gunicorn main:app"), *WORKERS], 2),
        ([(9, 1, "sh -c gunicorn main:app"), (10, 9, "gunicorn main:app"), WORKERS[0]], 1),
        # the host has counted to the end of its numbers
        ([(7, 300, "gunicorn main:app"), (8, 300, "gunicorn main:app"), (300, 1, "gunicorn main:app")], 2),
        ([MASTER], 0),
        ([(10, 1, "python uvicorn main:app")], 1),
        ([(10, 1, "uvicorn"), (11, 10, "python resource_tracker"), (12, 10, "spawn_main"), (13, 10, "spawn_main")], 2),
        ([(10, 1, "nginx")], 0),
        ([], 0),
    ],
)
def test_workers_are_the_children_of_the_servers_first_process(rows: list[tuple[int, int, str]], number: int) -> None:
    assert len(processes.serving(rows)) == number
