"""Definitions of tables, taken apart: what has to be there before the rows, and what is made faster after them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentchat_check.probes.row_hashes import quoted

_NAME = re.compile(r"CREATE TABLE `((?:[^`]|``)+)` \(\n")
_AUTO_INCREMENT = re.compile(r"  `((?:[^`]|``)+)` .* AUTO_INCREMENT\b")
_KEY = re.compile(r"  (UNIQUE |FULLTEXT |SPATIAL )?KEY `(?:[^`]|``)+` \(`((?:[^`]|``)+)`")
_FOREIGN_KEY = re.compile(r"  CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY ")


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be filled.

    Attributes:
        name: Its name.
        bare: The statement that makes it without what comes later.
        later: Statements that add its other indexes and its foreign keys, once its rows are there.
    """

    name: str
    bare: str
    later: tuple[str, ...]


def taken_apart(statement: str) -> Table:
    """Take the definition of a table apart, as ``SHOW CREATE TABLE`` gives it.

    A key that the automatic numbers need stays; a key on an expression, too, whatever it is.

    Raises:
        ValueError: It is no such definition.
    """
    if not (named := _NAME.match(statement)):
        raise ValueError(f"no definition of a table: {statement[:80]}")
    first, *lines = statement.split("\n")
    end = next(number for number, line in enumerate(lines) if line.startswith(")"))
    inside, tail = [line.rstrip(",") for line in lines[:end]], lines[end:]
    counted = next((found[1] for line in inside if (found := _AUTO_INCREMENT.match(line))), None)
    later = [line for line in inside if _comes_later(line, counted)]
    bare = ",\n".join(line for line in inside if line not in later)
    name = named[1].replace("``", "`")
    return Table(name, "\n".join([first, bare, *tail]), tuple(_added(name, later)))


def _comes_later(line: str, counted: str | None) -> bool:
    if _FOREIGN_KEY.match(line):
        return True
    key = _KEY.match(line)
    return bool(key) and key[2] != counted if key else False


def _added(name: str, lines: list[str]) -> list[str]:
    """One statement for all of them, but for full-text indexes: InnoDB makes one of those at a time."""
    alone = [line for line in lines if line.startswith("  FULLTEXT ")]
    together = [line for line in lines if line not in alone]
    groups = [together, *([line] for line in alone)]
    return [f"ALTER TABLE {quoted(name)} {', '.join(f'ADD{line[1:]}' for line in group)}" for group in groups if group]
