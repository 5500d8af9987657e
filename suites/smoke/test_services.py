"""Is everything there, and well?"""

import time

import pytest

from agentchat_check.checks import exposure, health, logs, thresholds
from agentchat_check.probes import containers


@pytest.mark.safe
def test_every_service_runs_and_is_healthy(stack, verify):
    """Every service of the deployment runs and is healthy.

    Procedure:
        1. Look at every container of the project, as docker compose ps --all does.
        2. Compare its state and its health check with what they should be.

    If it fails:
        Read the log of the service that is named: docker compose logs SERVICE. Mend this first; nothing else in the
        report means much until every service runs.
    """
    verify(health.all_run(stack.services()))


@pytest.mark.safe
def test_exactly_the_declared_ports_are_published(stack, verify):
    """What is reachable from outside is what the compose files declare, no more and no less.

    Procedure:
        1. Read the ports that the compose files declare, as docker compose config shows them.
        2. Compare them with what the engine publishes for each container.

    If it fails:
        A port too many may let strangers in: close it in the firewall, then recreate the service. A port too few means
        that the container is older than its compose file: docker compose up --detach SERVICE.
    """
    verify(exposure.declared_ports(stack.services(), stack.declared_ports(), exact=stack.live))


@pytest.mark.safe
@pytest.mark.closing
def test_nothing_was_restarted_or_ran_out_of_memory(stack, first_look, verify):
    """No service was restarted, replaced or killed for memory, since it was made and while we looked.

    Procedure:
        1. Note every container at the beginning of the run.
        2. Compare with the end: the same containers, started at the same time, no restart.
        3. Ask each container's cgroup whether a process in it was killed for memory; a killed worker leaves its
           container running.

    If it fails:
        A service that restarts itself hides its reason in its log: docker compose logs SERVICE. Killed for memory:
        raise its limit, or find what grew.
    """
    verify(health.undisturbed(first_look, stack.services(), containers.oom_kills(stack)))


@pytest.mark.safe
@pytest.mark.closing
def test_the_logs_hold_no_errors(stack, settings, verify):
    """No service complains in its log, beyond lines that were reviewed and found harmless.

    Procedure:
        1. Read everything that every service printed since its container was made.
        2. Look for errors, exceptions, tracebacks and the like.
        3. Leave out the reviewed lines: ours, and those in agentchat-check.toml.

    If it fails:
        Read what stands around the line: docker compose logs SERVICE. A line that is harmless on this installation
        goes into allowed_log_lines of agentchat-check.toml, with the reason.
    """
    allowed = [logs.Allowed(line.service, line.pattern, line.reason) for line in settings.allowed_log_lines]
    verify(logs.quiet(containers.logs(stack), allowed))


@pytest.mark.safe
@pytest.mark.closing
def test_processor_memory_and_disk_are_below_the_alarms(stack, alarms, verify):
    """Processor use stays below 80 %, memory below 85 %, the disk below 90 %: the operations manual's alarms.

    Procedure:
        1. Read what each container uses, twice, a second apart.
        2. Compare processor use with the host's processors, memory with each limit and with the host.
        3. Compare every disk that a container writes to, at its root and at each of its mounts, with its size.

    If it fails:
        docker stats shows who uses processor and memory; docker system df shows what takes the disk. A full disk stops
        the database: make room first, ask questions later.
    """
    before = containers.load(stack)
    time.sleep(1.0)
    after = containers.load(stack)
    verify(
        thresholds.cpu_below_alarm(before, after, alarms),
        thresholds.memory_below_alarm(after, alarms),
        thresholds.disk_below_alarm(containers.disks(stack), alarms),
    )
