"""A directory's content in the place of another's, or that again, wherever it is killed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from agentchat_check import errors
from agentchat_check.archive.tars import OURS
from agentchat_check.procedures.backup import swapping
from agentchat_check.session import Session
from agentchat_check.stack import storage
from agentchat_check.stack.running import Stack
from agentchat_check.stack.storage import Helper
from volumes import AT, empty, fill, listed, running, tar

if TYPE_CHECKING:
    from docker import DockerClient as Client

_NEW = {"new": "1", ".hidden/.file": "2", "a b/deep/third": "3", "-rf": "4"}
_DEEP = {f"app/{name}": text for name, text in _NEW.items()}

# Programs that end the shell that runs them, as a loss of power would, when their turn has come; each rename is one.
_MORTAL = r"""
for name in mv mkdir chown chmod rm rmdir; do
    cat > /usr/local/bin/$name <<'END'
#!/bin/sh
turn() {
    if [ -e /tmp/turns ]; then
        left=$(cat /tmp/turns)
        if [ "$left" = 0 ]; then kill -9 $PPID; exit; fi
        echo $((left - 1)) > /tmp/turns
    fi
}
if [ "${0##*/}" = mv ]; then
    while [ $# -gt 1 ]; do
        turn
        for last; do :; done
        /usr/bin/mv "$1" "$last"
        shift
    done
else
    turn
    exec /usr/bin/"${0##*/}" "$@"
fi
END
    /usr/bin/chmod 755 /usr/local/bin/$name
done
"""


@pytest.fixture(scope="module")
def stack(client: Client, check_session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(client, check_session, tmp_path_factory.mktemp("swapping"), {}) as running_stack:
        yield running_stack


@pytest.fixture(scope="module")
def mortal(stack: Stack) -> Iterator[Helper]:
    with storage.helper(stack, "app") as helper:
        helper.run(_MORTAL)
        yield helper


@pytest.fixture
def helper(mortal: Helper) -> Helper:
    mortal.run("/usr/bin/rm -f /tmp/turns")
    empty(mortal)
    return mortal


def killed(helper: Helper, turn: int, work: Callable[[], None]) -> bool:
    """Whether some work was killed when it was to start its program of this number."""
    helper.run('echo "$1" > /tmp/turns', str(turn))
    try:
        work()
    except errors.StackError:
        return True
    finally:
        helper.run("/usr/bin/rm -f /tmp/turns")
    return False


def swapped(helper: Helper) -> str:
    """What lies there after a swap that nobody disturbed, and that cannot be undone any more."""
    fill(helper)
    swapping.stage(helper, AT, tar(_DEEP))
    swapping.swap(helper, AT, below="/app")
    swapping.forget(helper, AT)
    return listed(helper)


def test_a_swap_puts_one_content_in_the_place_of_another_and_undoing_it_brings_that_back(helper: Helper) -> None:
    before = fill(helper)
    swapping.stage(helper, AT, tar(_DEEP))
    swapping.swap(helper, AT, below="/app")
    names = helper.run(f'cd "$1"; find . -path "./{OURS}*" -prune -o -type f -print | sort', AT).split("\n")
    assert names == ["./-rf", "./.hidden/.file", "./a b/deep/third", "./new", ""]
    swapping.undo(helper, AT)
    assert listed(helper) == before
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_what_is_forgotten_is_gone_and_nothing_undoes_it(helper: Helper) -> None:
    new = swapped(helper)
    assert OURS not in new
    swapping.undo(helper, AT)
    assert listed(helper) == new


def test_the_directory_itself_is_owned_as_what_was_staged_for_it_and_again_as_before(helper: Helper) -> None:
    before = fill(helper)
    assert ". d 1770 77:88" in before
    swapping.stage(helper, AT, iter(helper.read("/usr/local/bin").read, b""))
    swapping.swap(helper, AT, below="/bin")
    assert ". d 755 0:0" in listed(helper)
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_many_names_are_moved_at_once(helper: Helper) -> None:
    helper.run('cd "$1"; seq 1 250 | xargs touch; touch "a b" .c', AT)
    before = listed(helper)
    swapping.stage(helper, AT, tar({"only": "one"}))
    swapping.swap(helper, AT)
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_nothing_is_staged_over_a_swap_that_was_not_ended(helper: Helper) -> None:
    before = fill(helper)
    swapping.stage(helper, AT, tar({"first": "1"}))
    swapping.swap(helper, AT)
    with pytest.raises(errors.StackError) as caught:
        swapping.stage(helper, AT, tar({"second": "2"}))
    assert caught.value.actual == f"{AT}/{OURS}before is there: a restore was begun and not ended"
    swapping.undo(helper, AT)
    assert listed(helper) == before


def test_a_swap_that_is_killed_at_any_step_is_finished_or_undone(helper: Helper) -> None:
    new = swapped(helper)
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        if not killed(helper, turn, lambda: swapping.swap(helper, AT, below="/app")):
            break
        if turn % 2:
            swapping.undo(helper, AT)
            assert listed(helper) == before, f"undone after the step {turn}"
        else:
            swapping.swap(helper, AT, below="/app")
            swapping.forget(helper, AT)
            assert listed(helper) == new, f"finished after the step {turn}"
    assert turn > 15


def test_undoing_that_is_killed_at_any_step_loses_nothing(helper: Helper) -> None:
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        if turn % 2:
            swapping.swap(helper, AT, below="/app")
        else:
            killed(helper, 9, lambda: swapping.swap(helper, AT, below="/app"))
        was_killed = killed(helper, turn, lambda: swapping.undo(helper, AT))
        swapping.undo(helper, AT)
        assert listed(helper) == before, f"after the step {turn}"
        if not was_killed and turn % 2:
            break
    assert turn > 10


def test_forgetting_that_is_killed_leaves_the_one_or_the_other(helper: Helper) -> None:
    new = swapped(helper)
    for turn in itertools.count():
        before = fill(helper)
        swapping.stage(helper, AT, tar(_DEEP))
        swapping.swap(helper, AT, below="/app")
        if not killed(helper, turn, lambda: swapping.forget(helper, AT)):
            break
        swapping.undo(helper, AT)
        assert listed(helper) in {before, new}, f"after the step {turn}"
    assert turn == 3
