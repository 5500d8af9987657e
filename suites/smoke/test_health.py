"""Does the installation say truly how it is, and quickly?"""

import pytest

from agentchat_check.checks import health, thresholds
from agentchat_check.procedures import visit


@pytest.mark.safe
def test_health_tells_the_truth(guest, agent_id, api, verify):
    """What /health says agrees with a real read and a real write.

    Procedure:
        1. Write through the API: begin a dialog. Read through the API: list the dialogs. Remove the dialog again.
        2. Ask /health how it is, before and after.
        3. OK has to mean that reading and writing work, and not OK that they do not.

    If it fails:
        Whatever watches /health (compose, a load balancer, an alarm) is misled. Watch a log-in instead until the
        endpoint looks at the database and the cache itself.
    """
    before = api.health()
    written = guest.api.create_dialog(visit.DIALOG_NAME, agent_id)
    read = guest.api.call("dialogs")
    guest.api.delete_dialog(visit.new_dialog(written))
    after = api.health()
    verify(*(health.tells_the_truth(said, read, written) for said in (before, after)))


@pytest.mark.safe
def test_health_answers_within_a_second(api, verify):
    """The health endpoint answers within 1 s.

    Procedure:
        1. Ask GET /health, and take the time.

    If it fails:
        Look at what the backend waits for: usually the database or the cache. A health check that hangs makes compose
        restart what was only slow.
    """
    verify(health.answers_in_time(api.health()))


@pytest.mark.safe
@pytest.mark.closing
def test_responses_come_within_the_alarm(guest, api, alarms, verify):
    """Ordinary requests are answered within 1 s, the operations manual's alarm.

    Procedure:
        1. Ask for health, agents, dialogs and tools, five times each.
        2. Compare the median of each with the alarm.

    If it fails:
        Look at the slowest request: the backend's log has its trace id (X-Trace-ID), the database its slow queries.
    """
    answers = {name: [guest.api.call(name) for _ in range(5)] for name in ("agents", "dialogs", "tools")}
    answers["health"] = [api.health() for _ in range(5)]
    verify(thresholds.response_below_alarm(answers, alarms))
