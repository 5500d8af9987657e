"""Two releases, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from agentchat_check.facts.backup import Image


@dataclass(frozen=True, slots=True)
class Release:
    """What makes a release.

    Attributes:
        name: What the administrator calls it: ``ref-2``, ``v2.5``, a directory.
        images: What each service runs; the id of an image that is not at hand is "".
        revision: The revision of the database's schema that runs, or that it migrates to; "" where that is not known.
        revisions: Every revision that its migrations know, the oldest first; none where that is not known.
    """

    name: str
    images: tuple[Image, ...] = ()
    revision: str = ""
    revisions: tuple[str, ...] = ()


class VariableFate(StrEnum):
    """What becomes of a variable of an env file."""

    KEPT = "kept"
    FOLLOWS = "follows the example"
    NEW = "new"
    RENAMED = "renamed"
    OWN = "in no example"
    REMOVED = "left out, as before"
    GONE = "gone"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class VariableChange:
    """A variable, and what becomes of it. No value of the administrator's is in here.

    Attributes:
        name: The variable, as the new release calls it.
        fate: What becomes of it.
        former: What the former release called it; "" where that is its name, too.
        words: What else there is to know.
        lacks_value: Whether the new release needs a value that nobody gave.
    """

    name: str
    fate: VariableFate
    former: str = ""
    words: str = ""
    lacks_value: bool = False

    def __str__(self) -> str:
        """``UPLOAD_MAX_MB: renamed, was UPLOAD_LIMIT_MB``."""
        was = f", was {self.former}" if self.former else ""
        lacks = "; it needs a value" if self.lacks_value else ""
        return f"{self.name}: {self.fate}{was}{f'; {self.words}' if self.words else ''}{lacks}"


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """A service, and what becomes of it.

    Attributes:
        service: The service, as the new release calls it; as the former one does, where it is gone.
        role: The role it plays, or "".
        what: What becomes of it.
        image: What becomes of its image; unknown where one of the two is not at hand.
        words: From which image to which, and which of its settings change.
        former: What the former release called it; "" where that is its name, too.
    """

    service: str
    role: str
    what: Literal["same", "changed", "new", "gone", "renamed"]
    image: Literal["same", "changed", "unknown"]
    words: tuple[str, ...] = ()
    former: str = ""

    def __str__(self) -> str:
        """``backend: changed; image agentchat/backend:v2.4 -> agentchat/backend:v2.5``."""
        was = f", was {self.former}" if self.former else ""
        return "; ".join([f"{self.service}: {self.what}{was}", *self.words])


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where a service keeps data.

    Attributes:
        owner: The role that it plays, or its name where it plays none.
        service: The service.
        path: Where it is mounted in its container.
        kind: A named volume, a volume without a name, or a directory of the host's.
        source: The volume's name or the host's path; "" for a volume without a name.
        filled: Whether something is in it; None where that was not looked at.
    """

    owner: str
    service: str
    path: str
    kind: Literal["volume", "nameless", "bind"]
    source: str
    filled: bool | None = None

    def __str__(self) -> str:
        """``volume agentchat_mysql_data``."""
        return {"volume": "volume", "nameless": "a volume without a name", "bind": "directory"}[self.kind] + (
            f" {self.source}" if self.source else ""
        )


@dataclass(frozen=True, slots=True)
class StorageChange:
    """A place where data lie, and what becomes of it.

    Attributes:
        owner: The role, or the service where it plays none.
        path: Where in its container.
        what: kept; moved: it would start empty; new; unused: nothing reads it any more.
        before: Where the data lie; None for a new place.
        after: Where they would be looked for; None where nobody looks.
        words: What else there is to know.
    """

    owner: str
    path: str
    what: Literal["kept", "moved", "new", "unused"]
    before: DataPlace | None
    after: DataPlace | None
    words: str = ""

    def __str__(self) -> str:
        """``database /var/lib/mysql: moved, volume agentchat_mysql_data -> volume agentchat_db``."""
        both = " -> ".join(dict.fromkeys(str(place or "nothing") for place in (self.before, self.after)))
        return f"{self.owner} {self.path}: {self.what}, {both}{f'; {self.words}' if self.words else ''}"


class Hindrance(StrEnum):
    """What can stand in the way of an upgrade."""

    SAME_RELEASE = "same release"
    DOWNGRADE = "downgrade"
    CONFLICT = "conflict"
    MISSING_VALUE = "missing value"
    UNKNOWN_KEY = "unknown key"
    UNHEEDED = "unheeded"
    MOVED_DATA = "moved data"
    LOST_ROLE = "lost role"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that stands in the way of an upgrade.

    Attributes:
        kind: What kind of thing it is.
        what: What it is.
        next_step: What the administrator does about it.
    """

    kind: Hindrance
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upgrade would change.

    Attributes:
        before: The release that runs.
        after: The release that is to run.
        services: Every service of either.
        storage: Every place where data lie, or would.
        ports: Which published ports change: ``frontend 8090/tcp: 127.0.0.1:8090 -> 127.0.0.1:80``.
        variables: What becomes of the variables of the administrator's env file.
        schema: What changes in the database's schema; None where the two were not at hand.
        project: What is to be known of the compose project, or "".
        obstacles: What stands in the way.
    """

    before: Release
    after: Release
    services: tuple[ServiceChange, ...]
    storage: tuple[StorageChange, ...]
    ports: tuple[str, ...]
    variables: tuple[VariableChange, ...]
    schema: tuple[str, ...] | None
    project: str
    obstacles: tuple[Obstacle, ...]
