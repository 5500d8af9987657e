"""Faults of the env suite's production overlay and nginx, and the look that sees each of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from agentchat_check.checks import conversation, front_door, production, proxy, safeguards
from agentchat_check.deployment import Role
from agentchat_check.faults.env import front_door as front_door_faults
from agentchat_check.faults.env import production as production_faults
from agentchat_check.findings import Finding, Promise
from agentchat_check.probes import api as apis
from agentchat_check.probes import cache, full_logs, processes
from agentchat_check.probes import front_door as doors
from agentchat_check.probes import page as pages
from agentchat_check.probes import safeguards as guards
from agentchat_check.probes.api import Api
from agentchat_check.procedures import crowd, interruption, passing, visit
from agentchat_check.stack.running import Stack

Look = Callable[[Stack], tuple[Finding, ...]]


class Case(NamedTuple):
    """A fault, the look that sees it, and every promise it breaks, each with a word of the cause."""

    fault: Callable[[Stack], AbstractContextManager[None]]
    look: Look
    breaks: dict[Promise, str]

    def __str__(self) -> str:
        """The fault."""
        return self.fault.__name__


def api(stack: Stack) -> Api:
    """The backend where it is now: its port changes with its container."""
    return apis.discover("http://{}:{}".format(*stack.address(Role.BACKEND)))


def base(stack: Stack) -> str:
    """The front door's address."""
    return "http://{}:{}".format(*stack.address(Role.FRONTEND))


def workers(stack: Stack) -> tuple[Finding, ...]:
    return (production.workers_run(processes.workers(stack)),)


def seeds(stack: Stack) -> tuple[Finding, ...]:
    return (conversation.seeded_once(*visit.arrive(api(stack)).api.seeds()),)


def a_crowd(stack: Stack) -> tuple[Finding, ...]:
    everybody, asked = crowd.accounts(), api(stack)
    registered = crowd.register_at_once(asked, everybody)
    return (production.registers_a_crowd(registered, crowd.log_everybody_in(asked, everybody)),)


def rivals(stack: Stack) -> tuple[Finding, ...]:
    everybody, asked = crowd.rivals(), api(stack)
    registered = crowd.register_at_once(asked, everybody)
    return (production.one_name_one_user(registered, crowd.log_everybody_in(asked, everybody)),)


def a_stop(stack: Stack) -> tuple[Finding, ...]:
    guest = visit.arrive(api(stack))
    chat, stop = interruption.stop_while_answering(stack, guest, visit.agent_of_ours(guest, stack))
    whole = visit.known_answer(stack)(interruption.STREAM)
    return production.finishes_stream(chat, containing=whole), production.stops_in_time(stop)


def rotation(stack: Stack) -> tuple[Finding, ...]:
    return (
        safeguards.logs_rotate(guards.rotations(stack)),
        safeguards.full_logs_begin_anew(full_logs.full_logs(stack)),
    )


def limits(stack: Stack) -> tuple[Finding, ...]:
    return (safeguards.limits_in_force(guards.limits(stack)),)


def a_crash(stack: Stack) -> tuple[Finding, ...]:
    log = safeguards.keeps_a_log(cache.promised_log(stack))
    user = visit.arrive(api(stack))
    before = cache.session(stack, user.user_id)
    interruption.crash_the_cache(stack)
    after = cache.session(stack, user.user_id)
    return log, safeguards.survives_a_crash(before, after, user.api.call("dialogs"))


def files(stack: Stack) -> tuple[Finding, ...]:
    at = base(stack)
    page = pages.look(at)
    return (
        front_door.page_stays_fresh(page),
        front_door.assets_are_kept(page),
        front_door.compresses(page),
        front_door.protects(page),
        front_door.hides(page, doors.hidden(at), doors.private(at)),
    )


def a_stream(stack: Stack) -> tuple[Finding, ...]:
    guest = visit.arrive(api(stack))
    streams = passing.stream(stack, base(stack), guest, visit.agent_of_ours(guest, stack))
    return (proxy.streams_unbuffered(streams),)


