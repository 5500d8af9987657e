"""Each trouble is made by what compose, the database and the cache understand, and ended whatever happens."""

import pytest

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.facts import Trouble
from agentchat_check.probes import database
from agentchat_check.procedures import troubles
from agentchat_check.stack.running import Stack
from doors import Programs
from engines import Engine, container
from servers import Cache, running


def verbs(programs: Programs) -> list[str]:
    """What compose was told, in order."""
    return [line.partition("--project-name demo ")[2] for line in programs.lines]


@pytest.mark.parametrize(
    ("trouble", "made", "ended"),
    [
        (
            Trouble.LATE,
            ["stop backend redis", "up --detach --no-deps --no-recreate --no-build backend"],
            ["start redis"],
        ),
        (
            Trouble.REFUSED,
            ["stop redis", "run --detach --no-deps --use-aliases --entrypoint sleep redis 3600"],
            ["start redis"],
        ),
        (Trouble.PAUSED, ["pause redis"], ["unpause redis"]),
        (Trouble.KILLED, ["kill redis"], ["start redis"]),
        (Trouble.KILLED_AND_BACK, ["kill redis", "start redis"], []),
    ],
)
def test_a_trouble_is_made_and_ended(
    programs: Programs, stack: Stack, trouble: Trouble, made: list[str], ended: list[str]
) -> None:
    programs.answer("docker compose")
    with troubles.made(stack, Role.CACHE, trouble):
        assert verbs(programs) == made
    assert verbs(programs) == made + ended


@pytest.mark.parametrize("trouble", [Trouble.LATE, Trouble.REFUSED, Trouble.PAUSED, Trouble.KILLED])
def test_a_trouble_ends_also_when_something_else_goes_wrong(programs: Programs, stack: Stack, trouble: Trouble) -> None:
    programs.answer("docker compose")
    with pytest.raises(ZeroDivisionError), troubles.made(stack, Role.CACHE, trouble):
        raise ZeroDivisionError
    assert verbs(programs)[-1] in {"start redis", "unpause redis"}


def test_a_kernel_that_cannot_stop_it_yet_is_asked_again(
    programs: Programs, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: programs.answer("docker compose"))
    programs.answer(" pause ", stderr="unable to freeze: unknown", returncode=1)
    with troubles.made(stack, Role.CACHE, Trouble.PAUSED):
        assert verbs(programs) == ["pause redis", "pause redis"]


def test_the_databases_account_gets_another_password_and_its_own_again(
    programs: Programs, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "credentials", lambda _: database.Credentials("agentchat", "own's", "agentchat"))
    monkeypatch.setattr("secrets.token_hex", lambda _: "other")
    programs.answer("exec -T mysql", stdout="ALTER USER 'agentchat'@'%' IDENTIFIED BY 'x'\nKILL 8\n")
    with troubles.made(stack, Role.DATABASE, Trouble.WRONG_PASSWORD):
        given = [call.given for call in programs.calls]
        assert "IDENTIFIED BY ''other''" in given[0]
        assert given[1:] == ["ALTER USER 'agentchat'@'%' IDENTIFIED BY 'x'", "KILL 8"]
    assert "IDENTIFIED BY ''own\\''s''" in programs.calls[3].given
    assert not any("other" in line or "own" in line for line in programs.lines)


def test_an_account_that_is_not_there_cannot_get_another_password(
    programs: Programs, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "credentials", lambda _: database.Credentials("eve", "own", "agentchat"))
    programs.answer("exec -T mysql")
    with pytest.raises(errors.StackError) as caught, troubles.made(stack, Role.DATABASE, Trouble.WRONG_PASSWORD):
        pytest.fail("there is no such account")
    assert caught.value.expected == "the account eve, which the application logs in with"


def test_the_cache_gets_another_password_and_its_own_again(
    engine: Engine, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "other")
    with running(server := Cache()):
        engine.containers = [container("redis", ports={6379: server.port}, environment={"REDIS_PASSWORD": "own"})]
        with troubles.made(stack, Role.CACHE, Trouble.WRONG_PASSWORD):
            told = [words for words in server.asked if words[1:2] in (["SET"], ["KILL"])]
            assert told == [
                ["CONFIG", "SET", "requirepass", "other"],
                ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "YES"],
            ]
        assert server.asked[-1] == ["CONFIG", "SET", "requirepass", "own"]


def test_a_dependency_is_well_when_it_answers(engine: Engine, stack: Stack) -> None:
    with running(server := Cache()):
        engine.containers = [container("redis", ports={6379: server.port})]
        troubles.well(stack, Role.CACHE)
        assert ["PING"] in server.asked


def test_a_dependency_that_does_not_come_up_is_told(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubles, "PATIENCE", 0.0)
    with pytest.raises(errors.TimeoutError) as caught:
        troubles.well(stack, Role.DATABASE)
    assert caught.value.actual == "it does not run"
    assert caught.value.next_step == "docker compose --project-name demo logs mysql"
