"""Every call of the contract, made once: those that read find again what was written before."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agentchat_check.checks import health
from agentchat_check.deployment import Role
from agentchat_check.facts import ContractLook, HttpAnswer, Reply
from agentchat_check.ledger import Ledger
from agentchat_check.probes import api as apis
from agentchat_check.procedures import visit
from agentchat_check.procedures.regular import Regular
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack import isolation

ALWAYS = frozenset(
    {"register", "log in", "user", "agents", "create agent", "dialogs", "create dialog", "delete dialog"}
) | {"history", "chat", "models", "create model", "tools", "upload"}
"""Calls that every release has, whatever its OpenAPI document says; without one of them nobody can work."""

LASTING = ("register", "create model", "create knowledge", "upload")
"""Calls whose trace no other call removes."""

_TRACE = "what it leaves, no call removes"
_UNKNOWN_FORM = (404, 405)
_KEYS = {
    "agents": ("id", "agent_id"),
    "dialogs": ("dialog_id",),
    "models": ("model",),
    "knowledge": ("name", "knowledge_name"),
}
"""What tells the rows of each list apart."""


def of_regular(regular: Regular, before: ContractLook | None = None) -> ContractLook:
    """Make every call as a user who keeps coming to a stack of ours; what is written goes into the user's ledger.

    Args:
        regular: The user.
        before: What was seen the last time: what was written then is read again.
    """
    stack, guest = regular.stack, regular.now()
    written = {**(before.written if before else {})}
    written["dialogs"] = tuple(dict.fromkeys([*written.get("dialogs", ()), *regular.dialogs]))
    written["agents"] = tuple(dict.fromkeys([*written.get("agents", ()), regular.agent_id]))
    written["files"] = tuple(dict.fromkeys([*written.get("files", ()), *regular.files]))
    model = f"http://{stack.service_name(Role.MODEL)}:{isolation.PORTS[Role.MODEL]}/v1"
    caller = _Caller(
        guest, regular.agent_id, regular.ledger, written, known_answer=visit.known_answer(stack), model_url=model
    )
    look = caller.everything()
    regular.dialogs += [dialog for dialog in look.written["dialogs"] if dialog not in regular.dialogs]
    regular.files += [url for url in look.written["files"] if url not in regular.files]
    regular.accounts += caller.accounts
    return look


def of_guest(guest: Guest, ledger: Ledger, before: ContractLook | None = None, *, agent_id: str = "") -> ContractLook:
    """Make every call whose trace can be removed again, and remove it: for an installation that is in use.

    Args:
        guest: An account that the operator named.
        ledger: Where writes are noted.
        before: What was seen the last time: what was written then is read again.
        agent_id: Whom to talk to; by default the first agent that the user sees.

    Raises:
        errors.StackError: The user sees no agent.
    """
    agent_id = agent_id or visit.first_agent(guest)
    written = {**(before.written if before else {})}
    caller = _Caller(guest, agent_id, ledger, written, known_answer=lambda _: "", leaves_traces=False)
    return caller.everything()


@dataclass
class _Caller:
    """One round of all calls.

    Attributes:
        guest: Who calls.
        agent_id: Whom the user talks to.
        ledger: Where writes are noted.
        written: What has to be read again, by kind; what is written now comes to it.
        known_answer: What the model answers to a message, as far as that is known.
        model_url: Where the model answers; "" where no model row is made.
        leaves_traces: Whether calls are made whose trace no other call removes.
        left_out: Calls that are not made, and why.
        accounts: Accounts that were registered.
    """

    guest: Guest
    agent_id: str
    ledger: Ledger
    written: dict[str, tuple[str, ...]]
    known_answer: Callable[[str], str]
    model_url: str = ""
    leaves_traces: bool = True
    left_out: dict[str, str] = field(default_factory=dict)
    accounts: list[apis.Account] = field(default_factory=list)
    _reads: list[Reply] = field(default_factory=list)
    _writes: list[Reply] = field(default_factory=list)

    def everything(self) -> ContractLook:
        """Make them all."""
        self.left_out |= {} if self.leaves_traces else dict.fromkeys(LASTING, _TRACE)
        lacking = self.guest.api.lacks - ALWAYS
        self.left_out |= dict.fromkeys(lacking, "this release does not have it, as its OpenAPI document says")
        answer = self.guest.api.health()
        self._read("health", answer, missing="" if health.says_ok(answer) else "that it is OK")
        self._people()
        self._agents_and_models()
        self._dialogs()
        self._files()
        self._knowledge()
        for name in ("tools", "model schema", "workspace sessions", "mcp servers", "used models"):
            if self._makes(name):
                self._read(name, self.guest.api.call(name))
        if self._makes("usage"):
            self._read("usage", self.guest.api.usage())
        return ContractLook(tuple(self._reads), tuple(self._writes), dict(self.left_out), dict(self.written))

    def _people(self) -> None:
        logged_in = self.guest.api.as_user("").log_in(self.guest.account)
        self._write("log in", logged_in, missing="" if visit.token_of(logged_in) else "a token")
        answer = self.guest.api.call("user", params={"user_id": self.guest.user_id})
        names = [str(row["user_name"]) for row in apis.rows(answer.data, "user_name")]
        self._read("user", answer, missing="" if self.guest.account.name in names else "the user's name")
        if self._makes("register"):
            account = visit.fresh_account()
            with self.ledger.writing("account", account.name, account.name) as write:
                answer = self.guest.api.as_user("").register(account)
                write.settle(answer)
            self.accounts.append(account)
            self._write("register", answer)

    def _agents_and_models(self) -> None:
        name = f"check-{secrets.token_hex(4)}"
        if self._makes("create model"):
            answer = self.guest.api.create_model(name, self.model_url)
            self._write("create model", answer)
            self._written("models", *([name] if answer.ok else []))
        models = self._list("models")
        visible = apis.rows(models.data, "llm_id")
        row = next((row for row in visible if row.get("model") == name), visible[0] if visible else {})
        self._write("create agent", self.guest.api.create_agent(name, str(row.get("llm_id", ""))))
        agents = self._list("agents")
        made = next((row for row in apis.rows(agents.data, "name") if row["name"] == name), {})
        agent_id = str(made.get("agent_id") or made.get("id") or "")
        if self._reads[-1].done and not agent_id:
            self._reads[-1] = Reply("agents", agents, missing="the agent that was made just now")
        if self._makes("delete agent"):
            answer = self.guest.api.delete_agent(agent_id)
            ids = _told(self.guest.api.call("agents"), "agents")
            self._write("delete agent", answer, missing="the end of the agent" if agent_id in ids else "")

    def _dialogs(self) -> None:
        kept, passing = self._begin(), self._begin(noted=False)
        words = f"contract {secrets.token_hex(4)}"
        chat = visit.say(self.guest, kept or visit.NO_DIALOG, words, self.ledger)
        reply = visit.chat_reply(chat, containing=self.known_answer(words))
        self._writes.append(reply)
        self._list("dialogs")
        self._histories(kept, (words, chat.text) if reply.done else ())
        removed = [passing] if self.leaves_traces else [passing, kept]
        for dialog_id in removed:
            answer = self.guest.api.delete_dialog(dialog_id or visit.NO_DIALOG)
            there = dialog_id in _told(self.guest.api.call("dialogs"), "dialogs")
            self._write("delete dialog", answer, missing="the end of the dialog" if there else "")
        self.written["dialogs"] = tuple(one for one in self.written.get("dialogs", ()) if one not in removed)

    def _begin(self, *, noted: bool = True) -> str:
        answer = self.guest.api.create_dialog(visit.DIALOG_NAME, self.agent_id)
        dialog_id = visit.new_dialog(answer) if answer.ok else ""
        self._write("create dialog", answer, missing="" if dialog_id else "the new dialog's id")
        if dialog_id and noted:
            with self.ledger.writing("dialog", self.guest.user_id, dialog_id) as write:
                write.settle(answer)
            self._written("dialogs", dialog_id)
        return dialog_id

    def _histories(self, kept: str, words: Iterable[str]) -> None:
        """Read every dialog back; a history that is there has what the ledger knows of it, as far as it knows."""
        for dialog_id in dict.fromkeys([*self.written.get("dialogs", ()), kept or visit.NO_DIALOG]):
            answer, messages = self.guest.api.history(dialog_id)
            said = {entry.value.strip() for entry in self.ledger.of(dialog_id) if entry.acknowledged}
            said |= {text.strip() for text in words} if dialog_id == kept else set()
            lost = len(said - {message.content.strip() for message in messages})
            self._read("history", answer, missing=f"{lost} of {len(said)} messages" if lost else "")

    def _files(self) -> None:
        if not self._makes("upload"):
            return
        words = f"contract {secrets.token_hex(4)}"
        answer = self.guest.api.upload("contract.txt", words.encode())
        url = answer.data if isinstance(answer.data, str) else ""
        file = visit.asked_for_file(self.guest.api, url) if url else None
        back = visit.content(file)
        self._write("upload", answer, missing=visit.upload_lacks(url, file, words))
        if url and back is None and self._writes[-1].done:
            self.left_out["fetching the upload"] = f"nobody answers at {url} from here"
        if back == words:
            with self.ledger.writing("file", url, words) as write:
                write.settle(answer)
        for one in self.written.get("files", ()):
            content = next((entry.value for entry in self.ledger.of(one)), None)
            if content is not None and visit.fetched(self.guest.api, one) != content:
                self._read("file", answer, missing=f"the file {one} of before")
        self._written("files", *([url] if back == words else []))

    def _knowledge(self) -> None:
        if self._makes("create knowledge"):
            name = f"ck{secrets.token_hex(4)}"
            answer = self.guest.api.create_knowledge(name, "made by agentchat-check")
            self._write("create knowledge", answer)
            self._written("knowledge", *([name] if answer.ok else []))
        if self._makes("knowledge"):
            self._list("knowledge")

    def _list(self, kind: str) -> HttpAnswer:
        """Make the call that lists a kind of thing: everything that was written is there."""
        answer = self.guest.api.call(kind)
        wanted = self.written.get(kind, ())
        lost = [one for one in wanted if one not in _told(answer, kind)]
        self._read(kind, answer, missing=f"{len(lost)} of {len(wanted)} written before" if lost else "")
        return answer

    def _makes(self, name: str) -> bool:
        return name not in self.left_out

    def _read(self, name: str, answer: HttpAnswer, *, missing: str = "") -> None:
        self._note(self._reads, name, answer, missing)

    def _write(self, name: str, answer: HttpAnswer, *, missing: str = "") -> None:
        self._note(self._writes, name, answer, missing)

    def _note(self, replies: list[Reply], name: str, answer: HttpAnswer, missing: str) -> None:
        if name in apis.CALLS and name not in ALWAYS and answer.status in _UNKNOWN_FORM and answer.inner is None:
            self.left_out[name] = f"this release does not know it: {answer}"
        else:
            replies.append(Reply(name, answer, missing=missing if answer.ok else ""))

    def _written(self, kind: str, *names: str) -> None:
        if not names or names[0] in self.written.get(kind, ()):
            return
        self.written[kind] = (*self.written.get(kind, ()), *names)


def _told(answer: HttpAnswer, kind: str) -> set[str]:
    """What a list shows."""
    keys = _KEYS[kind]
    return {str(row[key]) for row in apis.rows(answer.data, *keys) for key in keys if key in row}
