"""An nginx that keeps what should be asked for again, shows what it should hide, or holds back what it should pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from agentchat_check import wait
from agentchat_check.deployment import Role
from agentchat_check.faults.planting import PATIENCE, edited, must
from agentchat_check.stack.running import Stack


@contextmanager
def reloaded_with(stack: Stack, changes: Mapping[str, str]) -> Iterator[None]:
    """The frontend's nginx has loaded a changed nginx.conf; its container and its port stay."""
    try:
        with edited(stack.directory / "nginx.conf", changes):
            _reload(stack)
            yield
    finally:
        _reload(stack)


def old_pages(stack: Stack) -> AbstractContextManager[None]:
    """Browsers keep the page for a day."""
    return reloaded_with(stack, {"default     no-cache;": 'default     "public, max-age=86400";'})


def silent_pages(stack: Stack) -> AbstractContextManager[None]:
    """Nothing is said of how long the page may be kept."""
    return reloaded_with(stack, {"default     no-cache;": 'default     "";'})


def forgotten_assets(stack: Stack) -> AbstractContextManager[None]:
    """Browsers ask for every script again each time."""
    return reloaded_with(stack, {'"public, max-age=31536000, immutable";': "no-cache;"})


def uncompressed(stack: Stack) -> AbstractContextManager[None]:
    """Nothing is compressed."""
    return reloaded_with(stack, {"gzip on;": "gzip off;"})


def guessed_types(stack: Stack) -> AbstractContextManager[None]:
    """A browser may guess what a file is."""
    return reloaded_with(stack, {"add_header X-Content-Type-Options nosniff always;": ""})


def framed(stack: Stack) -> AbstractContextManager[None]:
    """Any other page may show this one inside of itself."""
    framing = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return reloaded_with(stack, {"add_header X-Frame-Options DENY always;": "", framing: ""})


def told_referrers(stack: Stack) -> AbstractContextManager[None]:
    """Other sites are told from which address somebody comes."""
    return reloaded_with(stack, {"add_header Referrer-Policy same-origin always;": ""})


def told_release(stack: Stack) -> AbstractContextManager[None]:
    """Everybody is told which release of nginx this is."""
    return reloaded_with(stack, {"server_tokens off;": "server_tokens on;"})


def shown_hidden_files(stack: Stack) -> AbstractContextManager[None]:
    """A hidden file is shown."""
    return reloaded_with(stack, {"location ~ /\\. {\n            return 404;": "location ~ /\\. { return 200 'KEY=1';"})


def shown_env_file(stack: Stack) -> AbstractContextManager[None]:
    """The deployment's env file is shown."""
    shown = "location = /docker.env { return 200 'KEY=1'; } location / {"
    return reloaded_with(stack, {"        location / {": f"        {shown}"})


def collected_answers(stack: Stack) -> AbstractContextManager[None]:
    """An answer is buffered and compressed like any other, and so collected before it is passed on."""
    collect = {"proxy_buffering off;": "", "gzip_types text/css": "gzip_types text/event-stream text/css"}
    return reloaded_with(stack, collect)


def promised_too_much(stack: Stack) -> AbstractContextManager[None]:
    """The front door lets larger uploads through than the backend takes."""
    return reloaded_with(stack, {"client_max_body_size 20m;": "client_max_body_size 40m;"})


def refused_without_words(stack: Stack) -> AbstractContextManager[None]:
    """What is too large is refused with a page of nginx's own."""
    return reloaded_with(stack, {"error_page 413 @too_large;": ""})


def borrowed_health(stack: Stack) -> AbstractContextManager[None]:
    """The front door's own health asks the backend."""
    return reloaded_with(stack, {"return 200 healthy;": "rewrite ^ /health/backend last;"})


def health_always_well(stack: Stack) -> AbstractContextManager[None]:
    """The backend's health is well even where there is no backend."""
    proxied = "proxy_pass http://$backend/health;"
    return reloaded_with(stack, {proxied: f"{proxied} error_page 502 504 =200 /health;"})


def _reload(stack: Stack) -> None:
    """Load nginx.conf anew, and wait until only workers that know it take requests."""
    before = _workers(stack)
    must(stack, stack.service_name(Role.FRONTEND), "nginx", "-s", "reload")
    wait.until(
        lambda: _workers(stack),
        lambda now: bool(now) and not now & before,
        what="nginx has loaded its changed configuration",
        timeout=PATIENCE,
        delay=0.1,
    )


def _workers(stack: Stack) -> frozenset[str]:
    """The processes of nginx that take requests; those of before a reload only end what they began."""
    container = stack.client.containers.get(stack.service(Role.FRONTEND).container)
    rows = container.top(ps_args="-eo pid,args")["Processes"] or ()
    return frozenset(
        pid for pid, *words in rows if "worker process" in (text := " ".join(words)) and "shutting" not in text
    )
