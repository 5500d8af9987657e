"""One directory's content in place of another's, inside a volume: staged, swapped by renames, undone or forgotten.

A directory may be a mount point, which cannot be renamed itself. Each step may be killed and run again.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentchat_check.archive.tars import OURS
from agentchat_check.stack.storage import Helper

_STAGED, _BEFORE, _MADE, _FORGOTTEN = (f"{OURS}{what}" for what in ("staged", "before", "made", "forgotten"))

# `each DIRECTORY ACT`: ACT on every name in it, hidden ones too, but ours; some at once, for a program takes its time.
# A pattern that matches nothing stands for itself. `like ONE OTHER`: owner and mode of the one become the other's.
_WORDS = f"""
each() {{
    directory=$1 act=$2
    set --
    for one in "$directory"/* "$directory"/.[!.]* "$directory"/..?*; do
        case "${{one##*/}}" in {OURS}*) continue;; esac
        if [ -e "$one" ] || [ -L "$one" ]; then set -- "$@" "$one"; fi
        if [ $# -ge 100 ]; then "$act" "$@"; set --; fi
    done
    if [ $# -gt 0 ]; then "$act" "$@"; fi
}}
like() {{ chown "$(stat -c %u:%g "$1")" "$2"; chmod "$(stat -c %a "$1")" "$2"; }}
place() {{ mv "$@" .; }}
drop() {{ rm -rf "$@"; }}
keep() {{ mv "$@" {_BEFORE}.part/; }}
cd "$1"
"""

_STAGE = f"""
cd "$1"
for one in {_BEFORE} {_BEFORE}.part; do
    if [ -e "$one" ]; then echo "$1/$one is there: a restore was begun and not ended"; exit 1; fi
done
rm -rf {_STAGED}
mkdir {_STAGED}
"""

# What was there is complete under its name. Under that name with ".part" it is on its way there, or back: what is not
# in it is where it was.
_SWAP = f"""{_WORDS}
if [ ! -e {_BEFORE} ]; then
    if [ ! -e {_BEFORE}.part ]; then
        rm -rf {_MADE}
        mkdir {_MADE}
        like . {_MADE}
        mv {_MADE} {_BEFORE}.part
    fi
    each . keep
    mv {_BEFORE}.part {_BEFORE}
fi
if [ "$2" ] && [ -e "{_STAGED}$2" ]; then like "{_STAGED}$2" .; fi
each "{_STAGED}$2" place
rm -rf {_STAGED}
"""

_UNDO = f"""{_WORDS}
rm -rf {_STAGED} {_MADE} {_FORGOTTEN}
if [ -e {_BEFORE} ]; then
    each . drop
    mv {_BEFORE} {_BEFORE}.part
fi
if [ -e {_BEFORE}.part ]; then
    like {_BEFORE}.part .
    each {_BEFORE}.part place
    rmdir {_BEFORE}.part
fi
"""

# Under another name at once: half of what was there before is nothing that could be put back.
_FORGET = f"""
cd "$1"
rm -rf {_FORGOTTEN}
if [ -e {_BEFORE} ]; then mv {_BEFORE} {_FORGOTTEN}; fi
rm -rf {_FORGOTTEN} {_STAGED}
"""


def stage(helper: Helper, directory: str, tar: Iterable[bytes], *, owned_like_directory: bool = False) -> None:
    """Unpack a tar stream beside what a directory holds.

    Args:
        helper: Who reaches the directory.
        directory: Its path in the container.
        tar: The stream.
        owned_like_directory: Whether everything is to belong to whom the directory belongs to.

    Raises:
        errors.StackError: It cannot be written there, or a swap there was neither undone nor forgotten.
    """
    helper.run(_STAGE, directory)
    helper.write(f"{directory.rstrip('/')}/{_STAGED}", tar)
    if owned_like_directory:
        helper.run(f'cd "$1"; chown -R "$(stat -c %u:%g .)" {_STAGED}', directory)


def swap(helper: Helper, directory: str, *, below: str = "") -> None:
    """Put what is staged in the place of what is there, which is kept.

    Args:
        helper: Who reaches the directory.
        directory: Its path in the container.
        below: The directory in what is staged that stands for it, as the engine names it: ``/uploads``. Its owner and
            mode become the directory's; without one they stay.

    Raises:
        errors.StackError: A rename failed; ``undo`` puts everything back.
    """
    helper.run(_SWAP, directory, below)


def undo(helper: Helper, directory: str) -> None:
    """Put back what was there before ``swap``, however far that came; nothing where it did not begin, or was forgotten.

    Raises:
        errors.StackError: A rename failed; it can be run again.
    """
    helper.run(_UNDO, directory)


def forget(helper: Helper, directory: str) -> None:
    """Remove what was there before."""
    helper.run(_FORGET, directory)
