"""Are secrets where they belong and nowhere else, and are bad ones refused?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentchat_check import facts
from agentchat_check.findings import Finding, Promise

KNOWN_KEYS = (
    "secret",
    "your-super-secret-jwt-key-change-in-production",
    "your-super-secret-jwt-key-change-in-production-environment",
    "published-and-therefore-for-development-only",
    "your-secret-key",
    "your_secret_key",
    "your-256-bit-secret",
    "secretkey",
    "changeme",
    "password",
    "123456",
    "agentchat",
    "jwt_secret",
    "",
)
"""Keys that everybody can know: AgentChat's own defaults first, then those of tutorials; and none at all."""

_TAKE_OUT = "change the secret that is named, for it is known now; then take it out: "
_PLACE = "hand secrets over in the environment or in files (NAME_FILE), and nowhere else"

NOT_IN_COMPOSE_FILES = Promise(
    "secrets.not_in_compose_files",
    "no secret stands in a compose file",
    f"{_TAKE_OUT}write ${{NAME:?}} in the compose file, and the value in the env file",
)
NOT_IN_IMAGES = Promise(
    "secrets.not_in_images",
    "no secret is in an image: its history, its environment, its files",
    f"{_TAKE_OUT}keep env files out of the build (.dockerignore), and use build secrets instead of ARG and ENV",
)
NOT_IN_LOGS = Promise("secrets.not_in_logs", "no secret is in a log", f"{_TAKE_OUT}what prints settings must not")
NOT_ON_COMMAND_LINES = Promise(
    "secrets.not_on_command_lines",
    "no secret is on a command line, where every process of the host can read it",
    _TAKE_OUT + _PLACE,
)
NOT_IN_PAGE = Promise(
    "secrets.not_in_page",
    "no secret is in the page or in what it loads",
    f"{_TAKE_OUT}what a browser gets everybody can read; the backend has to ask in its place",
)
REFUSES_WEAK = Promise(
    "secrets.refuses_weak",
    "production refuses to start with weak, default or empty secrets",
    "check the secret where the application reads its settings, and end with an error that names the variable",
)
REFUSES_KNOWN_KEYS = Promise(
    "secrets.refuses_known_keys",
    "a token that is signed with a well-known key is refused",
    "take the installation off the network, set JWT_SECRET_KEY (openssl rand -hex 32), and see that the application "
    "reads it: with the key that is named everybody can be any user",
)
OPENS_DATABASE = Promise(
    "secrets.opens_database",
    "the database takes the password that the backend holds",
    "compare the backend's environment and its configuration with the account in the database; an existing volume "
    "keeps its passwords: change it there with ALTER USER",
)
READS_FILES = Promise(
    "secrets.reads_files",
    "secrets can be handed over in files (Docker Secrets): NAME_FILE instead of NAME, and never both",
    "read the value from the file that NAME_FILE names, and refuse to start where both are set",
)


def not_in_compose_files(search: facts.Search) -> Finding:
    """Neither a literal secret nor a known value stands there."""
    return _nowhere(NOT_IN_COMPOSE_FILES, search)


def not_in_images(search: facts.Search) -> Finding:
    """No image that the deployment builds holds a secret."""
    return _nowhere(NOT_IN_IMAGES, search)


def not_in_logs(search: facts.Search) -> Finding:
    """Nobody printed a secret."""
    return _nowhere(NOT_IN_LOGS, search)


def not_on_command_lines(search: facts.Search) -> Finding:
    """No process was started with a secret among its arguments."""
    return _nowhere(NOT_ON_COMMAND_LINES, search)


def not_in_page(search: facts.Search) -> Finding:
    """No browser gets a secret."""
    return _nowhere(NOT_IN_PAGE, search)


