"""Files of our own that may hold secrets."""

from __future__ import annotations

from pathlib import Path

from agentchat_check import errors


def write(file: Path, text: str) -> Path:
    """Write a file for its owner alone.

    Raises:
        errors.HostError: It cannot be written.
    """
    try:
        file.touch(mode=0o600)
        file.write_text(text)
    except OSError as error:
        raise errors.HostError(
            f"write {file}",
            expected="a directory that can be written",
            actual=error.strerror or str(error),
            next_step="give our state another place: AGENTCHAT_CHECK_STATE=DIR",
        ) from None
    return file
