"""Brings the database up to date before the server starts; alone: `python -m backend.migrate`.

However many containers start at once, one works and the others wait for it.
"""

import logging.config
import time

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlmodel import Session

from backend import database, logs
from backend.models import DEFAULT_LLM_ID, SYSTEM, Llm
from backend.settings import ROOT, settings

DATABASE_PATIENCE = 60.0  # seconds
LOCK_PATIENCE = 120
LOCK = f"{settings.mysql_database}.migrate"

log = logging.getLogger(__name__)


def main() -> None:
    """Wait for the database, and migrate it under a lock of the server's."""
    logging.config.dictConfig(logs.CONFIG)
    _wait_for_the_database()
    with database.make_engine(limit=2 * LOCK_PATIENCE).connect() as connection:
        lock = {"name": LOCK, "seconds": LOCK_PATIENCE}
        if not connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), lock):
            raise SystemExit(f"Cannot start. Another container has been migrating for {LOCK_PATIENCE} s")
        config = Config(ROOT / "alembic.ini", attributes={"connection": connection})
        if unknown := _of_a_later_release(connection, config):
            log.warning("the database is of a later release (%s): its tables stay as they are", ", ".join(unknown))
        else:
            command.upgrade(config, "head")
        _follow_the_settings(connection)
        connection.commit()
    log.info("the database is ready")


def _wait_for_the_database() -> None:
    deadline = time.monotonic() + DATABASE_PATIENCE
    while not database.answers():
        if time.monotonic() > deadline:
            raise SystemExit(f"Cannot start. The database did not answer within {DATABASE_PATIENCE:.0f} s")
        time.sleep(1)


def _of_a_later_release(connection: Connection, config: Config) -> list[str]:
    """List the revisions of the database that this release does not have: it was rolled back, or is too old."""
    ours = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    return sorted(set(MigrationContext.configure(connection).get_current_heads()) - ours)


def _follow_the_settings(connection: Connection) -> None:
    """Make the system's model the one that the settings name now."""
    with Session(connection) as session:
        llm = session.get(Llm, DEFAULT_LLM_ID)
        if llm is None:
            llm = Llm(llm_id=DEFAULT_LLM_ID, user_id=SYSTEM, model="", base_url="", api_key="")
        llm.model = settings.openai_model
        llm.base_url = settings.openai_base_url
        llm.api_key = settings.openai_api_key
        session.add(llm)
        session.commit()


if __name__ == "__main__":
    main()
