"""``agentchat-check load``: run, capacity, profiles; and what ``load_results`` adds.

Exit status: 0 all limits hold, 3 one is broken, 4 it could not be proven, 2 it could not be driven.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from rich.table import Table
from typer.core import TyperGroup

from agentchat_check import progress
from agentchat_check import settings as settings_
from agentchat_check.cli import load_results, sessions
from agentchat_check.cli.words import in_plain_words, out, print_json, show
from agentchat_check.findings import Verdict, worst
from agentchat_check.load import aim, capacity, gate, generator, profiles, running, wording
from agentchat_check.load.aim import Leave, Target
from agentchat_check.load.capacity import Capacity, Try
from agentchat_check.load.generator import PORT, Door
from agentchat_check.load.people import People
from agentchat_check.load.profiles import Profile
from agentchat_check.load.recording import Recording
from agentchat_check.probes.api import Account
from agentchat_check.report import live
from agentchat_check.report import load as reports
from agentchat_check.session import Session
from agentchat_check.settings import Settings, thresholds
from agentchat_check.settings.thresholds import Threshold


class _RunsByDefault(TyperGroup):
    """Options without a command are those of ``run``: ``load --profile baseline``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["run", *args] if is_option else args)


app = typer.Typer(
    cls=_RunsByDefault,
    help="Drive load, and judge it by the thresholds. Exit status: 0 all limits hold, 3 one is broken, 4 it could not "
    "be proven, 2 it could not be driven.",
    no_args_is_help=True,
)
app.add_typer(load_results.app)

_ENOUGH = 150
"""Visits that a rate of the search for capacity is driven with at least: a 95th percentile takes 100 to hold."""


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


_ProfileName = Annotated[str, typer.Option("--profile", help="which load; `load profiles` lists them")]
_Project = Annotated[str | None, typer.Option("--attach", help="a running compose project; default: a stack is made")]
_Url = Annotated[str | None, typer.Option("--url", help="a running installation's API")]
_Directory = Annotated[Path | None, typer.Option("--deployment", help="the compose directory to make a stack of")]
_User = Annotated[str | None, typer.Option("--user", help="an account that was made for checks")]
_Live = Annotated[bool, typer.Option("--i-know-this-is-live", help="people use it, and that is meant")]
_Cap = Annotated[
    float | None, typer.Option("--rate-cap", help="visitors per second that people's installation may see")
]
_Thresholds = Annotated[Path | None, typer.Option("--thresholds", help="the file of limits, instead of the setting's")]
_Processes = Annotated[int | None, typer.Option("--processes", help="of the generator")]
_Seconds = Annotated[float | None, typer.Option("--seconds", help="how long, instead of the profile's")]
_Format = Annotated[Form, typer.Option("--format", help="for people, or for programs")]


@app.command()
def run(  # noqa: PLR0913 - a command has as many options as it has
    *,
    profile: _ProfileName = "smoke",
    attach: _Project = None,
    url: _Url = None,
    deployment: _Directory = None,
    rate: Annotated[float | None, typer.Option(help="visitors per second, instead of the profile's")] = None,
    users: Annotated[int | None, typer.Option(help="of closed arrivals, instead of the profile's")] = None,
    seconds: _Seconds = None,
    processes: _Processes = None,
    seed: Annotated[int | None, typer.Option(help="what chooses moments, journeys, people and data")] = None,
    limits: _Thresholds = None,
    user: _User = None,
    is_live: _Live = False,
    rate_cap: _Cap = None,
    join_at: Annotated[
        str | None,
        typer.Option("--join-at", help="ADDRESS[:PORT] of this host: the processes join there from other hosts"),
    ] = None,
    against_history: Annotated[
        bool, typer.Option("--against-history", help="to have become worse than the runs before is broken, too")
    ] = False,
    form: _Format = Form.TEXT,
) -> None:
    """Drive one profile against a deployment, and judge it."""
    with in_plain_words():
        asked = profiles.named(profile).changed(rate=rate, users=users, seconds=seconds, processes=processes, seed=seed)
        settings = settings_.read({"deployment": deployment, "attach": attach, "url": url, "user": user})
        known = thresholds.read(limits or settings.thresholds_file)
        progress.announce(f"{profile}: {asked.question}")
        door = _door(join_at, asked.processes) if join_at else None
        with _aimed(settings, asked, Leave(is_live, rate_cap, _account(settings)), door) as site:
            recording = site.drive(asked, profile, known, site.session.directory)
        judgement = gate.judge(recording, known)
        place = site.session.directory / running.DIRECTORY
        not_worse = load_results.keep(recording, judgement, place, load_results.open_history(settings))
        if form is Form.JSON:
            print_json(reports.as_dict(recording, judgement) | {"against_history": reports.finding(not_worse)})
        else:
            load_results.print_judgement(judgement)
            show(not_worse, wording.VERDICTS[not_worse.verdict])
            out.print(f"the report is {place / reports.NAMES[0]}", soft_wrap=True)
        counted = [not_worse.verdict] if against_history else []
        raise typer.Exit(gate.EXIT[worst([judgement.verdict, *counted])])


