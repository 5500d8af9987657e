"""Streams that do not end, or end too early, and a model that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from agentchat_check.deployment import Role
from agentchat_check.faults.planting import must, rebuilt
from agentchat_check.stack.running import Stack

_CHUNK = '            yield _event("response_chunk", chunk=chunk, accumulated=answer.text)\n'
_STORED = "        await run_in_threadpool(_end, turn, answer)\n"


def without_end(stack: Stack) -> AbstractContextManager[None]:
    """An answer is followed by keep-alives for ever."""
    on = "        while True:\n            yield ': still there\\n\\n'\n            await asyncio.sleep(1)\n"
    edits = {"import json\n": "import asyncio\nimport json\n", _STORED: f"{_STORED}{on}"}
    return rebuilt(stack, Role.BACKEND, {"backend/api/completion.py": edits})


def cut_short(stack: Stack) -> AbstractContextManager[None]:
    """An answer ends properly after its first word."""
    edits = {_CHUNK: f"{_CHUNK}            return\n"}
    return rebuilt(stack, Role.BACKEND, {"backend/api/completion.py": edits})


@contextmanager
def model_fails(stack: Stack) -> Iterator[None]:
    """The model answers every question with an error."""
    service = stack.service_name(Role.MODEL)
    _control(stack, service, "fail")
    try:
        yield
    finally:
        _control(stack, service, "ok")


def _control(stack: Stack, service: str, mode: str) -> None:
    told = f'{{"mode": "{mode}"}}'
    ask = ["curl", "-fsS", "-X", "PUT", "-H", "content-type: application/json", "-d", told]
    must(stack, service, *ask, "http://localhost:8000/control")
