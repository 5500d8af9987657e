"""Which upgrades are looked at: each from one release to another, as an operator names them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agentchat_check import errors
from agentchat_check.deployment import Deployment
from agentchat_check.settings import Settings
from agentchat_check.stack import releases

if TYPE_CHECKING:
    from docker import DockerClient as Client

Which = Literal["each", "last", "skipping"]


@dataclass(frozen=True, slots=True)
class NamedPair:
    """Two releases, as ``releases.named`` takes them.

    Attributes:
        before: The release that an upgrade begins with.
        after: The release that it goes to.
    """

    before: str
    after: str

    def __str__(self) -> str:
        """``ref-1 to ref-2``."""
        return f"{_short(self.before)} to {_short(self.after)}"


def names(settings: Settings) -> tuple[str, ...]:
    """Every release, the oldest first.

    Raises:
        errors.DeploymentError: The directory of releases holds none.
    """
    if settings.releases is not None:
        return tuple(str(path) for path in _directories(settings.releases))
    if settings.from_release is None and settings.to_release is None and settings.deployment is None:
        return releases.NAMES
    first = settings.from_release or (str(settings.deployment) if settings.deployment else releases.NAMES[0])
    following = _following(first) if settings.deployment is None else ()
    return (first, *([settings.to_release] if settings.to_release else following[:1]))


def pairs(settings: Settings, which: Which) -> tuple[NamedPair, ...]:
    """The upgrades that a test is run for; none where there is only one release.

    Args:
        settings: What the operator named.
        which: From each release to the next; only from the last but one to the last; or from each to the next, and
            from the first to the last where that skips one.

    Raises:
        errors.DeploymentError: The directory of releases holds none.
    """
    every = names(settings)
    found = tuple(NamedPair(before, after) for before, after in itertools.pairwise(every))
    if which == "last":
        return found[-1:]
    skipped = len(found) > 1 and which == "skipping"
    return (*found, *([NamedPair(every[0], every[-1])] if skipped else []))


def every(client: Client, settings: Settings) -> list[Deployment]:
    """All releases that the operator names, or the reference deployment's, the oldest first.

    Raises:
        errors.CheckError: There is only one, its files are at fault, or its images not to be had.
    """
    found = names(settings)
    if len(found) == 1:
        raise require_two(settings)
    return [releases.named(client, settings, name) for name in found]


def require_two(settings: Settings) -> errors.InapplicableError:
    """The error of a test of upgrades where nobody named a release to go to."""
    return errors.InapplicableError(
        "upgrade it",
        expected="two releases",
        actual=f"only one release is named: {', '.join(names(settings))}",
        next_step="name the one to go to: --to DIR; or a directory with all of them: --releases DIR",
    )


def _directories(home: Path) -> Sequence[Path]:
    found = [path for path in home.expanduser().absolute().glob("*/") if path.is_dir() and not _hidden(path)]
    if not found:
        raise errors.DeploymentError(
            f"find releases in {home}",
            expected="a directory for each release, with its compose file",
            actual="there is none in it" if home.is_dir() else "there is no such directory",
            next_step="correct the directory: --releases DIR",
        )
    return sorted(found, key=_order)


def _order(path: Path) -> list[tuple[bool, int, str]]:
    """A name's words and numbers, so that v2.9 comes before v2.10."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _following(name: str) -> tuple[str, ...]:
    known = releases.NAMES
    return known[known.index(name) + 1 :] if name in known else ()


def _short(name: str) -> str:
    return Path(name).name if "/" in name and "=" not in name else name
