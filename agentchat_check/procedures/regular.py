"""A user who keeps coming, with the token of before, whatever happens to the stack meanwhile."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from agentchat_check import errors, facts
from agentchat_check.deployment import Role
from agentchat_check.facts import Reply
from agentchat_check.ledger import Entry, Ledger
from agentchat_check.probes import api as apis
from agentchat_check.probes import http
from agentchat_check.probes.api import Account
from agentchat_check.procedures import visit
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack.running import Stack


@dataclass
class Regular:
    """A user of a stack of ours, and all that this user ever wrote.

    Attributes:
        stack: The stack; where it answers is looked up anew each time, for a restart changes its ports.
        guest: The user.
        agent_id: Whom the user talks to.
        ledger: Every write.
        dialogs: The user's dialogs.
        accounts: This user's, and those of others that were registered.
        files: Where uploaded files can be fetched.
    """

    stack: Stack
    guest: Guest
    agent_id: str
    ledger: Ledger
    dialogs: list[str] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def arrive(cls, stack: Stack, ledger: Ledger) -> Regular:
        """Register, log in, make an agent that answers with the stub model, and begin a dialog.

        Raises:
            errors.CheckError: The application refuses one of them.
        """
        guest = visit.arrive(apis.discover(_base(stack)))
        made = cls(stack, guest, visit.agent_of_ours(guest, stack), ledger, accounts=[guest.account])
        begun = made._create_dialog()
        if not begun.done:
            raise errors.StackError(
                "begin a dialog",
                expected="a dialog",
                actual=str(begun),
                next_step="read the backend's log at that time",
            )
        return made

    def come_again(self) -> None:
        """Log in anew, where the log-in of before is lost.

        Raises:
            errors.CheckError: The application refuses it.
        """
        self.guest = visit.arrive(self.now().api.as_user(""), self.guest.account)

    def now(self) -> Guest:
        """The user, asking where the backend answers now, with the token of before; while it is down, where it was."""
        with suppress(errors.StackError):
            if (base := _base(self.stack)) != self.guest.api.base:
                self.guest = replace(self.guest, api=replace(self.guest.api, base=base).as_user(self.guest.token))
        return self.guest

    def moved_to(self, stack: Stack) -> Regular:
        """The same user, with all that was ever written, at another stack."""
        return replace(self, stack=stack)

    def as_of_now(self) -> Regular:
        """The same user, who knows of nothing that is written from now on."""
        return replace(self, dialogs=[*self.dialogs], accounts=[*self.accounts], files=[*self.files])

    def ask(self, begun: Callable[[], float], *, uploads: bool) -> facts.Round:
        """One round of requests, all at once: health, a read, a write, a chat, a log-in, and an upload where asked for.

        Args:
            begun: Seconds since the trouble began.
            uploads: Whether a file is uploaded, too.
        """
        guest, when = self.now(), begun()
        asked = [self._read, self._create_dialog, self._chat, self._log_in, *([self._upload] if uploads else [])]
        with ThreadPoolExecutor(max_workers=8) as pool:
            health = pool.submit(guest.api.health)
            replies = [pool.submit(one) for one in asked]
            return facts.Round(when, health.result(), tuple(reply.result() for reply in replies))

    def live(self, *, dialogs: int = 3, messages: int = 2) -> None:
        """Write what a user writes: dialogs with messages in them, a file, and another user's account."""
        for _ in range(dialogs):
            self._create_dialog()
        for _ in range(messages):
            for dialog_id in self.dialogs:
                visit.say(self.now(), dialog_id, self._words(), self.ledger)
        self._upload()
        account = visit.fresh_account()
        with self.ledger.writing("account", account.name, account.name) as write:
            write.settle(self.now().api.as_user("").register(account))
        self.accounts.append(account)

    def chat_on(self) -> Reply:
        """Log in with the password of before, and ask in the dialog of before; a log-in that fails is the reply."""
        self.now()
        if not (let_in := self._log_in()).done:
            return let_in
        self.come_again()
        return self._chat()

    def written(self) -> tuple[Entry, ...]:
        """Every write, as the ledger has it."""
        keys = [self.guest.user_id, *self.dialogs, *self.files, *(account.name for account in self.accounts)]
        return tuple(entry for key in keys for entry in self.ledger.of(key))

    def read_back(self) -> facts.ReadBack:
        """Read back all that this user ever wrote, by a log-in of its own."""
        stranger = self.now().api.as_user("")
        log_ins = {account.name: stranger.log_in(account) for account in self.accounts}
        own = stranger.as_user(visit.token_of(log_ins[self.guest.account.name]))
        listing = own.call("dialogs")
        return facts.ReadBack(
            log_ins=log_ins,
            listing=listing,
            dialogs=tuple(str(row["dialog_id"]) for row in apis.rows(listing.data, "dialog_id")),
            histories={dialog_id: own.history(dialog_id) for dialog_id in self.dialogs},
            files={url: visit.fetched(own, url) for url in self.files},
        )

    def _read(self) -> Reply:
        answer = self.guest.api.call("dialogs")
        listed = {str(row["dialog_id"]) for row in apis.rows(answer.data, "dialog_id")}
        lost = answer.ok and self.dialogs and self.dialogs[0] not in listed
        return Reply("read", answer, missing="the dialog that was begun before" if lost else "")

    def _create_dialog(self) -> Reply:
        answer = self.guest.api.as_user(self.guest.token).create_dialog(visit.DIALOG_NAME, self.agent_id)
        if dialog_id := visit.new_dialog(answer) if answer.ok else "":
            with self.ledger.writing("dialog", self.guest.user_id, dialog_id) as write:
                write.settle(answer)
            self.dialogs.append(dialog_id)
        return Reply("write", answer, missing="the new dialog's id" if answer.ok and not dialog_id else "")

    def _chat(self) -> Reply:
        words = self._words()
        asker = replace(self.guest, api=self.guest.api.as_user(self.guest.token))
        chat = visit.say(asker, self.dialogs[0], words, self.ledger, timeout=http.TIMEOUT)
        return visit.chat_reply(chat, containing=visit.known_answer(self.stack)(words))

    def _log_in(self) -> Reply:
        answer = self.guest.api.as_user("").log_in(self.guest.account)
        return Reply("log in", answer, missing="a token" if answer.ok and not visit.token_of(answer) else "")

    def _upload(self) -> Reply:
        """Upload a file; one that can be fetched again is to be kept."""
        words, own = self._words(), self.guest.api.as_user(self.guest.token)
        answer = own.upload("note.txt", words.encode())
        url = answer.data if answer.ok and isinstance(answer.data, str) else ""
        if url and visit.fetched(own, url) == words:
            with self.ledger.writing("file", url, words) as write:
                write.settle(answer)
            self.files.append(url)
        return Reply("upload", answer, missing="where the file is" if answer.ok and not url else "")

    def _words(self) -> str:
        return f"note {next(self._number)} {secrets.token_hex(4)}"


def _base(stack: Stack) -> str:
    return "http://{}:{}".format(*stack.address(Role.BACKEND))
