"""Notes on disk: whole or not at all, and one clear error where there can be none."""

from pathlib import Path

import pytest

from agentchat_check import errors
from agentchat_check.procedures import durably


def test_what_cannot_be_written_is_one_clear_error_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "note.json"
    durably.write(file, {"step": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(errors.HostError) as caught:
        durably.write(file, {"step": 2})
    assert (caught.value.tried, caught.value.actual) == ("write note.json", "No space left on device")
    assert caught.value.expected == f"a directory that can be written: {tmp_path}"
    assert file.read_text() == '{"step": 1}'
