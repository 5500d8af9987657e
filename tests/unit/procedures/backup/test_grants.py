"""What accounts may do, as servers of different versions say it."""

import pytest

from agentchat_check.procedures.backup import accounts, grants
from agentchat_check.procedures.backup.accounts import Account
from agentchat_check.procedures.backup.grants import Grant

TO = "TO `chat`@`%`"
KNOWN = frozenset({"SELECT", "INSERT", "UPDATE", "RELOAD", "BACKUP_ADMIN", "USAGE", "PROXY"})


@pytest.mark.parametrize(
    "grant",
    [
        Grant(("SELECT", "INSERT"), f"ON `a`.* {TO}", passed_on=False),
        Grant(("RELOAD",), f"ON *.* {TO}", passed_on=True),
        Grant(("SELECT (`a`, `b, c`)", "UPDATE (`x ON y`)"), f"ON `a`.`t TO u` {TO}", passed_on=False),
        Grant(("ALL PRIVILEGES",), "ON `odd``, TO name`.* TO `a`@`10.%`", passed_on=False),
        Grant(("PROXY",), "ON ``@`` TO `root`@`localhost`", passed_on=True),
    ],
)
def test_a_grant_is_read_as_it_is_written(grant: Grant) -> None:
    assert grants.read(str(grant)) == grant


@pytest.mark.parametrize("statement", [f"GRANT `reading`@`%` {TO}", "REVOKE INSERT ON `mysql`.* FROM `chat`@`%`", ""])
def test_what_grants_no_privileges_is_compared_as_a_whole(statement: str) -> None:
    assert grants.read(statement) is None
    assert grants.lacking([statement], [statement], KNOWN) == ()
    assert grants.lacking([statement], [], KNOWN) == (statement,)


@pytest.mark.parametrize(
    ("before", "after", "lacked"),
    [
        ("GRANT SELECT, INSERT ON `a`.*", "GRANT INSERT, SELECT, UPDATE ON `a`.*", ()),
        ("GRANT SELECT, INSERT ON `a`.*", "GRANT SELECT ON `a`.*", ("GRANT INSERT ON `a`.*",)),
        ("GRANT SELECT ON `a`.*", "GRANT SELECT ON `b`.*", ("GRANT SELECT ON `a`.*",)),
        ("GRANT SELECT ON `a`.*", "GRANT ALL PRIVILEGES ON `a`.*", ()),
        ("GRANT ALL PRIVILEGES ON `a`.*", "GRANT SELECT ON `a`.*", ("GRANT ALL PRIVILEGES ON `a`.*",)),
        ("GRANT USAGE ON *.*", "GRANT RELOAD ON *.*", ()),
        ("GRANT SELECT, NEW_ADMIN, BACKUP_ADMIN ON *.*", "GRANT SELECT ON *.*", ("GRANT BACKUP_ADMIN ON *.*",)),
        ("GRANT NEW_ADMIN ON *.*", "GRANT USAGE ON *.*", ()),
        ("GRANT UPDATE (`name`) ON `a`.`t`", "GRANT UPDATE (`id`) ON `a`.`t`", ("GRANT UPDATE (`name`) ON `a`.`t`",)),
    ],
)
def test_what_an_account_lacks_is_told_by_privilege(before: str, after: str, lacked: tuple[str, ...]) -> None:
    expected = tuple(f"{statement} {TO}" for statement in lacked)
    assert grants.lacking([f"{before} {TO}"], [f"{after} {TO}"], KNOWN) == expected


def test_who_may_not_pass_on_what_he_might_lacks_that() -> None:
    plain = f"GRANT RELOAD ON *.* {TO}"
    assert grants.lacking([f"{plain} WITH GRANT OPTION"], [plain]) == (f"{plain} WITH GRANT OPTION",)
    assert grants.lacking([plain], [f"{plain} WITH GRANT OPTION"]) == ()


def test_a_privilege_that_a_server_does_not_know_is_named_and_not_lost() -> None:
    before = Account("chat", "%", "CREATE USER …", (f"GRANT SELECT, NEW_ADMIN, NEW_ADMIN (`a`) ON *.* {TO}",))
    after = Account("chat", "%", "CREATE USER …", (f"GRANT SELECT ON *.* {TO}",))
    assert accounts.lost([before], [after], KNOWN) == ()
    assert accounts.unknown([before], KNOWN) == ("chat@%: NEW_ADMIN",)
    assert accounts.lost([before], [after]) == (f"chat@%: GRANT NEW_ADMIN, NEW_ADMIN (`a`) ON *.* {TO}",)
