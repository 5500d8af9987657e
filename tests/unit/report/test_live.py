import io

from rich.console import Console

import loads
from agentchat_check.load.series import NOT_STARTED, PART, Series
from agentchat_check.report import live

SLOW = Series("browse", "GET /history", "ok")
FAILED = Series("browse", "GET /history", "HTTP 500")
AWAY = Series("browse", "arrival", NOT_STARTED)
FIRST = Series("chat", "POST /completion, last chunk", PART)


def made() -> loads.Recording:
    return loads.recording(
        {
            loads.CHAT: lambda _: [0.05] * 10,
            SLOW: lambda second: [0.5] * 5 if second >= 55 else [],
            FAILED: lambda second: [2.0] if second in {57, 58} else [],
            AWAY: lambda second: [0.0] if second == 59 else [],
            FIRST: lambda _: [9.0] * 10,
        },
        samples=[*loads.sampled("cpu", lambda _: 0.5), *loads.sampled("cpu", lambda _: 0.9, subject="host")],
    )


def test_the_last_ten_seconds_are_told_and_all_errors() -> None:
    seen = live.figures(made(), 90)
    assert (seen.second, seen.left, seen.requests, seen.errors) == (60, 30, 600 + 25 + 2 + 1, 3)
    assert seen.kinds == (("HTTP 500", 2), (NOT_STARTED, 1))
    assert seen.rate == (100 + 25 + 2) / 10
    assert seen.slowest[0][0] == "GET /history"
    assert seen.cpu == (("host", 0.9), ("container:backend", 0.5))
    assert 0.29 < seen.busy < 0.31


def test_one_line_tells_all_of_it() -> None:
    assert live.line(live.figures(made(), 90)) == (
        "1:00, 0:30 left: 12.7 requests/s, p95 0.500 s, 3 errors of 628 (HTTP 500 2, not started 1); "
        "processors: generator 30%, host 90%, backend 50%"
    )


def test_before_anything_is_answered_nothing_is_made_up() -> None:
    seen = live.figures(loads.recording({}, seconds=None, end="running", processes=("worker-1",)), 90)
    assert seen.p95 is None
    assert "none answered, 0 errors of 0" in live.line(seen)


def test_without_a_terminal_a_line_is_printed_now_and_then() -> None:
    text = io.StringIO()
    with live.shown(90, Console(file=text, width=300)) as show:
        show(made())
        show(made())
    assert text.getvalue().count("\n") == 1
    assert text.getvalue().startswith("1:00, 0:30 left: 12.7 requests/s")


def test_on_a_terminal_a_table_changes_in_place_and_goes_at_the_end() -> None:
    text = io.StringIO()
    with live.shown(90, Console(file=text, force_terminal=True, width=120)) as show:
        show(made())
    assert "12.7 requests/s, 628 in all" in text.getvalue()
    assert "generator" in text.getvalue()
    assert "GET /history 2.001 s  POST /completion 0.050 s" in text.getvalue()
