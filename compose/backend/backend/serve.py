"""Brings the database up to date, then serves: `python -m backend.serve`. gunicorn.conf.py does both, too.

One process for both, because most of a start is the import of what both need.
"""

import uvicorn

from backend import migrate


def main() -> None:
    """Serve until a signal ends it; an answer that is being streamed may finish within the 30 s that compose waits."""
    migrate.main()
    # An idle connection outlives its client's patience, so that no request meets one that is just closing.
    everywhere = "0.0.0.0"  # noqa: S104 - of the container; what is published of it says compose
    uvicorn.run("main:app", host=everywhere, port=7860, timeout_keep_alive=75, timeout_graceful_shutdown=25)


if __name__ == "__main__":
    main()
