"""What a restore can lose, lost from a stack after it."""

from __future__ import annotations

from agentchat_check.deployment import Role
from agentchat_check.probes import administration, cache, database
from agentchat_check.stack import mounts, storage
from agentchat_check.stack.running import Stack

_TIMEOUT = 60.0


def table_skipped(stack: Stack) -> None:
    """A table is not there."""
    _execute(stack, "SET foreign_key_checks = 0", "DROP TABLE history")


def row_dropped(stack: Stack) -> None:
    """A table has one row less."""
    _execute(stack, "DELETE FROM history LIMIT 1")


def row_changed(stack: Stack) -> None:
    """A row says something else."""
    _execute(stack, "UPDATE dialog SET name = CONCAT(name, '!') LIMIT 1")


def charset_lost(stack: Stack) -> None:
    """A table has another character set."""
    _execute(stack, "ALTER TABLE llm DEFAULT CHARACTER SET latin1")


def index_lost(stack: Stack) -> None:
    """A table has an index less than it had."""
    _execute(stack, "ALTER TABLE dialog DROP INDEX ix_dialog_user_id")


def index_added(stack: Stack) -> None:
    """A table has an index more than it had."""
    _execute(stack, "ALTER TABLE agent ADD INDEX planted (name)")


def default_charset_lost(stack: Stack) -> None:
    """New tables would get another character set."""
    _execute(stack, f"ALTER DATABASE `{database.credentials(stack).database}` CHARACTER SET latin1")


def grant_lost(stack: Stack) -> None:
    """The application's account may do less."""
    account = database.credentials(stack)
    _execute(stack, f"REVOKE DROP ON `{account.database}`.* FROM '{account.user}'@'%'")


def passwords_lost(stack: Stack) -> None:
    """No user is let in with the old password."""
    _execute(stack, "UPDATE user SET user_password = REVERSE(user_password)")


def ends_lost(stack: Stack) -> None:
    """No key of the cache ends any more."""
    with cache.asked(stack) as client:
        for name in list(client.scan_iter()):
            client.persist(name)


def keys_stale(stack: Stack) -> None:
    """The cache holds what it held some time before."""
    with cache.asked(stack) as client:
        for name in list(client.scan_iter()):
            client.delete(name)


def file_missing(stack: Stack) -> None:
    """The files of the backend's volumes are not there."""
    own = [place for place in mounts.places(stack) if place.service == stack.service_name(Role.BACKEND)]
    for place in own:
        with storage.helper(stack, place.service) as helper:
            helper.run('rm -rf "$1"/*', place.path)


def written_beside(stack: Stack) -> None:
    """A service keeps data where no volume is."""
    stack.execute(stack.service_name(Role.DATABASE), ["sh", "-c", "echo precious > /srv/precious.db"], user="root")


def _execute(stack: Stack, *statements: str) -> None:
    with (
        administration.connected(stack, "plant a fault", timeout=_TIMEOUT) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"USE `{database.credentials(stack).database}`")
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
