"""agentchat-check inside pytest: options, fixtures, hooks. Nothing outside this package imports pytest."""

from agentchat_check.pytest_plugin.fixtures import (
    agent_id,
    answer_to,
    api,
    check_session,
    chromium,
    dialog_id,
    first_look,
    guest,
    hosts,
    ledger,
    maybe_stack,
    pictures,
    ports,
    settings,
    site,
    stack,
    verify,
)
from agentchat_check.pytest_plugin.options import (
    pytest_addoption,
    pytest_configure,
    pytest_configure_node,
    pytest_sessionfinish,
)
from agentchat_check.pytest_plugin.outcomes import pytest_report_teststatus, pytest_runtest_makereport
from agentchat_check.pytest_plugin.selection import pytest_collection_modifyitems, pytest_report_header

__all__ = [
    "agent_id",
    "answer_to",
    "api",
    "check_session",
    "chromium",
    "dialog_id",
    "first_look",
    "guest",
    "hosts",
    "ledger",
    "maybe_stack",
    "pictures",
    "ports",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_report_header",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "settings",
    "site",
    "stack",
    "verify",
]
