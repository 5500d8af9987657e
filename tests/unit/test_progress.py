"""What takes long is shown while it goes on, on standard error."""

import io

import pytest
from rich.console import Console

from agentchat_check import progress
from makers import Clock


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> io.StringIO:
    """Standard error that is no terminal."""
    return _console(monkeypatch, clock, force_terminal=False)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> io.StringIO:
    """Standard error that is a terminal."""
    return _console(monkeypatch, clock, force_terminal=True)


def _console(monkeypatch: pytest.MonkeyPatch, clock: Clock, *, force_terminal: bool) -> io.StringIO:
    out = io.StringIO()
    console = Console(file=out, force_terminal=force_terminal, highlight=False, width=60, color_system=None)
    monkeypatch.setattr(progress, "console", console)
    monkeypatch.setattr(progress, "time", clock)
    return out


def test_an_announcement_is_one_line_as_it_was_written(plain: io.StringIO) -> None:
    progress.announce("installing [docker.io] and 更多 " + "x" * 80)
    assert plain.getvalue() == "agentchat-check: installing [docker.io] and 更多 " + "x" * 80 + "\n"


def test_elsewhere_than_on_a_terminal_a_step_is_two_plain_lines(plain: io.StringIO, clock: Clock) -> None:
    with progress.step("building [backend]") as latest:
        latest("#1 [internal] load")
        clock.now += 12.4
    assert plain.getvalue() == "agentchat-check: building [backend] …\nagentchat-check: building [backend]: 12 s\n"


def test_on_a_terminal_the_latest_line_is_shown_as_far_as_there_is_room(live: io.StringIO, clock: Clock) -> None:
    with progress.step("building") as latest:
        latest("  step [1/3] " + "y" * 90 + "\\\n")
        clock.now += 3
    shown = live.getvalue()
    assert "building step [1/3] " + "y" * 33 in shown
    assert "y" * 34 not in shown
    assert shown.endswith("agentchat-check: building: 3 s\n")
    assert "building …" not in shown


@pytest.mark.parametrize("error", [RuntimeError("full"), KeyboardInterrupt()])
def test_a_step_that_fails_says_so_and_hides_nothing(error: BaseException, plain: io.StringIO, clock: Clock) -> None:
    def pull() -> None:
        with progress.step("pulling mysql:8.0"):
            clock.now += 61.0
            raise error

    with pytest.raises(type(error)) as caught:
        pull()
    assert caught.value is error
    assert plain.getvalue() == (
        "agentchat-check: pulling mysql:8.0 …\nagentchat-check: pulling mysql:8.0: failed after 61 s\n"
    )


def test_a_step_may_have_a_step_inside(plain: io.StringIO) -> None:
    with progress.step("bringing up"), progress.step("building"):
        pass
    assert plain.getvalue().splitlines() == [
        "agentchat-check: bringing up …",
        "agentchat-check: building …",
        "agentchat-check: building: 0 s",
        "agentchat-check: bringing up: 0 s",
    ]
