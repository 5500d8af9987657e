"""Does start.sh do what the operations manual says of it?"""

import pytest

from agentchat_check.checks import mishaps, scripts
from agentchat_check.probes import belongings
from agentchat_check.probes import scripts as look
from agentchat_check.procedures import adversity, start_stop, starting
from agentchat_check.procedures.guard import Compose


def test_start_sh_can_be_run_as_it_is(deployment, verify):
    r"""start.sh can be run as it lies on the disk.

    Procedure:
        1. Look at its mode: its owner may run it.
        2. Its first line names its shell, and no line ends in CRLF, as after an unpacking on Windows.

    If it fails:
        chmod +x start.sh; CRLF goes with sed -i 's/\r$//' start.sh.
    """
    verify(scripts.runnable(look.script(look.find(deployment.directory, look.START))))


@pytest.mark.disruptive
def test_without_settings_it_asks_for_them_and_starts_nothing(unstarted_stack, settings, verify):
    """Without docker.env start.sh copies the example, asks for it to be edited, fails, and starts nothing.

    Procedure:
        1. Take docker.env away, as in a deployment that was just unpacked.
        2. Run start.sh.
        3. docker.env is there, a copy of the example; the exit status is not 0; there is no container.

    If it fails:
        A deployment that starts without being asked runs with the passwords of the example: set others before anybody
        can reach it.
    """
    example = start_stop.without_settings(unstarted_stack)
    run = start_stop.start(unstarted_stack, timeout=settings.up_timeout)
    made = example.with_name(start_stop.SETTINGS)
    verify(
        scripts.asks_for_settings(
            run,
            example=example.read_bytes(),
            settings=made.read_bytes() if made.exists() else None,
            started=belongings.of(unstarted_stack.client, unstarted_stack.project).containers,
        )
    )


@pytest.mark.disruptive
def test_it_starts_everything_and_says_where_it_answers(unstarted_stack, settings, exhibit, verify):
    """start.sh starts everything from wherever it is called, waits, shows the status and addresses that answer.

    Procedure:
        1. Unpack the deployment into a directory with spaces in its name, and fill its settings in.
        2. Run start.sh from another directory; if that does not work, from its own.
        3. Right after it: every service is there and well, the settings are what they were, and what services mount was
           made.
        4. It showed each service's status, and each address that it printed answers. The ports of our copy are the
           engine's choice: an address with a port that the deployment declares is asked where the copy has that port.
        5. Run it again: nothing is restarted, and nothing is worse than before.

    If it fails:
        What it prints last is in the report. Until it is mended, start with docker compose up --detach --wait, and look
        with docker compose ps.
    """
    stack, declared = unstarted_stack, set(unstarted_stack.declared_ports())
    directory = start_stop.unpacked(stack)
    filled_in, unmade = start_stop.fill_in(stack), start_stop.unmade(stack)
    before = filled_in.read_bytes()
    elsewhere = start_stop.start(stack, directory=directory, elsewhere=True, timeout=settings.up_timeout)
    anywhere = scripts.starts_from_anywhere(elsewhere, stack.services(), declared)
    run = elsewhere
    if elsewhere.status != 0:
        run = start_stop.start(stack, directory=directory, timeout=settings.up_timeout)
    services = stack.services()
    addresses = look.addresses(stack, run.printed)
    exhibit("what start.sh printed", run.ending)
    before_again = starting.at_rest(stack, timeout=settings.up_timeout)
    again = start_stop.start(stack, directory=directory, timeout=settings.up_timeout)
    verify(
        anywhere,
        scripts.starts_everything(run, services, declared),
        scripts.settings_kept(run, before=before, after=filled_in.read_bytes() if filled_in.exists() else None),
        scripts.makes_directories(run, unmade),
        scripts.shows_status(run, declared),
        scripts.addresses_answer(run, addresses),
        scripts.starts_again(again, before_again, starting.at_rest(stack, timeout=settings.up_timeout)),
    )


@pytest.mark.disruptive
def test_it_works_with_either_name_of_compose(unstarted_stack, settings, verify):
    """start.sh works on a host with docker compose, and on one with docker-compose.

    Procedure:
        1. Run it where only docker-compose is to be found.
        2. Run it where only docker compose is. Each time it starts every service.

    If it fails:
        On a host with the other one install both: docker-compose-plugin, and a docker-compose that calls it.
    """
    stack, declared = unstarted_stack, set(unstarted_stack.declared_ports())
    start_stop.fill_in(stack)
    standalone = start_stop.start(stack, offers=Compose.STANDALONE, timeout=settings.up_timeout)
    first = scripts.either_compose(standalone, starting.at_rest(stack, timeout=settings.up_timeout), declared)
    plugin = start_stop.start(stack, offers=Compose.PLUGIN, timeout=settings.up_timeout)
    verify(first, scripts.either_compose(plugin, starting.at_rest(stack, timeout=settings.up_timeout), declared))


@pytest.mark.disruptive
def test_two_starts_at_once_end_in_one_working_deployment(unstarted_stack, settings, verify):
    """Two administrators who run start.sh at the same time get one working deployment.

    Procedure:
        1. Run start.sh twice at the same time, in the same directory.
        2. When all have come to rest, every service is there once, and well, and at least one of the two said so.

    If it fails:
        Run start.sh once more, alone: it brings up what is missing.
    """
    start_stop.fill_in(unstarted_stack)
    runs = start_stop.start_twice_at_once(unstarted_stack, timeout=settings.up_timeout)
    services = starting.at_rest(unstarted_stack, timeout=settings.up_timeout)
    verify(mishaps.two_at_once(runs, services, set(unstarted_stack.declared_ports())))


@pytest.mark.disruptive
def test_a_service_that_does_not_come_up_is_told(unstarted_stack, settings, exhibit, verify):
    """start.sh names a service that does not come up, and exits with an error.

    Procedure:
        1. Have the service that comes up last, usually the frontend, end with an error as soon as it is started.
        2. Run start.sh.
        3. Its exit status is not 0, and it names the service.

    If it fails:
        Do not trust it in scripts of your own: look at docker compose ps after every start.
    """
    start_stop.fill_in(unstarted_stack)
    run = start_stop.start(unstarted_stack, changes=adversity.hopeless(unstarted_stack), timeout=settings.up_timeout)
    exhibit("what start.sh printed about a service that does not come up", run.ending)
    verify(mishaps.tells_of_failure(run, unstarted_stack.services(), adversity.last(unstarted_stack)))


@pytest.mark.disruptive
def test_a_port_that_is_taken_is_named_with_its_holder(unstarted_stack, settings, exhibit, verify):
    """start.sh names a port that is taken, and the program that holds it.

    Procedure:
        1. Hold a port, and have a service of the deployment publish that one.
        2. Run start.sh.
        3. Its exit status is not 0, and it names the port and who holds it.

    If it fails:
        ss -ltnp names the programs that listen on this host, docker ps --filter publish=PORT the containers.
    """
    start_stop.fill_in(unstarted_stack)
    with adversity.occupied_port(unstarted_stack) as (holder, changes):
        run = start_stop.start(unstarted_stack, changes=changes, timeout=settings.up_timeout)
    exhibit("what start.sh printed about a port that is taken", run.ending)
    verify(mishaps.names_the_holder(run, holder))
