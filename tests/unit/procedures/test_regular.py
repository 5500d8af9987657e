"""A user who keeps coming sees through what an answer claims, and notes only what was acknowledged."""

import itertools
from collections.abc import Iterator

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger
from agentchat_check.probes.api import Account
from agentchat_check.procedures.regular import Regular
from engines import Engine, container
from servers import Reply, Site, as_json, envelope, hangs_up, stream
from stacks import ROLES, Scripted, attached


@pytest.fixture
def application(site: Site) -> Site:
    """An application in which everything works; its model answers "hello"."""
    site.replies |= {
        "GET /health": as_json({"status": "OK"}),
        "POST /api/v1/user/register": envelope(None),
        "POST /api/v1/user/login": envelope({"user_id": "7", "access_token": "abc"}),
        "POST /api/v1/llm/create": envelope(None),
        "POST /api/v1/llm/visible": envelope([{"llm_id": "1", "model": "check-0a1b"}]),
        "POST /api/v1/agent": envelope(None),
        "GET /api/v1/agent": envelope([{"id": "3", "name": "check-0a1b"}]),
        "POST /api/v1/dialog": envelope({"dialog_id": "9"}),
        "GET /api/v1/dialog/list": envelope([{"dialog_id": "9"}]),
        "GET /api/v1/history?dialog_id=9": envelope([]),
        "POST /api/v1/completion": stream('data: {"type":"response_chunk","data":{"chunk":"You said: note"}}'),
        "POST /api/v1/upload": envelope("/files/1"),
    }
    return site


@pytest.fixture
def stack(
    application: Site, engine: Engine, client: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scripted]:
    """A stack whose backend is that application, and whose model says what nobody foresees."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0a1b")
    names = (Account(f"check-{number}", "secret") for number in itertools.count())
    monkeypatch.setattr("agentchat_check.procedures.visit.fresh_account", lambda: next(names))
    engine.containers = [container("backend", ports={7860: application.server_port})]
    with attached(client, roles={**ROLES, Role.MODEL: "model"}, live=False) as made:
        yield made


@pytest.fixture
def regular(stack: Scripted, monkeypatch: pytest.MonkeyPatch) -> Regular:
    """A user of it."""
    monkeypatch.setattr("agentchat_check.procedures.visit.known_answer", lambda _: lambda _: "You said: note")
    return Regular.arrive(stack, Ledger())


def test_a_round_in_which_everything_works(regular: Regular) -> None:
    seen = regular.ask(lambda: 1.5, uploads=True)
    assert (seen.begun, seen.works, seen.health.ok) == (1.5, True, True)
    assert [reply.what for reply in seen.replies] == ["read", "write", "chat", "log in", "upload"]


@pytest.mark.parametrize(
    ("call", "reply", "what", "missing"),
    [
        ("GET /api/v1/dialog/list", envelope([]), "read", "the dialog that was begun before"),
        ("POST /api/v1/dialog", envelope(None), "write", "the new dialog's id"),
        ("POST /api/v1/user/login", envelope({}), "log in", "a token"),
        ("POST /api/v1/upload", envelope(None), "upload", "where the file is"),
        ("POST /api/v1/completion", stream(), "chat", "the model's answer"),
        (
            "POST /api/v1/completion",
            stream('data: {"type":"response_chunk","data":{"chunk":"You"}}', then=hangs_up),
            "chat",
            "the end of the stream (cut off: ",
        ),
    ],
)
def test_an_answer_that_claims_success_and_lacks_what_was_asked_is_seen_through(
    application: Site, regular: Regular, call: str, reply: Reply, what: str, missing: str
) -> None:
    application.replies[call] = reply
    replies = {one.what: one for one in regular.ask(lambda: 0.0, uploads=True).replies}
    assert not replies[what].done
    assert replies[what].missing.startswith(missing)
    assert all(one.done for name, one in replies.items() if name != what)


def test_an_error_in_the_stream_is_told_and_acknowledges_nothing(application: Site, regular: Regular) -> None:
    application.replies["POST /api/v1/completion"] = stream('data: {"type":"error","data":{"message":"not stored"}}')
    chat = next(one for one in regular.ask(lambda: 0.0, uploads=False).replies if one.what == "chat")
    assert (chat.done, chat.missing, "not stored" in chat.told) == (False, "", True)
    assert not any(entry.acknowledged for entry in regular.ledger.of("9"))


def test_what_was_written_is_noted_and_read_back(application: Site, regular: Regular) -> None:
    regular.live(dialogs=1, messages=1)
    kinds = [entry.kind for entry in regular.written() if entry.acknowledged]
    assert {"dialog", "user", "assistant", "account"} <= set(kinds)
    found = regular.read_back()
    assert (found.dialogs, set(found.histories)) == (("9",), {"9"})
    assert all(log_in.ok for log_in in found.log_ins.values())
    assert len(found.log_ins) == 2


def test_only_a_file_that_can_be_fetched_is_one_to_keep(application: Site, regular: Regular) -> None:
    regular.live(dialogs=0, messages=0)
    assert regular.files == []
    application.otherwise = lambda asked: asked.answer(b"note 1 0a1b", "text/plain")
    regular.live(dialogs=0, messages=0)
    assert (regular.files, regular.read_back().files) == (["/files/1"], {"/files/1": "note 1 0a1b"})


def test_the_backend_is_asked_where_it_answers_now_and_while_it_is_down_where_it_was(
    application: Site, engine: Engine, regular: Regular
) -> None:
    before = regular.guest.api.base
    engine.containers = [container("backend", ports={7860: 9})]
    assert regular.now().api.base == "http://127.0.0.1:9"
    assert regular.now().api.connection.headers["Authorization"] == "Bearer abc"
    engine.containers = []
    assert regular.now().api.base == "http://127.0.0.1:9"
    engine.containers = [container("backend", ports={7860: application.server_port})]
    assert regular.now().api.base == before


def test_whoever_cannot_begin_a_dialog_does_not_arrive(application: Site, stack: Scripted) -> None:
    application.replies["POST /api/v1/dialog"] = envelope(None, inner=500)
    with pytest.raises(errors.StackError, match="begin a dialog"):
        Regular.arrive(stack, Ledger())
