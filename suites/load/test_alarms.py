"""Do the operations manual's alarms stay silent under load?"""

import pytest

from agentchat_check import progress
from agentchat_check.load import aim, gate, profiles, running
from agentchat_check.settings import thresholds


@pytest.mark.disruptive
def test_the_alarms_stay_silent_in_a_busy_minute(stack, check_session, settings, tmp_path, verify):
    """While people look around, responses, errors, processors, memory and disks stay below the manual's alarms.

    Procedure:
        1. Make people with dialogs and messages.
        2. Let visitors come for half a minute, when they are due, whatever became of those before: the profile smoke.
        3. Count every request from the moment it was due, sample every container, and judge by thresholds.toml; its
           forecasts take an hour, and are left to `agentchat-check load run --profile soak`.

    If it fails:
        See which container was busy at that time: run `agentchat-check load run`, and read its report.
    """
    profile, limits = profiles.named("smoke"), thresholds.read(settings.thresholds_file)
    target = aim.at_stack(stack)
    with aim.ready(target, profile, aim.Leave(), progress.announce) as people:
        recording = running.run(
            target,
            profile,
            people,
            name=check_session.run.id,
            profile_name="smoke",
            directory=tmp_path / "run",
            thresholds=limits,
        )
    verify(*gate.judge(recording, limits).findings)
