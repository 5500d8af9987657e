"""A stand-in for a model: it speaks OpenAI's chat completions, and always answers the same to the same question.

It says back what it was told, so that a test can predict every answer, and it misbehaves on request: PUT /control.
"""

import asyncio
import json
import math
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, replace
from functools import reduce
from operator import getitem
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MODES = ("ok", "fail", "stall", "slow")
MODEL = "stub"

Json = dict[str, Any]
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class InvalidRequestError(Exception):
    """The caller's mistake: HTTP 400, as OpenAI words it."""


@dataclass(frozen=True)
class Control:
    """How the model behaves: `slow` alone follows the two numbers, and zero tokens a second means no limit."""

    mode: str = "ok"
    first_token_seconds: float = 0.0
    tokens_per_second: float = 200.0

    def __post_init__(self) -> None:
        """Refuse what cannot be obeyed."""
        if self.mode not in MODES:
            raise InvalidRequestError(f"mode must be one of {', '.join(MODES)}")
        for number in (self.first_token_seconds, self.tokens_per_second):
            if not (isinstance(number, int | float) and math.isfinite(number) and number >= 0):
                raise InvalidRequestError("the numbers must be zero or more")

    async def wait_until_due(self, tokens: int, started: float) -> None:
        """Wait until so many tokens are due; each date counts from the start, so that delays do not add up."""
        if self.mode == "slow":
            pace = tokens / self.tokens_per_second if self.tokens_per_second else 0.0
            await asyncio.sleep(max(0.0, started + self.first_token_seconds + pace - time.monotonic()))


@dataclass(frozen=True)
class Completion:
    """One answer: words, or the call of a tool."""

    model: str
    pieces: list[str]
    tool: str | None
    finish_reason: str
    usage: dict[str, int]


# What to answer


def complete(body: Json) -> Completion:
    """Make the answer to a request for a chat completion.

    Raises:
        InvalidRequestError: There are no messages, or the chosen tool is not among the tools.
    """
    messages = body.get("messages")
    if not messages:
        raise InvalidRequestError("'messages' must hold at least one message")
    said = next((text_of(message) for message in reversed(messages) if message["role"] == "user"), "")
    tool = chosen_tool(body)
    if tool is None:
        text, finish_reason = f"You said: {said}", "stop"
    else:
        schema = tool.get("parameters") or {"type": "object"}
        text = dumps(example(schema, said, schema))
        # OpenAI ends with "tool_calls" when the model chose the tool, and with "stop" when the caller named it.
        finish_reason = "tool_calls" if body["tool_choice"] == "required" else "stop"
    pieces = re.findall(r"\s*\S+|\s+$", text)
    prompt_tokens = sum(len(text_of(message).split()) for message in messages)
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": len(pieces),
        "total_tokens": prompt_tokens + len(pieces),
    }
    return Completion(body.get("model", MODEL), pieces, tool["name"] if tool else None, finish_reason, usage)


