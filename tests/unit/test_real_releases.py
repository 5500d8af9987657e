"""What AgentChat's own releases 2.2 and 2.5 showed, and what has to be said of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.checks import conversation, durability, exposure, logs, page, storage
from agentchat_check.deployment import INTERNAL_NAMES, configuration
from agentchat_check.findings import Finding, Verdict
from agentchat_check.probes import configuration as configured
from agentchat_check.probes.page import named_in_script
from agentchat_check.stack import complaints, compose_yaml, isolation
from agentchat_check.stack.isolation import Isolation, Mounts

NOW = facts.Moment.now()
HOLDS, BROKEN, UNKNOWN = Verdict.HOLDS, Verdict.BROKEN, Verdict.UNKNOWN


def answer(
    url: str = "http://page/", status: int = 200, body: Any = "", kind: str = "text/javascript"
) -> facts.HttpAnswer:
    return facts.HttpAnswer("GET", url, status, None, body, {"content-type": kind}, 0.01, "", NOW)


def script(body: str, name: str = "workspace.ts") -> facts.HttpAnswer:
    return answer(f"http://page/src/apis/{name}?t=1", body=body)


def line(text: str, service: str = "backend") -> facts.LogLine:
    return facts.LogLine(service, service, "", text)


def judged(body: str) -> Finding:
    return exposure.no_internal_hosts([script(body)], INTERNAL_NAMES)


@pytest.mark.parametrize(
    "body",
    [
        'import.meta.env = {"BASE_URL": "/", "VITE_API_BASE_URL": "http://agentchat-backend:7860"};',
        'import.meta.env = {"VITE_API_BASE_URL": "http://localhost:7860", "MODE": "development"};',
        "fetch(`${location.protocol}//backend:7860/api`)",
        'const s = new WebSocket("//localhost:8090/ws")',
    ],
)
def test_one_that_leads_inside_is_found(body: str) -> None:
    assert judged(body).verdict is BROKEN


@pytest.mark.parametrize(
    "body",
    [
        'const backendUrl = ref("通过代理: /api -> http://localhost:7860/");',
        "mcpOptions.value.push({ url: 'http://localhost:8080', type: 'email' })",
        '    // target: "http://localhost:7860",',
        'const serverHost = "localhost:8090/";',
        'const base = isBrowser ? window.location.href : "http://localhost";',
    ],
)
def test_one_that_is_shown_or_an_example_is_not(body: str) -> None:
    assert judged(body).verdict is HOLDS


def test_the_finding_names_the_module_and_the_address() -> None:
    found = judged('x = "http://agentchat-backend:7860"')
    assert found.actual == "workspace.ts: http://agentchat-backend:7860"


def test_the_ports_are_those_of_the_deployment_too() -> None:
    scripts = [script('x = "http://localhost:8000"')]
    assert exposure.no_internal_hosts(scripts, (), {8000}).verdict is BROKEN
    assert exposure.no_internal_hosts(scripts, (), {80}).verdict is HOLDS


def test_without_a_script_nothing_was_looked_at() -> None:
    assert exposure.no_internal_hosts([answer(status=404)], INTERNAL_NAMES).verdict is UNKNOWN


def test_statements_lead_on() -> None:
    body = (
        'import { createApp } from "/node_modules/.vite/deps/vue.js?v=259c3a59";\n'
        'import "/src/style.css";\n'
        'import vue_1 from "/node_modules/.vite/deps/pinia.js?v=1"; const a = vue_1["a"];\n'
        'import {\n  a,\n  b\n} from "./chunk-TTC7IENE.js?v=2";\n'
        'const page = () => import("/src/pages/login.vue");\n'
    )
    assert [url.removeprefix("http://page") for url in named_in_script(script(body, "main.ts"))] == [
        "/node_modules/.vite/deps/vue.js?v=259c3a59",
        "/src/style.css",
        "/node_modules/.vite/deps/pinia.js?v=1",
        "/src/apis/chunk-TTC7IENE.js?v=2",
        "/src/pages/login.vue",
    ]


def test_words_in_a_message_do_not() -> None:
    body = """warn(`Did you write "() => import('./MyPage.vue')" instead?`);\n} else if (path === "/elsewhere")"""
    assert named_in_script(script(body)) == []


def test_other_hosts_are_not_followed() -> None:
    assert named_in_script(script('import "//unpkg.example/katex.js"')) == []


def test_what_is_no_script_is_not_read() -> None:
    assert named_in_script(answer(kind="text/css", body='import "/a.js"')) == []


def seeds(*kinds: str, owner: str = "0") -> list[facts.SeedRow]:
    return [facts.SeedRow(kind, kind, owner) for kind in kinds]


def test_an_agent_that_a_user_made_is_not_the_applications() -> None:
    rows = seeds("tool", "model") + seeds("agent", "model", owner="2")
    found = conversation.seeded_once(rows, [answer()])
    assert found.verdict is BROKEN
    assert found.actual == "no agent"


def test_two_agents_of_one_name_of_a_user_are_the_users() -> None:
    rows = seeds("agent", "tool", "model") + seeds("agent", "agent", owner="2")
    assert conversation.seeded_once(rows, [answer()]).verdict is HOLDS


def test_two_of_the_applications_own_are_too_many() -> None:
    found = conversation.seeded_once(seeds("agent", "agent", "tool", "model"), [answer()])
    assert found.actual == "agent 'agent' stands more than once"


def test_the_excuse_for_a_model_that_is_away_is_no_answer() -> None:
    excuse = "您的问题触及到我的知识盲区…"
    chat = facts.ChatAnswer(answer(kind="text/event-stream"), excuse, (1.3,), ())
    found = conversation.answers(chat)
    assert found.verdict is BROKEN
    assert "the model gave no answer" in found.actual


def test_what_the_application_notes_of_our_account_is_told_and_no_trace() -> None:
    before = facts.RowDigests({("usage_stats", "2"): (1, "a"), ("user", "1"): (1, "b")}, NOW)
    after = facts.RowDigests({("usage_stats", "2"): (2, "c"), ("user", "1"): (1, "b")}, NOW)
    found = durability.no_trace(before, after, "2")
    assert found.verdict is HOLDS
    assert "noted of our account by the application: usage_stats: 1 rows before, 2 after" in found.actual


def test_what_is_raised_is_an_error_without_the_word() -> None:
    assert logs.quiet([line("TypeError: app.use is not a function", "frontend")]).verdict is BROKEN


def test_a_warning_that_mentions_one_is_a_warning() -> None:
    text = "[WARNING] Retrying (Retry(total=1)) after connection broken by 'NameResolutionError(...)'"
    assert logs.quiet([line(text)]).verdict is HOLDS


def test_lines_that_differ_in_numbers_are_told_once() -> None:
    found = logs.quiet([line(f"2026-11-24 20:28:{n} | ERROR | no answer from <object at 0x7f{n}a>") for n in (10, 11)])
    assert found.actual.endswith("(2 times)")
    assert "\n" not in found.actual


def a_page(
    index: facts.HttpAnswer, deep_link: facts.HttpAnswer, assets: Sequence[facts.HttpAnswer] = (), left_out: int = 0
) -> facts.Page:
    return facts.Page(index, tuple(assets), deep_link, left_out)


def html(body: str) -> facts.HttpAnswer:
    return answer(body=body, kind="text/html")


def test_a_deep_link_gives_the_page_when_its_scripts_are_the_same() -> None:
    once, again = html('<script src="/a.js"></script>n1'), html('<script src="/a.js"></script>n2')
    assert page.deep_links_served(a_page(once, again)).verdict is HOLDS


def test_a_deep_link_without_the_script_is_another_page() -> None:
    once, other = html('<script src="/a.js"></script>'), html("<h1>not found</h1>")
    assert page.deep_links_served(a_page(once, other)).verdict is BROKEN


def test_files_of_a_page_that_did_not_arrive_are_unknown() -> None:
    nothing = answer(status=404, kind="application/json")
    assert page.assets_served(a_page(nothing, nothing)).verdict is UNKNOWN


def test_files_that_were_left_out_are_unknown() -> None:
    index = html("<script>")
    assert page.assets_served(a_page(index, index, [answer()], left_out=7)).verdict is UNKNOWN


def a_visit(*, failed: str = "", requests: Sequence[str] = (), hosts: Sequence[str] = ()) -> facts.Visit:
    return facts.Visit((("the page opens", 1.0),), failed, (), tuple(requests), tuple(hosts), "")


def test_a_host_whose_networks_changed_says_nothing_of_the_page() -> None:
    gave_up = a_visit(failed="log in", requests=["GET http://p/src/a.vue: net::ERR_NETWORK_CHANGED"])
    assert page.works_in_a_browser(gave_up).verdict is UNKNOWN
    assert page.no_console_errors(gave_up).verdict is UNKNOWN


def test_that_another_host_is_asked_is_told_once_whether_it_answers_or_not() -> None:
    text = "GET https://unpkg.example/katex.js: net::ERR_NAME_NOT_RESOLVED"
    found = page.no_console_errors(a_visit(requests=[text], hosts=["unpkg.example"]))
    assert found.actual == "another host is asked: unpkg.example"


def test_ports_of_a_service_that_is_down_are_unknown() -> None:
    down = facts.Service(
        name="backend",
        role="backend",
        container="c",
        image="backend:2.2",
        image_id="i",
        state="restarting",
        health="unhealthy",
        exit_code=3,
        restarts=4,
        restart_policy="unless-stopped",
        oom_killed=False,
        started="",
        health_output="",
        ports=(),
        addresses=(),
        added_ports=(),
        seen=NOW,
    )
    declared = {"backend": (facts.Port(7860, "", 7860),)}
    assert exposure.declared_ports([down], declared, exact=False).verdict is UNKNOWN


def test_an_empty_database_has_no_tables_of_a_wrong_character_set() -> None:
    assert storage.utf8mb4(facts.Schema("9.7", "utf8mb4", (), NOW)).verdict is UNKNOWN


def networks(service: dict[str, Any]) -> tuple[Any, str]:
    rendered = {"services": {"backend": service}, "networks": {"agentchat-network": None}}
    changes = isolation.override(configuration(rendered, {}), isolated())
    text = compose_yaml.as_yaml(changes["services"]["backend"], header="")
    return changes["services"]["backend"].get("networks"), text


def isolated() -> Isolation:
    return Isolation({}, Mounts({}), {}, {}, {}, None, 0.0, start_interval=False)


def test_a_container_name_that_is_lost_stays_an_alias() -> None:
    given = {"container_name": "agentchat-backend", "networks": {"agentchat-network": None}}
    kept, text = networks(given)
    assert kept.value == {"agentchat-network": {"aliases": ["agentchat-backend"]}}
    assert "container_name: !reset" in text


def test_it_stays_beside_the_aliases_there_were() -> None:
    given = {"container_name": "api", "networks": {"n": {"aliases": ["b"], "ipv4_address": "10.0.0.2"}}}
    assert networks(given)[0].value == {"n": {"aliases": ["b", "api"]}}


def test_a_service_without_a_name_or_settings_keeps_its_networks() -> None:
    assert networks({"networks": {"agentchat-network": None}})[0] is None


def test_a_service_on_anothers_network_gets_none() -> None:
    assert networks({"container_name": "x", "network_mode": "service:redis"})[0] is None


TEXT = """
    # endpoint: "mysql+pymysql://nobody:x@old:3306/agentchat"
    endpoint: "mysql+pymysql://root:p%40ss@mysql:3306/agentchat" # the synchronous one
    endpoint: "redis://redis:6379"
"""


def test_the_application_logs_in_as_its_own_file_says() -> None:
    assert configured.first(TEXT, "mysql") == configured.Address("root", "p@ss", "mysql", "agentchat")


def test_an_address_without_an_account_has_none() -> None:
    assert configured.first(TEXT, "redis") == configured.Address("", "", "redis", "")


def test_what_is_not_there_is_not_found() -> None:
    assert configured.first(TEXT, "amqp") is None


def test_the_running_account_of_compose_is_no_complaint() -> None:
    said = ' Container agentchat-mysql  Started\n Network n  Created\n Container b  Error\nError: "b" is unhealthy'
    assert complaints.without_progress(said) == ' Container b  Error\nError: "b" is unhealthy'


def test_a_request_that_cannot_be_read_is_told_by_field() -> None:
    detail = [{"type": "missing", "loc": ["body", "llm_type"], "msg": "Field required"}]
    text = str(answer("http://api/api/v1/llm/create", 422, {"detail": detail}))
    assert text == "GET /api/v1/llm/create: 422 (body.llm_type: Field required) in 0.01 s"
