"""The first schema, and the rows that every installation begins with: the SQL beside this file."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

from backend.models import now

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the statements one by one."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in script.split(";\n"):
        if statement.strip():
            op.get_bind().execute(text(statement), {"now": now()})
