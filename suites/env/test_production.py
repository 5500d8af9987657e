"""Does the production overlay do what it is there for?"""

import pytest

from agentchat_check.checks import conversation, overlay, production, safeguards
from agentchat_check.probes import cache, full_logs, processes
from agentchat_check.probes import overlay as overlays
from agentchat_check.probes import safeguards as guards
from agentchat_check.procedures import crowd, interruption, visit


@pytest.mark.production
def test_the_overlay_renders_without_blank_values(deployment, verify):
    """The compose files with the production overlay on top render, and no variable in them comes out blank.

    Procedure:
        1. Let compose render the files with the env file; nothing is started.
        2. Every variable has a value, or a default where it stands. A default may be blank: that was meant.

    If it fails:
        A blank password starts an open database, or none. Give the variable that is named a value in the env file.
    """
    verify(overlay.renders(overlays.rendering(deployment)))


@pytest.mark.production
def test_every_command_exists_in_its_image(unstarted_stack, verify):
    """What the overlay tells each service to run is in its image.

    Procedure:
        1. Take each service's entrypoint and command, from the compose files and from its image.
        2. Look for the programs in a container of that image; nothing else is started.

    If it fails:
        The service ends as soon as it starts. Add the program to the image, or correct the command.
    """
    verify(overlay.commands_exist(overlays.programs(unstarted_stack)))


@pytest.mark.production
def test_the_database_knows_every_flag_it_is_given(unstarted_stack, verify):
    """The database's server accepts each flag that the overlay gives it.

    Procedure:
        1. Show each flag to the server of the database's own image (mysqld --validate-config); no database is started.

    If it fails:
        The database does not start. Flags come and go between releases: the server's manual says what replaced the one
        that is named.
    """
    verify(overlay.database_flags_valid(overlays.database_flags(unstarted_stack)))


@pytest.mark.production
def test_every_declared_worker_serves(stack, verify):
    """As many workers of the backend run as the overlay declares.

    Procedure:
        1. Read how many are declared, in the backend's command or environment.
        2. Count the processes that the server's first one has in the container.

    If it fails:
        Fewer than declared serve fewer people than planned; more take memory that nobody planned for. Read the
        backend's log.
    """
    verify(production.workers_run(processes.workers(stack)))


@pytest.mark.production
def test_several_workers_seed_once(guest, verify):
    """On an empty database, several workers that start at once bring agents, tools and models once.

    Procedure:
        1. Start the production deployment on an empty database.
        2. List agents, tools and models through the API: at least one of each, and none twice.

    If it fails:
        Each worker fills the empty tables by itself. Seed before the workers start, or under a lock of the database;
        remove the newer rows from the tables agent, tool and llm.
    """
    verify(conversation.seeded_once(*guest.api.seeds()))


@pytest.mark.production
def test_people_register_at_once(api, verify):
    """48 people register in the same moment, and all can log in; of 12 who want the same name, one gets it.

    Procedure:
        1. 48 people register at once, each over a connection of their own. Each is acknowledged.
        2. Each logs in, and is somebody else.
        3. 12 people register the same name at once, each with a password of their own: one is acknowledged, and one of
           the passwords opens the account.

    If it fails:
        Lost registrations: look for connections of the database that ran out (workers times pool, against
        max_connections). One name twice: nobody knows who of the two logs in; make the name unique in the database.
    """
    everybody = crowd.accounts()
    registered = crowd.register_at_once(api, everybody)
    verify(production.registers_a_crowd(registered, crowd.log_everybody_in(api, everybody)))

    rivals = crowd.rivals()
    registered = crowd.register_at_once(api, rivals)
    verify(production.one_name_one_user(registered, crowd.log_everybody_in(api, rivals)))


@pytest.mark.production
def test_the_logs_rotate(stack, verify):
    """The log of every service has an end, at which it is begun anew.

    Procedure:
        1. Read each container's logging driver and options as they are in force, the engine's own defaults included.
        2. A driver that writes endless files is told their size.

    If it fails:
        The log grows until the disk is full, and then the database stops. Limit it, and recreate the container.
    """
    verify(safeguards.logs_rotate(guards.rotations(stack)))


@pytest.mark.production
def test_a_full_log_begins_anew(stack, verify):
    """A log that is full loses its oldest lines, and takes no more room than it was given.

    Procedure:
        1. Make a container whose log is made as the services' logs are, once for each kind of log.
        2. Have it print more than the log may hold.
        3. Read the log back: the last line is there, the first is not, and the rest fits into the declared size.

    If it fails:
        The options are written down and not kept to, or there are none: the log grows until the disk is full. Give the
        service logging options, recreate its container, and read the engine's log.
    """
    verify(safeguards.full_logs_begin_anew(full_logs.full_logs(stack)))


@pytest.mark.production
def test_the_limits_are_in_force(stack, verify):
    """Memory and processors of every service are limited as the compose files say.

    Procedure:
        1. Read the limits that the compose files declare.
        2. Compare them with those that the kernel enforces: the container's cgroup.

    If it fails:
        One service can take everything from the others. A container keeps the limits it was made with: recreate it.
    """
    verify(safeguards.limits_in_force(guards.limits(stack)))


@pytest.mark.production
@pytest.mark.disruptive(mends=True)
def test_sessions_outlive_a_crash_of_the_cache(stack, api, verify):
    """The cache writes an append-only log, and who was logged in before it crashed is logged in after it.

    Procedure:
        1. Ask the cache whether it writes an append-only log, and whether the last write succeeded.
        2. A user logs in. Two seconds later the cache is killed, and started again.
        3. The session is there, and the user's token opens their list of dialogs.

    If it fails:
        Every crash and every restart of the cache logs everybody out. Start it with --appendonly yes, on a volume.
    """
    verify(safeguards.keeps_a_log(cache.promised_log(stack)))

    user = visit.arrive(api)
    before = cache.session(stack, user.user_id)
    interruption.crash_the_cache(stack)
    after = cache.session(stack, user.user_id)
    verify(safeguards.survives_a_crash(before, after, user.api.call("dialogs")))


@pytest.mark.production
@pytest.mark.disruptive(mends=True)
def test_the_backend_finishes_an_answer_before_it_stops(stack, guest, agent_id, answer_to, verify):
    """A backend that is stopped in the middle of an answer finishes it, and ends by itself within its time limit.

    Procedure:
        1. A user asks a model that takes six seconds to answer.
        2. When the answer has begun, stop the backend: docker compose stop backend.
        3. The user has the whole answer. The backend ended by itself, before the engine would have killed it.
        4. Start it again.

    If it fails:
        Every update cuts off whoever is reading an answer. Give the server and the container enough time to stop, and
        see that the signal reaches the server.
    """
    chat, stop = interruption.stop_while_answering(stack, guest, agent_id)
    verify(
        production.finishes_stream(chat, containing=answer_to(interruption.STREAM)),
        production.stops_in_time(stop),
    )
