"""What accounts may do, privilege by privilege: servers of two versions word it differently, and know others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from agentchat_check.probes.digests import Cursor

_NAME = re.compile(r"`(?:[^`]|``)*`|'(?:[^']|'')*'")
_OPTION = " WITH GRANT OPTION"
_ALL = "ALL PRIVILEGES"
_NONE = "USAGE"
"""What every account may do: log in."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of ``SHOW GRANTS``.

    Attributes:
        privileges: Their names, with columns where they are for some.
        where: On what, and to whom: ``ON `agentchat`.* TO `chat`@`%```.
        passed_on: Whether the account may grant them to others.
    """

    privileges: tuple[str, ...]
    where: str
    passed_on: bool

    def __str__(self) -> str:
        """The statement that grants it."""
        return f"GRANT {', '.join(self.privileges)} {self.where}{_OPTION if self.passed_on else ''}"


def known(cursor: Cursor) -> frozenset[str]:
    """The privileges that a server knows, in capitals; what components add is known while they are there."""
    cursor.execute("SHOW PRIVILEGES")
    return frozenset(str(name).upper() for name, *_ in cursor.fetchall())


def lacking(before: Iterable[str], after: Collection[str], known: Collection[str] | None = None) -> tuple[str, ...]:
    """The statements that give an account what it may do no more.

    Args:
        before: What it was granted, as ``SHOW GRANTS`` says it.
        after: What it is granted now, likewise.
        known: The privileges that its server knows, in capitals; what it does not know nobody lacks. None: all.
    """
    held = [grant for statement in after if (grant := read(statement))]
    lacked = []
    for statement in before:
        grant = read(statement)
        if grant is None:
            lacked += [] if statement in after else [statement]
        elif missing := tuple(
            one for one in grant.privileges if _is_known(one, known) and not _holds(held, grant, one)
        ):
            lacked.append(str(Grant(missing, grant.where, grant.passed_on)))
    return tuple(lacked)


def unknown(statements: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The privileges among these grants that a server does not know."""
    every = [one for statement in statements if (grant := read(statement)) for one in grant.privileges]
    return tuple(dict.fromkeys(_bare(one) for one in every if not _is_known(one, known)))


def read(statement: str) -> Grant | None:
    """A line of ``SHOW GRANTS``; None where it grants no privileges, but a role, or takes some away."""
    masked = _NAME.sub(lambda name: "`" * len(name[0]), statement)
    if not masked.startswith("GRANT ") or " ON " not in masked or " TO " not in masked:
        return None
    passed_on = masked.endswith(_OPTION)
    begin, on, end = len("GRANT "), masked.index(" ON "), len(statement) - (len(_OPTION) if passed_on else 0)
    names, depth = [begin], 0
    for place in range(begin, on):
        depth += {"(": 1, ")": -1}.get(masked[place], 0)
        if masked[place] == "," and not depth:
            names.append(place + 1)
    privileges = tuple(statement[a:b].strip(" ,") for a, b in zip(names, [*names[1:], on], strict=True))
    return Grant(privileges, statement[on + 1 : end], passed_on)


def _holds(held: Iterable[Grant], grant: Grant, privilege: str) -> bool:
    if privilege == _NONE and not grant.passed_on:
        return True
    there = (one for one in held if one.where == grant.where and (one.passed_on or not grant.passed_on))
    return any(privilege in one.privileges or _ALL in one.privileges for one in there)


def _is_known(privilege: str, known: Collection[str] | None) -> bool:
    return known is None or _bare(privilege) in {_ALL, *known}


def _bare(privilege: str) -> str:
    """A privilege's name without the columns that it is for."""
    return privilege.partition(" (")[0].upper()
