"""What every request gets: an id, a line in the log, and an answer whatever goes wrong."""

import logging
import time

from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.logs import trace_id
from backend.models import new_id

QUIET = "/health"  # asked every few seconds

log = logging.getLogger(__name__)


def traced(app: ASGIApp) -> ASGIApp:
    """Mark every response with X-Trace-ID, and the log lines of its request with the same id."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        trace, started, status = new_id(), time.monotonic(), 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Trace-ID"] = trace
            await send(message)

        trace_id.set(trace)
        try:
            await app(scope, receive, send_marked)
        except Exception:
            log.exception("unexpected")
            if not status:
                await JSONResponse({"detail": "Internal error"}, 500)(scope, receive, send_marked)
        finally:
            level = logging.DEBUG if scope["path"] == QUIET else logging.INFO
            took = time.monotonic() - started
            log.log(level, "%s %s %s %.3fs", scope["method"], scope["path"], status or "-", took)

    return served
