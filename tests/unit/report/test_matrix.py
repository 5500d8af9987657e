"""The table of all variables."""

from agentchat_check import facts
from agentchat_check.facts import Fate, Outcome
from agentchat_check.report import matrix


def test_every_variable_is_shown_with_what_became_of_each_value() -> None:
    level = facts.Variable("LOG_LEVEL", "info", ("docker.env.example",), required=False, has_default=True)
    default = Outcome(Fate.DEFAULT)
    refused = Outcome(Fate.REFUSED, "by backend")
    alive = facts.Knob(level, ("backend environment LOG_LEVEL",), True, "no -> [some]", default, default, refused)  # noqa: FBT003 - in order
    dead = facts.Knob(level, (), False, "no file of compose takes it", default, default, Outcome(Fate.FREE))  # noqa: FBT003 - in order
    lines = matrix.variables([alive, dead]).splitlines()
    cells = [line.split("  ") for line in lines if "LOG_LEVEL" in line]
    shown = [[cell.strip() for cell in row if cell.strip()] for row in cells]
    assert shown[0] == [
        "LOG_LEVEL",
        "backend LOG_LEVEL",
        "yes",
        "no -> [some]",
        "default",
        "refused: by backend",
        "default",
    ]
    assert shown[1] == ["LOG_LEVEL", "nowhere", "NO", "no file of compose takes it", "default", "any text", "default"]
