"""A visit: a user of the installation, an agent to talk to, and a dialog that is removed afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes import http
from agentchat_check.probes.api import Account, Api
from agentchat_check.stack import isolation
from agentchat_check.stack.running import Stack

DIALOG_NAME = "agentchat-check"
"""Name of every dialog of ours, so that one that stayed is known as ours."""

NO_DIALOG = "0" * 32
"""The id of no dialog: whoever may ask at all is told that it is empty."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A user who is logged in.

    Attributes:
        account: Name and password.
        user_id: The user's id.
        token: The access token.
        api: The API as this user.
        registered: The answer to registering; None for an account that was there before.
        logged_in: The answer to logging in.
    """

    account: Account
    user_id: str
    token: str
    api: Api
    registered: facts.HttpAnswer | None
    logged_in: facts.HttpAnswer


def known_answer(stack: Stack | None) -> Callable[[str], str]:
    """What the model will answer to a message: of our stub model that is known, of another one nothing is."""
    ours = stack is not None and not stack.live and Role.MODEL in stack.roles
    return (lambda text: f"You said: {text}") if ours else (lambda _: "")


def fresh_account() -> Account:
    """A name and a password that nobody has."""
    return Account(f"check-{secrets.token_hex(6)}", secrets.token_urlsafe(16))


def arrive(api: Api, account: Account | None = None) -> Guest:
    """Log in; with a new account of one's own, where none is given.

    Raises:
        errors.StackError: Registering or logging in failed, or did not say who we are.
    """
    registered = None
    if account is None:
        account = fresh_account()
        registered = api.register(account)
        _require(registered, "register a user")
    logged_in = api.log_in(account)
    _require(logged_in, f"log in as {account.name}", "user_id", "access_token")
    token, user_id = token_of(logged_in), _said(logged_in, "user_id")
    return Guest(account, user_id, token, api.as_user(token), registered, logged_in)


def token_of(logged_in: facts.HttpAnswer) -> str:
    """The access token that logging in gave; "" when it gave none."""
    return _said(logged_in, "access_token")


def agent_of_ours(guest: Guest, stack: Stack) -> str:
    """Make a model row that points at the stack's model, and an agent that answers with it.

    Returns:
        The agent's id.

    Raises:
        errors.StackError: The application refused one of them.
    """
    name = f"check-{secrets.token_hex(4)}"
    address = f"http://{stack.service_name(Role.MODEL)}:{isolation.PORTS[Role.MODEL]}/v1"
    _require(guest.api.create_model(name, address), "make a model row")
    models = guest.api.call("models")
    llm_id = next((row["llm_id"] for row in apis.rows(models.data, "llm_id") if row.get("model") == name), "")
    _require(guest.api.create_agent(name, llm_id), "make an agent")
    return _agent_id(guest, name)


def first_agent(guest: Guest) -> str:
    """The first agent that the user sees.

    Raises:
        errors.StackError: There is none.
    """
    return _agent_id(guest, "")


@contextmanager
def dialog(guest: Guest, agent_id: str, ledger: Ledger) -> Iterator[str]:
    """A dialog of one's own; it is removed at the end, unless it was removed before.

    Yields:
        Its id.

    Raises:
        errors.StackError: The application refused it, or did not say its id.
    """
    with ledger.writing("dialog", guest.user_id, DIALOG_NAME) as write:
        created = guest.api.create_dialog(DIALOG_NAME, agent_id)
        write.settle(created)
    _require(created, "create a dialog", "dialog_id")
    dialog_id = new_dialog(created)
    try:
        yield dialog_id
    finally:
        with suppress(errors.CheckError):
            if not _is_gone(guest, dialog_id):
                guest.api.delete_dialog(dialog_id)


def new_dialog(created: facts.HttpAnswer) -> str:
    """The id of the dialog that an answer says was made; "" when it says of none."""
    return _said(created, "dialog_id")


def say(
    guest: Guest, dialog_id: str, text: str, ledger: Ledger, *, timeout: float = apis.CHAT_TIMEOUT
) -> facts.ChatAnswer:
    """Send a message and read the answer; both go into the ledger as the application acknowledged them.

    An error in the stream, or a stream with nothing in it, acknowledges neither.

    Args:
        guest: Who says it.
        dialog_id: Where.
        text: What.
        ledger: Where both are noted.
        timeout: Seconds between two pieces of the answer.
    """
    with ledger.writing("user", dialog_id, text) as write:
        chat = guest.api.chat(dialog_id, text, timeout=timeout)
        acknowledged = not chat.answer.ok or bool(chat.text and not chat.errors)
        if acknowledged:
            write.settle(chat.answer)
    with ledger.writing("assistant", dialog_id, chat.text) as write:
        if acknowledged:
            write.settle(chat.answer)
    return chat


def chat_reply(chat: facts.ChatAnswer, *, containing: str = "") -> facts.Reply:
    """What became of a message: whether the model's answer came, and the stream to its end.

    Args:
        chat: The streamed answer.
        containing: What a model whose answers are known has to say.
    """
    told = "; ".join(error for error in chat.errors if not error.startswith(http.CUT_OFF))
    cut = next((error for error in chat.errors if error.startswith(http.CUT_OFF)), "")
    hollow = chat.answer.ok and not told and containing not in chat.text
    missing = f"the end of the stream ({cut})" if cut else "the model's answer" if hollow else ""
    return facts.Reply("chat", chat.answer, told=told, missing=missing)


def fetched(api: Api, url: str) -> str | None:
    """A file's content, where it is returned; an address that means nothing here returns none."""
    return content(asked_for_file(api, url))


