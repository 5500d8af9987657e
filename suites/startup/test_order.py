"""Does each service wait for those that it needs?"""

import pytest

from agentchat_check.checks import startup
from agentchat_check.procedures import starting


@pytest.mark.disruptive
def test_each_service_starts_after_those_it_needs_are_ready(unstarted_stack, settings, exhibit, verify):
    """The database and the cache are healthy before the backend starts, and the backend before the frontend.

    Procedure:
        1. Start everything at once, and listen to what the engine tells of each container.
        2. Meanwhile log in to the database over the network, again and again, with the application's account: the
           temporary server of a first start answers a ping, but not this.
        3. Compare the moments: healthy and answering before the container of whoever needs it was started.

    If it fails:
        The timeline shows who was too early. It may go well on this host and badly on a slower one: have the service
        wait with condition: service_healthy, and let the health check do what the application does.
    """
    course = starting.watched(unstarted_stack, timeout=settings.up_timeout)
    exhibit("the start, second by second", startup.as_text(course))
    verify(
        startup.dependencies_first(course),
        startup.database_ready(course),
        startup.backend_first(course),
    )
