"""Releases that do not carry over what there was: the reference deployment's second, changed.

Each says what is written instead of what stands in its files, for ``copies.release``.
"""

from __future__ import annotations

from agentchat_check.faults.copies import Changes

_MIGRATION = "backend/backend/migrations/versions/0002_expand.py"
_COMPOSE = "docker-compose.yml"
_EXAMPLE = "docker.env.example"

_LAST_STEP = '    op.get_bind().execute(ONE_MORE_AGENT, {"system": SYSTEM, "llm": DEFAULT_LLM_ID, "now": now()})\n'
_PINNED = '    "dialog": sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.text("0")),\n'
_DISPLAY_NAME = 'sa.Column("display_name", sa.String(64)),'
_KEY = "      JWT_SECRET_KEY: ${JWT_SECRET_KEY:?set it in docker.env}\n"
_UPLOAD_LIMIT = (
    "      UPLOAD_MAX_MB: ${UPLOAD_MAX_MB:-}\n"
    "      UPLOAD_LIMIT_MB: ${UPLOAD_LIMIT_MB:-} # the former name, which counts where today's is not set\n"
)


def _migrating(statement: str) -> Changes:
    return {_MIGRATION: {_LAST_STEP: f'{_LAST_STEP}    op.execute("{statement}")\n'}}


ROWS_DROPPED = _migrating("DELETE FROM history ORDER BY id LIMIT 2")
"""Its migration drops the oldest messages."""

VALUES_LOST = _migrating(
    "UPDATE user SET user_password = CONCAT(LEFT(user_password, 29), REVERSE(SUBSTRING(user_password, 30)))"
)
"""Its migration makes something else of the values of a column: nobody's password is the right one any more."""

SEED_TWICE = _migrating(
    "INSERT INTO tool (tool_id, user_id, name, description, create_time, update_time)"
    " SELECT REPLACE(UUID(), '-', ''), user_id, name, description, create_time, update_time FROM tool"
)
"""Its migration brings along tools that are there already."""

NOTHING_FOR_A_WHILE = _migrating("DO SLEEP(30)")
"""Its migration takes half a minute longer."""

COLUMN_FORGOTTEN: Changes = {_MIGRATION: {_PINNED: ""}}
"""Its models have a column that its migration does not add; its health says OK all the same."""

NO_DEFAULT: Changes = {_MIGRATION: {_DISPLAY_NAME: 'sa.Column("display_name", sa.String(64), nullable=False),'}}
"""Its migration demands a value that the release before does not write."""

KEY_CHANGED: Changes = {_COMPOSE: {_KEY: f"      JWT_SECRET_KEY: {'another key ' * 4}\n"}}
"""It signs tokens with a key of its own."""

VOLUME_RENAMED: Changes = {
    _COMPOSE: {
        "      - mysql_data:/var/lib/mysql\n": "      - database_data:/var/lib/mysql\n",
        "\nvolumes:\n  mysql_data:\n": "\nvolumes:\n  database_data:\n",
    }
}
"""It keeps its database in a volume of another name."""

SETTING_DROPPED: Changes = {
    _COMPOSE: {_UPLOAD_LIMIT: ""},
    _EXAMPLE: {"# formerly UPLOAD_LIMIT_MB\n#UPLOAD_MAX_MB=20\n": ""},
}
"""It passes on a setting of before under no name at all."""
