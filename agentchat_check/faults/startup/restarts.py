"""Deployments that forget, or remember twice, when they are started again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import rebuilt, reconfigured
from agentchat_check.stack.running import Stack

FILES_IN_THE_LAYER: Mapping[str, Mapping[str, str]] = {
    "docker-compose.yml": {
        "    init: true\n": "    init: true\n    read_only: false\n",
        "    volumes:\n      - backend_uploads:/app/uploads\n": "",
    },
    "backend/Dockerfile": {"VOLUME /app/uploads\n": ""},
}
"""Uploaded files lie in the container's own layer."""


def seeds_at_every_start(stack: Stack) -> AbstractContextManager[None]:
    """The backend seeds its tools once more each time it starts."""
    columns = "user_id, name, description, create_time, update_time"
    twice = f"INSERT INTO tool (tool_id, {columns}) SELECT LEFT(UUID(), 32), {columns} FROM tool"  # noqa: S608 - constants
    migrated = "        _follow_the_settings(connection)\n"
    again = {migrated: f'{migrated}        connection.exec_driver_sql("{twice}")\n'}
    return rebuilt(stack, Role.BACKEND, {"backend/migrate.py": again})


def sessions_only_in_memory(stack: Stack) -> AbstractContextManager[None]:
    """The cache saves nothing."""
    return reconfigured(stack, stack.service_name(Role.CACHE), {"command": ["--save", ""]})
