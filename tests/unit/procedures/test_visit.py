import json
from collections.abc import Iterator
from typing import Any

import pytest
from docker import DockerClient

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger, Outcome
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from servers import Reply, Site, as_json, envelope, hangs_up, stream
from stacks import attached

LOGGED_IN = {"user_id": 7, "access_token": "abc"}


@pytest.fixture
def application(site: Site) -> Site:
    """An application that lets everybody in."""
    site.replies |= {
        "POST /api/v1/user/register": envelope(None),
        "POST /api/v1/user/login": envelope(LOGGED_IN),
        "POST /api/v1/dialog": envelope({"dialog_id": "9"}),
        "DELETE /api/v1/dialog": envelope(None),
    }
    return site


@pytest.fixture
def api(application: Site) -> Iterator[Api]:
    """Its API, for nobody."""
    found = apis.discover(application.url)
    application.requests.clear()
    yield found
    found.connection.close()


@pytest.fixture
def guest(api: Api) -> Iterator[Guest]:
    """A user who is logged in."""
    arrived = visit.arrive(api)
    yield arrived
    arrived.api.connection.close()


def test_a_guest_registers_with_a_name_of_its_own_and_logs_in(application: Site, guest: Guest) -> None:
    registered, logged_in = (json.loads(request.body) for request in application.requests)
    assert (registered["user_name"], registered["user_password"]) == (guest.account.name, guest.account.password)
    assert logged_in["user_name"] == guest.account.name
    assert (guest.user_id, guest.token) == ("7", "abc")
    assert guest.registered
    assert guest.registered.ok


def test_a_name_is_fresh_and_no_longer_than_the_application_takes() -> None:
    once, again = visit.fresh_account(), visit.fresh_account()
    assert once.name != again.name
    assert once.password != again.password
    assert len(once.name) <= 20


def test_a_guest_with_an_account_only_logs_in(application: Site, api: Api) -> None:
    guest = visit.arrive(api, Account("eve", "secret"))
    guest.api.connection.close()
    assert (guest.account.name, guest.registered) == ("eve", None)
    assert "POST /api/v1/user/register" not in application.asked


@pytest.mark.parametrize(("call", "tried"), [("register", "register a user"), ("login", "log in as eve")])
def test_a_guest_who_is_not_let_in_says_why(application: Site, api: Api, call: str, tried: str) -> None:
    application.replies[f"POST /api/v1/user/{call}"] = envelope(None, inner=10600, message="no")
    with pytest.raises(errors.StackError) as caught:
        visit.arrive(api, None if call == "register" else Account("eve", "secret"))
    shown = str(caught.value).splitlines()
    assert shown[0] == tried
    assert shown[1].startswith("  expected:   HTTP 200 and inner 200")
    assert shown[2].startswith(f"  actual:     POST /api/v1/user/{call}: 200, inner 10600 (no) in 0.")
    assert shown[3] == "  next step:  read the backend's log at that time"


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (None, "user_id and access_token"),
        ("welcome", "user_id and access_token"),
        ({"access_token": "abc"}, "user_id"),
        ({"user_id": "7", "access_token": ""}, "access_token"),
    ],
)
def test_a_log_in_that_does_not_say_who_we_are_is_none(application: Site, api: Api, data: object, missing: str) -> None:
    application.replies["POST /api/v1/user/login"] = envelope(data)
    with pytest.raises(errors.StackError) as caught:
        visit.arrive(api, Account("eve", "secret"))
    assert caught.value.tried == "log in as eve"
    assert caught.value.expected == "HTTP 200 and inner 200, user_id, access_token"
    assert caught.value.actual.endswith(f" s, without {missing}")


@pytest.mark.parametrize(("data", "token"), [(LOGGED_IN, "abc"), ({}, ""), (None, ""), ("abc", "")])
def test_the_token_is_what_logging_in_gave(application: Site, api: Api, data: object, token: str) -> None:
    application.replies["POST /api/v1/user/login"] = envelope(data)
    assert visit.token_of(api.log_in(Account("eve", "secret"))) == token


def test_an_agent_of_ours_answers_with_the_stacks_model(
    application: Site, guest: Guest, client: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "0a1b")
    models = [{"llm_id": "1", "model": "qwen"}, {"llm_id": "2", "model": "check-0a1b"}]
    application.replies |= {
        "POST /api/v1/llm/create": envelope(None),
        "POST /api/v1/llm/visible": envelope(models),
        "POST /api/v1/agent": envelope(None),
        "GET /api/v1/agent": envelope([{"id": "3", "name": "helper"}, {"agent_id": "4", "name": "check-0a1b"}]),
    }
    with attached(client, roles={Role.MODEL: "llm"}) as stack:
        assert visit.agent_of_ours(guest, stack) == "4"
    bodies = [json.loads(request.body) for request in application.requests if request.body]
    assert bodies[-2]["base_url"] == "http://llm:8000/v1"
    assert bodies[-1]["llm_id"] == "2"


def test_the_first_agent_is_the_first_that_can_be_talked_to(application: Site, guest: Guest) -> None:
    application.replies["GET /api/v1/agent"] = envelope([{"name": "draft"}, {"id": "3", "name": "helper"}])
    assert visit.first_agent(guest) == "3"


