"""Env files line by line, as they are written: an example with its comments, and what an administrator made of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dotenv import parser

from agentchat_check import errors

_COMMENTED = re.compile(r"#[ \t]?((?:export[ \t]+)?[A-Z_][A-Z0-9_]*=.*)")
_FORMER = re.compile(r"#.*\bformerly ([A-Z_][A-Z0-9_]*(?:, [A-Z_][A-Z0-9_]*)*)")
_PARTS = re.compile(r"((?:export[^\S\n]+)?(?:'[^']+'|[^=#\s]+))(?:[^\S\n]*(=)(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an env file; a value in quotes may make it several.

    Attributes:
        text: What is written, blank lines before it included, its end not.
        name: The variable; "" for a comment.
        head: What stands before the equals sign.
        raw: What stands behind it, comment included; None where there is no sign.
        value: The value as it is read, variables in it not filled in; None where there is no sign.
        set: Whether the variable is set; a comment may show it with its default.
        former: What the variable was called before, as its comment says.
        number: The line's number; the first is 1.
    """

    text: str
    name: str = ""
    head: str = ""
    raw: str | None = None
    value: str | None = None
    set: bool = False
    former: tuple[str, ...] = ()
    number: int = 1

    @property
    def literal(self) -> bool:
        """Whether a dollar sign in the value is one."""
        return (self.raw or "").lstrip().startswith("'")

    @property
    def blank(self) -> bool:
        """Whether there is no value."""
        return not self.value

    @property
    def gap(self) -> str:
        """The blank lines before it."""
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def alone(self) -> str:
        """What is written, without the blank lines before it."""
        return self.text[len(self.gap) :]

    @property
    def commented_out(self) -> str:
        """The same line as a comment."""
        return self.gap + "#" + self.alone.replace("\n", "\n#")

    def set_to(self, other: Line) -> str:
        """The same line with another's value, as that one writes it."""
        return self.gap + self.head + ("" if other.raw is None else f"={other.raw}")

    def says_the_same(self, other: Line) -> bool:
        """Whether both give one value."""
        return self.value == other.value and ("$" not in (self.value or "") or self.literal == other.literal)


def lines(text: str, what: str) -> tuple[Line, ...]:
    """Read an env file: quotes, ``export``, a byte order mark, either kind of line end.

    Args:
        text: What is in it.
        what: What to call it in an error.

    Raises:
        errors.DeploymentError: A line is none of an env file.
    """
    return tuple(_read(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), what))


def names(text: str) -> tuple[str, ...]:
    """The variables that an env file sets to something.

    Raises:
        errors.DeploymentError: A line is none of an env file.
    """
    return tuple(dict.fromkeys(line.name for line in lines(text, "the env file") if line.set and not line.blank))


def _read(text: str, what: str) -> Iterator[Line]:
    former: list[str] = []
    for binding in parser.parse_stream(io.StringIO(text)):
        written = binding.original.string.removesuffix("\n")
        body = written.lstrip()
        blank_lines = written[: len(written) - len(body)].count("\n")
        number = binding.original.line + blank_lines
        if binding.error:
            raise errors.DeploymentError(
                f"read {what}",
                expected="lines of the form NAME=value, quotes closed",
                actual=f"line {number} is none; it is not shown, for it may hold a secret",
                next_step=f"correct line {number}",
            )
        if blank_lines:
            former = []
        former += [name for names in _FORMER.findall(body) for name in names.split(", ")]
        shown = _shown(body) if binding.key is None else binding
        if shown:
            text_of = body if binding.key is not None else shown.original.string
            yield _setting(written, text_of, shown, number, former, is_set=binding.key is not None)
            former = []
        elif body:
            yield Line(written, number=number)


def _shown(comment: str) -> parser.Binding | None:
    """The variable that a comment shows."""
    if not (found := _COMMENTED.fullmatch(comment)):
        return None
    (binding,) = parser.parse_stream(io.StringIO(found[1]))
    return None if binding.error else binding


def _setting(written: str, body: str, binding: parser.Binding, number: int, former: list[str], *, is_set: bool) -> Line:
    parts = _PARTS.fullmatch(body)
    head, sign, raw = parts.groups() if parts else (binding.key, None, None)
    name = str(binding.key)
    return Line(
        text=written,
        name=name,
        head=str(head),
        raw=raw if sign else None,
        value=binding.value,
        set=is_set,
        former=tuple(one for one in dict.fromkeys(former) if one != name),
        number=number,
    )
