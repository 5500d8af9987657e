"""The programs that a shell script calls, and whether it makes sure of them first.

Read word by word, in Python: a parser in C may fall over what stands in somebody's file, and take us with it. What is
written in a way that this does not follow is not taken for a call.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = """
    . : [ [[ alias bg bind break builtin caller case cd command compgen complete continue declare dirs disown do done
    echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if in jobs
    kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source
    suspend test then time times trap true type typeset ulimit umask unalias unset until wait while
"""
BUILTINS = frozenset(_WORDS.split())
"""What a shell knows by itself."""

_ASKS = {"command", "which", "type", "hash"}
"""Commands that ask whether there is a program."""

_BEGIN = {"then", "do", "else", "{", "!", "if", "elif", "while", "until", "time"}
_CONDITIONS = {"if", "elif", "while", "until"}
_RUNS_ANOTHER = {"exec", "env", "nohup", "sudo", "nice", "builtin"}
_NAME = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_FUNCTION = re.compile(r"^\s*(?:function\s+)?([\w-]+)\s*\(\)", re.MULTILINE)
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)")
_INSIDE = re.compile(r"\$\(([^()]*)\)")
_LONGEST = 60
"""Lines that one quoted text may take."""


@dataclass(frozen=True, slots=True)
class Call:
    """A program that is called: its name as written, its arguments, the line, and whether its absence is seen to."""

    name: str
    arguments: tuple[str, ...]
    line: int
    foreseen: bool


def calls(text: str) -> list[Call]:
    """Every command of a script whose name is written out; no builtins, and no functions of its own.

    A program that a script looks for, or tries in a condition, is foreseen everywhere in it.
    """
    found = [call for line, words, tried in _lines(text) for call in _commands(_unpatterned(words), line, tried=tried)]
    asked = {name for call in found if call.name in _ASKS for name in call.arguments}
    foreseen = asked | {call.name for call in found if call.foreseen}
    own = BUILTINS | set(_FUNCTION.findall(text))
    return [Call(call.name, call.arguments, call.line, call.name in foreseen) for call in found if call.name not in own]


def _lines(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """The words of each line, and whether a condition asks for them.

    Lines that go on are joined, and what is only passed on as text is left out.
    """
    ending, waiting, begun = "", "", 0
    for number, line in enumerate(text.replace("\r", "").split("\n"), start=1):
        if ending:
            ending = "" if line.strip() == ending else ending
            continue
        begun = begun if waiting else number
        waiting += line
        if waiting.endswith("\\"):
            waiting = waiting[:-1] + " "
            continue
        words = _words(waiting)
        if words is None and number - begun < _LONGEST:
            waiting += "\n"
            continue
        if words is not None:
            yield begun, words, False
            for inner in _INSIDE.findall(waiting) if '"' in waiting else ():
                yield begun, _words(inner) or [], bool(_CONDITIONS & set(words[:1])) or "||" in words
        heredoc = _HEREDOC.search(waiting)
        ending, waiting = heredoc.group(1) if heredoc and "<<<" not in waiting else "", ""


def _words(line: str) -> list[str] | None:
    """Words and signs of a line; None where a quote is not closed."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        return list(reader)
    except ValueError:
        return None


def _unpatterned(words: list[str]) -> list[str]:
    """A line without the pattern of a case before its commands: what ends in a bracket that was never opened."""
    depth, begin = 0, 0
    for position, word in enumerate(words):
        if word and not set(word) - set("();|&"):
            depth += word.count("(") - word.count(")")
            if depth < 0:
                depth, begin = 0, position + 1
    return words[begin:]


def _commands(words: list[str], line: int, *, tried: bool) -> Iterator[Call]:
    """The commands of a line."""
    command: list[str] = []
    condition, skipping = tried, False
    for word in [*words, ";"]:
        if skipping:  # the values of a list
            skipping = word != ")"
        elif word and not set(word) - set("();|&"):
            if word.startswith("(") and command and _ASSIGNMENT.match(command[-1]) and command[-1].endswith("="):
                skipping = True
            else:
                yield from _call(command, line, foreseen=condition or word == "||")
            command = []
        elif not command and word in _BEGIN:
            condition = word in _CONDITIONS or (condition and word not in {"then", "do", "else"})
        else:
            command.append(word)


def _call(command: list[str], line: int, *, foreseen: bool) -> Iterator[Call]:
    words = _without_redirections(command)
    while words and (_ASSIGNMENT.match(words[0]) or (words[0] in _RUNS_ANOTHER and words[1:])):
        words = words[1:]
    if words and _NAME.fullmatch(words[0]) and words[0] not in {"for", "case", "function", "in"}:
        yield Call(words[0], tuple(words[1:]), line, foreseen)


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        redirects = bool(word) and not set(word) - set("<>&")
        if redirects and kept and kept[-1].isdigit():
            kept.pop()  # the number of a file, as in 2> and 9<
        if not skip and not redirects:
            kept.append(word)
        skip = redirects
    return kept
