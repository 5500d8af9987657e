"""What docker and compose print when they fail, and the error it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker.errors
import requests

from agentchat_check import errors
from agentchat_check.stack import process


@dataclass(frozen=True, slots=True)
class _Complaint:
    """A pattern in what was said, and the error it stands for; ``{name}`` in the texts is a group of the pattern."""

    pattern: str
    kind: type[errors.CheckError]
    expected: str
    next_step: str


_KNOWN = (
    _Complaint(
        r"required variable (?P<name>\w+) is missing a value",
        errors.DeploymentError,
        "a value for {name}",
        "set {name} in the env file, or name another one: --env-file FILE",
    ),
    _Complaint(
        r"^yaml: |cannot unmarshal|unsupported config|additional propert|^validating |must be a mapping|"
        r"undefined (volume|network|service)|depends on undefined|env file .* not found|"
        r"invalid (spec|reference|hostPort)|has neither an image nor a build context",
        errors.DeploymentError,
        "compose files that `docker compose config` accepts",
        "correct the file at the place named above",
    ),
    _Complaint(
        r":(?P<port>\d+)(/tcp)? failed: port is already allocated|:(?P<other>\d+): bind: address already in use",
        errors.HostError,
        "port {port}{other} free",
        "stop what holds it (`ss -ltnp 'sport = :{port}{other}'` names it), or publish another port",
    ),
    _Complaint(
        r"no space left on device",
        errors.HostError,
        "room on the disk",
        "make room where the engine keeps its data; `docker system df` shows what takes it",
    ),
    _Complaint(
        r"cannot connect to the docker daemon|connection refused|connection aborted|connection reset|"
        r"error during connect|docker\.sock.*no such file|no such file or directory.*docker\.sock",
        errors.HostError,
        "an engine that answers",
        "start the engine again; what was left behind is removed at the next start",
    ),
    _Complaint(
        r"pull access denied|manifest unknown|manifest for .* not found|no such image|failed to resolve|no such host",
        errors.HostError,
        "the image on this engine, or a registry that has it",
        "load the image, or name one that is here: --image ROLE=NAME",
    ),
)


@contextmanager
def translated(tried: str) -> Iterator[None]:
    """Turn whatever compose, the engine or its SDK complain about into one clear error.

    Args:
        tried: What is being done, as the error's title.
    """
    try:
        yield
    except process.CommandError as error:
        raise meaning(tried, error.completed.said, error.why) from None
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise meaning(tried, str(error)) from None


def without_progress(said: str) -> str:
    """What compose said without its running account: ``Container … Started`` and the like."""
    account = re.compile(r"\s*(Container|Network|Volume|Image)\s+\S+\s+(?!Error)\w+\s*")
    return "\n".join(line for line in said.splitlines() if not account.fullmatch(line))


def meaning(tried: str, said: str, why: str = "") -> errors.CheckError:
    """The error that a complaint stands for; one that nobody foresaw is a StackError with all that was said."""
    for complaint in _KNOWN:
        if found := re.search(complaint.pattern, said, re.IGNORECASE | re.MULTILINE):
            groups = {name: value or "" for name, value in found.groupdict().items()}
            return complaint.kind(
                tried,
                expected=complaint.expected.format(**groups),
                actual=said,
                next_step=complaint.next_step.format(**groups),
            )
    return errors.StackError(
        tried,
        expected="success",
        actual="\n".join(filter(None, [why, said])),
        next_step="read what was said above, and the services' logs in the evidence",
    )
