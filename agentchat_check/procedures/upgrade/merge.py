"""An administrator's env file, brought to the next release: what is changed there stays changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentchat_check.audit import interpolation
from agentchat_check.facts import VariableChange, VariableFate
from agentchat_check.procedures.upgrade import example
from agentchat_check.procedures.upgrade.example import Line

HEADER = "# From the former env file; the example of this release does not have it:"
"""Stands above what the new example has no place for."""

_DATA_KNOW_IT = re.compile(r"PASS|SECRET|(^|_)KEY(_|$)|TOKEN$", re.IGNORECASE)
"""Variables whose value the data were made with: another one would close them."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The new env file.

    Attributes:
        text: What is in it, secrets too.
        changes: What became of each variable that is worth a word, in the order of the text; no values.
    """

    text: str = field(repr=False)
    changes: tuple[VariableChange, ...]


def merge(former: str, own: str, new: str, *, required: Collection[str] | None = None) -> Merged:
    """Merge what the administrator changed into the new release's example; doing it again changes nothing.

    What was changed is kept, what was left as the former example had it takes the new example's value, and what was
    renamed (``# formerly NAME`` in the comment above it) moves. A value is never replaced by none, and a secret stays:
    the data were made with it. What the new example does not have stands at the end. Comments and order are the new
    example's.

    Args:
        former: The example of the release that runs; "" where it has none.
        own: The administrator's env file.
        new: The example of the release that is to run; where it has none, the env file stays as it is.
        required: Variables without which the new compose files refuse to go on; where that is not known, those that the
            new example adds without a value.

    Raises:
        errors.DeploymentError: A line is none of an env file; the error says which.
    """
    will = example.lines(new, "the example of the new release's env file")
    mine = example.lines(own, "the env file")
    if not will:
        return Merged(own, ())
    was = _places(example.lines(former, "the example of the former release's env file"))
    sides = _Sides(was, _places([line for line in mine if line.set]), _places(will))
    lines = [_brought(line, sides) for line in will]
    rest = {name: _left_over(setting, sides) for name, setting in sides.mine.items() if name not in sides.settled}
    ending = [
        written
        for name, (text, _) in rest.items()
        if text is not None
        for written in (*_comments_above(sides.mine[name], mine), text)
    ]
    text = "\n".join(text for text, _ in lines if text is not None).strip("\n") + "\n"
    text += "\n".join(["", HEADER, *ending, ""]) if ending else ""
    merged = example.lines(text, "the merged env file")
    changes = [change for _, change in (*lines, *rest.values()) if change]
    changes += [*_stand_twice(mine), *_out_of_order(mine, merged)]
    return Merged(text, tuple(_one_each(changes, _lacking(merged, sides, required))))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The three files, by variable.

    Attributes:
        was: The former example.
        mine: What the administrator sets.
        will: The new example.
    """

    was: Mapping[str, Line]
    mine: Mapping[str, Line]
    will: Mapping[str, Line]

    @property
    def moved(self) -> dict[str, Line]:
        """What the administrator sets by a former name alone, by the new one."""
        found = {}
        for name, place in self.will.items():
            theirs = [self.mine[former] for former in place.former if former in self.mine and former not in self.will]
            if theirs and name not in self.mine:
                found[name] = theirs[0]
        return found

    @property
    def settled(self) -> set[str]:
        """What the administrator sets that has its place in the new example."""
        return {*self.will, *(line.name for line in self.moved.values())} & self.mine.keys()

    def setting(self, name: str) -> Line | None:
        """What the administrator sets a variable of the new example to."""
        return self.mine.get(name) or self.moved.get(name)

    def was_left(self, setting: Line, name: str = "") -> bool:
        """Whether it is as the former example has it, by this name or a new one, and may change; a secret may not."""
        place = self.will.get(name)
        names = (setting.name, name, *(place.former if place else ()))
        known = [self.was[one] for one in (setting.name, name) if one in self.was]
        as_it_was = any(old.set and old.says_the_same(setting) for old in known)
        return as_it_was and (setting.blank or not any(map(_DATA_KNOW_IT.search, names)))


def _places(lines: Sequence[Line]) -> dict[str, Line]:
    """Where each variable stands: where it is set last, else where a comment shows it first."""
    places: dict[str, Line] = {}
    for line in lines:
        if line.name and (line.set or line.name not in places):
            places[line.name] = line
    return places


def _brought(line: Line, sides: _Sides) -> tuple[str | None, VariableChange | None]:
    """What stands for a line of the new example, and what is to be said of its variable."""
    name = line.name
    if sides.will.get(name) is not line:  # a comment, or what stands elsewhere
        return (None if line.set else line.text), None
    setting, old = sides.setting(name), sides.was.get(name)
    if setting is None:
        if old and old.set and line.set and not line.blank:
            return line.commented_out, VariableChange(name, VariableFate.REMOVED)
        news = old is None or (line.set and not old.set)
        known = next((former for former in line.former if former in sides.was), "")
        return line.text, VariableChange(name, VariableFate.NEW, known) if news else None
    former = setting.name if setting.name != name else ""
    same = line.set and line.says_the_same(setting) and not former
    if sides.was_left(setting, name) and not (line.set and line.blank and not setting.blank):
        return line.text, None if same else VariableChange(name, VariableFate.FOLLOWS, former)
    fate = VariableFate.RENAMED if former else VariableFate.KEPT
    return line.set_to(setting), None if same else VariableChange(name, fate, former)


def _left_over(setting: Line, sides: _Sides) -> tuple[str | None, VariableChange]:
    """What becomes of a variable that has no place in the new example."""
    name = setting.name
    for new, place in sides.will.items():
        other = sides.setting(new)
        if name in place.former and other:
            if other.says_the_same(setting):
                return None, VariableChange(name, VariableFate.GONE, words=f"{other.name} is set to the same")
            words = f"{other.name}, its new name, is set to something else: keep one of them"
            return setting.alone, VariableChange(name, VariableFate.CONFLICT, words=words)
    if name not in sides.was:
        return setting.alone, VariableChange(name, VariableFate.OWN, words="it stays, at the end")
    if setting.blank or sides.was_left(setting):
        return None, VariableChange(name, VariableFate.GONE)
    words = "it is set, and the new release does not have it: take it out, or set what replaces it"
    return setting.alone, VariableChange(name, VariableFate.CONFLICT, words=words)


def _comments_above(setting: Line, lines: Sequence[Line]) -> list[str]:
    """The comments that stand right above a variable."""
    place, found = lines.index(setting), []
    while place and not lines[place].gap.count("\n") and not lines[place - 1].set:
        place -= 1
        found.append(lines[place].alone)
    return [text for text in reversed(found) if text != HEADER]


def _stand_twice(lines: Sequence[Line]) -> Iterator[VariableChange]:
    """Variables that are set more than once, each time to something else."""
    given: dict[str, list[Line]] = {}
    for line in lines:
        if line.set:
            given.setdefault(line.name, []).append(line)
    for name, several in given.items():
        if not all(one.says_the_same(several[-1]) for one in several):
            words = f"it is set {len(several)} times, not always alike: the last one counts"
            yield VariableChange(name, VariableFate.KEPT, words=words)


def _out_of_order(mine: Sequence[Line], merged: Sequence[Line]) -> Iterator[VariableChange]:
    """Values that name a variable which stood before them and does not any more; compose would find nothing there."""
    was, is_ = ([line.name for line in lines if line.set] for lines in (mine, merged))
    for place, line in enumerate(line for line in merged if line.set):
        if line.literal or line.name not in was:
            continue
        before = was[: was.index(line.name)]
        for use in interpolation.uses(line.value or ""):
            if use.name in before and use.name not in is_[:place]:
                words = f"its value names {use.name}, which stands behind it now, or nowhere: write that out"
                yield VariableChange(line.name, VariableFate.CONFLICT, words=words)


def _lacking(merged: Sequence[Line], sides: _Sides, required: Collection[str] | None) -> set[str]:
    """Variables that need a value and have none."""
    if required is None:
        new = {name for name, line in sides.will.items() if line.set and line.blank and name not in sides.was}
        required = new - sides.moved.keys()
    return set(required) - {line.name for line in merged if line.set and not line.blank}


def _one_each(changes: Sequence[VariableChange], lacking: set[str]) -> Iterator[VariableChange]:
    """One change for each variable: a conflict outweighs what else is said of it, and words are put together."""
    by_name: dict[str, VariableChange] = {}
    for change in changes:
        known = by_name.get(change.name, change)
        first = change if change.fate is VariableFate.CONFLICT else known
        words = "; ".join(dict.fromkeys(part for part in (known.words, change.words) if part))
        by_name[change.name] = replace(first, words=words)
    for name in sorted(lacking - by_name.keys()):
        by_name[name] = VariableChange(name, VariableFate.NEW)
    for change in by_name.values():
        yield replace(change, lacks_value=change.name in lacking)
