"""What a user's answers cost."""

from fastapi import APIRouter
from sqlalchemy import func
from sqlmodel import col, select

from backend import database
from backend.models import UsageStats
from backend.replies import Reply
from backend.sessions import CurrentUser

router = APIRouter(prefix="/usage", tags=["usage"])


@router.post("")
def own_usage(user_id: CurrentUser) -> Reply:
    """Add up the user's tokens, by model."""
    model = col(UsageStats.model)
    input_tokens, output_tokens = (
        func.sum(col(UsageStats.input_tokens)),
        func.sum(col(UsageStats.output_tokens)),
    )
    query = select(model, func.count(), input_tokens, output_tokens).group_by(model).order_by(model)
    with database.session() as session:
        rows = session.exec(query.where(UsageStats.user_id == user_id)).all()
    names = ("model", "answers", "input_tokens", "output_tokens")
    return Reply(data=[dict(zip(names, (name, *map(int, sums)), strict=True)) for name, *sums in rows])


@router.get("/models_list")
def used_models(user_id: CurrentUser) -> Reply:
    """List the models that have answered the user."""
    model = col(UsageStats.model)
    query = select(model).where(UsageStats.user_id == user_id).distinct().order_by(model)
    with database.session() as session:
        return Reply(data=session.exec(query).all())
