"""Which effects can be seen in a deployment."""

from agentchat_check.procedures import effects
from stacks import Scripted

BOTH = {"UPLOAD_LIMIT_MB", "UPLOAD_MAX_MB"}


def test_an_effect_that_needs_another_variable_is_seen_beside_it(stack: Scripted) -> None:
    wanted = {"OPENAI_MODEL"}
    assert list(effects.visible(stack, {"OPENAI_MODEL", "OPENAI_BASE_URL"}, wanted)) == ["OPENAI_MODEL"]
    assert effects.visible(stack, {"OPENAI_MODEL"}, wanted) == {}


def test_only_one_of_two_names_of_a_setting_is_seen_at_a_time(stack: Scripted) -> None:
    assert list(effects.visible(stack, BOTH, BOTH)) == ["UPLOAD_LIMIT_MB"]


def test_once_the_former_name_is_known_the_new_one_is_seen(stack: Scripted) -> None:
    assert list(effects.visible(stack, BOTH, {"UPLOAD_MAX_MB"})) == ["UPLOAD_MAX_MB"]


def test_every_other_effect_is_seen_with_all_of_them(stack: Scripted) -> None:
    every = effects.known(stack).keys()
    assert effects.visible(stack, every, every).keys() == every - {"UPLOAD_MAX_MB"}
