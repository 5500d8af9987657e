"""Agents: the system's, which everybody sees, and one's own."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from sqlmodel import col, select

from backend import database
from backend.models import DEFAULT_LLM_ID, SYSTEM, Agent, Llm
from backend.replies import Reply, not_found
from backend.sessions import CurrentUser

router = APIRouter(prefix="/agent", tags=["agent"])


class NewAgent(BaseModel):
    """An agent to make."""

    name: str = Field(min_length=1, max_length=255)
    description: str = Field("", max_length=1024)
    system_prompt: str = Field("", max_length=100_000)
    logo_url: str = Field("", max_length=1024)
    llm_id: str = DEFAULT_LLM_ID
    enable_memory: bool = True


@router.get("")
def list_agents(user_id: CurrentUser) -> Reply:
    """List the agents that the user may converse with."""
    query = select(Agent).where(col(Agent.user_id).in_([SYSTEM, user_id]))
    with database.session() as session:
        return Reply(data=session.exec(query.order_by(col(Agent.create_time), col(Agent.name))).all())


@router.post("")
def make_agent(new: NewAgent, user_id: CurrentUser) -> Reply:
    """Make an agent of one's own."""
    with database.session() as session:
        llm = session.get(Llm, new.llm_id)
        if llm is None or llm.user_id not in {SYSTEM, user_id}:
            raise not_found("Model")
        agent = Agent(**new.model_dump(), user_id=user_id)
        session.add(agent)
        session.commit()
    return Reply(data=agent)


@router.delete("")
def delete_agent(agent_id: Annotated[str, Body(embed=True)], user_id: CurrentUser) -> Reply:
    """Delete an agent of one's own; its dialogs stay readable."""
    with database.session() as session:
        agent = session.get(Agent, agent_id)
        if agent is None or agent.user_id != user_id:
            raise not_found("Agent")
        session.delete(agent)
        session.commit()
    return Reply()
