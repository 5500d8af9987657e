"""The only reader of options, environment variables and ``agentchat-check.toml``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic
import pydantic_settings

from agentchat_check import errors
from agentchat_check.settings.accepted import AllowedLine
from agentchat_check.settings.fields import FILE, PREFIX, WAYS, Settings

_ALL = "`agentchat-check config` prints every setting with its meaning"


def read(options: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of this run.

    Args:
        options: Values from the command line, by field name; None means not given.

    Raises:
        errors.CheckError: A value is malformed or a name unknown; the error names it and the nearest known one.
    """
    given = {name: value for name, value in (options or {}).items() if value not in (None, (), {})}
    if given.keys() & set(WAYS):
        given = {**dict.fromkeys(WAYS), **given}  # the one on the command line, whatever environment and file name
    _refuse_unknown_variables(os.environ)
    try:
        return Settings(**given)
    except pydantic.ValidationError as error:
        raise _in_plain_words(error) from None
    except (ValueError, OSError, pydantic_settings.SettingsError) as error:
        raise errors.CheckError(
            f"read the settings from options, {PREFIX}* and {FILE}",
            expected="well-formed values",
            actual=str(error),
            next_step=_ALL,
        ) from None


def images_by_role(given: Iterable[str]) -> dict[str, str]:
    """Images named as ROLE=NAME on a command line.

    Raises:
        errors.CheckError: One is not of that form.
    """
    images = {}
    for one in given:
        role, _, image = one.partition("=")
        if not (role and image):
            raise errors.CheckError(
                f"read --image {one}",
                expected="ROLE=NAME",
                actual=one,
                next_step="write it like this: --image database=mysql:8.4",
            )
        images[role] = image
    return images


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in environment:
        if name.upper().startswith(PREFIX) and name.upper().split("__")[0] not in known:
            raise errors.CheckError(
                "read the settings from the environment",
                expected=f"a setting named {PREFIX}…",
                actual=f"{name} is set, and no setting has that name",
                next_step=_nearest(name.upper(), known),
            )


def _in_plain_words(error: pydantic.ValidationError) -> errors.CheckError:
    complaints = []
    step = _ALL
    for one in error.errors():
        name = ".".join(str(part) for part in one["loc"]) or "settings"
        complaints.append(f"{name}: {one['msg'].removeprefix('Value error, ')}")
        if one["type"] == "extra_forbidden":
            known = Settings if len(one["loc"]) == 1 else AllowedLine
            step = _nearest(str(one["loc"][-1]), set(known.model_fields))
    return errors.CheckError(
        f"read the settings from options, {PREFIX}* and {FILE}",
        expected="known settings with well-formed values",
        actual="\n".join(complaints),
        next_step=step,
    )


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else _ALL
