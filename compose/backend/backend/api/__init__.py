"""The calls under /api/v1, one module per subject."""

from fastapi import APIRouter

from backend.api import agents, completion, dialogs, knowledge, listings, llms, uploads, usage, users

router = APIRouter(prefix="/api/v1")
for subject in (users, agents, dialogs, completion, llms, listings, knowledge, uploads, usage):
    router.include_router(subject.router)
