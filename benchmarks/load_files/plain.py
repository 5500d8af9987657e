"""How much can one process of plain locust ask, with its quicker client?"""

from __future__ import annotations

from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser


class Plain(FastHttpUser):
    """Somebody who asks on as soon as there is an answer."""

    wait_time = constant(0)

    @task
    def look(self) -> None:
        """One request."""
        self.client.get("/api/v1/dialog/list")
