"""Compose files as they are written, without what compose makes of them."""

from __future__ import annotations

from typing import Any

import yaml


def parsed(text: str) -> Any:
    """The values of a compose file; compose's own tags (``!reset``, ``!override``) do to them what they say.

    Raises:
        yaml.YAMLError: It is no YAML.
    """
    return yaml.load(text, _Loader)  # noqa: S506 - a safe loader


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
