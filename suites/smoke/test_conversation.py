"""Can people talk, and find what was said?"""

import pytest

from agentchat_check.checks import conversation
from agentchat_check.probes import api as apis
from agentchat_check.procedures import visit


@pytest.mark.safe
def test_a_dialog_is_held_remembered_and_forgotten(guest, dialog_id, ledger, answer_to, verify):
    """A dialog works from beginning to end: chat through the stream, read it back in order, delete it.

    Procedure:
        1. Begin a dialog with an agent.
        2. Send four messages, one after the other, and read each answer's stream to its end.
        3. Read the history: every message that was acknowledged, once, in the order it was written.
        4. Delete the dialog: neither it nor its messages are returned any more.

    If it fails:
        No answer: look at the agent's model row (address, key) and at the model service. Wrong order or missing
        messages: compare the table history with GET /api/v1/history. Still there after the delete: look for its rows.
    """
    questions = ("What is the capital of France?", "And its population? Ça va, 你好 🙂", "Its river?", "Thank you.")
    chats = [visit.say(guest, dialog_id, question, ledger) for question in questions]
    verify(*(conversation.answers(chat, containing=answer_to(q)) for q, chat in zip(questions, chats, strict=True)))

    answer, messages = guest.api.history(dialog_id)
    remembered = conversation.remembers(ledger.of(dialog_id), messages, answer)

    deleted = guest.api.delete_dialog(dialog_id)
    history, left = guest.api.history(dialog_id)
    listing = guest.api.call("dialogs")
    listed = [row["dialog_id"] for row in apis.rows(listing.data, "dialog_id")]
    verify(remembered, conversation.forgets(deleted, left, listed, dialog_id, history=history, listing=listing))


@pytest.mark.safe
def test_agents_tools_and_models_are_seeded_once(guest, verify):
    """The agents, tools and models that AgentChat brings are there, each once.

    Procedure:
        1. List agents, tools and models through the API.
        2. Of those that belong to nobody there is at least one of each, and none twice; what users made is theirs.

    If it fails:
        None: the first start was cut short; read the backend's log of that time. Twice: two backends started on an
        empty database at once; remove the newer rows from the tables agent, tool and llm.
    """
    verify(conversation.seeded_once(*guest.api.seeds()))