def asked_for_file(api: Api, url: str) -> facts.HttpAnswer | None:
    """What a file's address answers; None where it means nothing here.

    Another server, such as an object store, is not shown the user's token, which is not meant for it.
    """
    own = "://" not in url or url.startswith(f"{api.base}/")
    try:
        return http.ask(api.connection if own else http.session(url), "GET", url if "://" in url else api.base + url)
    except ValueError:
        return None


def content(file: facts.HttpAnswer | None) -> str | None:
    """The content of a file that was asked for, where it was returned."""
    return str(file.body) if file is not None and file.ok else None


def upload_lacks(url: str, file: facts.HttpAnswer | None, words: str) -> str:
    """What an upload lacks; "" also where another server, at which nobody answers from here, is to have the file.

    Args:
        url: Where the file is, as the upload says; "" where it does not.
        file: What was answered there.
        words: What was uploaded.
    """
    if not url:
        return "where the file is"
    elsewhere = "://" in url and file is not None and bool(file.error)
    return "" if elsewhere or content(file) == words else "the file, when it is fetched"


def last_answer(guest: Guest, dialog_id: str) -> str:
    """What was answered last in a dialog, as its history has it; "" when nothing was."""
    _, messages = guest.api.history(dialog_id)
    return next((message.content for message in reversed(messages) if message.role == "assistant"), "")


def _agent_id(guest: Guest, name: str) -> str:
    answer = guest.api.call("agents")
    _require(answer, "list the agents")
    for row in apis.rows(answer.data, "name"):
        agent_id = row.get("agent_id") or row.get("id")
        if agent_id and name in {"", row["name"]}:
            return str(agent_id)
    raise errors.StackError(
        "find an agent to talk to",
        expected=f"an agent named {name}" if name else "at least one agent",
        actual=str(answer),
        next_step="look at the table agent, and at the backend's log of its first start",
    )


def _is_gone(guest: Guest, dialog_id: str) -> bool:
    """Whether a dialog was removed before, for certain; of another delete the application would log an error."""
    listing = guest.api.call("dialogs")
    return listing.ok and dialog_id not in [str(row["dialog_id"]) for row in apis.rows(listing.data, "dialog_id")]


def _said(answer: facts.HttpAnswer, name: str) -> str:
    """A value of an answer's data, wherever a release puts it; "" without one."""
    return next((str(row[name]) for row in apis.rows(answer.data, name)), "")


def _require(answer: facts.HttpAnswer, tried: str, *names: str) -> None:
    """Stop where an answer says no, or does not say what has to be in it."""
    missing = [name for name in names if not _said(answer, name)] if answer.ok else []
    if missing or not answer.ok:
        raise errors.StackError(
            tried,
            expected=", ".join(["HTTP 200 and inner 200", *names]),
            actual=f"{answer}, without {' and '.join(missing)}" if missing else str(answer),
            next_step="read the backend's log at that time",
        )
