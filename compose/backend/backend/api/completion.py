"""The conversation itself: a question in, the model's answer out as it comes.

The question is stored before the answer begins, the answer before the stream ends: a client that saw the stream end
without an error event may rely on both. An answer that breaks off, or whose reader leaves, is not stored.
"""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from backend import database, model
from backend.api.dialogs import own_dialog
from backend.models import Agent, Dialog, History, Llm, UsageStats, now
from backend.replies import RefusedError, UnavailableError, not_found
from backend.sessions import CurrentUser

MEMORY = 20  # messages

router = APIRouter(tags=["completion"])
log = logging.getLogger(__name__)


class Question(BaseModel):
    """What the user says in a dialog."""

    dialog_id: str
    user_input: str = Field(min_length=1, max_length=100_000)


@dataclass(frozen=True)
class Turn:
    """All that an answer needs to know, so that it needs no database."""

    user_id: str
    dialog_id: str
    agent: str
    endpoint: model.Endpoint
    messages: list[dict[str, str]]


@router.post("/completion")
@router.post("/chat", summary="Completion, by its older name")
async def completion(question: Question, user_id: CurrentUser) -> StreamingResponse:
    """Answer a question, word by word."""
    turn = await run_in_threadpool(_begin, question, user_id)
    unstored = {"Cache-Control": "no-cache"}
    return StreamingResponse(_answer(turn), media_type="text/event-stream", headers=unstored)


def _begin(question: Question, user_id: str) -> Turn:
    with database.session() as session:
        dialog = own_dialog(session, user_id, question.dialog_id, to_change=True)
        agent = session.get(Agent, dialog.agent_id)
        if agent is None:
            raise not_found("Agent")
        llm = session.get(Llm, agent.llm_id)
        if llm is None:
            raise not_found("Model")
        messages = [_message("system", agent.system_prompt)] if agent.system_prompt else []
        if agent.enable_memory:
            messages += _remembered(session, dialog)
        messages.append(_message("user", question.user_input))
        _say(session, dialog, "user", question.user_input)
        session.commit()
    endpoint = model.Endpoint(llm.base_url, llm.api_key, llm.model)
    return Turn(user_id, dialog.dialog_id, agent.name, endpoint, messages)


def _remembered(session: Session, dialog: Dialog) -> list[dict[str, str]]:
    query = select(History).where(History.dialog_id == dialog.dialog_id)
    latest = session.exec(query.order_by(col(History.id).desc()).limit(MEMORY)).all()
    return [_message(said.role, said.content) for said in reversed(latest)]


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _say(session: Session, dialog: Dialog, role: str, content: str) -> None:
    dialog.update_time = now()
    session.add(dialog)
    session.add(History(dialog_id=dialog.dialog_id, role=role, content=content))


async def _answer(turn: Turn) -> AsyncIterator[str]:
    answer = model.Answer()
    try:
        async for chunk in model.stream(turn.endpoint, turn.messages, into=answer):
            yield _event("response_chunk", chunk=chunk, accumulated=answer.text)
        await run_in_threadpool(_end, turn, answer)
    except model.ModelError as failure:
        log.warning("the model failed: %s", failure)
        yield _event("error", message="The model does not answer")
    except (RefusedError, UnavailableError) as failure:
        yield _event("error", message=f"The answer could not be stored: {failure}")


def _end(turn: Turn, answer: model.Answer) -> None:
    with database.session() as session:
        dialog = own_dialog(session, turn.user_id, turn.dialog_id, to_change=True)  # it may be gone by now
        _say(session, dialog, "assistant", answer.text)
        session.add(
            UsageStats(
                user_id=turn.user_id,
                agent=turn.agent,
                model=turn.endpoint.model,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
            )
        )
        session.commit()


def _event(kind: Literal["response_chunk", "error"], **data: str) -> str:
    event = json.dumps({"type": kind, "data": data}, ensure_ascii=False, separators=(",", ":"))
    return f"data: {event}\n\n"
