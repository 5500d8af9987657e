"""Tokens that must open nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets


def unsigned(token: str) -> str:
    """The same claims, with a header that says no signature is needed: the oldest way to forge a JWT."""
    header = _encoded(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{header}.{_claims(token)}."


def signed_by_somebody_else(token: str) -> str:
    """The same claims, signed with a key that the installation does not have."""
    signed = f"{_encoded(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_claims(token)}"
    return f"{signed}.{_signature(signed, secrets.token_bytes(32))}"


def signed_with(token: str, key: str) -> str:
    """The same claims, signed with a key that everybody can know."""
    signed = f"{_encoded(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_claims(token)}"
    return f"{signed}.{_signature(signed, key.encode())}"


def is_signed_with(token: str, key: str) -> bool:
    """Whether a token was signed with this key."""
    signed, _, signature = token.rpartition(".")
    return bool(signed) and hmac.compare_digest(signature, _signature(signed, key.encode()))


def _signature(signed: str, key: bytes) -> str:
    return _encoded(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def _claims(token: str) -> str:
    parts = token.split(".")
    return parts[1] if len(parts) == 3 else _encoded(b"{}")  # noqa: PLR2004 - a JWT's header, claims and signature


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
