from collections.abc import Callable, Iterator

import pytest
from docker import DockerClient

from agentchat_check import errors, facts
from agentchat_check.probes import configuration, database
from agentchat_check.probes.database import Credentials
from agentchat_check.stack.running import Stack
from engines import Engine, container
from servers import Database, Refusal, running
from stacks import attached

TOLD = {"MYSQL_USER": "agentchat", "MYSQL_PASSWORD": "s3cret", "MYSQL_DATABASE": "chat"}
DENIED = Refusal(1045, "Access denied for user 'agentchat'@'172.30.0.1' (using password: YES)")


@pytest.fixture
def mysql(engine: Engine) -> Iterator[Database]:
    """A database that listens where the engine says that it does."""
    with running(server := Database()):
        engine.containers = [container("mysql", ports={3306: server.port}, environment=TOLD)]
        yield server


@pytest.mark.parametrize(
    ("told", "credentials"),
    [
        (TOLD, Credentials("agentchat", "s3cret", "chat")),
        ({"MARIADB_USER": "maria", "MARIADB_PASSWORD": "s3cret"}, Credentials("maria", "s3cret", "agentchat")),
        ({"MYSQL_ROOT_PASSWORD": "r00t", "MYSQL_DATABASE": "chat"}, Credentials("root", "r00t", "chat")),
        ({"MYSQL_USER": "a", "MYSQL_PASSWORD_FILE": "/run/secrets/db"}, Credentials("a", "from a file", "agentchat")),
        ({"MYSQL_USER": "a", "MYSQL_PASSWORD_FILE": "/run/secrets/gone"}, Credentials("a", "", "agentchat")),
        ({}, Credentials("root", "", "agentchat")),
    ],
)
def test_the_account_is_the_one_that_the_container_was_told_to_make(
    engine: Engine, client: DockerClient, told: dict[str, str], credentials: Credentials
) -> None:
    engine.containers = [container("mysql", environment=told)]
    with attached(client, prints={("mysql", "cat /run/secrets/db"): (0, "from a file\n")}) as stack:
        assert database.credentials(stack) == credentials


def test_what_the_application_itself_is_configured_with_comes_first(engine: Engine, client: DockerClient) -> None:
    engine.containers = [container("mysql", environment=TOLD)]
    said = 'mysql:\n  endpoint: "mysql+pymysql://root:r%40ot@mysql:3306/"\n'
    with attached(client, prints={("backend", f"cat {configuration.FILE}"): (0, said)}) as stack:
        assert database.credentials(stack) == Credentials("root", "r@ot", "agentchat")


def test_a_log_in_that_works_is_accepted(mysql: Database, stack: Stack) -> None:
    seen = database.log_in(stack)
    assert (seen.who, seen.accepted, seen.error) == ("agentchat on chat", True, "")
    assert mysql.asked[-1] == "SELECT 1"


def test_a_log_in_that_is_refused_is_a_fact_in_the_servers_own_words(mysql: Database, stack: Stack) -> None:
    mysql.greeting = DENIED
    assert database.log_in(stack).error == f"{DENIED.message} (1045)"


def test_a_database_that_is_gone_is_a_fact(engine: Engine, stack: Stack) -> None:
    engine.containers = [container("mysql", ports={3306: 1}, environment=TOLD)]
    seen = database.log_in(stack)
    assert not seen.accepted
    assert seen.error.startswith("Can't connect to MySQL server on '127.0.0.1'")
    assert seen.error.endswith("(2003)")


def test_the_schema_is_what_the_server_says_of_it(mysql: Database, stack: Stack) -> None:
    mysql.answers = {
        "VERSION": [("8.0.44",)],
        "SCHEMATA WHERE SCHEMA_NAME = 'chat'": [("utf8mb4",)],
        "TABLES WHERE TABLE_SCHEMA = 'chat'": [("agent", "utf8mb4_0900_ai_ci"), ("user", "utf8mb4_bin")],
    }
    schema = database.schema(stack)
    assert (schema.version, schema.charset) == ("8.0.44", "utf8mb4")
    assert schema.tables == (facts.Table("agent", "utf8mb4_0900_ai_ci"), facts.Table("user", "utf8mb4_bin"))


@pytest.mark.parametrize("look", [database.schema, database.row_digests])
def test_a_database_that_does_not_let_us_in_leaves_nothing_to_judge(
    mysql: Database, stack: Stack, look: Callable[[Stack], object]
) -> None:
    mysql.greeting = DENIED
    with pytest.raises(errors.StackError) as caught:
        look(stack)
    assert str(caught.value) == (
        "look into the database\n"
        "  expected:   answers to agentchat on chat\n"
        f"  actual:     {DENIED.message} (1045)\n"
        "  next step:  docker compose --project-name demo logs mysql"
    )


