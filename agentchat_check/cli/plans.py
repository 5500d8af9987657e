"""``agentchat-check upgrade plan``: what an upgrade would change; and the options that its commands share."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from agentchat_check import settings as settings_
from agentchat_check.audit import places
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.cli.words import EXIT, in_plain_words, out, print_json
from agentchat_check.deployment import Deployment
from agentchat_check.findings import Verdict
from agentchat_check.procedures.upgrade import described, planning
from agentchat_check.report import plans
from agentchat_check.settings import Settings
from agentchat_check.stack import releases


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


_RELEASE = "a compose directory, ref-1, ref-2 or ref-3, a tag of its images (:v2.5), or images (backend=IMAGE,…)"

From = Annotated[str, typer.Option("--from", help=f"the release that runs: {_RELEASE}")]
To = Annotated[str, typer.Option("--to", help=f"the release to go to: {_RELEASE}")]
EnvFile = Annotated[Path | None, typer.Option(help="the env file of the release that runs, if it is not beside it")]
Format = Annotated[Form, typer.Option("--format", help="for people, or for programs")]


def plan(*, from_: From, to: To, env_file: EnvFile = None, form: Format = Form.TEXT) -> None:
    """Say what an upgrade would change, and what stands in its way; changes nothing, and starts nothing.

    Exit status: 0 nothing stands in the way, 1 something does, 2 it could not be read.
    """
    with in_plain_words():
        settings = settings_.read({"env_file": env_file})
        before = _on_disk(settings, from_)
        after = _on_disk(settings.model_copy(update={"env_file": None}), to, base=before)
        own = places.text_of(env_file) if env_file else described.own(before)
        planned = planning.plan(*described.both(before, after, own, image_id=EngineImages().id), own)
        if form is Form.JSON:
            print_json({"clear": not planned.obstacles, **planning.as_dict(planned)})
        else:
            for line in plans.lines(planned):
                out.print(escape(line), soft_wrap=True)
        raise typer.Exit(EXIT[Verdict.BROKEN if planned.obstacles else Verdict.HOLDS])


def _on_disk(settings: Settings, text: str, *, base: Deployment | None = None) -> Deployment:
    """The release that was named; two directories may have one name, so each is called what the operator called it."""
    named = releases.on_disk(settings, text, base=base)
    return replace(named, name=text) if Path(text).expanduser().is_dir() else named
