"""Uploaded files, on a volume. Their names cannot be guessed, so a page may show them without a token."""

import re
import shutil
from pathlib import Path

from fastapi import APIRouter, HTTPException, UploadFile
from fastapi.responses import FileResponse

from backend.models import new_id
from backend.replies import Reply
from backend.sessions import CurrentUser
from backend.settings import ROOT

UPLOADS = ROOT / "uploads"
STORED_NAME = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,8})?")

router = APIRouter(tags=["upload"])


@router.post("/upload")
def upload(file: UploadFile, _: CurrentUser) -> Reply:
    """Store a file under a name of ours, and return where it can be fetched."""
    suffix = Path(file.filename or "").suffix.lower()
    name = new_id() + suffix
    if not STORED_NAME.fullmatch(name):
        name = name.removesuffix(suffix)
    incoming = UPLOADS / f"{name}.incoming"  # a name that is not served: the file appears whole or not at all
    try:
        with incoming.open("xb") as target:
            shutil.copyfileobj(file.file, target)
        incoming.rename(UPLOADS / name)
    finally:
        incoming.unlink(missing_ok=True)
    return Reply(data=f"/api/v1/upload/{name}")


@router.get("/upload/{name}")
def download(name: str) -> FileResponse:
    """Serve a file as a download: what a user uploaded never runs as a page of ours."""
    path = UPLOADS / name
    if not STORED_NAME.fullmatch(name) or not path.is_file():
        raise HTTPException(404, "File not found")
    return FileResponse(path, filename=name, headers={"X-Content-Type-Options": "nosniff"})
