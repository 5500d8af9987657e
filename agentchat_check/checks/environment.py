"""Does every setting do what it is there for, and is nonsense refused?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentchat_check import facts
from agentchat_check.facts import Fate
from agentchat_check.findings import Finding, Promise

ALIVE = Promise(
    "environment.alive",
    "every variable has an effect",
    "take the variable out of the files that name it, or make the application read it: whoever sets it believes that "
    "it does something",
)
REFUSES_NONSENSE = Promise(
    "environment.refuses_nonsense",
    "a value that makes no sense is refused, and its variable named",
    "check the value where the application reads its settings, and end with an error that names the variable",
)
REFUSES_NOTHING = Promise(
    "environment.refuses_nothing",
    "a variable that is empty or missing has a default in the compose file, or is refused by its name",
    "write ${NAME:?what it is for} in the compose file, or give it a default: ${NAME:-value}",
)


def alive(knobs: Sequence[facts.Knob]) -> Finding:
    """Another value changes what runs, for every variable that the files name."""
    dead = [f"{knob.variable.name}: {_where(knob)}{knob.effect}" for knob in knobs if knob.effective is False]
    unsure = [f"{knob.variable.name}: {_where(knob)}{knob.effect}" for knob in knobs if knob.effective is None]
    expected = "another value of each changes what compose runs, or how the application behaves"
    if not dead and (unsure or not knobs):
        return ALIVE.unknown(
            expected=expected,
            actual="\n".join(unsure) or "the deployment's files name no variable",
            next_step="set each to another value, and see what becomes of it",
        )
    actual = "\n".join([*dead, *(f"{line} (cannot be told)" for line in unsure)])
    return ALIVE.judge(not dead, expected=expected, actual=actual or f"{len(knobs)} variables, each with an effect")


def refuses_nonsense(knobs: Sequence[facts.Knob]) -> Finding:
    """What is no value of its kind keeps something from starting, with an error that names the variable."""
    return _fates(
        REFUSES_NONSENSE,
        knobs,
        lambda knob: {"malformed": knob.malformed},
        bad={Fate.TAKEN: "nothing refuses what makes no sense", Fate.UNCLEAR: "the refusal does not name it"},
        expected="an error that names the variable, and nothing that starts",
        good="refused by name, or every text is a value",
    )


def refuses_nothing(knobs: Sequence[facts.Knob]) -> Finding:
    """No variable comes to nothing without anybody saying so."""
    return _fates(
        REFUSES_NOTHING,
        knobs,
        lambda knob: {"empty": knob.empty, "missing": knob.missing},
        bad={Fate.PASSED_ON: "it is passed on as nothing", Fate.UNCLEAR: "the refusal does not name it"},
        expected="a default, or an error that names the variable",
        good="refused by name, or a default",
    )


def _fates(
    promise: Promise,
    knobs: Sequence[facts.Knob],
    of: Callable[[facts.Knob], dict[str, facts.Outcome]],
    *,
    bad: dict[Fate, str],
    expected: str,
    good: str,
) -> Finding:
    every = [(knob.variable.name, how, outcome) for knob in knobs for how, outcome in of(knob).items()]
    broken = [f"{name}, {how}: {bad[one.fate]}{_words(one)}" for name, how, one in every if one.fate in bad]
    unseen = [f"{name}, {how}: not seen{_words(one)}" for name, how, one in every if one.fate is Fate.UNSEEN]
    if not broken and (unseen or not every):
        return promise.unknown(
            expected=expected,
            actual="\n".join(unseen) or "the deployment's files name no variable",
            next_step="start the service with that value, and read its log",
        )
    return promise.judge(not broken, expected=expected, actual="\n".join(broken + unseen) or f"{len(knobs)}: {good}")


def _where(knob: facts.Knob) -> str:
    return f"it reaches {', '.join(knob.places)}; " if knob.places else ""


def _words(outcome: facts.Outcome) -> str:
    return f" ({outcome.words})" if outcome.words else ""
