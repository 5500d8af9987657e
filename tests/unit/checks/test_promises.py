"""Every promise stands on its own: an id that leads to its check, words, and a next step."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

from agentchat_check import checks
from agentchat_check.findings import Finding, Promise

MODULES = [
    importlib.import_module(f"{checks.__name__}.{found.name}") for found in pkgutil.iter_modules(checks.__path__)
]

ELSEWHERE = {
    "thresholds.cpu": "cpu_below_alarm",
    "thresholds.memory": "memory_below_alarm",
    "thresholds.disk": "disk_below_alarm",
    "thresholds.response": "response_below_alarm",
}
"""Ids that are shorter than the name of their function."""


def promises(module: ModuleType) -> list[Promise]:
    return [value for value in vars(module).values() if isinstance(value, Promise)]


def checking(module: ModuleType) -> dict[str, str]:
    """The functions of a module that return a finding of a promise of their own, with their source."""
    return {
        name: inspect.getsource(function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation == Finding.__name__
        and "promise" not in inspect.signature(function).parameters
    }


EVERY = [pytest.param(module, one, id=one.check) for module in MODULES for one in promises(module)]


def test_there_are_promises() -> None:
    assert len(EVERY) > 30


def test_no_two_promises_share_an_id_or_their_words() -> None:
    made = [one for module in MODULES for one in promises(module)]
    assert len({one.check for one in made}) == len(made)
    assert len({one.text for one in made}) == len(made)


@pytest.mark.parametrize(("module", "promise"), EVERY)
def test_an_id_leads_to_the_function_that_judges_it(module: ModuleType, promise: Promise) -> None:
    home, _, name = promise.check.partition(".")
    assert home == module.__name__.rpartition(".")[2]
    assert ELSEWHERE.get(promise.check, name) in checking(module)


@pytest.mark.parametrize(("module", "promise"), EVERY)
def test_a_promise_has_words_and_a_next_step(module: ModuleType, promise: Promise) -> None:
    assert promise.text == promise.text.strip()
    assert promise.text[:1].islower()
    assert not promise.text.endswith(".")
    assert promise.next_step.strip()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_check_has_its_promise(module: ModuleType) -> None:
    made = {ELSEWHERE.get(one.check, one.check.partition(".")[2]) for one in promises(module)}
    assert made == set(checking(module))
