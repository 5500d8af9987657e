"""How gunicorn serves the application in production; it reads this file by itself."""

from backend import logs, migrate
from backend.settings import settings

bind = ":7860"
workers = settings.workers
worker_class = "uvicorn_worker.UvicornWorker"
worker_tmp_dir = "/dev/shm"  # noqa: S108  (a heartbeat must never wait for a disk)
timeout = 60
keepalive = 75  # longer than a client keeps an idle connection: it never writes into one that is closing
graceful_timeout = 25  # an open answer may finish; docker-compose.yml stops after 30
control_socket_disable = True
logconfig_dict = logs.CONFIG


def on_starting(_: object) -> None:
    """Bring the database up to date once, before there are workers."""
    migrate.main()
