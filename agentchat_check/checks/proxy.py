"""Does nginx pass on what is the backend's as it came, and say truly how either of them is?"""

from __future__ import annotations

from agentchat_check import facts
from agentchat_check.checks.health import says_ok
from agentchat_check.findings import Finding, Promise

STREAMS_UNBUFFERED = Promise(
    "proxy.streams_unbuffered",
    "an answer shows word by word through the front door, too",
    "proxy_buffering off for the locations of the API, and no text/event-stream in gzip_types",
)
TAKES_UPLOADS = Promise(
    "proxy.takes_uploads",
    "an upload of the declared size passes the front door",
    "compare client_max_body_size of nginx.conf with the backend's own limit, and with what the page promises",
)
REFUSES_LARGER = Promise(
    "proxy.refuses_larger",
    "a larger upload is refused in words that the page can show",
    "answer 413 in the backend's own form: error_page 413 with a location that returns JSON",
)
OWN_HEALTH = Promise(
    "proxy.own_health",
    "the front door's own health asks nobody else",
    "let nginx answer it itself (return 200): else it is restarted when the backend is down",
)
BACKEND_HEALTH = Promise(
    "proxy.backend_health",
    "the backend's health behind the front door is the backend's",
    "pass it on (proxy_pass http://backend:7860/health), and let errors through as errors",
)

SPREAD = 1.0
"""Seconds that a direct answer has to take for its words to be told apart."""

_TOO_LARGE = 413


def streams_unbuffered(streams: facts.Streams) -> Finding:
    """The words of an answer come apart through the front door, as they do directly."""
    direct, through = _spread(streams.direct), _spread(streams.through)
    expected = f"words over at least {direct / 2:.1f} s, as they come over {direct:.1f} s directly"
    if direct < SPREAD:
        return STREAMS_UNBUFFERED.unknown(
            expected=f"words over more than {SPREAD:g} s, directly",
            actual=f"directly: {streams.direct}\nits words come over {direct:.1f} s",
            next_step="see whether the backend streams at all, and whether the model takes its time",
        )
    return STREAMS_UNBUFFERED.judge(
        streams.through.answer.ok and through >= direct / 2,
        expected=expected,
        actual=f"{streams.through}\nits words come over {through:.1f} s",
    )


def takes_uploads(uploads: facts.Uploads) -> Finding:
    """What is a little smaller than the declared size is taken."""
    return TAKES_UPLOADS.judge(
        uploads.below.ok and uploads.below.inner is not None,
        expected=f"HTTP 200 and inner 200 for a little less than {_megabytes(uploads.limit)}",
        actual=str(uploads.below),
    )


def refuses_larger(uploads: facts.Uploads) -> Finding:
    """What is a little larger is refused with 413, in JSON, and not cut off."""
    above = uploads.above
    in_words = isinstance(above.body, dict) and bool(above.body)
    return REFUSES_LARGER.judge(
        above.status == _TOO_LARGE and in_words,
        expected=f"413 with JSON for a little more than {_megabytes(uploads.limit)}",
        actual=f"{above}, {'JSON' if in_words else above.headers.get('content-type', 'no content')}",
    )


def own_health(address: facts.HealthAddress) -> Finding:
    """It is well with a backend and without."""
    return OWN_HEALTH.judge(
        address.up.ok and address.down.ok,
        expected=f"{address.path}: 200, whether the backend runs or not",
        actual=_both(address),
    )


def backend_health(address: facts.HealthAddress) -> Finding:
    """It says what the backend says, and that it says nothing when it does not run."""
    return BACKEND_HEALTH.judge(
        says_ok(address.up) and not address.down.error and not address.down.ok,
        expected=f"{address.path}: OK while the backend runs, an error status while it does not",
        actual=_both(address),
    )


def _both(address: facts.HealthAddress) -> str:
    return f"the backend runs: {address.up}\nit does not: {address.down}"


def _spread(chat: facts.ChatAnswer) -> float:
    """Seconds between the first word and the last."""
    return chat.chunk_seconds[-1] - chat.chunk_seconds[0] if chat.chunk_seconds else 0.0


def _megabytes(size: int) -> str:
    return f"{size / 2**20:g} MiB"
