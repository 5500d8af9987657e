"""How a database is defined, and the rows that a release brings along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentchat_check.facts.answers import HttpAnswer, SeedRow


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table, as the server writes its definition.

    Attributes:
        table: Its name.
        columns: Each column's type, character set, default and so on, by its name.
        keys: Its primary key, indexes, foreign keys and checks, in order.
        options: Its engine, character set and collation.
    """

    table: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    options: str


@dataclass(frozen=True, slots=True)
class SchemaDefinition:
    """A database without its rows.

    Attributes:
        charset: Its default character set.
        collation: Its default collation.
        tables: By name.
    """

    charset: str
    collation: str
    tables: tuple[TableDefinition, ...]

    def changes(self, after: SchemaDefinition) -> tuple[str, ...]:
        """What is otherwise in another one, a line each: ``user.display_name: nothing -> varchar(64) DEFAULT NULL``.

        The order of columns counts for nothing: whoever adds one puts it at the end.
        """
        return tuple(self._changes(after))

    def _changes(self, after: SchemaDefinition) -> Iterator[str]:
        yield from _differ("the database", self._defaults(), after._defaults())
        was, is_ = ({table.table: table for table in schema.tables} for schema in (self, after))
        for name in sorted(was.keys() | is_.keys()):
            if name not in is_ or name not in was:
                yield f"{name}: the table is {'gone' if name in was else 'new'}"
                continue
            one, other = was[name], is_[name]
            for column in {**one.columns, **other.columns}:
                yield from _differ(f"{name}.{column}", one.columns.get(column), other.columns.get(column))
            gone, new = ([key for key in a.keys if key not in b.keys] for a, b in ((one, other), (other, one)))
            yield from (f"{name}: {key} is gone" for key in gone)
            yield from (f"{name}: {key} is new" for key in new)
            yield from _differ(name, one.options, other.options)

    def _defaults(self) -> str:
        return f"{self.charset}, {self.collation}"


def _differ(what: str, before: str | None, after: str | None) -> Iterator[str]:
    if before != after:
        yield f"{what}: {before or 'nothing'} -> {after or 'nothing'}"


@dataclass(frozen=True, slots=True)
class SeedRecord:
    """A row that an installation has from its release, and what is in it without saying it.

    Attributes:
        table: Its table.
        label: What it is called.
        digest: Of it, without times and ids, which every installation makes for itself.
        owned: Whether it says that nobody made it; else it lies in a table in which rows have no owner.
    """

    table: str
    label: str
    digest: str
    owned: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """What an installation has from its release.

    Attributes:
        schema: How its database is defined.
        records: Rows that no user made.
        listed: Agents, tools and models that are listed.
        answers: The requests that listed them.
    """

    schema: SchemaDefinition
    records: tuple[SeedRecord, ...]
    listed: tuple[SeedRow, ...]
    answers: tuple[HttpAnswer, ...]
