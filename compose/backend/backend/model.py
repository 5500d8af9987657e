"""Calls a model: any service that speaks OpenAI's chat completions."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

# The read limit is the longest silence within an answer, not the length of the answer.
_LIMITS = httpx.Timeout(5.0, read=60.0)
# An idle connection is given up before the service gives it up, which takes five seconds or more: a question that is
# sent while the service closes is lost.
_CONNECTIONS = httpx.Limits(max_connections=None, keepalive_expiry=2.0)
client = httpx.AsyncClient(timeout=_LIMITS, limits=_CONNECTIONS)


class ModelError(Exception):
    """The model did not answer, or not to the end."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers, under which name, with which key."""

    base_url: str
    api_key: str
    model: str


@dataclass
class Answer:
    """What has come so far; the tokens come last, and only from services that count them."""

    text: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


async def stream(endpoint: Endpoint, messages: list[dict[str, str]], into: Answer) -> AsyncIterator[str]:
    """Yield the pieces of the model's answer as they come, and collect them.

    Raises:
        ModelError: The service is away, refuses, falls silent or speaks another language.
    """
    body = {
        "model": endpoint.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
    headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    try:
        async with client.stream("POST", url, json=body, headers=headers) as response:
            if not response.is_success:
                raise ModelError(f"HTTP {response.status_code}")
            async for line in response.aiter_lines():
                if line.startswith("data:") and (chunk := _take(line.removeprefix("data:"), into)):
                    yield chunk
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelError(f"{type(error).__name__} {error}") from error


def _take(data: str, into: Answer) -> str:
    if data.strip() == "[DONE]":
        return ""
    try:
        event = json.loads(data)
        if usage := event.get("usage"):
            into.input_tokens, into.output_tokens = usage["prompt_tokens"], usage["completion_tokens"]
        choices = event["choices"]
        chunk: str = choices[0]["delta"].get("content") or "" if choices else ""
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError(f"not a chunk of a completion: {data[:200]}") from error
    into.text += chunk
    return chunk
