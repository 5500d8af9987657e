"""Changes to this host, by its package manager: announced, asked for on a terminal, refused when told so."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.prompt import Confirm

from agentchat_check import errors, progress, wait
from agentchat_check.settings import PREFIX, Settings
from agentchat_check.stack import process

_INSTALL_TIMEOUT = 900.0

_OTHERS = 300.0
"""Seconds that somebody else's apt, such as an unattended upgrade, may keep ours waiting."""

_TAKEN = re.compile(r"^E: Could not get lock .*", re.MULTILINE)


def may_install() -> str:
    """Why this host is not ours to install on, or "" when it is."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "this is not Debian or Ubuntu"
    if release.get("ID") not in {"debian", "ubuntu"}:
        return f"this is {release.get('PRETTY_NAME', 'another system')}, not Debian or Ubuntu"
    return "" if os.geteuid() == 0 else "not running as root"


def allow(changes: Sequence[str], settings: Settings, *, ways: Sequence[str]) -> None:
    """Announce changes to this host and, on a terminal, ask for them.

    Args:
        changes: What is to be done, each starting with a verb.
        settings: Whether installing is allowed at all.
        ways: What the operator can do instead, for the error.

    Raises:
        errors.HostError: It is not allowed, not possible, or was declined.
    """
    refused = "refused by " + PREFIX + "NO_INSTALL" if settings.no_install else may_install()
    if not refused:
        for change in changes:
            progress.announce(f"going to {change}")
        if sys.stdin is not None and sys.stdin.isatty() and not Confirm.ask("agentchat-check: go on?", default=True):
            refused = "declined"
    if refused:
        raise errors.HostError(
            "prepare this host",
            checked=[*(f"needed: {change}" for change in changes), f"may we: no, {refused}"],
            ways=ways,
        )


def install(*packages: str) -> None:
    """Install packages from the sources that this host has."""
    with progress.step(f"installing {' '.join(packages)}") as show:
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            _once_free(["apt-get", "-qq", *arguments], show)


def candidate(package: str) -> str:
    """The version of a package that installing would give, or ""."""
    shown = process.run(["apt-cache", "policy", package], timeout=30, check=False).stdout
    found = re.search(r"Candidate: (?:\d+:)?(\d\S*)", shown)
    return found[1] if found else ""


def mirror(settings: Settings) -> str:
    """A Debian mirror: the operator's, else the one this host's apt uses, else ""."""
    if settings.debian_mirror:
        return settings.debian_mirror
    command = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]
    sites = process.run(command, timeout=30, check=False).stdout.split()
    return next((site.rstrip("/") for site in sites if re.search(r"/debian/?$", site)), "")


def unpack_from(suite: str, package: str, into: Path, settings: Settings) -> None:
    """Unpack one package of another Debian suite, leaving this host's sources and package state alone.

    Raises:
        errors.HostError: This host's apt knows no Debian mirror.
    """
    site = mirror(settings)
    if not site:
        raise errors.HostError(
            f"fetch the package {package} of Debian {suite}",
            expected="a Debian mirror among this host's apt sources",
            actual="none",
            next_step=f"name one: {PREFIX}DEBIAN_MIRROR",
        )
    with tempfile.TemporaryDirectory(prefix="agentchat-check-apt-") as directory:
        lists, downloads = Path(directory) / "lists", Path(directory) / "downloads"
        (lists / "partial").mkdir(parents=True)
        downloads.mkdir()
        # Not among the lists: an update removes from there what it does not know.
        sources = Path(directory) / "sources.list"
        sources.write_text(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {site} {suite} main\n")
        options = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "/dev/null", "Dir::State::lists": lists}
        apt = [
            "apt-get",
            "-qq",
            *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
        ]
        # As root: the sandbox user may not write to our private directory.
        apt += ["-o", "APT::Sandbox::User=root"]
        process.run([*apt, "update"], timeout=_INSTALL_TIMEOUT)
        process.run([*apt, "download", package], cwd=downloads, timeout=_INSTALL_TIMEOUT)
        archive = next(downloads.glob(f"{package}_*.deb"))
        process.run(["dpkg", "--extract", str(archive), str(into)], timeout=120)


def _once_free(command: Sequence[str], show: Callable[[str], None]) -> None:
    """Run apt; while somebody else's holds its locks, which it does not wait for itself, wait and try again."""
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

    def held_by() -> str:
        try:
            process.run(command, environment=environment, timeout=_INSTALL_TIMEOUT, on_line=show)
        except process.CommandError as error:
            if taken := _TAKEN.search(error.completed.stderr):
                return taken[0]
            raise
        return ""

    wait.until(
        held_by,
        lambda lock: not lock,
        what="the locks of the package manager",
        timeout=_OTHERS,
        delay=2.0,
        next_step="see what that process does, and try again once it has ended",
    )
