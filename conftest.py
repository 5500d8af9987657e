"""Loads agentchat-check into pytest."""

pytest_plugins = ["agentchat_check.pytest_plugin"]
