"""``python -m benchmarks``: take the figures, show them as the table of docs/benchmarks.md."""

from __future__ import annotations

import argparse
import platform
import secrets
from datetime import UTC, datetime

import psutil
from rich.console import Console

from agentchat_check import settings as settings_
from agentchat_check.session import Session
from agentchat_check.stack import engine, owner
from agentchat_check.stack.owner import Run
from benchmarks import figures
from benchmarks.backups import backups
from benchmarks.figures import Bench
from benchmarks.loads import load_memory, loads
from benchmarks.upgrades import upgrades

out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Take every figure; each row is shown as soon as it is known."""
    parser = argparse.ArgumentParser(prog="make bench", description="The figures of docs/benchmarks.md.")
    parser.add_argument("--runs", type=int, default=5, help="how often each measurement is taken (default: 5)")
    quick = (figures.starts, figures.pairs, figures.looks, figures.audits)
    every = (*quick, backups, upgrades, loads, load_memory, figures.suites)
    groups = {group.__name__: group for group in every}
    parser.add_argument("--only", choices=groups, action="append", help="take these figures alone; repeatable")
    parser.add_argument("--megabytes", type=int, default=300, help="size of the database to back up (default: 300)")
    asked = parser.parse_args()
    settings = settings_.read({})
    run = Run(f"bench-{secrets.token_hex(2)}", owner.current())
    session = Session(settings, run, settings.reports.absolute() / run.id)
    system, docker = platform.freedesktop_os_release()["PRETTY_NAME"], session.client.version()["Version"]
    host = f"{psutil.cpu_count()} processors, {system}, Docker {docker}, compose {engine.compose_version()}"
    out.print(f"{datetime.now(UTC):%Y-%m-%d}, {host}, median of {asked.runs} runs\n")
    out.print("| figure | target | measured | from |\n|---|---|---|---|", markup=False)
    for group in (groups[name] for name in asked.only or groups):
        for figure in group(Bench(session, asked.runs, asked.megabytes)):
            out.print(figure.row(), markup=False)


if __name__ == "__main__":
    main()
