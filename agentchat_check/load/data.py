"""The people and their data that a run of load needs: made before it, removed after it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from agentchat_check import errors
from agentchat_check.deployment import Role
from agentchat_check.load import bulk, clearing
from agentchat_check.load.people import People, Person
from agentchat_check.probes import api as apis
from agentchat_check.probes import cache
from agentchat_check.probes.api import Account, Api
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack.running import Stack

_AT_ONCE = 4
"""People who log in at once while they are prepared: hashing a password takes a processor."""

_WORDS = """
the backup of a small server was read again by people who wait for its answer 数据 备份 恢复 对话 é 😀
""".split()  # noqa: SIM905 - words, as they are read


@dataclass(frozen=True, slots=True)
class Stock:
    """How much there is.

    Attributes:
        people: Accounts.
        dialogs: Dialogs of each.
        messages: Messages in all of them together; half of them lie in the first dialog of each account.
    """

    people: int
    dialogs: int = 0
    messages: int = 0


def register(base: str, number: int) -> People:
    """Register some people through the API, as anybody can; they stay, for there is no call that removes a user.

    Raises:
        errors.CheckError: The application refuses it, or does not answer.
    """
    api, prefix = apis.discover(base), new_prefix()
    guests = [_registered(api, prefix) for _ in range(number)]
    return _people(api, [_person(guest, visit.first_agent(guest)) for guest in guests], prefix, echo=False)


def prepare(stack: Stack, stock: Stock, *, seed: int, stub: bool = True) -> People:
    """Make people with dialogs and messages on a stack of ours: one through the API, the others copied in the database.

    Args:
        stack: The stack.
        stock: How much is made.
        seed: What chooses the messages.
        stub: Whether they talk to the stub model, and not to the one that the deployment is configured with.

    Raises:
        errors.CheckError: The application or the database refuses it.
    """
    api, prefix = apis.discover("http://{}:{}".format(*stack.address(Role.BACKEND))), new_prefix()
    first = _registered(api, prefix)
    agent_id = visit.agent_of_ours(first, stack) if stub else visit.first_agent(first)
    dialog_id = visit.new_dialog(first.api.create_dialog(visit.DIALOG_NAME, agent_id))
    said = first.api.chat(dialog_id, "Hello")
    if not said.answer.ok or said.errors:
        raise errors.StackError(
            "prepare people for load",
            expected="an answer of the model",
            actual=str(said),
            next_step="run the smoke suite first: pytest suites/smoke",
        )
    template = bulk.Template(first.user_id, first.account.name, agent_id, dialog_id)
    copies = bulk.copy(
        stack,
        template,
        names=[f"{prefix}{number:x}" for number in range(stock.people - 1)],
        dialogs=stock.dialogs,
        messages=stock.messages,
        text=_text(seed),
        seed=f"{prefix}{seed}",
    )

    def person(copied: bulk.Copied) -> Person:
        guest = visit.arrive(api, Account(copied.name, first.account.password))
        return _person(guest, copied.agent_id, copied.dialogs)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        everybody = [_person(first, agent_id, (dialog_id,)), *pool.map(person, copies)]
    return _people(api, everybody, prefix, echo=stub)


def of_account(api: Api, account: Account) -> People:
    """The account that was named for an installation that is in use; nobody else is made there.

    Raises:
        errors.CheckError: It cannot log in, or sees no agent.
    """
    guest = visit.arrive(api, account)
    dialogs = tuple(str(row["dialog_id"]) for row in apis.rows(guest.api.call("dialogs").data, "dialog_id"))
    return _people(api, [_person(guest, visit.first_agent(guest), dialogs)], new_prefix(), echo=False)


def remove(stack: Stack, made: People) -> None:
    """Remove the people from a stack of ours, those who registered meanwhile too, with all that is theirs.

    Raises:
        errors.CheckError: The database or the cache refuses it.
    """
    gone = clearing.people(stack, made.prefix)
    if gone and Role.CACHE in stack.roles:
        with cache.asked(stack) as asked:
            asked.delete(*(cache.SESSION_KEY.format(user_id=user_id) for user_id in gone))


def remove_dialogs(api: Api, made: People) -> tuple[str, ...]:
    """Remove through the API the dialogs that people began meanwhile; a line for each person of whom some stay."""
    stay = []
    for person in made.everybody:
        own = api.as_user(person.token.get_secret_value())
        listing = own.call("dialogs")
        begun = [
            str(row["dialog_id"])
            for row in apis.rows(listing.data, "dialog_id")
            if row.get("name") == visit.DIALOG_NAME and str(row["dialog_id"]) not in person.dialogs
        ]
        refused = [answer for dialog_id in begun if not (answer := own.delete_dialog(dialog_id)).ok]
        if not listing.ok:
            stay.append(f"the dialogs of {person.name} cannot be listed, so those that were begun stay: {listing}")
        if refused:
            stay.append(f"{len(refused)} of {len(begun)} dialogs of {person.name} could not be removed: {refused[0]}")
    return tuple(stay)


def new_prefix() -> str:
    """What the names of one run's accounts begin with; eight characters more make a name of at most 20."""
    return f"load-{secrets.token_hex(3)}-"


def _registered(api: Api, prefix: str) -> Guest:
    account = Account(f"{prefix}{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    registered = api.register(account)
    if not registered.ok:
        raise errors.StackError(
            "register somebody for load",
            expected="an account",
            actual=str(registered),
            next_step=f"see whether {api.base} is AgentChat, and read its backend's log",
        )
    return visit.arrive(api, account)


def _person(guest: Guest, agent_id: str, dialogs: Sequence[str] = ()) -> Person:
    return Person(
        name=guest.account.name,
        password=guest.account.password,
        user_id=guest.user_id,
        token=guest.token,
        agent_id=agent_id,
        dialogs=tuple(dialogs),
    )


def _people(api: Api, everybody: Sequence[Person], prefix: str, *, echo: bool) -> People:
    return People(everybody=tuple(everybody), calls=dict(api.calls), echo=echo, prefix=prefix)


def _text(seed: int) -> str:
    """Some thousand words, of which messages are pieces."""
    dice = random.Random(seed)  # noqa: S311 - the same again is what is wanted
    return " ".join(dice.choices(_WORDS, k=1000))
