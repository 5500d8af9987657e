"""Compose files as they are written, without what compose makes of them: read, and written with its two merge tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml


class Reset:
    """Removes what the files below say."""


@dataclass(frozen=True, slots=True)
class Override:
    """Replaces what the files below say, instead of being merged with it."""

    value: Any


def parsed(text: str) -> Any:
    """The values of a compose file; compose's own tags (``!reset``, ``!override``) do to them what they say.

    Raises:
        yaml.YAMLError: It is no YAML.
    """
    return yaml.load(text, _Loader)  # noqa: S506 - a safe loader


def as_yaml(values: Mapping[str, Any], *, header: str) -> str:
    """A compose file that explains itself; ``Reset`` and ``Override`` stand in it as compose's own tags."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, width=110)


class _Loader(yaml.SafeLoader):
    """Reads past compose's own tags (``!reset``, ``!override``)."""


def _untagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    """What is left of a value with a tag: nothing where it is reset, else the value."""
    if tag == "reset":
        return None
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _untagged)


class _Dumper(yaml.SafeDumper):
    """YAML with compose's two merge tags, and without anchors, which nobody likes to read."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _override_node(dumper: yaml.SafeDumper, data: Override) -> yaml.Node:
    node = dumper.represent_data(data.value)
    node.tag = "!override"
    return node


_Dumper.add_representer(Reset, lambda dumper, _: dumper.represent_scalar("!reset", "null"))
_Dumper.add_representer(Override, _override_node)