def test_where_there_is_no_agent_the_table_to_look_at_is_told(application: Site, guest: Guest) -> None:
    application.replies["GET /api/v1/agent"] = envelope([])
    with pytest.raises(errors.StackError) as caught:
        visit.first_agent(guest)
    assert caught.value.expected == "at least one agent"
    assert caught.value.next_step == "look at the table agent, and at the backend's log of its first start"


def test_a_dialog_is_removed_at_the_end_and_noted(application: Site, guest: Guest) -> None:
    application.replies["GET /api/v1/dialog/list"] = envelope([{"dialog_id": 9}])
    ledger = Ledger()
    with visit.dialog(guest, "3", ledger) as dialog_id:
        assert dialog_id == "9"
        assert "DELETE /api/v1/dialog" not in application.asked
    assert application.asked[-1] == "DELETE /api/v1/dialog"
    assert [(entry.kind, entry.value, entry.outcome) for entry in ledger.of("7")] == [
        ("dialog", "agentchat-check", Outcome.ACKNOWLEDGED)
    ]


def test_a_dialog_that_was_removed_before_is_not_removed_again(application: Site, guest: Guest) -> None:
    application.replies["GET /api/v1/dialog/list"] = envelope([])
    with visit.dialog(guest, "3", Ledger()):
        pass
    assert "DELETE /api/v1/dialog" not in application.asked


def test_a_dialog_that_breaks_off_is_removed_also_where_it_cannot_be_listed(application: Site, guest: Guest) -> None:
    def breaks_off() -> None:
        application.replies["GET /api/v1/dialog/list"] = envelope(None, inner=500)
        with visit.dialog(guest, "3", Ledger()):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()
    assert application.asked[-1] == "DELETE /api/v1/dialog"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (as_json({"detail": "no"}, status=422), Outcome.REFUSED),
        (envelope(None, inner=500), Outcome.UNKNOWN),
        (hangs_up, Outcome.UNKNOWN),
    ],
    ids=["refused", "failed", "no answer"],
)
def test_a_dialog_that_is_not_made_is_noted_for_what_is_known_of_it(
    application: Site, guest: Guest, reply: Reply, outcome: Outcome
) -> None:
    application.replies["POST /api/v1/dialog"] = reply
    ledger = Ledger()
    with pytest.raises(errors.StackError, match="create a dialog"), visit.dialog(guest, "3", ledger):
        pytest.fail("there is no dialog")
    assert [entry.outcome for entry in ledger.of("7")] == [outcome]
    assert "DELETE /api/v1/dialog" not in application.asked


def test_a_dialog_whose_id_nobody_says_cannot_be_used(application: Site, guest: Guest) -> None:
    application.replies["POST /api/v1/dialog"] = envelope(None)
    with pytest.raises(errors.StackError) as caught, visit.dialog(guest, "3", Ledger()):
        pytest.fail("there is no dialog")
    assert caught.value.actual.endswith(" s, without dialog_id")
    assert "DELETE /api/v1/dialog" not in application.asked


def test_what_is_said_and_what_is_answered_are_noted_as_acknowledged(application: Site, guest: Guest) -> None:
    application.replies["POST /api/v1/completion"] = stream('data: {"type":"response_chunk","data":{"chunk":"hello"}}')
    ledger = Ledger()
    assert visit.say(guest, "9", "hi", ledger).text == "hello"
    assert [(entry.kind, entry.value, entry.acknowledged) for entry in ledger.of("9")] == [
        ("user", "hi", True),
        ("assistant", "hello", True),
    ]


@pytest.mark.parametrize(
    ("messages", "last"),
    [
        ([("user", "hi"), ("assistant", "hello"), ("user", "?"), ("assistant", "yes"), ("user", "bye")], "yes"),
        ([("user", "hi")], ""),
    ],
)
def test_the_last_answer_is_the_historys(
    application: Site, guest: Guest, messages: list[tuple[str, str]], last: str
) -> None:
    rows = [{"role": role, "content": content} for role, content in messages]
    application.replies["GET /api/v1/history?dialog_id=9"] = envelope(rows)
    assert visit.last_answer(guest, "9") == last


@pytest.mark.parametrize(("listed", "removed"), [(["8", "9"], True), (["8"], False)], ids=["still there", "gone"])
def test_only_a_dialog_that_is_still_there_is_removed(
    application: Site, guest: Guest, listed: list[str], *, removed: bool
) -> None:
    application.replies["GET /api/v1/dialog/list"] = envelope([{"dialog_id": one} for one in listed])
    with visit.dialog(guest, "3", Ledger()):
        pass
    assert ("DELETE /api/v1/dialog" in application.asked) == removed


def test_what_got_no_answer_is_unknown(application: Site, guest: Guest) -> None:
    application.replies["POST /api/v1/completion"] = hangs_up
    ledger = Ledger()
    visit.say(guest, "9", "hi", ledger)
    assert [entry.outcome for entry in ledger.of("9")] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"roles": {Role.MODEL: "model"}}, "You said: hi"),
        ({"roles": {Role.MODEL: "model"}, "live": True}, ""),
        ({"roles": {}}, ""),
    ],
    ids=["ours", "somebody's", "without a model"],
)
def test_only_of_our_own_stub_model_the_answer_is_known(
    client: DockerClient, given: dict[str, Any], answer: str
) -> None:
    with attached(client, **given) as stack:
        assert visit.known_answer(stack)("hi") == answer


def test_of_a_site_that_we_only_know_from_outside_no_answer_is_known() -> None:
    assert visit.known_answer(None)("hi") == ""
