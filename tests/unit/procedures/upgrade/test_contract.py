"""Every call is made once; an answer without what was asked for is none, and a call that never was is left out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import facts
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.procedures import visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.upgrade import contract
from agentchat_check.procedures.visit import Guest
from applications import Application
from engines import Engine, container
from servers import Asked, Reply, Site, as_json, envelope, hangs_up, running, stream
from stacks import ROLES, Scripted, attached


@pytest.fixture
def application(site: Site) -> Application:
    """An application in which everything works."""
    return Application(site)


@pytest.fixture
def stack(application: Application, engine: Engine, client: DockerClient) -> Iterator[Scripted]:
    """A stack of ours with that application."""
    engine.containers = [container("backend", ports={7860: application.site.server_port})]
    with attached(client, roles={**ROLES, Role.MODEL: "model"}, live=False) as made:
        yield made


@pytest.fixture
def regular(stack: Scripted) -> Regular:
    """A user of it."""
    return Regular.arrive(stack, Ledger())


@pytest.fixture
def guest(application: Application) -> Iterator[Guest]:
    """An account of an installation that is in use, with an agent to talk to."""
    api = apis.discover(application.site.url)
    made = visit.arrive(api)
    made.api.create_agent("helper", "1")
    application.site.asked.clear()
    yield made
    api.connection.close()


def failed(look: facts.ContractLook) -> list[str]:
    """What did not get what it asked for, and what it lacks."""
    return [f"{reply.what}: {reply.missing or reply.told or 'refused'}" for reply in look.replies if not reply.done]


def test_every_call_is_made_and_what_was_written_is_there_the_next_time(
    application: Application, regular: Regular
) -> None:
    look = contract.of_regular(regular)
    assert (failed(look), dict(look.left_out)) == ([], {})
    made = {reply.what for reply in look.replies} | {"file"}
    assert made >= set(apis.CALLS) | {"health"}
    assert {kind: len(names) for kind, names in look.written.items()} == {
        "dialogs": 2,
        "agents": 1,
        "files": 1,
        "models": 1,
        "knowledge": 1,
    }
    again = contract.of_regular(regular, look)
    assert failed(again) == []
    assert len([reply for reply in again.reads if reply.what == "history"]) == 3
    assert regular.read_back().dialogs == tuple(regular.dialogs)


def test_what_was_written_is_in_the_ledger(regular: Regular) -> None:
    contract.of_regular(regular)
    kinds = [entry.kind for entry in regular.written() if entry.acknowledged]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "dialog": 2,
        "user": 1,
        "assistant": 1,
        "account": 1,
        "file": 1,
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("dialog", "dialogs: 2 of 3 written before"),
        ("llm", "models: 1 of 2 written before"),
        ("knowledge", "knowledge: 1 of 2 written before"),
        ("agent", "agents: 1 of 1 written before"),
    ],
)
def test_what_was_written_before_and_is_gone_is_missed(
    application: Application, regular: Regular, kind: str, told: str
) -> None:
    look = contract.of_regular(regular)
    application.rows[kind].clear()
    assert told in failed(contract.of_regular(regular, look))


def test_messages_and_files_of_before_are_missed(application: Application, regular: Regular) -> None:
    look = contract.of_regular(regular)
    (lost,) = application.files
    application.rows["history"].clear()
    application.files.clear()
    assert failed(contract.of_regular(regular, look)) == [
        "history: 2 of 2 messages",
        f"file: the file {lost} of before",
    ]


def hollow(**data: str) -> Callable[[Asked], None]:
    """Success, and nothing behind it."""
    return envelope(data or None)


@pytest.mark.parametrize(
    ("call", "reply", "told"),
    [
        ("GET /health", as_json({"status": "down"}), "health: that it is OK"),
        ("POST /api/v1/user/login", hollow(), "log in: a token"),
        ("GET /api/v1/user/info", hollow(user_name="eve"), "user: the user's name"),
        ("POST /api/v1/agent", hollow(), "agents: the agent that was made just now"),
        ("DELETE /api/v1/agent", hollow(), "delete agent: the end of the agent"),
        ("POST /api/v1/dialog", hollow(), "create dialog: the new dialog's id"),
        ("DELETE /api/v1/dialog", hollow(), "delete dialog: the end of the dialog"),
        ("POST /api/v1/upload", hollow(), "upload: where the file is"),
        ("POST /api/v1/upload", envelope("/nowhere"), "upload: the file, when it is fetched"),
        ("POST /api/v1/llm/create", hollow(), "models: 1 of 1 written before"),
        ("POST /api/v1/knowledge/create", hollow(), "knowledge: 1 of 1 written before"),
        ("POST /api/v1/completion", stream(), "chat: the model's answer"),
        ("POST /api/v1/user/register", envelope(None, inner=500), "register: refused"),
        ("POST /api/v1/usage", hangs_up, "usage: refused"),
        ("GET /api/v1/agent", as_json({"detail": "Not Found"}, status=404), "agents: refused"),
    ],
)
def test_a_call_that_does_not_do_what_it_says_is_seen_through(
    application: Application, regular: Regular, monkeypatch: pytest.MonkeyPatch, call: str, reply: Reply, told: str
) -> None:
    monkeypatch.setattr("agentchat_check.procedures.visit.known_answer", lambda _: lambda words: f"You said: {words}")
    application.broken[call] = reply
    assert told in failed(contract.of_regular(regular))


@pytest.mark.parametrize(
    ("call", "name"),
    [("POST /api/v1/llm/create", "create model"), ("POST /api/v1/knowledge/create", "create knowledge")],
)
def test_what_was_refused_is_not_missed_as_well(
    application: Application, regular: Regular, call: str, name: str
) -> None:
    application.broken[call] = envelope(None, inner=500)
    assert failed(contract.of_regular(regular)) == [f"{name}: refused"]


def test_a_file_of_another_server_is_fetched_without_the_token(application: Application, regular: Regular) -> None:
    with running(store := Site()):
        application.broken["POST /api/v1/upload"] = envelope(f"{store.url}/agentchat/note.txt")
        assert failed(contract.of_regular(regular)) == ["upload: the file, when it is fetched"]
        assert store.asked == ["GET /agentchat/note.txt"]
        assert not any("Authorization" in request.headers for request in store.requests)


def test_a_file_of_another_server_that_nobody_reaches_from_here_is_left_out(
    application: Application, regular: Regular
) -> None:
    application.broken["POST /api/v1/upload"] = envelope("http://127.0.0.1:9/agentchat/note.txt")
    look = contract.of_regular(regular)
    assert failed(look) == []
    told = "nobody answers at http://127.0.0.1:9/agentchat/note.txt from here"
    assert look.left_out == {"fetching the upload": told}


def test_a_call_that_the_release_does_not_know_is_left_out_and_named(
    application: Application, regular: Regular
) -> None:
    application.broken["GET /api/v1/llm/schema"] = as_json({"detail": "Not Found"}, status=404)
    look = contract.of_regular(regular)
    assert failed(look) == []
    assert list(look.left_out) == ["model schema"]
    assert look.left_out["model schema"].startswith("this release does not know it: GET /api/v1/llm/schema: 404")


def test_a_call_that_its_document_does_not_have_is_not_made(site: Site, stack: Scripted) -> None:
    known = {apis.PREFIX + forms[0][1] for name, forms in apis.CALLS.items() if name != "usage"}
    methods: dict[str, Any] = {method: {} for method in ("get", "post", "delete")}
    site.replies["GET /openapi.json"] = as_json({"paths": dict.fromkeys(known, methods)})
    look = contract.of_regular(Regular.arrive(stack, Ledger()))
    assert failed(look) == []
    assert look.left_out == {"usage": "this release does not have it, as its OpenAPI document says"}
    assert "POST /api/v1/usage" not in site.asked


def test_an_installation_in_use_is_left_as_it_was(application: Application, guest: Guest) -> None:
    before = {kind: list(rows) for kind, rows in application.rows.items() if kind != "history"}
    look = contract.of_guest(guest, Ledger())
    assert failed(look) == []
    assert {kind: rows for kind, rows in application.rows.items() if kind != "history"} == before
    assert dict(look.left_out) == dict.fromkeys(contract.LASTING, "what it leaves, no call removes")
    assert application.files == {}
    assert failed(contract.of_guest(guest, Ledger(), look)) == []
