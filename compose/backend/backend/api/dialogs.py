"""Dialogs and their messages; nobody sees another user's."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from backend import database
from backend.models import SYSTEM, Agent, Dialog, History
from backend.replies import Reply, not_found
from backend.sessions import CurrentUser

router = APIRouter(tags=["dialog"])


class NewDialog(BaseModel):
    """A dialog to begin."""

    name: str = Field(min_length=1, max_length=255)
    agent_id: str
    agent_type: str = Field("Agent", max_length=32)


def own_dialog(session: Session, user_id: str, dialog_id: str, *, to_change: bool = False) -> Dialog:
    """Find a dialog of the user; to change it, keep others from changing it meanwhile."""
    dialog = session.get(Dialog, dialog_id, with_for_update=to_change)
    if dialog is None or dialog.user_id != user_id:
        raise not_found("Dialog")
    return dialog


@router.post("/dialog")
def begin_dialog(new: NewDialog, user_id: CurrentUser) -> Reply:
    """Begin a dialog with an agent."""
    with database.session() as session:
        agent = session.get(Agent, new.agent_id)
        if agent is None or agent.user_id not in {SYSTEM, user_id}:
            raise not_found("Agent")
        dialog = Dialog(**new.model_dump(), user_id=user_id)
        session.add(dialog)
        session.commit()
    return Reply(data=dialog)


@router.get("/dialog/list")
def list_dialogs(user_id: CurrentUser) -> Reply:
    """List the user's dialogs, the last used first."""
    query = select(Dialog).where(Dialog.user_id == user_id)
    with database.session() as session:
        newest_first = query.order_by(col(Dialog.update_time).desc(), col(Dialog.dialog_id))
        return Reply(data=session.exec(newest_first).all())


@router.delete("/dialog")
def delete_dialog(dialog_id: Annotated[str, Body(embed=True)], user_id: CurrentUser) -> Reply:
    """Delete a dialog; the database deletes its messages with it."""
    with database.session() as session:
        session.delete(own_dialog(session, user_id, dialog_id, to_change=True))
        session.commit()
    return Reply()


@router.get("/history")
def history(dialog_id: str, user_id: CurrentUser) -> Reply:
    """List the messages of a dialog, the first first."""
    with database.session() as session:
        own_dialog(session, user_id, dialog_id)
        query = select(History).where(History.dialog_id == dialog_id).order_by(col(History.id))
        return Reply(data=session.exec(query).all())
