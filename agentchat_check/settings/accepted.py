"""What the operator reviewed and accepts, each with the reason."""

from __future__ import annotations

import re

import pydantic
from pydantic import Field


class AllowedLine(pydantic.BaseModel, extra="forbid", frozen=True):
    """A log line that looks like an error and was reviewed.

    Attributes:
        service: Role or service that logs it; "" for any.
        pattern: Regular expression, searched in the line.
        reason: Why it is no error, in words; it is shown beside the pattern.
    """

    service: str = ""
    pattern: str
    reason: str

    @pydantic.field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if re.search(pattern, ""):
            raise ValueError(f"{pattern!r} is found even in an empty line, and would hide every other")
        return pattern


class AcceptedRule(pydantic.BaseModel, extra="forbid", frozen=True):
    """A rule of the audit that a deployment breaks, and may.

    Attributes:
        rule: The rule's id.
        path: The service, variable or file that may break it, or a pattern of its name (``*``, ``?``); "" for all.
        reason: Why that is right here, in words; it is shown wherever the rule would have been.
    """

    rule: str
    path: str = ""
    reason: str = Field(min_length=1)
