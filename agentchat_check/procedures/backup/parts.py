"""How the procedures see an archive: something that parts are written to, and read from, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from agentchat_check.archive.streams import Sink, Source

Part = Callable[[str], AbstractContextManager[Sink]]
"""Opens a part of an archive that is being written, by its name."""

Parts = Callable[[str], AbstractContextManager[Source]]
"""Opens a part of an archive that is read, by its name."""
