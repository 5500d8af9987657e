"""Lines over time become drawings whose figures can be read back."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentchat_check.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Line, Mark, clock


def chart(*lines: Line, seconds: float = 60.0, marks: tuple[Mark, ...] = ()) -> Chart:
    return Chart("times", seconds, lambda figure: f"{figure:g} s", lines, marks)


@example([(0.0, 5e-324)], 0.0)
@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 1e9)), min_size=1), st.floats(0, 1e9))
def test_everything_is_drawn_within_the_margins(points: list[tuple[float, float]], limit: float) -> None:
    made = chart(Line("one", points), marks=(Mark("limit", limit),))
    for second, figure in [*points, (0.0, limit)]:
        assert LEFT <= made.x(second) <= WIDTH - RIGHT
        assert TOP <= made.y(figure) <= HEIGHT - BOTTOM
    assert made.highest >= max(figure for _, figure in points)


def test_a_line_is_broken_where_there_is_no_figure() -> None:
    line = Line("one", [(0.0, 0.0), (30.0, 1.0), (40.0, None), (60.0, 0.5)])
    assert chart(line).path(line) == "M64.0 166.0h.1L506.0 36.0M948.0 101.0h.1"


def test_the_scale_has_round_figures() -> None:
    assert [text for _, text in chart(Line("one", [(0.0, 0.93)])).ticks()] == [
        "0 s",
        "0.25 s",
        "0.5 s",
        "0.75 s",
        "1 s",
    ]


def test_without_any_figure_there_is_still_a_scale() -> None:
    assert chart(Line("one", [])).highest == 1.0
    assert chart(Line("one", []), seconds=0.0).x(5.0) == LEFT


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (10.0, ["0:00", "0:01", "0:02", "0:03", "0:04", "0:05", "0:06", "0:07", "0:08", "0:09", "0:10"]),
        (60.0, ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00"]),
        (7200.0, ["0:00", "15:00", "30:00", "45:00", "1:00:00", "1:15:00", "1:30:00", "1:45:00", "2:00:00"]),
    ],
)
def test_the_axis_of_time_has_round_times(seconds: float, ticks: list[str]) -> None:
    assert [text for _, text in chart(seconds=seconds).time_ticks()] == ticks


def test_all_figures_of_a_moment_are_told_together() -> None:
    made = chart(Line("p50", [(0.5, 0.1), (1.5, 0.2)]), Line("p95", [(0.5, 0.3), (1.5, None)]))
    assert [(round(width, 1), text) for _, width, text in made.told()] == [
        (14.7, "0:00\np50 0.1 s\np95 0.3 s"),
        (14.8, "0:02\np50 0.2 s"),
    ]
    assert re.fullmatch(r"\d+:\d\d:\d\d", clock(1e6))
