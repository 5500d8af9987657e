"""One line per event, on stdout, with the id of the request it belongs to."""

import logging
from contextvars import ContextVar
from typing import Any

from backend.settings import settings

trace_id: ContextVar[str] = ContextVar("trace_id", default="-")


class OneLine(logging.Formatter):
    """Keeps an event on its line, a traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        """Add the request's id, and fold the lines into one."""
        record.trace_id = trace_id.get()
        return super().format(record).replace("\n", "\\n")


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": OneLine, "format": "%(asctime)s %(levelname)s [%(trace_id)s] %(message)s"}},
    "handlers": {
        "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"},
    },
    "root": {"level": settings.log_level.upper(), "handlers": ["out"]},
    # The servers bring handlers of their own. Requests are logged in requests.py; gunicorn repeats uvicorn.
    "loggers": {
        name: {"level": level, "handlers": [], "propagate": True}
        for name, level in {
            "uvicorn": "NOTSET",
            "uvicorn.error": "NOTSET",
            "uvicorn.access": "ERROR",
            "gunicorn.error": "WARNING",
            "gunicorn.access": "ERROR",
            "httpx": "WARNING",
        }.items()
    },
}
