"""Compose files put together as compose does it, with every value keeping its place.

Compose's own ``config`` says what would run; this says where it stands, and stands in where compose is not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentchat_check.audit import interpolation, marked
from agentchat_check.audit.interpolation import Use
from agentchat_check.audit.marked import Node
from agentchat_check.audit.places import Place, unreadable

_SECTIONS = ("services", "networks", "volumes", "secrets", "configs")
_REPLACED = {"command", "entrypoint", "test"}
"""Lists that an override replaces; it adds to every other."""

_BY_NAME = {"environment", "labels", "args", "annotations", "sysctls", "depends_on", "networks", "extra_hosts"}
"""Sections that may be a list or a mapping."""

_MOST_FILES = 100


@dataclass
class Composed:
    """Compose files, put together.

    Attributes:
        root: The whole of them.
        files: All that were read, in order.
        uses: Every variable in them, and where.
        twice: Keys that stand twice in one mapping.
        bases: For every service the directory that its relative paths start from.
    """

    root: Node
    files: list[Path] = field(default_factory=list)
    uses: list[tuple[Use, Place]] = field(default_factory=list)
    twice: list[tuple[str, Place]] = field(default_factory=list)
    bases: dict[str, Path] = field(default_factory=dict)

    def services(self) -> dict[str, Node]:
        """Every service."""
        services = self.root.get("services")
        return dict(services.items()) if services else {}


def read(files: tuple[Path, ...], directory: Path, values: Mapping[str, str]) -> Composed:
    """Read compose files and what they include and extend.

    Args:
        files: In order of precedence, the last one wins.
        directory: What relative paths start from.
        values: The variables.

    Raises:
        errors.DeploymentError: One cannot be read, or they lead in a circle.
    """
    composed = Composed(Node({}, Place(files[0])))
    reader = _Reader(composed, values)
    for file in files:
        for root in reader.document(file, directory, ()):
            composed.root = merged(composed.root, root)
    for name in composed.services():
        composed.bases.setdefault(name, directory)
    return composed


@dataclass
class _Reader:
    composed: Composed
    values: Mapping[str, str]
    _plain: dict[Path, list[Node]] = field(default_factory=dict)

    def document(self, file: Path, directory: Path, above: tuple[Path, ...]) -> list[Node]:
        """A file's documents, with what they include before them, and extensions resolved."""
        if file in above:
            raise unreadable(file, f"it includes itself, through {above[-1].name}")
        roots = self._filled(file)
        included = [node for root in roots for node in self._included(root, file, directory, (*above, file))]
        services = Node({}, Place(file))
        for root in [*included, *roots]:
            services = merged(services, root.get("services") or Node({}, Place(file)))
        for root in roots:
            section = root.get("services")
            if isinstance(root.value, dict) and section and isinstance(section.value, dict):
                extended = {
                    name: self._extended(node, services, file, directory, ((file, name),))
                    for name, node in section.items()
                }
                root.value["services"] = Node(extended, section.place, section.tag)
        return [*included, *roots]

    def _filled(self, file: Path) -> list[Node]:
        if file not in self._plain:
            if len(self._plain) == _MOST_FILES:
                raise unreadable(file, f"more than {_MOST_FILES} files are included")
            document = marked.read(file)
            self.composed.files.append(file)
            self.composed.twice += document.twice
            for root in document.roots:
                self._fill(root)
            self._plain[file] = document.roots
        return [Node(dict(root.items()), root.place) for root in self._plain[file]]

    def _fill(self, root: Node) -> None:
        for node in marked.walk(root):
            if isinstance(node.value, str) and "$" in node.value:
                self.composed.uses += [(use, node.place) for use in interpolation.uses(node.value)]
                node.value = interpolation.filled(node.value, self.values)

    def _included(self, root: Node, file: Path, directory: Path, above: tuple[Path, ...]) -> Iterator[Node]:
        section = root.get("include")
        for entry in section.entries() if section else ():
            paths = entry.get("path") or entry
            own = entry.get("project_directory")
            for path in paths.entries():
                target = file.parent / path.text()
                base = directory / own.text() if own and own.text() else target.parent
                for node in self.document(target, base, above):
                    for name in dict((node.get("services") or Node(None, node.place)).items()):
                        self.composed.bases.setdefault(name, base)
                    yield node

    def _extended(
        self, service: Node, services: Node, file: Path, directory: Path, above: tuple[tuple[Path, str], ...]
    ) -> Node:
        how = service.get("extends")
        if how is None or not isinstance(service.value, dict):
            return service
        other, name = how.get("file"), (how.get("service") or how).text()
        source = (directory / other.text()) if other and other.text() else file
        if (source, name) in above:
            raise unreadable(file, f"line {how.place.line}: {name} extends itself")
        if other and other.text():
            services = Node({}, Place(source))
            for root in self._filled(source):
                services = merged(services, root.get("services") or Node({}, root.place))
        base = services.get(name)
        if base is None:
            raise unreadable(file, f"line {how.place.line}: it extends {name!r}, and there is no such service")
        base = self._extended(base, services, source, directory, (*above, (source, name)))
        own = {key: node for key, node in service.items() if key != "extends"}
        return merged(base, Node(own, service.place))


def merged(base: Node, over: Node) -> Node:
    """What is left of a node when another is laid over it."""
    return _merged(base, over, "", {})


def _merged(base: Node, over: Node, key: str, known: dict[tuple[int, int], Node]) -> Node:
    if over.tag or over.value is None:
        return over if over.tag or base.value is None else base
    pair = (id(base), id(over))
    if pair not in known:
        known[pair] = _laid(base, over, key, known)
    return known[pair]


def _laid(base: Node, over: Node, key: str, known: dict[tuple[int, int], Node]) -> Node:
    if key in _BY_NAME:
        base, over = by_name(base), by_name(over)
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        both = dict(base.value)
        for name, node in over.value.items():
            both[name] = _merged(both[name], node, name, known) if name in both else node
        kept = {name: node for name, node in both.items() if node.tag != "reset"}
        return Node(kept, base.place)
    if isinstance(base.value, list) and isinstance(over.value, list) and key not in _REPLACED:
        return Node([*base.value, *over.value], base.place)
    return over


def by_name(node: Node) -> Node:
    """A section that may be a list, ``[NAME=value]`` or ``[name]``, as a mapping."""
    if not isinstance(node.value, list):
        return node
    found = {}
    for entry in node.value:
        name, equals, value = entry.text().partition("=")
        if name:
            found[name] = Node(value if equals else None, entry.place)
    return Node(found, node.place, node.tag)
