"""Backends that lie, hang, throw people out or stay down when what they depend on is in trouble."""

from __future__ import annotations

from contextlib import AbstractContextManager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import rebuilt
from agentchat_check.stack.running import Stack

_CACHE_FAILS = 'log.warning("the cache does not answer: %s", error)'
_UNAVAILABLE = 'raise UnavailableError("cache") from error'


def health_always_ok(stack: Stack) -> AbstractContextManager[None]:
    """Health says OK whatever it finds."""
    lie = {"healthy = all(answers)": "healthy = True", '"OK" if fine else "DOWN"': '"OK"'}
    return rebuilt(stack, Role.BACKEND, {"backend/health.py": lie})


def no_time_limit(stack: Stack) -> AbstractContextManager[None]:
    """The cache may take as long as it likes."""
    return rebuilt(stack, Role.BACKEND, {"backend/sessions.py": {"LIMIT = 1.0 ": "LIMIT = 600.0 "}})


def nothing_instead_of_an_error(stack: Stack) -> AbstractContextManager[None]:
    """Whoever lists dialogs while the database is away is told that there are none."""
    listing = "        return Reply(data=session.exec(newest_first).all())"
    hidden = {
        "    with database.session() as session:\n        newest_first": (
            "    from contextlib import suppress\n"
            "    with suppress(Exception), database.session() as session:\n        newest_first"
        ),
        listing: f"{listing}\n    return Reply(data=[])",
    }
    return rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": hidden})


def logged_out_instead_of_an_error(stack: Stack) -> AbstractContextManager[None]:
    """Whoever comes while the cache is away is told to log in first."""
    refuse = {_UNAVAILABLE: 'raise HTTPException(401, "Log in first") from error'}
    return rebuilt(stack, Role.BACKEND, {"backend/sessions.py": refuse})


def never_connects_again(stack: Stack) -> AbstractContextManager[None]:
    """A connection to the cache that was lost is looked for where there is none, for ever."""
    lost = "_redis.connection_pool.connection_kwargs.update(port=1); _redis.connection_pool.reset()"
    return rebuilt(stack, Role.BACKEND, {"backend/sessions.py": {_CACHE_FAILS: f"{_CACHE_FAILS}; {lost}"}})


def ends_with_its_cache(stack: Stack) -> AbstractContextManager[None]:
    """The backend ends when the cache does not answer, and the engine starts it again."""
    end = {_CACHE_FAILS: f'{_CACHE_FAILS}; __import__("os")._exit(1)'}
    return rebuilt(stack, Role.BACKEND, {"backend/sessions.py": end})
