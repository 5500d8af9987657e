"""Passwords at rest."""

import base64
import hashlib

import bcrypt

ROUNDS = 10  # 2^10: OWASP's least; every one more doubles what a log-in costs


def hashed(password: str) -> str:
    """Hash a password for the database."""
    return bcrypt.hashpw(_condensed(password), bcrypt.gensalt(ROUNDS)).decode()


def matches(password: str, stored: str) -> bool:
    """Tell whether a password is the one that was stored."""
    return bcrypt.checkpw(_condensed(password), stored.encode())


def _condensed(password: str) -> bytes:
    """Make the 72 bytes that bcrypt reads hold all of a longer password."""
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
