"""Every variable is tried: changed, empty, malformed, missing; and what became of it is noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from agentchat_check import facts
from agentchat_check.deployment import Role
from agentchat_check.facts import Fate, Outcome
from agentchat_check.probes import reading, variables
from agentchat_check.procedures import effects, other_values, seen_by_starts
from agentchat_check.procedures.effects import Effect, Scene
from agentchat_check.procedures.visit import Guest
from agentchat_check.stack import one_off
from agentchat_check.stack import variables as env_file
from agentchat_check.stack.running import Stack

_KEEPERS = (Role.DATABASE, Role.CACHE, Role.OBJECTS, Role.FRONTEND)
"""Roles that judge no values: one keeps what it was first told, another only serves files."""

_PATIENCE = 120.0
"""Seconds that the stack has to come up with other values."""


@dataclass(slots=True)
class _Trial:
    """What is known of one variable so far."""

    variable: facts.Variable
    production: bool = False
    changes: tuple[tuple[str, ...], ...] = ()
    effective: bool | None = None
    effect: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, str]:
        """The name under which each service's environment has it, by service."""
        return {place[0]: place[2] for place in self.changes if place[1:2] == ("environment",)}


def try_every(stack: Stack, guest: Guest) -> tuple[facts.Knob, ...]:
    """Try every variable of a stack's deployment.

    The compose files are rendered with every value, without starting anything. Then the stack is brought up once with
    other values for all variables whose effect we know, and looked at. What is malformed gets a start of its own.

    Args:
        stack: A stack of ours; it runs with other values afterwards.
        guest: A user of it.

    Raises:
        errors.CheckError: It could not be tried.
    """
    trials = [_Trial(variable) for variable in variables.declared(stack)]
    overlay = variables.has_overlay(stack)
    usual = {way: variables.rendered(stack, production=way) for way in ((False, True) if overlay else (False,))}
    for trial in trials:
        _render(stack, trial, usual)
    with ThreadPoolExecutor(max_workers=2) as pool:
        starts = [partial(look, stack, trial) for trial in trials for look in (_give_malformed, _see_by_starts)]
        list(pool.map(lambda look: look(), starts))
    _see_secrets(stack, guest, trials)
    _read_files(stack, trials)
    _see_effects(stack, guest, trials)
    return tuple(_knob(trial) for trial in trials)


def _render(stack: Stack, trial: _Trial, usual: Mapping[bool, facts.Rendering]) -> None:
    """What another value changes, and what empty and missing ones come to, in the files that take it."""
    name, known = trial.variable.name, effects.known(stack).get(trial.variable.name)
    value = known.value if known else other_values.another(trial.variable.value)
    for production, before in usual.items():
        with_other = variables.rendered(stack, {name: value}, production=production)
        if not with_other.refused and (changes := with_other.differs_from(before)):
            trial.production, trial.changes = production, changes
            break
    missing = variables.rendered(stack, {name: None}, production=trial.production)
    empty = variables.rendered(stack, {name: ""}, production=trial.production)
    trial.outcomes["missing"] = _rendered_as(missing, trial, None)
    trial.outcomes["empty"] = _rendered_as(empty, trial, missing)
    if bad := other_values.malformed(trial.variable):
        rendered = variables.rendered(stack, {name: bad}, production=trial.production)
        if rendered.refused:
            trial.outcomes["malformed"] = Outcome(Fate.REFUSED, "by compose")


def _rendered_as(rendering: facts.Rendering, trial: _Trial, missing: facts.Rendering | None) -> Outcome:
    if rendering.refused:
        named = trial.variable.name in rendering.refused
        return Outcome(Fate.REFUSED if named else Fate.UNCLEAR, "by compose")
    if not trial.changes:
        return Outcome(Fate.DEFAULT, "it changes nothing")
    values = {rendering.settings.get(place, "") for place in trial.changes}
    if missing is None:
        return Outcome(Fate.DEFAULT if trial.variable.has_default or any(values) else Fate.PASSED_ON)
    if rendering.settings == missing.settings:
        return Outcome(trial.outcomes["missing"].fate)
    return Outcome(Fate.PASSED_ON)


def _give_malformed(stack: Stack, trial: _Trial) -> None:
    """Start a service that is told the variable with what is no value of its kind, unless compose refused that.

    Likewise with nothing, where compose passes that on.
    """
    bad = other_values.malformed(trial.variable)
    takers = [service for service in trial.told if _judges(stack, service)]
    other = one_off.in_production(stack) if trial.production else stack
    if takers and any(trial.outcomes[how].fate is Fate.PASSED_ON for how in ("empty", "missing")):
        start = one_off.start(other, takers[0], environment={trial.told[takers[0]]: ""})
        words = Outcome(
            Fate.REFUSED if start.refuses(trial.told[takers[0]]) else Fate.PASSED_ON, f"{takers[0]}: {start}"
        )
        passed_on = [how for how, outcome in trial.outcomes.items() if outcome.fate is Fate.PASSED_ON]
        trial.outcomes |= dict.fromkeys(passed_on, words)
    if not bad and any(place[1] in {"image", "build"} for place in trial.changes):
        trial.outcomes.setdefault("malformed", Outcome(Fate.FREE, "the engine judges it"))
    elif not bad or not trial.changes or trial.told:
        if not bad or not takers:
            trial.outcomes.setdefault("malformed", Outcome(Fate.FREE))
    elif not takers:
        trial.outcomes.setdefault("malformed", Outcome(Fate.UNSEEN, "compose takes it"))
    if "malformed" in trial.outcomes:
        return
    for service in takers:
        start = one_off.start(other, service, environment={trial.told[service]: bad})
        trial.outcomes["malformed"] = _judged(start, trial.told[service], other, service)
        if trial.outcomes["malformed"].fate in {Fate.REFUSED, Fate.UNCLEAR}:
            return


