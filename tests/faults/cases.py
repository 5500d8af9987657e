"""Faults, and what each of them breaks: for every promise of the smoke suite at least one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import NamedTuple

from agentchat_check.checks import conversation, durability, exposure, health, logs, page, storage, thresholds
from agentchat_check.faults.smoke import accounts as accounts_faults
from agentchat_check.faults.smoke import conversation as conversation_faults
from agentchat_check.faults.smoke import health as health_faults
from agentchat_check.faults.smoke import page as page_faults
from agentchat_check.faults.smoke import services as services_faults
from agentchat_check.faults.smoke import storage as storage_faults
from agentchat_check.findings import Promise
from agentchat_check.stack.running import Stack

JUDGED: tuple[ModuleType, ...] = (conversation, durability, exposure, health, logs, page, storage, thresholds)


class Case(NamedTuple):
    """A fault, the test that sees it, and every promise it breaks, each with a word of the cause."""

    fault: Callable[[Stack], AbstractContextManager[None]]
    test: str
    breaks: dict[Promise, str]

    def __str__(self) -> str:
        """The fault, and the test that sees it."""
        return f"{self.fault.__name__}-{self.test.partition('::test_')[2]}"


SERVICES, HEALTH, ACCOUNTS = "test_services.py::test_", "test_health.py::test_", "test_accounts.py::test_"
TALK, STORAGE, PAGE = "test_conversation.py::test_", "test_storage.py::test_", "test_page.py::test_"

ON_SERVICES = [
    Case(
        services_faults.service_paused,
        SERVICES + "every_service_runs_and_is_healthy",
        {health.ALL_RUN: "redis paused"},
    ),
    Case(
        services_faults.undeclared_port,
        SERVICES + "exactly_the_declared_ports_are_published",
        {exposure.DECLARED_PORTS: "frontend does not publish 8091/tcp"},
    ),
    Case(
        services_faults.service_crashed,
        SERVICES + "nothing_was_restarted_or_ran_out_of_memory",
        {health.UNDISTURBED: "redis: restarted 1 times"},
    ),
    Case(
        services_faults.worker_out_of_memory,
        SERVICES + "nothing_was_restarted_or_ran_out_of_memory",
        {health.UNDISTURBED: "model: killed for memory"},
    ),
    Case(
        services_faults.error_in_the_log,
        SERVICES + "the_logs_hold_no_errors",
        {logs.QUIET: "backend: ERROR disk quota exceeded"},
    ),
    Case(
        services_faults.busy_processor,
        SERVICES + "processor_memory_and_disk_are_below_the_alarms",
        {thresholds.CPU_BELOW_ALARM: "model: "},
    ),
    Case(
        services_faults.memory_limit_reached,
        SERVICES + "processor_memory_and_disk_are_below_the_alarms",
        {thresholds.MEMORY_BELOW_ALARM: "model: "},
    ),
    Case(
        services_faults.full_disk,
        SERVICES + "processor_memory_and_disk_are_below_the_alarms",
        {thresholds.DISK_BELOW_ALARM: "model:/mnt/small 9"},
    ),
    Case(
        storage_faults.another_database_password,
        STORAGE + "the_database_accepts_the_application",
        {storage.DATABASE_ADMITS: "Access denied"},
    ),
    Case(
        storage_faults.table_missing,
        STORAGE + "the_database_has_its_tables",
        {storage.TABLES_THERE: "missing: mcp_server"},
    ),
    Case(
        storage_faults.narrow_characters,
        STORAGE + "the_database_has_its_tables",
        {storage.UTF8MB4: "knowledge: latin1"},
    ),
    Case(
        storage_faults.another_cache_password,
        STORAGE + "the_cache_answers_the_application",
        {storage.CACHE_ANSWERS: "invalid username-password pair"},
    ),
    Case(
        storage_faults.immortal_sessions,
        STORAGE + "the_cache_holds_the_session",
        {storage.SESSION_LIVES: "it lives for ever"},
    ),
]

ON_THE_API = [
    Case(
        health_faults.health_lies,
        HEALTH + "health_tells_the_truth",
        {health.TELLS_THE_TRUTH: "it says OK"},
    ),
    Case(
        health_faults.health_is_slow,
        HEALTH + "health_answers_within_a_second",
        {health.ANSWERS_IN_TIME: "GET /health: 200 in "},
    ),
    Case(
        health_faults.slow_answers,
        HEALTH + "responses_come_within_the_alarm",
        {thresholds.RESPONSE_BELOW_ALARM: "agents: "},
    ),
    Case(
        accounts_faults.users_refused,
        ACCOUNTS + "a_new_user_can_register_and_log_in",
        {conversation.REGISTERS: "POST /api/v1/user/register: ", conversation.LOGS_IN: "inner 10600"},
    ),
    Case(
        accounts_faults.useless_tokens,
        ACCOUNTS + "a_new_user_can_register_and_log_in",
        {conversation.LOGS_IN: "with the token: GET /api/v1/dialog/list: 401"},
    ),
    Case(
        accounts_faults.any_password,
        ACCOUNTS + "a_wrong_password_is_refused",
        {conversation.REFUSES_WRONG_PASSWORDS: "a wrong password: POST /api/v1/user/login: 200"},
    ),
    Case(
        accounts_faults.unchecked_signatures,
        ACCOUNTS + "requests_without_a_valid_token_are_refused",
        {conversation.REFUSES_STRANGERS: "dialogs with a token signed by somebody else: GET /api/v1/dialog/list: 200"},
    ),
    Case(
        conversation_faults.model_fails,
        TALK + "a_dialog_is_held_remembered_and_forgotten",
        {conversation.ANSWERS: "The model does not answer"},
    ),
    Case(
        conversation_faults.history_backwards,
        TALK + "a_dialog_is_held_remembered_and_forgotten",
        {conversation.REMEMBERS: "8 messages: assistant: "},
    ),
    Case(
        conversation_faults.nothing_deleted,
        TALK + "a_dialog_is_held_remembered_and_forgotten",
        {conversation.FORGETS: "the list of dialogs still shows it"},
    ),
    Case(
        conversation_faults.seeded_twice,
        TALK + "agents_tools_and_models_are_seeded_once",
        {conversation.SEEDED_ONCE: "stands more than once"},
    ),
]

ON_THE_PAGE = [
    Case(
        page_faults.no_page,
        PAGE + "the_frontend_serves_the_page",
        {page.SERVED: "GET /: 404", page.DEEP_LINKS_SERVED: "404"},
    ),
    Case(
        page_faults.assets_missing,
        PAGE + "the_frontend_serves_the_page",
        {page.ASSETS_SERVED: "GET /assets/"},
    ),
    Case(
        page_faults.no_deep_links,
        PAGE + "the_frontend_serves_the_page",
        {page.DEEP_LINKS_SERVED: "GET /dialog/an-address-inside-the-application: 404"},
    ),
    Case(
        page_faults.api_not_proxied,
        PAGE + "a_log_in_through_the_frontend_reaches_the_backend",
        {page.PROXIES_API: "POST /api/v1/user/login: 502"},
    ),
    Case(
        page_faults.internal_host,
        PAGE + "the_served_scripts_name_no_internal_host",
        {exposure.NO_INTERNAL_HOSTS: "internal.js: "},
    ),
    Case(
        page_faults.scripts_forbidden,
        PAGE + "the_page_works_in_a_browser",
        {page.WORKS_IN_A_BROWSER: "failed: log in", page.NO_CONSOLE_ERRORS: "Content Security Policy"},
    ),
    Case(
        page_faults.broken_script,
        PAGE + "the_page_works_in_a_browser",
        {page.NO_CONSOLE_ERRORS: "/assets/gone.js: 404"},
    ),
    Case(
        conversation_faults.nothing_deleted,
        "test_trace.py::test_a_visit_leaves_no_trace",
        {durability.NO_TRACE: "dialog: "},
    ),
    Case(
        conversation_faults.everything_deleted,
        "test_trace.py::test_a_visit_leaves_no_trace",
        {durability.NO_TRACE: "role: "},
    ),
]

ALL = [*ON_SERVICES, *ON_THE_API, *ON_THE_PAGE]