def uploads(stack: Stack) -> tuple[Finding, ...]:
    seen = passing.upload(stack, base(stack), visit.arrive(api(stack)))
    return proxy.takes_uploads(seen), proxy.refuses_larger(seen)


def healths(stack: Stack) -> tuple[Finding, ...]:
    own, passed = passing.health_without_a_backend(stack, base(stack))
    return proxy.own_health(own), proxy.backend_health(passed)


IN_PRODUCTION = [
    Case(production_faults.larger_limit, limits, {safeguards.LIMITS_IN_FORCE: "model: 512 MiB, 1 CPU"}),
    Case(
        production_faults.endless_logs,
        rotation,
        {
            safeguards.LOGS_ROTATE: "model: json-file, without an end",
            safeguards.FULL_LOGS_BEGIN_ANEW: "model: json-file: 64.0 MiB written, 64.0 MiB kept, the first line too",
        },
    ),
    Case(
        production_faults.no_log_of_the_cache,
        a_crash,
        {safeguards.KEEPS_A_LOG: "it writes none", safeguards.SURVIVES_A_CRASH: "it is gone"},
    ),
    Case(production_faults.slow_registrations, a_crowd, {production.REGISTERS_A_CROWD: "not registered: "}),
    Case(
        production_faults.names_not_unique,
        rivals,
        {production.ONE_NAME_ONE_USER: "12 registered, 1 passwords accepted"},
    ),
    Case(production_faults.fewer_workers, workers, {production.WORKERS_RUN: "1 run"}),
    Case(production_faults.every_worker_seeds, seeds, {conversation.SEEDED_ONCE: "stands more than once"}),
    Case(production_faults.impatient_server, a_stop, {production.FINISHES_STREAM: "its last words: "}),
    Case(
        production_faults.killed_too_soon,
        a_stop,
        {production.FINISHES_STREAM: "its last words: ", production.STOPS_IN_TIME: "exit code 137, killed"},
    ),
]

AT_THE_FRONT_DOOR = [
    Case(
        front_door_faults.old_pages,
        files,
        {front_door.PAGE_STAYS_FRESH: "/: cache-control: public, max-age=86400"},
    ),
    Case(front_door_faults.silent_pages, files, {front_door.PAGE_STAYS_FRESH: "/: cache-control: not said"}),
    Case(front_door_faults.forgotten_assets, files, {front_door.ASSETS_ARE_KEPT: ".js: cache-control: no-cache"}),
    Case(front_door_faults.uncompressed, files, {front_door.COMPRESSES: "content-encoding: not said"}),
    Case(front_door_faults.guessed_types, files, {front_door.PROTECTS: "/: no X-Content-Type-Options: nosniff"}),
    Case(front_door_faults.framed, files, {front_door.PROTECTS: "/: may be framed"}),
    Case(front_door_faults.told_referrers, files, {front_door.PROTECTS: "/: no Referrer-Policy"}),
    Case(front_door_faults.told_release, files, {front_door.PROTECTS: "/: Server: nginx/"}),
    Case(front_door_faults.shown_hidden_files, files, {front_door.HIDES: "/.env: 200, and no refusal"}),
    Case(front_door_faults.shown_env_file, files, {front_door.HIDES: "/docker.env: 200, its content"}),
    Case(front_door_faults.collected_answers, a_stream, {proxy.STREAMS_UNBUFFERED: "its words come over 0.0 s"}),
    # The backend answers 413 and hangs up: nginx passes that on, or says 502 when it was still writing to the backend.
    Case(front_door_faults.promised_too_much, uploads, {proxy.TAKES_UPLOADS: "POST /api/v1/upload: "}),
    Case(front_door_faults.refused_without_words, uploads, {proxy.REFUSES_LARGER: "413"}),
    Case(front_door_faults.borrowed_health, healths, {proxy.OWN_HEALTH: "it does not: GET /health: 50"}),
    Case(
        front_door_faults.health_always_well,
        healths,
        {proxy.BACKEND_HEALTH: "it does not: GET /health/backend: 200"},
    ),
]
