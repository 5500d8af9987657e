"""What containers printed is read line by line, and no word of it is lost."""

from dataclasses import dataclass
from typing import Any

import pytest

from agentchat_check import facts
from agentchat_check.probes import containers
from makers import service

TIME = "2026-11-24T12:00:00.000000001Z"


@dataclass
class Printed:
    """A stack whose backend, in one container or several, printed something."""

    text: str
    replicas: int = 1

    def services(self) -> tuple[facts.Service, ...]:
        """The containers."""
        return tuple(service(container=f"backend-{number}") for number in range(self.replicas))

    def logs(self, _: str) -> str:
        """What they printed together, as the engine shows it."""
        return self.text


def printed(text: str, **changes: Any) -> list[tuple[str, str]]:
    """Time and text of each line."""
    lines = containers.logs(Printed(text, **changes))  # type: ignore[arg-type]  # all that is asked of a stack
    assert {(line.service, line.role) for line in lines} <= {("backend", "backend")}
    return [(line.time, line.text) for line in lines]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        (f"{TIME} ERROR disk full\n", [(TIME, "ERROR disk full")]),
        (f"{TIME} one\n{TIME} two\n", [(TIME, "one"), (TIME, "two")]),
        (f"{TIME} \n{TIME}\n", [(TIME, ""), (TIME, "")]),
        (f"{TIME}   indented\n", [(TIME, "  indented")]),
        ("2026-11-24T20:00:00+08:00 你好\n", [("2026-11-24T20:00:00+08:00", "你好")]),
        ("ERROR without a time\n", [("", "ERROR without a time")]),
        (f"{TIME} 10 %\rERROR disk full\n", [(TIME, "10 %\rERROR disk full")]),
        (f"{TIME} a\x85ERROR b\n", [(TIME, "a\x85ERROR b")]),
    ],
)
def test_a_line_is_its_time_and_its_text(text: str, lines: list[tuple[str, str]]) -> None:
    assert printed(text) == lines


def test_a_service_of_several_containers_is_read_once() -> None:
    assert printed(f"{TIME} once\n", replicas=3) == [(TIME, "once")]
