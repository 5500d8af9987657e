"""One directory's content in place of another's, inside a volume: staged, swapped by renames, undone or forgotten.

A directory may be a mount point, which cannot be renamed itself. Each step may be killed and run again.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentchat_check.archive.tars import OURS
from agentchat_check.stack.storage import Helper

_STAGED, _BEFORE = f"{OURS}staged", f"{OURS}before"

# Every name in a directory, hidden ones too, but ours; a pattern that matches nothing stands for itself.
_EACH = f"""
each() {{ for one in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    case "${{one##*/}}" in {OURS}*) continue;; esac
    if [ -e "$one" ] || [ -L "$one" ]; then "$2" "$one"; fi
done; }}
"""

# What was there is complete under its name, or under that name with ".part" while it is being moved.
_SWAP = f"""{_EACH}
cd "$1"
if [ ! -e {_BEFORE} ]; then
    mkdir -p {_BEFORE}.part
    keep() {{ mv "$1" {_BEFORE}.part/; }}
    each . keep
    mv {_BEFORE}.part {_BEFORE}
fi
place() {{ mv "$1" .; }}
each "{_STAGED}$2" place
rm -rf {_STAGED}
"""

_UNDO = f"""{_EACH}
cd "$1"
rm -rf {_STAGED}
place() {{ mv "$1" .; }}
if [ -e {_BEFORE} ]; then
    drop() {{ rm -rf "$1"; }}
    each . drop
    each {_BEFORE} place
    rmdir {_BEFORE}
elif [ -e {_BEFORE}.part ]; then
    each {_BEFORE}.part place
    rmdir {_BEFORE}.part
fi
"""


def stage(helper: Helper, directory: str, tar: Iterable[bytes], *, owned_like_directory: bool = False) -> None:
    """Unpack a tar stream beside what a directory holds.

    Args:
        helper: Who reaches the directory.
        directory: Its path in the container.
        tar: The stream.
        owned_like_directory: Whether everything is to belong to whom the directory belongs to.

    Raises:
        errors.StackError: It cannot be written there.
    """
    helper.run(f'cd "$1"; rm -rf {_STAGED}; mkdir {_STAGED}', directory)
    helper.write(f"{directory.rstrip('/')}/{_STAGED}", tar)
    if owned_like_directory:
        helper.run(f'cd "$1"; chown -R "$(stat -c %u:%g .)" {_STAGED}', directory)


def swap(helper: Helper, directory: str, *, below: str = "") -> None:
    """Put what is staged in the place of what is there, which is kept.

    Args:
        helper: Who reaches the directory.
        directory: Its path in the container.
        below: The directory in what is staged that stands for it, as the engine names it: ``/uploads``.

    Raises:
        errors.StackError: A rename failed; ``undo`` puts everything back.
    """
    helper.run(_SWAP, directory, below)


def undo(helper: Helper, directory: str) -> None:
    """Put back what was there before ``swap``, however far that came; nothing where it did not begin.

    Raises:
        errors.StackError: A rename failed; it can be run again.
    """
    helper.run(_UNDO, directory)


def forget(helper: Helper, directory: str) -> None:
    """Remove what was there before."""
    helper.run(f'cd "$1"; rm -rf {_BEFORE} {_BEFORE}.part {_STAGED}', directory)
