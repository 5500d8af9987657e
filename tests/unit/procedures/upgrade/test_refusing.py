"""What an upgrade is refused for is kept; what was done, or stands halfway, was not refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentchat_check import errors
from agentchat_check.procedures.upgrade import refusing, run
from agentchat_check.procedures.upgrade.outcome import Wishes
from agentchat_check.procedures.upgrade.refusing import Attempt
from doors import MakeSettings


def test_each_attempt_has_its_reason(settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([("before",), ("after",)])
    stack: Any = SimpleNamespace(services=lambda: next(looks))
    refused = errors.DeploymentError("upgrade demo", actual="nothing changes", next_step="name another release")
    halfway = errors.HalfwayError("upgrade demo", actual="it stands halfway")

    def upgrade(_: Any, target: Any, *__: Any) -> None:
        if error := target(None):
            raise error

    monkeypatch.setattr(run, "run", upgrade)
    ends: dict[str, Any] = {"the same": refused, "halfway": halfway, "done": None}
    ways = {what: Attempt(lambda _, end=end: end, Wishes(Path("backups"))) for what, end in ends.items()}
    tried = refusing.each(stack, ways, settings())
    assert tried.reasons == {"the same": str(refused), "halfway": "", "done": ""}
    assert (tried.before, tried.after) == (("before",), ("after",))