def test_a_statement_that_fails_is_told_in_the_servers_own_words(mysql: Database, stack: Stack) -> None:
    mysql.answers = {"VERSION": Refusal(1290, "The server is running with the --skip-grant-tables option")}
    with pytest.raises(errors.StackError, match=r"--skip-grant-tables option \(1290\)"):
        database.schema(stack)


def digests(
    mysql: Database, stack: Stack, columns: dict[str, list[str]], *, kind: str = "int"
) -> tuple[facts.RowDigests, dict[str, str]]:
    """The digests of tables with these columns, all of one kind, and the statement by table."""
    mysql.answers = {
        "COLUMNS": [(table, name, kind, "", "YES", "") for table, names in columns.items() for name in names],
        "COUNT": [("7", 2, "123456"), ("", 1, "9")],
    }
    found = database.row_digests(stack)
    statements = [asked for asked in mysql.asked if "COUNT" in asked]
    return found, dict(zip(columns, statements, strict=True))


def test_rows_are_digested_by_their_owner_in_one_snapshot(mysql: Database, stack: Stack) -> None:
    found, statements = digests(mysql, stack, {"dialog": ["dialog_id", "user_id"]})
    assert found.groups == {("dialog", "7"): (2, "123456"), ("dialog", ""): (1, "9")}
    begun = mysql.asked.index("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    assert mysql.asked.index("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ") < begun
    assert begun < mysql.asked.index(statements["dialog"])


def test_a_row_belongs_to_its_user_and_a_message_to_the_user_of_its_dialog(mysql: Database, stack: Stack) -> None:
    tables = {"dialog": ["dialog_id", "user_id"], "history": ["dialog_id"], "llm": ["user_id"], "tool": ["id"]}
    _, statements = digests(mysql, stack, tables)
    owners = {table: statement.partition(" AS owner")[0] for table, statement in statements.items()}
    assert owners == {
        "dialog": "SELECT COALESCE(t.user_id, '')",
        "history": "SELECT COALESCE(d.user_id, '')",
        "llm": "SELECT COALESCE(t.user_id, '')",
        "tool": "SELECT ''",
    }
    joined = {table for table, statement in statements.items() if "LEFT JOIN dialog d ON d.dialog_id" in statement}
    assert joined == {"history"}


def test_without_a_table_of_dialogs_a_message_belongs_to_nobody(mysql: Database, stack: Stack) -> None:
    _, statements = digests(mysql, stack, {"history": ["id", "dialog_id"]})
    assert statements["history"].startswith("SELECT '' AS owner")


def test_every_column_counts_whatever_its_name(mysql: Database, stack: Stack) -> None:
    _, statements = digests(mysql, stack, {"o`dd": ["id", "se`lect", "group"]})
    texts = ", ',', ".join(f"COALESCE(CONCAT(t.{name}), 'N')" for name in ("`id`", "`se``lect`", "`group`"))
    assert f"CONCAT({texts})" in statements["o`dd"]
    assert " FROM `o``dd` t " in statements["o`dd"]


def test_every_account_that_the_backend_holds_is_tried(mysql: Database, engine: Engine, client: DockerClient) -> None:
    held = {
        "MYSQL_USER": "one",
        "MYSQL_PASSWORD_FILE": "/run/secrets/db",
        "DATABASE_URL": "mysql+pymysql://two:pass@mysql:3306/chat",
        "REDIS_URL": "redis://redis:6379/0",
    }
    engine.containers += [container("backend", environment=held)]
    prints = {
        ("backend", "cat /run/secrets/db"): (0, "from a file\n"),
        ("backend", f"cat {configuration.FILE}"): (0, 'endpoint: "mysql+pymysql://three:pass@mysql:3306/"\n'),
    }
    with attached(client, prints=prints) as stack:
        seen = database.application_log_ins(stack)
    assert [(one.who, one.accepted) for one in seen] == [
        ("one, as the file of MYSQL_PASSWORD_FILE says", True),
        ("two, as DATABASE_URL of its environment says", True),
        (f"three, as {configuration.FILE} says", True),
    ]


def test_a_backend_that_holds_no_account_is_not_tried(mysql: Database, engine: Engine, stack: Stack) -> None:
    engine.containers += [container("backend")]
    assert database.application_log_ins(stack) == ()
