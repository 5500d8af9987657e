"""Runs the revisions on the connection of backend.migrate, or of the alembic command on one of its own."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from backend import database, models  # noqa: F401  (the models fill the metadata)


def run(connection: Connection) -> None:
    """Run the revisions that the command asks for."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with database.make_engine(limit=60).connect() as own:
        run(own)
