"""``loadtests/profiles.toml``: how much load, how long, and of which kind."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from agentchat_check import errors
from agentchat_check.load import arrivals
from agentchat_check.load.arrivals import Shape, Spacing
from agentchat_check.load.data import Stock

FILES = Path(__file__).resolve().parents[2] / "loadtests"
"""The load files of a source checkout, with profiles and shapes."""

FILE = FILES / "profiles.toml"

Above = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotBelow = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Profile(pydantic.BaseModel, extra="forbid", frozen=True):
    """One kind of run.

    Attributes:
        question: What the run answers.
        file: The load file that drives it, beside the profiles.
        arrivals: open, or closed.
        rate: Open arrivals: visitors per second; of a shape, what it is multiplied with.
        shape: Open arrivals: a file of the rate over time, beside the profiles.
        spacing: Open arrivals: how they are spread.
        users: Closed arrivals: how many.
        think: Closed arrivals: seconds that each thinks between two journeys, on average.
        seconds: How long it goes on; a shape has its own length.
        judged_from: Seconds from the start that nobody judges.
        processes: Processes of the generator.
        people: Accounts that there are before.
        dialogs: Dialogs of each.
        messages: Messages in all.
        model: stub: people talk to the deterministic stub. deployment: to the model that the deployment is configured
            with, which may cost; ``answers`` is then needed.
        answers: Answers of the model after which the run is ended, so that no more is spent; None: as many as it takes.
        tokens_per_second: How fast the stub model speaks; None: as fast as it can.
        first_token_seconds: How long it thinks before.
        leaves: What it makes that no call of the application removes, in words.
        seed: What chooses moments, journeys, people and data.
    """

    question: str = Field(min_length=1)
    file: str
    arrivals: Literal["open", "closed"] = "open"
    rate: Above = 1.0
    shape: str = ""
    spacing: Spacing = Spacing.POISSON
    users: int = Field(0, ge=0)
    think: Above = 5.0
    seconds: Above | None = None
    judged_from: NotBelow = 0.0
    processes: int = Field(1, ge=1, le=64)
    people: int = Field(5, ge=1, le=10_000)
    dialogs: int = Field(0, ge=0, le=1000)
    messages: int = Field(0, ge=0, le=10_000_000)
    model: Literal["stub", "deployment"] = "stub"
    answers: int | None = Field(None, ge=1)
    tokens_per_second: Above | None = None
    first_token_seconds: NotBelow = 0.0
    leaves: str = ""
    seed: int = Field(1, ge=0)

    @pydantic.model_validator(mode="after")
    def _makes_sense(self) -> Profile:
        if self.arrivals == "closed" and not self.users:
            raise ValueError("closed arrivals have users")
        if self.arrivals == "closed" and self.shape:
            raise ValueError("closed arrivals have no shape")
        if self.seconds is None and not self.shape:
            raise ValueError("seconds are missing")
        if self.seconds is not None and self.shape:
            raise ValueError("a shape has its own length: leave seconds out")
        if self.seconds is not None and self.judged_from >= self.seconds:
            raise ValueError("nothing is judged: judged_from is not before the end")
        if self.messages and not self.dialogs:
            raise ValueError("messages lie in dialogs: how many has each of the people?")
        if self.model == "deployment" and self.answers is None:
            raise ValueError("a model that may cost needs a cap: answers")
        if self.model == "deployment" and (self.tokens_per_second or self.first_token_seconds):
            raise ValueError("only the stub model is told how fast to answer")
        return self

    @property
    def stock(self) -> Stock:
        """What is in the database before."""
        return Stock(self.people, self.dialogs, self.messages)

    def course(self, directory: Path = FILES) -> Shape:
        """The rate of open arrivals over time; of closed ones nothing but their length counts.

        Args:
            directory: Where shapes are.

        Raises:
            errors.CheckError: The file of the shape is none.
        """
        if self.shape:
            return arrivals.read(directory / self.shape).scaled(self.rate)
        return Shape.constant(self.rate, self.seconds or 0.0)

    def changed(self, **changes: object) -> Profile:
        """The profile with other values, checked anew; None changes nothing.

        Raises:
            errors.CheckError: They make no sense together.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        try:
            return Profile.model_validate({**self.model_dump(exclude_unset=True), **given})
        except pydantic.ValidationError as error:
            raise errors.CheckError(
                f"change the profile by {', '.join(f'{name} {value}' for name, value in given.items())}",
                expected="values that make sense together",
                actual="\n".join(_in_words("", error)),
                next_step="leave one of the options out",
            ) from None


def read(path: Path = FILE) -> dict[str, Profile]:
    """Read the profiles, by name.

    Raises:
        errors.CheckError: There is no such file, or it is malformed; every mistake of it is named.
    """
    profiles, complaints = {}, []
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raw, complaints = {}, [str(error)]
    for name, values in raw.items():
        try:
            profiles[name] = Profile.model_validate(values)
        except pydantic.ValidationError as error:
            complaints += _in_words(name, error)
            continue
        if not (path.parent / profiles[name].file).is_file():
            complaints.append(f"{name}.file: there is no {profiles[name].file} in {path.parent}")
    if complaints or not profiles:
        raise errors.CheckError(
            f"read the profiles in {path}",
            expected="tables of profiles, as the head of loadtests/profiles.toml describes them",
            actual="\n".join(complaints) or "it holds no profile",
            next_step="mend the lines that are named",
        )
    return profiles


def named(name: str, path: Path = FILE) -> Profile:
    """The profile of a name.

    Raises:
        errors.CheckError: There is none, or the file is malformed.
    """
    profiles = read(path)
    if name not in profiles:
        near = difflib.get_close_matches(name, profiles, n=1)
        raise errors.CheckError(
            f"find the profile {name}",
            expected=f"one of {', '.join(profiles)}",
            actual=f"{path} has no such profile",
            next_step=f"did you mean {near[0]}?" if near else "`agentchat-check load profiles` tells what each answers",
        )
    return profiles[name]


def _in_words(name: str, error: pydantic.ValidationError) -> list[str]:
    known = list(Profile.model_fields)
    said = []
    for one in error.errors():
        where = ".".join(filter(None, [name, *map(str, one["loc"])]))
        if one["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(one["loc"][-1]), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
            said.append(f"{where}: there is no such field{hint}")
        else:
            said.append(f"{where}: {one['msg'].removeprefix('Value error, ')}".removeprefix(": "))
    return said
