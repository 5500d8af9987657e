"""Files in a tar stream: each looked at before it is passed on."""

from __future__ import annotations

import hashlib
import json
import posixpath
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from agentchat_check import errors
from agentchat_check.archive import tar_streams
from agentchat_check.archive.streams import Sink, Source, TalliedSource

OURS = ".agentchat-check-"
"""How the names begin under which a restore keeps things for a while, at the top of a volume; they are passed over."""

_SUM = 1 << 256


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A member that was not passed on.

    Attributes:
        path: Its path, below the mount point.
        why: Why not.
    """

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The files that were passed on.

    Attributes:
        files: How many; directories and links are not counted.
        bytes: What is in them.
        digest: Of paths below the mount point, kinds, modes, owners, sizes and contents, in no order; without times.
        left_out: What was not passed on, in order.
    """

    files: int
    bytes: int
    digest: str
    left_out: tuple[LeftOut, ...]


def check(source: Source, sink: Sink, *, mounted_at: str) -> Tree:
    """Pass files on to where they are restored; the first one that may not be is refused, and nothing of it passed on.

    Refused are names that are absolute or climb, that lie below a link, or that come twice; links that lead out;
    devices, pipes, and what else is no file, directory or link.

    Args:
        source: A tar stream, as the engine gives it: everything lies below the mount point's last name.
        sink: Takes a tar stream.
        mounted_at: Where the volume or bind mount lies in its container: ``/var/lib/app``.

    Raises:
        errors.ArchiveError: A member is refused, or the stream is damaged or ends early.
    """

    def refuse(path: str, why: str) -> None:
        raise _refused(mounted_at, path, why)

    return _Copy(sink, mounted_at, refuse).run(source)


def select(
    source: Source,
    sink: Sink,
    *,
    mounted_at: str,
    until: datetime | None = None,
    changed: Callable[[str], datetime] | None = None,
) -> Tree:
    """Pass files on to where they are kept; what ``check`` would refuse because of what it is, is left out and named.

    Args:
        source: A tar stream, as the engine gives it: everything lies below the mount point's last name.
        sink: Takes a tar stream.
        mounted_at: Where the volume or bind mount lies in its container.
        until: Files and links changed later are left out, too; a directory says nothing by its time.
        changed: Says when a path below the mount point was changed. The engine tells times in whole seconds, rounded
            down: it is asked about what was changed in that very second, which stays where nobody can be asked.

    Raises:
        errors.ArchiveError: A name is absolute, climbs, lies below a link or comes twice; or the stream is damaged or
            ends early.
    """
    left_out: list[LeftOut] = []
    tree = _Copy(sink, mounted_at, lambda path, why: left_out.append(LeftOut(path, why)), until, changed).run(source)
    return Tree(tree.files, tree.bytes, tree.digest, tuple(left_out))


class _Copy:
    """One tar stream on its way into another; nothing is held but what was seen."""

    def __init__(
        self,
        sink: Sink,
        mounted_at: str,
        unwanted: Callable[[str, str], None],
        until: datetime | None = None,
        changed: Callable[[str], datetime] | None = None,
    ) -> None:
        self._sink = sink
        self._mounted_at = mounted_at
        self._until = until
        self._changed = changed
        self._unwanted = unwanted
        self._top = PurePosixPath(mounted_at).name
        self._seen: dict[bytes, bytes] = {}  # by path: the digest of what a file is, b"" for what is none
        self._links: set[str] = set()
        self._sum = self._files = self._bytes = 0

    def run(self, source: Source) -> Tree:
        with tar_streams.reported(f"read the files of {self._mounted_at}"):
            outgoing = tar_streams.Outgoing(self._sink)
            for member, content in tar_streams.members(source):
                self._pass_on(member, content, outgoing)
            outgoing.finish()
        return Tree(self._files, self._bytes, f"{self._sum:064x}", ())

    def _pass_on(self, member: tarfile.TarInfo, content: Source | None, outgoing: tar_streams.Outgoing) -> None:
        path = self._below(member.name)
        if path.startswith(OURS):
            return
        name = _hashed(path)
        if name in self._seen:
            raise _refused(self._mounted_at, path, "it comes twice")
        if any(folder in self._links for folder in _folders(path)):
            raise _refused(self._mounted_at, path, "it lies below a link")
        if why := self._why_not(member, path):
            self._unwanted(path, why)
            return
        digested = TalliedSource(content) if content else None
        outgoing.add(member, digested)
        if digested:
            self._files += 1
            self._bytes += member.size
            what = self._seen[name] = _digest(member, "file", digested.sha256())
        elif member.islnk():
            what = self._seen[name] = self._seen[_hashed(self._below(member.linkname))]
        else:
            self._seen[name] = b""
            what = _digest(member, "link" if member.issym() else "directory", member.linkname)
            if member.issym():
                self._links.add(path)
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(name + what).digest(), "big")) % _SUM

    def _below(self, name: str) -> str:
        """A member's path below the mount point, "" for the mount point itself."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            raise _refused(self._mounted_at, name, "its name is absolute, or climbs")
        if self._top and path.parts[:1] != (self._top,):
            raise _refused(self._mounted_at, name, f"it does not lie below {self._top}")
        return "/".join(path.parts[1:] if self._top else path.parts)

    def _why_not(self, member: tarfile.TarInfo, path: str) -> str:
        """Why a member is not passed on, or ""."""
        if member.issparse():
            return "it is a sparse file, which the engine does not write"
        if not (member.isreg() or member.isdir() or member.islnk() or member.issym()):
            return "it is no file, directory or link"
        if member.islnk() and not self._seen.get(_hashed(self._below(member.linkname))):
            return "it is a second name of a file that is not there"
        if member.issym() and self._leads_out(path, member.linkname):
            return f"it leads to {member.linkname}, out of {self._mounted_at}"
        if self._until and not member.isdir() and self._is_later(member.mtime, path, self._until):
            return "it was changed after the cut"
        return ""

    def _is_later(self, mtime: float, path: str, until: datetime) -> bool:
        """Whether something was changed later; in the last second only who knows more than the engine can tell."""
        if self._changed and int(mtime) == int(until.timestamp()):
            return self._changed(path) > until
        return mtime > until.timestamp()

    def _leads_out(self, path: str, target: str) -> bool:
        """Whether a link leads out of the mount point; where it climbs after it went down, nobody can know."""
        if target.startswith("/"):
            inside = self._mounted_at.rstrip("/") + "/"
            return not f"{target}/".startswith(inside) or ".." in target.split("/")
        steps = [step for step in target.split("/") if step not in {"", "."}]
        climbs = next((index for index, step in enumerate(steps) if step != ".."), len(steps))
        return ".." in steps[climbs:] or climbs > path.count("/")


def _digest(member: tarfile.TarInfo, kind: str, content: str) -> bytes:
    """Of what a member is, without its path and time."""
    facts = [kind, member.mode & 0o7777, member.uid, member.gid, member.size, content]
    return hashlib.sha256(json.dumps(facts).encode()).digest()


def _hashed(path: str) -> bytes:
    return hashlib.sha256(path.encode(errors="surrogateescape")).digest()[:16]


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _refused(mounted_at: str, path: str, why: str) -> errors.ArchiveError:
    return errors.ArchiveError(
        f"read the files of {mounted_at}",
        expected="files, directories and links that stay inside of it",
        actual=f"{path!r}: {why}",
        next_step="do not restore this; see who wrote it",
    )
