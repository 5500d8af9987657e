"""What the database refuses its administrator is one clear error."""

import pymysql
import pytest

from agentchat_check import errors
from agentchat_check.probes import administration


@pytest.mark.parametrize(
    "error",
    [
        pymysql.err.OperationalError(1114, "The table 'dialog' is full"),
        pymysql.err.OperationalError(1021, "Disk full (/tmp/#sql); waiting for someone to free some space..."),
        pymysql.err.InternalError(3, "Error writing file './a.sdi' (OS errno: 28 - No space left on device)"),
        pymysql.err.InternalError(0, "Create table/tablespace 'history' failed, as disk is full"),
        pymysql.err.InternalError(1026, "Error writing file 'x' (errno: 28)"),
    ],
)
def test_a_full_disk_is_told_as_one(error: pymysql.MySQLError) -> None:
    with pytest.raises(errors.HostError) as caught, administration.reported("restore the database"):
        raise error
    assert caught.value.expected == "room on the disk where the database keeps its data"
    assert caught.value.actual == error.args[1]


def test_what_else_is_refused_is_told_in_the_servers_words() -> None:
    with pytest.raises(errors.StackError) as caught, administration.reported("restore the database"):
        raise pymysql.err.OperationalError(1045, "Access denied (errno: 281)")
    assert (caught.value.tried, caught.value.actual) == ("restore the database", "Access denied (errno: 281)")
