"""``agentchat-check load report | compare | history | rules``: what became of runs of load.

Exit status: 0 all limits hold or nothing is worse, 3 broken or worse, 4 it could not be proven, 2 it could not be read.
"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agentchat_check import errors, findings
from agentchat_check import settings as settings_
from agentchat_check.cli.words import in_plain_words, out, print_json, show
from agentchat_check.findings import Finding
from agentchat_check.load import alert_rules, changes, comparison, gate, history, recording, summary, wording
from agentchat_check.load.changes import Change
from agentchat_check.load.gate import Judgement
from agentchat_check.load.history import History
from agentchat_check.load.recording import Recording
from agentchat_check.load.summary import Summary
from agentchat_check.report import load as reports
from agentchat_check.settings import Settings, thresholds

app = typer.Typer()

_WIDE = 200
"""Columns of a table that a program reads, or a file keeps."""


class Form(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


_Run = Annotated[str, typer.Argument(help="the directory of a run, or its name in the history", metavar="RUN")]
_Format = Annotated[Form, typer.Option("--format", help="for people, or for programs")]
_Limits = Annotated[
    Path | None, typer.Option("--thresholds", help="the file of limits; default: loadtests/thresholds.toml")
]


def keep(recorded: Recording, judgement: Judgement, directory: Path, kept: History) -> Finding:
    """Write a run's reports beside its recording, keep its figures, and judge it beside the runs before.

    Args:
        recorded: The run.
        judgement: What is said of it.
        directory: Where its recording is.
        kept: The runs before.

    Returns:
        Whether something has become worse.

    Raises:
        errors.CheckError: It cannot be written.
    """
    reports.write(directory, recorded, judgement)
    mine = summary.of(recorded, judgement, directory)
    before = kept.before(mine)
    kept.add(mine)
    return comparison.not_worse(mine, before)


def open_history(settings: Settings) -> History:
    """The history of these settings' reports; it lies among them."""
    return History(settings.reports / history.FILE)


@app.command()
def report(directory: _Run, *, limits: _Limits = None, form: _Format = Form.TEXT) -> None:
    """Judge a recording again, by today's limits, and write its reports anew."""
    with in_plain_words():
        place = _place(directory)
        recorded = recording.read(place)
        judgement = gate.judge(recorded, thresholds.read(limits or settings_.read().thresholds_file))
        written = reports.write(place, recorded, judgement)
        if form is Form.JSON:
            print_json(reports.as_dict(recorded, judgement))
        else:
            print_judgement(judgement)
            out.print(f"the report is {findings.shown(written[0].absolute())}", soft_wrap=True)
        raise typer.Exit(gate.EXIT[judgement.verdict])


@app.command()
def compare(before: _Run, after: _Run, *, form: _Format = Form.TEXT) -> None:
    """Compare two runs: what is worse, what is better, and what is only noise."""
    with in_plain_words():
        kept = open_history(settings_.read())
        one, other = _summary(before, kept), _summary(after, kept)
        if reasons := summary.differences(one, other):
            raise errors.CheckError(
                f"compare {one.run} with {other.run}",
                expected="two runs under the same conditions",
                actual="\n".join(reasons),
                next_step="repeat one of them as the other was",
            )
        verdict, found = comparison.compare(one, other, kept.before(other))
        if form is Form.JSON:
            print_json(_compared(one, other, wording.VERDICTS[verdict], found))
        else:
            _show_comparison(one, other, found)
            out.print(f"\n{wording.VERDICTS[verdict]}{_reason(one, other, found)}", style="bold", soft_wrap=True)
        raise typer.Exit(gate.EXIT[verdict])


