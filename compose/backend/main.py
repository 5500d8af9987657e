"""The application: `python -m backend.serve`, or `gunicorn main:app` in production."""

import logging.config
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from backend import api, database, health, logs, model, sessions
from backend.replies import RefusedError, UnavailableError
from backend.requests import traced
from backend.settings import settings

logging.config.dictConfig(logs.CONFIG)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Give the database as many threads as it has connections, and leave nothing open."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = database.THREADS
    yield
    await model.client.aclose()
    await sessions.close()


app = FastAPI(title="AgentChat reference backend", lifespan=lifespan)
app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.upload_limit_mb * 1024 * 1024)
app.add_middleware(traced)
app.include_router(health.router)
app.include_router(api.router)


@app.exception_handler(RefusedError)
async def refused(_: Request, error: RefusedError) -> JSONResponse:
    """Put the reason into the envelope."""
    return JSONResponse(error.reply.model_dump())


@app.exception_handler(UnavailableError)
async def unavailable(_: Request, error: UnavailableError) -> JSONResponse:
    """Say what is down, and that asking again may help."""
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "5"})
