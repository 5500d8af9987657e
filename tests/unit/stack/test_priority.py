"""Who gives way is as nice as is said, in the block only, and so is the session; by the kernel's word."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentchat_check.stack import priority

SEEN = """
import json, os, re
from pathlib import Path
from agentchat_check.stack import process
from agentchat_check.stack.priority import giving_way, pressing

def seen(of="self"):
    group = Path(f"/proc/{of}/autogroup")
    return [os.getpriority(os.PRIO_PROCESS, 0), int(group.read_text().split()[-1]) if group.exists() else None]

found = [seen()]
with giving_way():
    found.append(seen())
    with pressing():
        found.append(seen())
    with process.running(["sleep", "9"]) as child:
        found.append(seen(child.pid))
print(json.dumps([*found, seen()]))
"""


def seen(program: str) -> list[tuple[int | None, ...]]:
    """How nice a program in a session of its own was, step by step, and how nice its session was."""
    done = subprocess.run(
        [sys.executable, "-c", program], start_new_session=True, capture_output=True, text=True, check=True
    )
    return list(zip(*json.loads(done.stdout), strict=True))


def test_whoever_gives_way_does_so_with_its_session_and_what_it_starts_but_not_where_others_wait() -> None:
    own, session = seen(SEEN)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    less_nice_again = os.geteuid() == 0  # may be by root only
    assert own == ((before, 15, 0, 15, before) if less_nice_again else (before, 15, 15, 15, 15))
    known = Path("/proc/self/autogroup").exists()
    assert session == ((0, 15, 0, 15, 0) if known else (None,) * 5)


def test_whoever_is_nicer_already_stays_so() -> None:
    own, _ = seen(f"import os; os.nice(19)\n{SEEN}")
    assert (own[1], own[3]) == (19, 19)


def test_a_kernel_that_weighs_no_sessions_is_none_to_stumble_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(os, "setpriority", lambda _which, _who, nice: set_to.append(nice))
    monkeypatch.setattr(priority, "_SESSION", str(tmp_path / "proc/{}/autogroup"))
    with priority.giving_way():
        priority.likewise(1)
    assert set_to == [15, os.getpriority(os.PRIO_PROCESS, 0)]
    assert not (tmp_path / "proc").exists()