def text_of(message: Json) -> str:
    """Take a message's text, whether it came whole or in parts."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def chosen_tool(body: Json) -> Json | None:
    """Pick the function to call: the one that tool_choice names, or the first one where any is required."""
    choice = body.get("tool_choice", "auto")
    if choice in ("none", "auto"):
        return None
    functions: dict[str, Json] = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or []}
    name = next(iter(functions), None) if choice == "required" else choice["function"]["name"]
    if name not in functions:
        raise InvalidRequestError(f"'tool_choice' asks for a tool that 'tools' does not hold: {name}")
    return functions[name]


def example(schema: Json, text: str, root: Json) -> Any:
    """Make a value that a JSON schema accepts; its strings say `text`."""
    if "$ref" in schema:
        definition: Json = reduce(getitem, schema["$ref"].removeprefix("#/").split("/"), root)
        return example(definition, text, root)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return example(alternatives[0], text, root)
    match schema.get("type", "string"):
        case "object":
            properties = schema.get("properties", {})
            names = schema.get("required") or list(properties)
            return {name: example(properties[name], text, root) for name in names}
        case "array":
            return [example(schema.get("items", {}), text, root)]
        case [kind, *_]:
            return example(schema | {"type": kind}, text, root)
        case kind:
            plain: Json = {"string": text, "integer": 1, "number": 1, "boolean": True, "null": None}
            return schema.get("enum", [plain[kind]])[0]


# In which form


def whole(completion: Completion) -> Json:
    """Write an answer in one piece."""
    text = "".join(completion.pieces)
    message: Json = {"role": "assistant", "content": text, "refusal": None}
    if completion.tool:
        function = {"name": completion.tool, "arguments": text}
        call = {"id": f"call_{uuid4().hex}", "type": "function", "function": function}
        message |= {"content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    return head("chat.completion", completion) | {"choices": [choice], "usage": completion.usage}


def chunks(completion: Completion, *, include_usage: bool) -> Iterator[Json]:
    """Write an answer as the events of a stream: one that opens it, one per word, one that ends it."""
    unchanging = head("chat.completion.chunk", completion) | ({"usage": None} if include_usage else {})

    def chunk(delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return unchanging | {"choices": [choice]}

    if completion.tool:
        function = {"name": completion.tool, "arguments": ""}
        call = {"index": 0, "id": f"call_{uuid4().hex}", "type": "function", "function": function}
        yield chunk({"role": "assistant", "content": None, "tool_calls": [call]})
        for piece in completion.pieces:
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    else:
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in completion.pieces:
            yield chunk({"content": piece})
    yield chunk({}, completion.finish_reason)
    if include_usage:
        yield unchanging | {"choices": [], "usage": completion.usage}


def head(kind: str, completion: Completion) -> Json:
    """Write what whole answers and events begin with."""
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": completion.model,
    }


# At which pace


async def whole_in_time(completion: Completion, control: Control) -> AsyncIterator[str]:
    """Send an answer in one piece when its last word is due."""
    await control.wait_until_due(len(completion.pieces), time.monotonic())
    if control.mode == "stall":
        await forever()
    yield dumps(whole(completion))


async def chunks_in_time(completion: Completion, control: Control, *, include_usage: bool) -> AsyncIterator[str]:
    """Send each word when it is due, and OpenAI's mark at the end."""
    started = time.monotonic()
    for tokens, chunk in enumerate(chunks(completion, include_usage=include_usage), start=-1):
        await control.wait_until_due(max(0, tokens), started)  # the first word comes with what opens the stream
        yield f"data: {dumps(chunk)}\n\n"
        if control.mode == "stall" and tokens == 0:
            await forever()
    yield "data: [DONE]\n\n"


async def forever() -> None:
    """Hang; the caller's leaving ends it."""
    await asyncio.Event().wait()


# Over HTTP


async def chat_completions(request: Request) -> Response:
    """POST /v1/chat/completions."""
    control: Control = request.app.state.control
    if control.mode == "fail":
        return error(500, "server_error", "The model was told to fail")
    try:
        body = await request.json()
        completion = complete(body)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    except InvalidRequestError as mistake:
        return error(400, "invalid_request_error", str(mistake))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as mistake:
        return error(400, "invalid_request_error", f"not a request for a chat completion: {mistake!r}")
    if body.get("stream"):
        events = chunks_in_time(completion, control, include_usage=include_usage)
        return StreamingResponse(events, media_type="text/event-stream")
    return StreamingResponse(whole_in_time(completion, control), media_type="application/json")


async def models(_: Request) -> Response:
    """GET /v1/models."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "agentchat-check"}
    return JSONResponse({"object": "list", "data": [model]})


async def show_control(request: Request) -> Response:
    """GET /control."""
    return JSONResponse(asdict(request.app.state.control))


async def change_control(request: Request) -> Response:
    """PUT /control: what is not named stays as it is."""
    try:
        request.app.state.control = replace(request.app.state.control, **await request.json())
    except (ValueError, TypeError, InvalidRequestError) as mistake:
        return error(400, "invalid_request_error", str(mistake))
    return await show_control(request)


async def health(_: Request) -> Response:
    """GET /health."""
    return JSONResponse({"status": "OK"})


def error(status: int, kind: str, message: str) -> Response:
    """Answer a failure in OpenAI's form."""
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": None}}, status)


def control_from_environment() -> Control:
    """Read how the model behaves at first; a value that makes no sense stops the start with one line that names it."""
    control = Control()
    for name, read in (("mode", str), ("first_token_seconds", float), ("tokens_per_second", float)):
        variable = f"MODEL_{name.upper()}"
        try:
            if given := os.environ.get(variable):
                control = replace(control, **{name: read(given)})
        except (ValueError, InvalidRequestError) as mistake:
            raise SystemExit(f"Cannot start. {variable}: {mistake}") from None
    return control


app = Starlette(
    routes=[
        Route("/health", health),
        Route("/control", show_control, methods=["GET"]),
        Route("/control", change_control, methods=["PUT"]),
        Route("/v1/models", models),
        Route("/v1/chat/completions", chat_completions, methods=["POST"]),
    ]
)
app.state.control = control_from_environment()
