"""Answers that are slow or wrong, always or now and then."""

from __future__ import annotations

from contextlib import AbstractContextManager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import SLOW, rebuilt
from agentchat_check.stack.running import Stack

_STALL, _EVERY = 3, 20
"""Seconds that nobody is answered, and from one such time to the next: a tenth of all wait longer than the alarm."""

_WAY = 0.02
"""Seconds to a database that is some way off, and back."""

_LISTED = "    query = select(Dialog).where(Dialog.user_id == user_id)\n"
_HISTORY = "        query = select(History).where(History.dialog_id == dialog_id).order_by(col(History.id))\n"
_ALL = "        return Reply(data=session.exec(query).all())\n"
_ROUTER = 'router = APIRouter(tags=["dialog"])\n'
_COUNTED = {_ROUTER: f"{_ROUTER}_asked = iter(range(10**9))\n"}


def slow_endpoint(stack: Stack) -> AbstractContextManager[None]:
    """The history of a dialog takes longer than the alarm."""
    edits = {_HISTORY: f'{_HISTORY}        __import__("time").sleep({SLOW})\n'}
    return rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": edits})


def some_errors(stack: Stack) -> AbstractContextManager[None]:
    """Six of a hundred lists of dialogs are an error."""
    fail = f'{_LISTED}    if next(_asked) % 16 == 0:\n        raise RuntimeError("planted")\n'
    return rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": {**_COUNTED, _LISTED: fail}})


def inner_errors(stack: Stack) -> AbstractContextManager[None]:
    """Every tenth list of dialogs is HTTP 200 with an inner 500."""
    refuse = (
        f"{_LISTED}    if next(_asked) % 10 == 0:\n        return Reply(status_code=500, status_message='planted')\n"
    )
    return rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": {**_COUNTED, _LISTED: refuse}})


def stalls(stack: Stack) -> AbstractContextManager[None]:
    """Every twenty seconds nobody is answered for three: a second that plain locust does not see."""
    served = "        trace, started, status = new_id(), time.monotonic(), 0\n"
    wait = f"        await asyncio.sleep(max(0.0, {_STALL} - time.monotonic() % {_EVERY}))\n"
    edits = {"import logging\n": "import asyncio\nimport logging\n", served: served + wait}
    return rebuilt(stack, Role.BACKEND, {"backend/requests.py": edits})


def grows_with_rows(stack: Stack) -> AbstractContextManager[None]:
    """The history is read with a query for each of its rows, of a database that is some way off."""
    each = f"(_sleep({_WAY}), session.exec(select(History).where(History.id == row)).one())[1]"
    rows = "session.exec(query.with_only_columns(History.id)).all()"
    edits = {
        _ROUTER: f"from time import sleep as _sleep\n\n{_ROUTER}",
        f"{_HISTORY}{_ALL}": f"{_HISTORY}        return Reply(data=[{each} for row in {rows}])\n",
    }
    return rebuilt(stack, Role.BACKEND, {"backend/api/dialogs.py": edits})


def pool_too_small(stack: Stack) -> AbstractContextManager[None]:
    """All requests share one connection to the database, which every twenty seconds one of them holds for three."""
    one = {"THREADS = 20 ": "_held = [0.0]\nTHREADS = 1 "}
    hold = {
        "Session(_engine, expire_on_commit=False) as work:\n        yield work\n": (
            "Session(_engine, expire_on_commit=False) as work:\n"
            f"        if time.monotonic() - _held[0] > {_EVERY}:\n"
            "            _held[0] = time.monotonic()\n"
            f"            time.sleep({_STALL})\n"
            "        yield work\n"
        )
    }
    return rebuilt(stack, Role.BACKEND, {"backend/database.py": {**one, **hold}})
