"""Compose's variables in a text: ``$NAME``, ``${NAME}``, ``${NAME:-default}`` and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?")
_DEEPEST = 10
"""Levels of defaults within defaults."""


@dataclass(frozen=True, slots=True)
class Use:
    """A variable where it is used.

    Attributes:
        name: The variable.
        operator: ``:-``, ``-``, ``:?``, ``?``, ``:+``, ``+``; "" for none.
        word: What stands behind the operator: the default, the complaint, or the replacement.
    """

    name: str
    operator: str = ""
    word: str = ""

    @property
    def required(self) -> bool:
        """Whether compose refuses to go on without it."""
        return self.operator.endswith("?")

    @property
    def provided_for(self) -> bool:
        """Whether the text says itself what to take instead."""
        return self.operator[-1:] in {"-", "+"}

    def filled(self, values: Mapping[str, str], depth: int = 0) -> str:
        """What stands there in the end."""
        value = values.get(self.name)
        there = bool(value) if self.operator.startswith(":") else value is not None
        word = filled(self.word, values, depth + 1)
        match self.operator[-1:]:
            case "-":
                return (value or "") if there else word
            case "+":
                return word if there else ""
            case _:
                return value or ""


def uses(text: str, depth: int = 0) -> Iterator[Use]:
    """Every variable that a text uses, in defaults too."""
    for part in _parts(text):
        if isinstance(part, Use):
            yield part
            if depth < _DEEPEST:
                yield from uses(part.word, depth + 1)


def filled(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """A text with its variables filled in; one without a value is empty, as compose has it."""
    if "$" not in text or depth > _DEEPEST:
        return text
    return "".join(part if isinstance(part, str) else part.filled(values, depth) for part in _parts(text))


def _parts(text: str) -> Iterator[str | Use]:
    """Text and variables in turn; what compose could not read stays text."""
    if "$" not in text:
        yield text
        return
    ends = _closings(text)
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        yield text[position:dollar]
        after = dollar + 1
        if text.startswith("$", after):
            yield "$"
            position = after + 1
        elif text.startswith("{", after) and after in ends and (found := _BRACED.match(text, after + 1)):
            name, operator = found.group(1), found.group(2) or ""
            yield Use(name, operator, text[found.end() : ends[after]] if operator else "")
            position = ends[after] + 1
        elif bare := _NAME.match(text, after):
            yield Use(bare.group())
            position = bare.end()
        else:
            yield "$"
            position = after
    yield text[position:]


def _closings(text: str) -> dict[int, int]:
    """Where each ``${`` is closed, by the place of its brace."""
    ends, waiting = {}, []
    for found in re.finditer(r"\$\$|\$\{|\}", text):
        if found.group() == "${":
            waiting.append(found.end() - 1)
        elif found.group() == "}" and waiting:
            ends[waiting.pop()] = found.start()
    return ends
