"""Collections of documents."""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import col, select

from backend import database
from backend.models import Knowledge
from backend.replies import Reply
from backend.sessions import CurrentUser

router = APIRouter(prefix="/knowledge", tags=["knowledge"])


class NewKnowledge(BaseModel):
    """A collection to make."""

    knowledge_name: str = Field(min_length=2, max_length=10)
    knowledge_desc: str = Field(min_length=10, max_length=200)


@router.post("/create")
def make_knowledge(new: NewKnowledge, user_id: CurrentUser) -> Reply:
    """Make a collection of one's own."""
    with database.session() as session:
        knowledge = Knowledge(name=new.knowledge_name, description=new.knowledge_desc, user_id=user_id)
        session.add(knowledge)
        session.commit()
    return Reply(data=knowledge)


@router.get("/select")
def list_knowledge(user_id: CurrentUser) -> Reply:
    """List the user's collections."""
    query = select(Knowledge).where(Knowledge.user_id == user_id)
    with database.session() as session:
        return Reply(data=session.exec(query.order_by(col(Knowledge.create_time), col(Knowledge.id))).all())
