import json
from collections.abc import Iterator
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.probes import api as apis
from agentchat_check.probes.api import Account, Api
from servers import Site, as_json, envelope, stream, text


@pytest.fixture
def api(site: Site) -> Iterator[Api]:
    """The API of a site that shows no OpenAPI document."""
    found = apis.discover(f"{site.url}/")
    site.asked.clear()
    site.requests.clear()
    yield found
    found.connection.close()


def test_a_release_says_what_it_is_and_which_calls_it_has(site: Site) -> None:
    paths: dict[str, Any] = {
        "/api/v1/chat": {"post": {}},
        "/api/v1/tool/all": {"get": {}},
        "/api/v1/completion": {"get": {}},
    }
    site.replies["GET /openapi.json"] = as_json({"info": {"title": "AgentChat", "version": "2.2.0"}, "paths": paths})
    found = apis.discover(site.url)
    found.connection.close()
    assert (found.base, found.title, found.version) == (site.url, "AgentChat", "2.2.0")
    assert (found.calls["chat"], found.calls["tools"]) == ((("POST", "/chat"),), (("GET", "/tool/all"),))
    assert found.calls["log in"] == apis.CALLS["log in"]
    assert found.lacks == apis.CALLS.keys() - {"chat", "tools"}


@pytest.mark.parametrize(
    "document",
    [text("<html>"), as_json([1]), as_json({}), as_json({"detail": "Not Found"}, status=404)],
    ids=["a page", "a list", "nothing", "a refusal"],
)
def test_a_release_that_does_not_say_is_asked_in_every_form(site: Site, document: Any) -> None:
    site.replies["GET /openapi.json"] = document
    found = apis.discover(site.url)
    found.connection.close()
    assert (found.title, found.version, dict(found.calls)) == ("", "", apis.CALLS)
    assert found.lacks == frozenset()


@pytest.mark.parametrize("status", [404, 405])
def test_a_form_that_a_release_does_not_know_is_not_its_answer(site: Site, api: Api, status: int) -> None:
    site.replies["POST /api/v1/tool/all"] = as_json({"detail": "no"}, status=status)
    site.replies["GET /api/v1/tool/all"] = envelope([{"tool_id": "1"}])
    assert api.call("tools").data == [{"tool_id": "1"}]


def test_a_failure_in_the_newest_form_is_the_answer(site: Site, api: Api) -> None:
    site.replies["POST /api/v1/tool/all"] = as_json({"detail": "broken"}, status=500)
    assert api.call("tools").status == 500
    assert site.asked == ["POST /api/v1/tool/all"]


def test_a_user_is_known_by_the_token_and_nobody_by_none(site: Site, api: Api) -> None:
    for who in (api.as_user("abc"), api.as_user(""), api):
        who.call("user")
        who.connection.close()
    assert [request.headers.get("authorization") for request in site.requests] == ["Bearer abc", None, None]


@pytest.mark.parametrize(
    ("do", "asked", "body"),
    [
        (lambda api: api.health(), "GET /health", None),
        (
            lambda api: api.register(Account("eve", "secret")),
            "POST /api/v1/user/register",
            {"user_name": "eve", "user_email": "", "user_password": "secret"},
        ),
        (
            lambda api: api.create_knowledge("notes", "what was noted"),
            "POST /api/v1/knowledge/create",
            {"knowledge_name": "notes", "knowledge_desc": "what was noted"},
        ),
        (lambda api: api.delete_agent("3"), "DELETE /api/v1/agent", {"agent_id": "3"}),
        (
            lambda api: api.log_in(Account("eve", "secret")),
            "POST /api/v1/user/login",
            {"user_name": "eve", "user_password": "secret"},
        ),
        (
            lambda api: api.create_dialog("talk", "7"),
            "POST /api/v1/dialog",
            {"name": "talk", "agent_id": "7", "agent_type": "Agent"},
        ),
        (lambda api: api.delete_dialog("9"), "DELETE /api/v1/dialog", {"dialog_id": "9"}),
        (
            lambda api: api.create_model("stub", "http://model:8000/v1"),
            "POST /api/v1/llm/create",
            {
                "model": "stub",
                "api_key": "not-a-secret",
                "base_url": "http://model:8000/v1",
                "llm_type": "LLM",
                "provider": "OpenAI",
            },
        ),
        (
            lambda api: api.create_agent("helper", "3"),
            "POST /api/v1/agent",
            {
                "name": "helper",
                "description": "helper",
                "system_prompt": "Answer.",
                "logo_url": "/logo.png",
                "llm_id": "3",
                "enable_memory": False,
            },
        ),
    ],
)
def test_each_call_is_made_as_the_contract_says(site: Site, api: Api, do: Any, asked: str, body: object) -> None:
    site.replies[asked] = envelope(None)
    answer: facts.HttpAnswer = do(api)
    assert answer.ok
    assert site.asked == [asked]
    assert (json.loads(site.requests[0].body) if site.requests[0].body else None) == body


def test_a_message_is_sent_in_the_form_that_this_release_knows(site: Site, api: Api) -> None:
    site.replies["POST /api/v1/chat"] = stream('data: {"type":"response_chunk","data":{"chunk":"hello"}}')
    assert api.chat("9", "hi").text == "hello"
    assert site.asked == ["POST /api/v1/completion", "POST /api/v1/chat"]
    assert json.loads(site.requests[1].body) == {"user_input": "hi", "dialog_id": "9"}


def test_where_no_form_is_known_the_last_refusal_is_the_answer(site: Site, api: Api) -> None:
    assert api.chat("9", "hi").answer.status == 404


def test_a_history_is_read_in_the_order_it_comes(site: Site, api: Api) -> None:
    rows = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"id": 3}]
    site.replies["GET /api/v1/history?dialog_id=9"] = envelope(rows)
    answer, messages = api.history("9")
    assert answer.ok
    assert messages == (facts.Message("user", "hi"), facts.Message("assistant", "hello"))


def test_the_seeds_are_found_wherever_a_release_puts_them(site: Site, api: Api) -> None:
    site.replies["GET /api/v1/agent"] = envelope([{"id": "1", "name": "helper", "user_id": "0"}])
    site.replies["POST /api/v1/tool/all"] = envelope([{"tool_id": "2", "en_name": "weather", "zh_name": "天气"}])
    site.replies["POST /api/v1/llm/visible"] = envelope({"LLM": [{"llm_id": "3", "model": "qwen"}], "Rerank": []})
    seeds, answers = api.seeds()
    assert seeds == (
        facts.SeedRow("agent", "helper", "0"),
        facts.SeedRow("tool", "weather", ""),
        facts.SeedRow("model", "qwen", ""),
    )
    assert all(answer.ok for answer in answers)


def test_a_seed_without_any_name_is_a_seed(site: Site, api: Api) -> None:
    site.replies["GET /api/v1/agent"] = envelope([{"agent_id": "1", "name": ""}])
    assert api.seeds()[0] == (facts.SeedRow("agent", "", ""),)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"id": 1}, [{"id": 1}]),
        ([{"id": 1}, {"x": {"id": 2}}, "id", None], [{"id": 1}, {"id": 2}]),
        ({"a": [{"id": 1, "inner": {"id": 2}}]}, [{"id": 1, "inner": {"id": 2}}]),
        (None, []),
        ("id", []),
    ],
)
def test_rows_are_found_by_their_key_at_any_depth(data: object, found: list[dict[str, Any]]) -> None:
    assert apis.rows(data, "id", "other") == found
