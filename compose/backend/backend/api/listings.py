"""What can only be looked at: tools, MCP servers, workspace sessions."""

from fastapi import APIRouter
from sqlmodel import col, select

from backend import database
from backend.models import SYSTEM, McpServer, Tool, WorkspaceSession
from backend.replies import Reply
from backend.sessions import CurrentUser

router = APIRouter(tags=["listings"])


@router.get("/tool/all", summary="List tools, by the older method")
@router.post("/tool/all")
def list_tools(user_id: CurrentUser) -> Reply:
    """List the system's tools and the user's own."""
    query = select(Tool).where(col(Tool.user_id).in_([SYSTEM, user_id]))
    with database.session() as session:
        return Reply(data=session.exec(query).all())


@router.get("/mcp_server")
def list_mcp_servers(user_id: CurrentUser) -> Reply:
    """List the system's servers and the user's own."""
    query = select(McpServer).where(col(McpServer.user_id).in_([SYSTEM, user_id]))
    with database.session() as session:
        return Reply(data=session.exec(query).all())


@router.get("/workspace/session")
def list_workspace_sessions(user_id: CurrentUser) -> Reply:
    """List the user's workspace sessions."""
    query = select(WorkspaceSession).where(WorkspaceSession.user_id == user_id)
    with database.session() as session:
        return Reply(data=session.exec(query).all())
