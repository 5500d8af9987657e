"""YAML in which every value knows its place.

Built from the parser's events, not from its objects: those lose the lines, and recurse as deep as a file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agentchat_check.audit.places import Place, text_of, unreadable

_DEEPEST = 100
"""Levels of nesting; compose files have about ten."""

_MERGE = "<<"
_NULLS = {"", "~", "null", "Null", "NULL"}

Value = str | list["Node"] | dict[str, "Node"] | None


@dataclass(slots=True, eq=False)
class Node:
    """A value and its place. Scalars are text as it stands there, or None; what is shared by an alias is one node.

    Attributes:
        value: Text, None, a list or a mapping of nodes.
        place: Where it stands.
        tag: Compose's own tag, ``reset`` or ``override``; "" for none.
    """

    value: Value
    place: Place
    tag: str = ""

    def get(self, *keys: str) -> Node | None:
        """What a mapping holds below these keys, if anything."""
        node: Node | None = self
        for key in keys:
            node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
        return node

    def items(self) -> list[tuple[str, Node]]:
        """The entries of a mapping; none of anything else."""
        return list(self.value.items()) if isinstance(self.value, dict) else []

    def entries(self) -> list[Node]:
        """The entries of a list; a scalar is a list of one."""
        if isinstance(self.value, list):
            return self.value
        return [self] if isinstance(self.value, str) else []

    def text(self) -> str:
        """A scalar's text; "" of anything else."""
        return self.value if isinstance(self.value, str) else ""


@dataclass(slots=True)
class Document:
    """A YAML file.

    Attributes:
        roots: The root of each document in it.
        twice: Keys that stand twice in one mapping, each with its second place.
    """

    roots: list[Node] = field(default_factory=list)
    twice: list[tuple[str, Place]] = field(default_factory=list)


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        errors.DeploymentError: It is not YAML, nested too deeply, or cannot be read at all.
    """
    text = text_of(path)
    try:
        return _Builder(path).built(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        why = " ".join(filter(None, (error.context, error.problem)))
        raise unreadable(path, f"line {line}: {why}", expected="YAML") from None
    except yaml.YAMLError as error:
        raise unreadable(path, str(error).replace("\n", " "), expected="YAML") from None


def plain(value: Any, place: Place) -> Node:
    """The node of a value that a program printed: everything stands at one place, and scalars are text."""
    if isinstance(value, Mapping):
        return Node({str(key): plain(inner, place) for key, inner in value.items()}, place)
    if isinstance(value, list):
        return Node([plain(inner, place) for inner in value], place)
    if isinstance(value, bool):
        return Node(str(value).lower(), place)
    return Node(None if value is None else str(value), place)


def walk(root: Node) -> Iterator[Node]:
    """Every node below a root once, however often it is shared."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node.value, dict):
            waiting.extend(node.value.values())
        elif isinstance(node.value, list):
            waiting.extend(node.value)


class _Builder:
    """Puts a tree together from the events of a parser."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._document = Document()
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Node, list[Node]]] = []

    def built(self, events: Iterator[yaml.Event]) -> Document:
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self._anchors.clear()
                case yaml.ScalarEvent():
                    null = event.value in _NULLS and event.implicit[0] and not event.style
                    self._close(self._anchored(event, None if null else event.value))
                case yaml.AliasEvent():
                    self._close(self._named(event))
                case yaml.SequenceStartEvent():
                    self._begin(self._anchored(event, []))
                case yaml.MappingStartEvent():
                    self._begin(self._anchored(event, {}))
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._end()
        return self._document

    def _place(self, event: yaml.Event) -> Place:
        return Place(self._path, event.start_mark.line + 1 if event.start_mark else 1)

    def _anchored(self, event: Any, value: Value) -> Node:
        tag = (event.tag or "").lstrip("!")
        node = Node(None if tag == "reset" else value, self._place(event), tag if tag in {"reset", "override"} else "")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _named(self, event: yaml.AliasEvent) -> Node:
        """What an alias stands for; one that leads into itself stands for nothing, and compose refuses it."""
        node = self._anchors.get(event.anchor or "")
        if node is None or any(node is one for one, _ in self._open):
            place = self._place(event)
            raise unreadable(self._path, f"line {place.line}: *{event.anchor} leads nowhere", expected="YAML")
        return node

    def _begin(self, node: Node) -> None:
        if len(self._open) == _DEEPEST:
            why = f"line {node.place.line}: nested more than {_DEEPEST} levels deep"
            raise unreadable(self._path, why, expected="YAML")
        self._open.append((node, []))

    def _end(self) -> None:
        node, inner = self._open.pop()
        if node.value is None:  # reset: what stands below is gone
            pass
        elif isinstance(node.value, list):
            node.value.extend(inner)
        else:
            node.value = self._mapping(inner)
        self._close(node)

    def _close(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._document.roots.append(node)

    def _mapping(self, inner: list[Node]) -> dict[str, Node]:
        own: dict[str, Node] = {}
        given: dict[str, Node] = {}
        for key, value in zip(inner[::2], inner[1::2], strict=True):
            name = key.text()
            if name == _MERGE:
                for source in value.entries() or [value]:
                    given = {**dict(source.items()), **given}
                continue
            if name in own:
                self._document.twice.append((name, key.place))
            # A key's line tells more than that of its value, which may begin below it.
            own[name] = value if value.place.file != self._path else _at(value, key.place)
        return {**given, **own}


def _at(value: Node, place: Place) -> Node:
    """A value under its key: where it is a block of its own, the key's line stands for it."""
    if isinstance(value.value, dict | list) and value.place.line > place.line:
        value.place = place
    return value


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
