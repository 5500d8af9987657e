import base64
import json
from typing import Any

import pytest

from agentchat_check.probes import tokens

CLAIMS = {"sub": "1", "exp": 4102444800}


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


TOKEN = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(CLAIMS)}.c2lnbmF0dXJl"


def test_the_unsigned_token_makes_the_same_claims_and_says_that_it_needs_no_signature() -> None:
    header, claims, signature = tokens.unsigned(TOKEN).split(".")
    assert (decoded(header), decoded(claims), signature) == ({"alg": "none", "typ": "JWT"}, CLAIMS, "")


def test_the_forged_token_makes_the_same_claims_with_another_signature_each_time() -> None:
    once, again = (tokens.signed_by_somebody_else(TOKEN).split(".") for _ in range(2))
    assert (decoded(once[0]), decoded(once[1])) == ({"alg": "HS256", "typ": "JWT"}, CLAIMS)
    assert len(base64.urlsafe_b64decode(once[2] + "=")) == 32
    assert len({once[2], again[2], TOKEN.split(".")[2]}) == 3


@pytest.mark.parametrize("make", [tokens.unsigned, tokens.signed_by_somebody_else])
@pytest.mark.parametrize("token", ["", "opaque", "a.b"])
def test_of_a_token_that_is_no_jwt_an_empty_claim_is_made(make: Any, token: str) -> None:
    assert decoded(make(token).split(".")[1]) == {}


def test_a_token_can_be_signed_with_a_key_that_is_known() -> None:
    forged = tokens.signed_with("e30.eyJzdWIiOiIxIn0.x", "secret")
    assert tokens.is_signed_with(forged, "secret")
    assert not tokens.is_signed_with(forged, "another")
    assert not tokens.is_signed_with("no-token", "")