def refuses_weak(starts: Mapping[str, facts.Start]) -> Finding:
    """Each start ended with an error that names the variable.

    Args:
        starts: How production started, by variable and what was wrong with its value: ``MYSQL_PASSWORD empty``.
    """
    taken = {
        what: one for what, one in starts.items() if one.came_up or (one.came_up is False and not _named(what, one))
    }
    unseen = {what: one for what, one in starts.items() if one.came_up is None}
    expected = "each start ends with an error that names the variable"
    if not taken and (unseen or not starts):
        return REFUSES_WEAK.unknown(
            expected=expected,
            actual=_lines(unseen) or "nothing was started",
            next_step="start it by hand with such a secret, and see whether it comes up",
        )
    return REFUSES_WEAK.judge(not taken, expected=expected, actual=_lines({**taken, **unseen}) or _lines(starts))


def refuses_known_keys(answers: Mapping[str, facts.HttpAnswer], *, own: facts.HttpAnswer) -> Finding:
    """No forged token opens what the user's own opens.

    Args:
        answers: The answer to the user's call with a forged token, by the key that signed it.
        own: The answer with the user's own token.
    """
    let_in = {key: answer for key, answer in answers.items() if answer.ok}
    silent = [answer for answer in answers.values() if answer.error]
    expected = f"each of {len(answers)} forged tokens refused"
    if not let_in and (silent or not answers or not own.ok):
        actual = (
            f"with the user's own token: {own}" if not own.ok else "\n".join(map(str, silent)) or "nothing was tried"
        )
        return REFUSES_KNOWN_KEYS.unknown(
            expected=expected, actual=actual, next_step="read the backend's log: it has to answer its users first"
        )
    return REFUSES_KNOWN_KEYS.judge(
        not let_in,
        expected=expected,
        actual="\n".join(f"signed with {key!r}: {answer}" for key, answer in let_in.items()) or "each was refused",
    )


def opens_database(log_ins: Sequence[facts.LogIn]) -> Finding:
    """Every account that the backend holds is let in."""
    refused = [log_in for log_in in log_ins if not log_in.accepted]
    expected = "log-in accepted"
    if not log_ins:
        return OPENS_DATABASE.unknown(
            expected=expected,
            actual="neither the backend's environment nor its configuration holds an account of the database",
            next_step="see how the backend is told its account, and try that one by hand",
        )
    return OPENS_DATABASE.judge(not refused, expected=expected, actual="\n".join(map(str, refused or log_ins)))


def reads_files(starts: Mapping[str, facts.Start]) -> Finding:
    """A secret in a file does what one in the environment does; one that is given both ways is refused by name.

    Args:
        starts: How services started, by what was tried: ``backend: JWT_SECRET_KEY in a file``, and ``… twice``.
    """
    wrong, unseen = {}, {}
    for what, start in starts.items():
        twice = what.endswith(" twice")
        good = start.came_up is False and _named(what, start) if twice else start.came_up
        if start.came_up is None:
            unseen[what] = start
        elif not good:
            wrong[what] = start
    expected = "with the secret in a file it comes up; with both it ends with an error that names the variable"
    if not wrong and (unseen or not starts):
        return READS_FILES.unknown(
            expected=expected,
            actual=_lines(unseen) or "nothing was started",
            next_step="start it by hand with the secret in a file, and read its log",
        )
    return READS_FILES.judge(not wrong, expected=expected, actual=_lines({**wrong, **unseen}) or _lines(starts))


def _nowhere(promise: Promise, search: facts.Search) -> Finding:
    expected = "no secret"
    seen = [str(sighting) for sighting in search.sightings]
    unseen = [f"{name}: too short to be told from ordinary text" for name in search.too_short] + list(search.unseen)
    if not seen and (unseen or not search.looked_at):
        return promise.unknown(
            expected=expected,
            actual="\n".join(unseen) or "there was nothing to look at",
            next_step="give every secret at least 8 characters, and look again" if search.too_short else "look by hand",
        )
    return promise.judge(
        not seen, expected=expected, actual="\n".join(seen + unseen) or f"none in {', '.join(search.looked_at)}"
    )


def _named(what: str, start: facts.Start) -> bool:
    """Whether a start that ended says which variable was wrong."""
    names = re.findall(r"[A-Z][A-Z0-9_]{2,}", what)
    return any(start.refuses(name) for name in names)


def _lines(starts: Mapping[str, facts.Start]) -> str:
    return "\n".join(f"{what}: {start}" for what, start in starts.items())