@app.command(name="capacity")
def find_capacity(  # noqa: PLR0913 - likewise
    *,
    profile: _ProfileName = "smoke",
    attach: _Project = None,
    url: _Url = None,
    deployment: _Directory = None,
    first: Annotated[float, typer.Option("--from", min=0.25, help="visitors per second to begin with")] = 4.0,
    precision: Annotated[float, typer.Option(min=0.01, max=0.5, help="share within which it is found")] = 0.1,
    seconds: _Seconds = None,
    processes: _Processes = None,
    limits: _Thresholds = None,
    user: _User = None,
    is_live: _Live = False,
    rate_cap: _Cap = None,
    form: _Format = Form.TEXT,
) -> None:
    """Find the highest rate at which all limits hold, and what is short beyond it."""
    with in_plain_words():
        asked = profiles.named(profile).changed(processes=processes, rate=first, arrivals="open", seconds=seconds)
        settings = settings_.read({"deployment": deployment, "attach": attach, "url": url, "user": user})
        known = thresholds.read(limits or settings.thresholds_file)
        with _aimed(settings, asked, Leave(is_live, rate_cap, _account(settings))) as site:

            def attempt(rate: float) -> Try:
                enough = max(asked.course().seconds, asked.judged_from + _ENOUGH / rate)
                now = asked.changed(rate=rate, seconds=enough)
                aim.require_leave(site.target, now, site.leave)
                recording = site.drive(now, profile, known, site.session.directory / f"{rate:g}")
                tried = capacity.judged(rate, recording, gate.judge(recording, known))
                progress.announce(f"{rate:g} visitors per second: {wording.VERDICTS[tried.verdict]}")
                return tried

            found = capacity.search(attempt, first, precision=precision, at_most=rate_cap)
        if form is Form.JSON:
            print_json(TypeAdapter(Capacity).dump_python(found, mode="json"))
        else:
            beyond = f"; at {found.beyond:g} they do not" if found.beyond else ""
            out.print(f"all limits hold at {found.rate:g} visitors per second{beyond}")
            if found.limiting:
                out.print(f"what is short there: {found.limiting}", soft_wrap=True, markup=False)
            if found.ended:
                out.print(f"that is as close as was seen: {found.ended}", soft_wrap=True, markup=False)
        raise typer.Exit(gate.EXIT[Verdict.HOLDS if found.found else Verdict.UNKNOWN])


@app.command(name="profiles")
def list_profiles() -> None:
    """List the profiles, with the question that each answers."""
    with in_plain_words():
        table = Table("profile", "question", "how", box=None)
        for name, one in profiles.read().items():
            course = one.course()
            how = f"{one.users} users" if one.arrivals == "closed" else f"up to {course.peak:g} visitors per second"
            table.add_row(name, one.question, f"{how} for {course.seconds:g} s, by {one.file}")
        load_results.print_table(table)


@dataclass(frozen=True, slots=True)
class _Site:
    """What is driven in this command, and with whom."""

    session: Session
    target: Target
    people: People
    leave: Leave
    door: Door | None

    def drive(self, profile: Profile, name: str, limits: Mapping[str, Threshold], directory: Path) -> Recording:
        """Drive a profile, and show it meanwhile."""
        with live.shown(profile.course().seconds) as watch:
            return running.run(
                self.target,
                profile,
                self.people,
                name=self.session.run.id,
                profile_name=name,
                directory=directory,
                thresholds=limits,
                door=self.door,
                watch=watch,
            )


@contextmanager
def _aimed(settings: Settings, profile: Profile, leave: Leave, door: Door | None = None) -> Iterator[_Site]:
    """The target that was named, else a stack made for the run, with its people."""
    generator.require_locust()
    aim.require_in_reach(settings.url, door)
    session = sessions.begin(aim.unhurried(settings))
    with ExitStack() as undo:
        if settings.url:
            target = aim.at_url(settings.url)
        elif settings.attach:
            target = aim.at_stack(session.shared_stack)
        else:
            stack = undo.enter_context(session.own_stack(evidence_into=session.directory / "evidence"))
            target = aim.at_stack(stack)
        with aim.ready(target, profile, leave, progress.announce) as people:
            yield _Site(session, target, people, leave, door)


def _door(join_at: str, processes: int) -> Door:
    """Where workers of other hosts join, told to whoever starts them."""
    address, _, port = join_at.partition(":")
    if not address or (port and not port.isdigit()):
        raise typer.BadParameter(f"{join_at} is no ADDRESS[:PORT]", param_hint="--join-at")
    door = Door(address, int(port or PORT))
    progress.announce(
        f"{processes} workers are to join at {address}:{door.port} within 15 minutes; on their hosts: "
        f"MASTER={address} MASTER_PORT={door.port} docker compose -f loadtests/fleet/docker-compose.yml up --build"
    )
    return door


def _account(settings: Settings) -> Account | None:
    named = settings.user and settings.password
    return Account(settings.user or "", settings.password.get_secret_value()) if named and settings.password else None
