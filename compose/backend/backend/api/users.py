"""Accounts, log-in and log-out."""

import threading

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import Integer, func
from sqlalchemy.exc import IntegrityError
from sqlmodel import cast, col, select

from backend import database, passwords, sessions
from backend.models import Role, RoleId, User, UserRole
from backend.replies import RefusedError, Reply, not_found
from backend.sessions import CurrentUser

router = APIRouter(prefix="/user", tags=["user"])

WRONG_PASSWORD = 10600

# Registrations of one process queue here: hashing takes a processor each, and the database is waited for 2 s at most.
_one_at_a_time = threading.Lock()


class Credentials(BaseModel):
    """What a user logs in with."""

    user_name: str = Field(min_length=1, max_length=20)
    user_password: str = Field(min_length=1, max_length=1000)


class Registration(Credentials):
    """A new account."""

    user_email: str = Field(max_length=255)


@router.post("/register")
def register(registration: Registration) -> Reply:
    """Make an account; the first one administers."""
    with _one_at_a_time:
        stored = passwords.hashed(registration.user_password)  # slow on purpose, so before the database's lock
        _store(registration, stored)
    return Reply()


def _store(registration: Registration, stored: str) -> None:
    with database.session() as session:
        # Registrations queue at this row: ids have no gaps, and exactly one user is the first.
        session.get(Role, RoleId.ADMINISTRATOR, with_for_update=True)
        highest = session.exec(select(func.max(cast(col(User.user_id), Integer)))).one() or 0
        user_id, role = str(highest + 1), RoleId.USER if highest else RoleId.ADMINISTRATOR
        account = registration.model_dump() | {"user_id": user_id, "user_password": stored}
        session.add_all([User(**account), UserRole(user_id=user_id, role_id=role)])
        try:
            session.commit()
        except IntegrityError:
            raise RefusedError(500, "This user name is taken") from None


@router.post("/login")
async def login(credentials: Credentials, response: Response) -> Reply:
    """Begin a session; the token comes in the answer and as a cookie."""
    user_id = await run_in_threadpool(_authenticate, credentials)
    session = await sessions.begin(user_id)
    access = sessions.token("access", user_id, session)
    refresh = sessions.token("refresh", user_id, session)
    for name, token in ((sessions.ACCESS_COOKIE, access), (sessions.REFRESH_COOKIE, refresh)):
        response.set_cookie(name, token, sessions.SESSION_SECONDS, httponly=True, samesite="lax")
    return Reply(data={"user_id": user_id, "access_token": access})


@router.post("/logout")
async def logout(user_id: CurrentUser, response: Response) -> Reply:
    """End the user's session on every device."""
    await sessions.end(user_id)
    for name in (sessions.ACCESS_COOKIE, sessions.REFRESH_COOKIE):
        response.delete_cookie(name, httponly=True, samesite="lax")
    return Reply()


@router.get("/info")
def info(current: CurrentUser, user_id: str = "") -> Reply:
    """Show an account: one's own, or to an administrator any."""
    wanted = user_id or current
    with database.session() as session:
        if wanted != current and not session.get(UserRole, (current, RoleId.ADMINISTRATOR)):
            raise not_found("User")
        user = session.get(User, wanted)
        administrator = session.get(UserRole, (wanted, RoleId.ADMINISTRATOR))
    if user is None:
        raise not_found("User")
    role = RoleId.ADMINISTRATOR if administrator else RoleId.USER
    return Reply(data=user.model_dump(exclude={"user_password"}) | {"role": role.name.lower()})


def _authenticate(credentials: Credentials) -> str:
    with database.session() as session:
        user = session.exec(select(User).where(User.user_name == credentials.user_name)).first()
    if user is None or not passwords.matches(credentials.user_password, user.user_password):
        raise RefusedError(WRONG_PASSWORD, "Wrong user name or password")
    return user.user_id
