"""GET /health: looks at both dependencies now, and answers within a second whatever their state."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from backend import database, sessions

LIMIT = 0.75  # seconds

router = APIRouter(tags=["health"])
# A thread of its own: probes of a database that hangs take none from the users.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


class Probe:
    """One look at a time, shared by all who ask meanwhile: asking often costs nothing."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Take the function that looks."""
        self._look = look
        self._under_way: asyncio.Future[bool] | None = None

    async def answers(self) -> bool:
        """Tell whether the dependency answers in time."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.ensure_future(self._look())
        try:
            return await asyncio.wait_for(asyncio.shield(self._under_way), LIMIT)
        except TimeoutError:
            return False


async def _database_answers() -> bool:
    return await asyncio.get_running_loop().run_in_executor(_thread, database.answers)


_probes = {"database": Probe(_database_answers), "cache": Probe(sessions.answers)}


@router.get("/health")
async def health() -> JSONResponse:
    """Tell whether the backend can do its work, and if not, what is down."""
    answers = await asyncio.gather(*(probe.answers() for probe in _probes.values()))
    parts = {name: "OK" if fine else "DOWN" for name, fine in zip(_probes, answers, strict=True)}
    healthy = all(answers)
    return JSONResponse({"status": "OK" if healthy else "DOWN", **parts}, 200 if healthy else 503)