def _judged(start: facts.Start, name: str, stack: Stack, service: str) -> Outcome:
    """What a start with a malformed value says; one that ended without a word of it may have had another cause."""
    if start.refuses(name):
        return Outcome(Fate.REFUSED, f"by {service}")
    if start.came_up:
        return Outcome(Fate.TAKEN, f"by {service}: {start}")
    usual = one_off.start(stack, service) if start.came_up is False else start
    return Outcome(Fate.UNCLEAR if usual.came_up else Fate.UNSEEN, f"by {service}: {start}")


def _judges(stack: Stack, service: str) -> bool:
    return all(stack.roles.get(role) != service for role in _KEEPERS)


def _see_by_starts(stack: Stack, trial: _Trial) -> None:
    """See an effect that shows in how the backend starts."""
    if name := trial.told.get(stack.service_name(Role.BACKEND)):
        trial.effective, trial.effect = seen_by_starts.seen(
            stack, name, usual=trial.variable.value, production=trial.production
        )


def _see_secrets(stack: Stack, guest: Guest, trials: list[_Trial]) -> None:
    """A secret is alive when it is what opens something."""
    given, scene = env_file.given(stack), Scene(stack, guest.account)
    for trial in trials:
        secret = given.get(trial.variable.name, "")
        is_one = bool(trial.told and secret and other_values.is_secret(trial.variable.name))
        if trial.effective is None and is_one and (opened := effects.proven(scene, guest, secret)):
            trial.effective, trial.effect = True, opened


def _read_files(stack: Stack, trials: list[_Trial]) -> None:
    """Where no effect is known, whether the application's files read the variable."""
    visible = _visible(stack, trials)
    open_ = [trial for trial in trials if trial.effective is None and not trial.effect]
    told: dict[str, list[str]] = {}
    for trial in open_:
        for service, name in trial.told.items():
            if name not in visible or trial.production:
                told.setdefault(service, []).append(name)
    read = {service: reading.of(stack, service, names) for service, names in told.items()}
    for trial in open_:
        if not trial.changes:
            trial.effective, trial.effect = False, "no file of compose takes it"
        elif elsewhere := [place for place in trial.changes if place[1] != "environment"]:
            trial.effective, trial.effect = True, f"compose runs {' '.join(elsewhere[0][:2])} otherwise"
        elif seen := {
            service: read[service][name] for service, name in trial.told.items() if name in read.get(service, {})
        }:
            verdicts = {one.reads for one in seen.values()}
            trial.effective = True if True in verdicts else None if None in verdicts else False
            best = next(one for one in seen.values() if one.reads is trial.effective)
            trial.effect = f"read in {best.words}" if best.reads else best.words


def _visible(stack: Stack, trials: list[_Trial]) -> dict[str, Effect]:
    """The effects that can be seen in this deployment and were not yet, by the name that the container is told."""
    told = {name for trial in trials for name in trial.told.values()}
    wanted = {name for trial in trials if trial.effective is None for name in trial.told.values()}
    return effects.visible(stack, told, wanted)


def _see_effects(stack: Stack, guest: Guest, trials: list[_Trial]) -> None:
    """Bring the stack up with other values for all whose effect we know, and look at each before and after."""
    visible = _visible(stack, trials)
    known: dict[str, tuple[Effect, tuple[str, ...]]] = {}
    for trial in trials:
        names = set(trial.told.values())
        if trial.effective is None and not trial.effect and len(names) == 1 and not trial.production:
            effect = visible.get(names.pop())
            if effect is not None:
                known[trial.variable.name] = effect, tuple(trial.told)
    if not known:
        return
    scene = Scene(stack, guest.account)
    before = effects.looked(scene, known)
    with env_file.changed(stack, {name: effect.value for name, (effect, _) in known.items()}) as other:
        other.act("up", "--detach", "--no-build", timeout=_PATIENCE)
        other.settle(timeout=_PATIENCE)
        effects.listen(other)
        after = effects.looked(Scene(other, guest.account), known)
    for trial in trials:
        if trial.variable.name in known:
            effect, _ = known[trial.variable.name]
            unseen = [
                words for words in (before[trial.variable.name], after[trial.variable.name]) if "could not" in words
            ]
            was, is_ = (re.search(effect.expected, words[trial.variable.name]) for words in (before, after))
            trial.effective = None if unseen else bool(is_) and not was
            trial.effect = unseen[0] if unseen else f"{before[trial.variable.name]} -> {after[trial.variable.name]}"


def _knob(trial: _Trial) -> facts.Knob:
    places = dict.fromkeys(" ".join(place[:3]) for place in trial.changes)
    return facts.Knob(
        variable=trial.variable,
        places=tuple(places),
        effective=trial.effective,
        effect=trial.effect or "nothing is known of what it does",
        empty=trial.outcomes["empty"],
        missing=trial.outcomes["missing"],
        malformed=trial.outcomes["malformed"],
    )
