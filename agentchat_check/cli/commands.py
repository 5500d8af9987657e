"""``agentchat-check``: what is done outside a run of the suites."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from agentchat_check import deployment as deployments
from agentchat_check import errors
from agentchat_check import settings as settings_
from agentchat_check.audit import files as audited
from agentchat_check.audit import judging
from agentchat_check.audit.engine_images import EngineImages
from agentchat_check.audit.ruling import Severity
from agentchat_check.checks import host
from agentchat_check.cli import backups, loads, sessions, upgrades
from agentchat_check.cli.words import EXIT, in_plain_words, out, print_json, show
from agentchat_check.deployment import REFERENCE, Role
from agentchat_check.findings import Verdict, worst
from agentchat_check.procedures.upgrade import leftovers
from agentchat_check.report import audits, sarif, terminal
from agentchat_check.stack import debian, engine, lifecycle, sweep
from agentchat_check.stack.running import Stack

app = typer.Typer(
    help="Operational verification for AgentChat deployments.", no_args_is_help=True, add_completion=False
)
app.add_typer(backups.app, name="backup")
app.add_typer(upgrades.app, name="upgrade")
app.add_typer(loads.app, name="load")


class Form(StrEnum):
    """How an audit's findings are printed."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


@app.command()
def doctor() -> None:
    """Look whether this host can bring a stack up; changes nothing."""
    with in_plain_words():
        settings = settings_.read()
        findings = host.judge(engine.look(settings), buildable=debian.can_build())
        for finding in findings:
            show(finding)
        out.print(f"\n{terminal.total(findings)}", style="bold")
        raise typer.Exit(EXIT[worst(finding.verdict for finding in findings)])


@app.command()
def up(
    directory: Annotated[Path | None, typer.Argument(help="compose directory; default: the reference")] = None,
    env_file: Annotated[Path | None, typer.Option(help="its env file")] = None,
    compose_file: Annotated[list[Path] | None, typer.Option(help="its compose file; repeatable")] = None,
    image: Annotated[list[str] | None, typer.Option(help="ROLE=NAME: another image; repeatable")] = None,
    build: Annotated[bool | None, typer.Option("--build/--no-build", help="build always, or never")] = None,
) -> None:
    """Bring a deployment up as an isolated stack, and leave it running."""
    with in_plain_words():
        settings = settings_.read(
            {
                "deployment": directory,
                "env_file": env_file,
                "compose_files": tuple(compose_file or ()),
                "replace_images": settings_.images_by_role(image or ()),
                "build": build,
                "keep_stack": True,
            }
        )
        _show_addresses(sessions.begin(settings).shared_stack)


@app.command()
def down(
    projects: Annotated[list[str] | None, typer.Argument(help="projects that `up` or --keep-stack left")] = None,
) -> None:
    """Remove stacks that were kept; without a name, all of them. Never touches a project that is not ours."""
    with in_plain_words():
        client = engine.connect()
        sweep.abandoned(client)
        ours = sweep.kept(client)
        for project in projects or ours:
            if project not in ours:
                raise errors.StackError(
                    f"remove {project}",
                    expected=f"a stack that agentchat-check kept: {', '.join(ours) or 'there is none'}",
                    actual="it is not one of them",
                    next_step="correct the name; for a project of your own use docker compose down",
                )
            lifecycle.remove(client, project)
            out.print(f"removed {project}")


@app.command()
def clean() -> None:
    """Remove what agentchat-check left on this host: kept stacks, the images it built, releases that nobody runs.

    What the way back of an installation needs stays, and so does what a container runs; each is said, with its reason.
    """
    down(None)
    with in_plain_words():
        for left in leftovers.removed(engine.connect(), settings_.read()):
            out.print(escape(str(left)), soft_wrap=True)


@app.command()
def audit(
    directory: Annotated[Path | None, typer.Argument(help="compose directory; default: the reference")] = None,
    env_file: Annotated[Path | None, typer.Option(help="its env file")] = None,
    compose_file: Annotated[list[Path] | None, typer.Option(help="its compose file; repeatable")] = None,
    form: Annotated[Form, typer.Option("--format", help="for people, for programs, or for code hosts")] = Form.TABLE,
    min_severity: Annotated[Severity, typer.Option(help="what counts as a finding")] = Severity.WARNING,
) -> None:
    """Say what is wrong in a deployment's files; starts nothing. Exit status: 0 clean, 1 findings, 2 not to be read."""
    with in_plain_words():
        settings = settings_.read(
            {
                "deployment": directory,
                "env_file": env_file,
                "compose_files": tuple(compose_file or ()),
            }
        )
        files = audited.read(deployments.read(settings.deployment or REFERENCE, settings), EngineImages())
        found = judging.judge(files, settings.accepted_rules)
        match form:
            case Form.TABLE:
                if found.hits(min_severity):
                    out.print(audits.table(found, min_severity), "")
                for line in (*audits.remarks(found), audits.total(found, min_severity)):
                    out.print(escape(line), soft_wrap=True)
            case Form.JSON:
                print_json(audits.as_dict(found, min_severity))
            case Form.SARIF:
                print_json(sarif.log(found, min_severity))
        raise typer.Exit(EXIT[Verdict.BROKEN if found.hits(min_severity) else Verdict.HOLDS])


@app.command()
def config() -> None:
    """Print every setting with its meaning: the text of a new agentchat-check.toml."""
    out.print(settings_.template(), markup=False, end="", soft_wrap=True)


def _show_addresses(stack: Stack) -> None:
    names = {Role.FRONTEND: "page", Role.BACKEND: "API", Role.DATABASE: "database", Role.CACHE: "cache"}
    out.print(f"{stack.project} is up:")
    for role, name in names.items():
        if role in stack.roles:
            out.print("  {:<9} {}:{}".format(name, *stack.address(role)))
    out.print(f"look at it:  pytest suites/smoke --attach {stack.project}")
    out.print(f"remove it:   agentchat-check down {stack.project}")
