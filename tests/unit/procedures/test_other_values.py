"""What a variable is given instead of its value."""

import pytest

from agentchat_check.facts import Variable
from agentchat_check.procedures import other_values


@pytest.mark.parametrize(
    ("value", "other"),
    [("4", "5"), ("10.0.0.1", "127.0.0.9"), ("true", "false"), ("False", "true"), ("agentchat", "another-value")],
)
def test_another_value_is_of_the_same_kind(value: str, other: str) -> None:
    assert other_values.another(value) == other


@pytest.mark.parametrize(
    ("name", "value", "malformed"),
    [
        ("TZ", "UTC", "Nowhere/Nothing"),
        ("LOG_LEVEL", "INFO", "none-of-these"),
        ("DEBUG", "true", "none-of-these"),
        ("WORKERS", "4", "many"),
        ("BIND", "10.0.0.1", "300.0.0.1"),
        ("BASE_URL", "https://chat.example.org", "no address"),
        ("MYSQL_PASSWORD", "12345", ""),
        ("MYSQL_DATABASE", "agentchat", ""),
    ],
)
def test_what_is_malformed_follows_from_name_and_value(name: str, value: str, malformed: str) -> None:
    assert other_values.malformed(Variable(name, value, (), required=False, has_default=False)) == malformed


@pytest.mark.parametrize(("name", "secret"), [("REDIS_PASS", True), ("JWT_SECRET_KEY", True), ("KEYBOARD", False)])
def test_a_secret_is_known_by_its_name(name: str, secret: bool) -> None:
    assert other_values.is_secret(name) is secret