@app.command(name="history")
def show_history(
    *,
    profile: Annotated[str | None, typer.Option("--profile", help="only runs of this profile")] = None,
    form: _Format = Form.TEXT,
) -> None:
    """List the runs that were kept, and where their figures changed for good."""
    with in_plain_words():
        runs = open_history(settings_.read()).require().runs(profile)
        alike = groupby(sorted(runs, key=lambda run: run.key), key=lambda run: run.key)
        turns = [turn for _, group in alike for turn in comparison.turns(list(group))]
        if form is Form.JSON:
            points = [{"run": run.run, "figure": name, **asdict(point)} for run, name, point in turns]
            print_json({"runs": [asdict(run) for run in runs], "change_points": points})
            return
        table = Table("run", "started (UTC)", "profile", "verdict", "trusted", "errors", "slowest p95", box=None)
        for run in runs:
            p95 = {name: figure for name, figure in run.figures.items() if name.endswith(" p95")}
            slowest = max(p95, key=p95.__getitem__, default="")
            told = (
                f"{slowest.removesuffix(' p95')} {wording.shown(p95[slowest], run.units[slowest])}" if slowest else ""
            )
            error_rate = wording.shown(run.figures["errors"], run.units["errors"])
            trusted = "yes" if run.trusted else "no"
            row = (
                run.run,
                f"{run.started[:19]}",
                run.profile,
                wording.VERDICTS[run.verdict],
                trusted,
                error_rate,
                told,
            )
            table.add_row(*map(escape, row))
        print_table(table)
        for run, name, point in turns:
            figures = [wording.shown(figure, run.units[name]) for figure in (point.before, point.after)]
            out.print(f"{run.run}: {name} changed from {' to '.join(figures)}", soft_wrap=True, markup=False)


@app.command()
def rules(
    *,
    limits: _Limits = None,
    scrape_interval: Annotated[
        float, typer.Option(min=1, max=300, help="seconds between two looks of Prometheus")
    ] = alert_rules.SCRAPE_INTERVAL,
) -> None:
    """Print the limits as alert rules of Prometheus."""
    with in_plain_words():
        known = thresholds.read(limits or settings_.read().thresholds_file)
        out.print(alert_rules.of(known, scrape_interval).text(), end="", markup=False, soft_wrap=True)


def print_judgement(judgement: Judgement) -> None:
    """What is said of a run, for people."""
    for promise, reason in judgement.inapplicable:
        out.print(f"[dim]left out: {escape(promise)}: {escape(reason)}[/dim]", soft_wrap=True)
    for finding in judgement.findings:
        show(finding, wording.VERDICTS[finding.verdict])
    out.print(f"\n{wording.VERDICTS[judgement.verdict]}", style="bold")


def _place(named: str) -> Path:
    """The directory of a recording, by the run's directory or its name in the history."""
    directory = Path(named)
    if not directory.exists() and (known := open_history(settings_.read()).find(named)):
        directory = Path(known.directory)
    return directory if (directory / recording.RUN).exists() else directory / "load"


def _summary(named: str, kept: History) -> Summary:
    """A run's summary: from the history where it is named so, else from its recording, by today's limits."""
    if not Path(named).exists() and (known := kept.require().find(named)):
        return known
    place = _place(named)
    recorded = recording.read(place)
    return summary.of(recorded, gate.judge(recorded, thresholds.read(settings_.read().thresholds_file)), place)


def _show_comparison(one: Summary, other: Summary, found: list[Change]) -> None:
    if images := summary.changed_images(one, other):
        out.print(f"other images: {', '.join(images)}", soft_wrap=True, markup=False)
    table = Table("figure", one.run, other.run, "change", "means nothing up to", "", box=None)
    for change in found:
        before, after, floor = (wording.shown(it, change.unit) for it in (change.before, change.after, change.floor))
        word = "[bold red]worse[/]" if change.worse else "[green]better[/]" if change.better else ""
        table.add_row(escape(change.name), before, after, f"{change.share:+.0%}", floor, word)
    print_table(table)


def _reason(one: Summary, other: Summary, found: list[Change]) -> str:
    if untrusted := [run.run for run in (one, other) if not run.trusted]:
        return f": the recording of {' and '.join(untrusted)} cannot be trusted"
    if not all(change.noise_known for change in found) and not any(change.worse for change in found):
        return f": the noise is not known; run it {changes.ENOUGH} times under the same conditions"
    return ""


def _compared(one: Summary, other: Summary, verdict: str, found: list[Change]) -> dict[str, Any]:
    return {
        "before": one.run,
        "after": other.run,
        "verdict": verdict,
        "changed_images": summary.changed_images(one, other),
        "figures": [asdict(change) | {"worse": change.worse, "better": change.better} for change in found],
    }


def print_table(table: Table) -> None:
    """A table: as wide as the terminal, or as it takes where a program reads it."""
    (out if out.is_terminal else Console(width=_WIDE, highlight=False, emoji=False)).print(table)
