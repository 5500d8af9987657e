"""Models: the system's, which follows the settings, and the users' own."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import col, select

from backend import database
from backend.models import SYSTEM, Llm
from backend.replies import Reply
from backend.sessions import CurrentUser

router = APIRouter(prefix="/llm", tags=["llm"])


class NewLlm(BaseModel):
    """A model to use: any service that speaks OpenAI's chat completions."""

    model: str = Field(min_length=1, max_length=255)
    base_url: str = Field(max_length=1024, pattern=r"^https?://[^\s/]+")
    api_key: str = Field(max_length=1024)


def _shown(llm: Llm) -> dict[str, Any]:
    return llm.model_dump(exclude={"api_key"})


@router.post("/visible")
def visible_llms(user_id: CurrentUser) -> Reply:
    """List the models that the user may use, without their keys."""
    query = select(Llm).where(col(Llm.user_id).in_([SYSTEM, user_id]))
    with database.session() as session:
        llms = session.exec(query.order_by(col(Llm.create_time), col(Llm.llm_id)))
        return Reply(data=[_shown(llm) for llm in llms])


@router.post("/create")
def make_llm(new: NewLlm, user_id: CurrentUser) -> Reply:
    """Add a model of one's own."""
    with database.session() as session:
        llm = Llm(**new.model_dump(), user_id=user_id)
        session.add(llm)
        session.commit()
    return Reply(data=_shown(llm))


@router.get("/schema")
def llm_schema(_: CurrentUser) -> Reply:
    """Describe what a new model needs, as JSON Schema."""
    return Reply(data=NewLlm.model_json_schema())
