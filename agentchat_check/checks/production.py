"""Does the backend bear a crowd, and does it stop without breaking off what it is doing?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

WORKERS_RUN = Promise(
    "production.workers_run",
    "as many workers serve as are declared",
    "read the backend's log: a worker that ends is named there; recreate the container if it is older than its files",
)
REGISTERS_A_CROWD = Promise(
    "production.registers_a_crowd",
    "everybody who registers in the same moment can log in afterwards, each as somebody else",
    "read the backend's log at that time: connections of the database that ran out, and locks that were waited for",
)
ONE_NAME_ONE_USER = Promise(
    "production.one_name_one_user",
    "of those who want the same name in the same moment exactly one gets it",
    "make the name unique in the database (an index), and remove the rows that stand twice",
)
STOPS_IN_TIME = Promise(
    "production.stops_in_time",
    "the backend stops by itself within its time limit",
    "let the server's own limit (gunicorn: graceful_timeout) be shorter than stop_grace_period, and see that the "
    "signal reaches it: init: true, and exec in scripts",
)
FINISHES_STREAM = Promise(
    "production.finishes_stream",
    "an answer that is being streamed is finished before the backend stops",
    "give the server (gunicorn: graceful_timeout) and the container (stop_grace_period) as long as an answer takes",
)

_ENDED = {0, 143}
"""Exit codes of what ended when it was asked to: by itself, or by the signal that asked it."""

_SHOWN = 5


def workers_run(workers: facts.Workers) -> Finding:
    """As many processes serve as the configuration asks for."""
    running = len(workers.running)
    return WORKERS_RUN.judge(
        running == workers.declared,
        expected=f"{workers.declared} workers of {workers.service}",
        actual=f"{running} run" + "".join(f"\n{one}" for one in workers.running if running != workers.declared),
    )


def registers_a_crowd(registered: Sequence[facts.HttpAnswer], logged_in: Sequence[facts.HttpAnswer]) -> Finding:
    """Every registration is acknowledged, and everybody logs in as somebody else.

    Args:
        registered: The answer to each registration.
        logged_in: The answer to each log-in afterwards, in the same order.
    """
    expected = f"{len(registered)} registrations acknowledged, and as many users who log in"
    if registered and all(answer.error for answer in registered):
        return REGISTERS_A_CROWD.unknown(
            expected=expected, actual=f"nobody was answered: {registered[0]}", next_step="see whether the backend runs"
        )
    lost = [str(answer) for answer in registered if not answer.ok]
    shut_out = [
        str(after) for before, after in zip(registered, logged_in, strict=True) if before.ok and not _user(after)
    ]
    shared = [user for user, times in Counter(map(_user, logged_in)).items() if user and times > 1]
    faults = [
        *_told("not registered", lost),
        *_told("registered, and cannot log in", shut_out),
        *_told("one user for several people", shared),
    ]
    slowest = max((answer.seconds for answer in registered), default=0.0)
    return REGISTERS_A_CROWD.judge(
        bool(registered) and not faults,
        expected=expected,
        actual="\n".join(faults) or f"all of them, the last after {slowest:.1f} s",
    )


def one_name_one_user(registered: Sequence[facts.HttpAnswer], logged_in: Sequence[facts.HttpAnswer]) -> Finding:
    """One registration is acknowledged, and one password opens the account.

    Args:
        registered: The answer to each registration of the one name.
        logged_in: The answer to each log-in afterwards, each with its own password.
    """
    expected = f"1 of {len(registered)} registered, and 1 of their passwords accepted"
    if registered and all(answer.error for answer in registered):
        return ONE_NAME_ONE_USER.unknown(
            expected=expected, actual=f"nobody was answered: {registered[0]}", next_step="see whether the backend runs"
        )
    won = sum(answer.ok for answer in registered)
    accepted = sum(bool(_user(answer)) for answer in logged_in)
    return ONE_NAME_ONE_USER.judge(
        won == 1 and accepted == 1, expected=expected, actual=f"{won} registered, {accepted} passwords accepted"
    )


def stops_in_time(stop: facts.Stop) -> Finding:
    """It ended when it was asked to, and nobody had to kill it."""
    in_time = stop.seconds is None or stop.seconds <= stop.grace
    return STOPS_IN_TIME.judge(
        stop.exit_code in _ENDED and not stop.killed and in_time,
        expected=f"an end of its own within {stop.grace:g} s",
        actual=str(stop),
    )


def finishes_stream(chat: facts.ChatAnswer, *, containing: str) -> Finding:
    """The answer came to its end while the backend stopped.

    Args:
        chat: The answer, as far as it came.
        containing: What the model says.
    """
    return FINISHES_STREAM.judge(
        chat.answer.ok and not chat.errors and bool(containing) and containing in chat.text,
        expected=f"all of {containing[:80]!r}",
        actual=f"{chat}\nits last words: {chat.text[-40:]!r}",
    )


def _user(answer: facts.HttpAnswer) -> str:
    """Who an answer to a log-in says one is; "" where it lets nobody in."""
    data = answer.data if answer.ok and isinstance(answer.data, dict) else {}
    return str(data.get("user_id", "")) if data.get("access_token") else ""


def _told(what: str, cases: Sequence[str]) -> list[str]:
    """What is wrong, how often, and the first cases of it."""
    return [f"{what}: {len(cases)}", *(f"  {case}" for case in cases[:_SHOWN])] if cases else []
