"""The file of thresholds: which figures count as a breach, for load runs, for live checks and for alert rules alike."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic
from pydantic import Field, StringConstraints
from pydantic_core import ErrorDetails

from agentchat_check import errors
from agentchat_check.facts.metrics import METRICS, Kind, Unit

FILE = Path(__file__).resolve().parents[2] / "loadtests" / "thresholds.toml"
"""The file that counts where none is named."""

TIMES = {
    "latency": "response time, from the moment the request was due",
    "service_time": "response time from its start",
}
ERRORS = "error_rate"
FORECAST = "forecast"

_PERCENTILES = ("p50", "p75", "p90", "p95", "p99", "p99.9")
_STATISTICS = {
    **dict.fromkeys(TIMES, (*_PERCENTILES, "mean", "max")),
    ERRORS: ("share",),
    Kind.GAUGE: ("mean", "max", "min", FORECAST),
    Kind.COUNTER: ("increase",),
}
_STRAYS = 5
"""So many values may lie above a limit without proving anything."""

_ALARMS = ("cpu", "memory", "disk", "response_time")

Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Threshold(pydantic.BaseModel, extra="forbid", frozen=True):
    """A limit, and what has to stay within it.

    Attributes:
        promise: What holds while it is kept, in the present tense.
        next_step: What the reader does when it is not.
        metric: latency, service_time, error_rate, or one of ``facts.metrics.METRICS``.
        statistic: Of times p50 … p99.9, mean or max; of errors share; of gauges mean, max, min or forecast; of
            counters increase.
        limit: In the metric's unit: seconds, shares of 1, bytes, numbers.
        warn: Where a warning begins, before the limit; it breaks nothing.
        side: Whether figures are to stay at most, or at least, at the limit.
        window: Seconds over which the statistic is taken, again and again; without it, once over the whole run. A
            forecast is taken once, over the last so many.
        ahead: Of a forecast: seconds for which what grew in its window grows on.
        per: What requests are judged by: all of the run together, each journey, or each request; without it each
            request. Samples are judged by their subject.
        journey: Which journeys count: a name, or a pattern of it (``*``, ``?``).
        request: Which requests.
        subject: Which subjects' samples: ``container:backend``, ``container:*``, ``containers``, ``host``.
        abort: Whether a breach ends the run at once.
    """

    promise: Words
    next_step: Words
    metric: str
    statistic: str
    limit: Figure
    warn: Figure | None = None
    side: Literal["at most", "at least"] = "at most"
    window: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)] | None = None
    ahead: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    per: Literal["run", "journey", "request"] | None = None
    journey: Words = "*"
    request: Words = "*"
    subject: Words = "*"
    abort: bool = False

    @pydantic.field_validator("metric")
    @classmethod
    def _is_known(cls, metric: str) -> str:
        known = [*TIMES, ERRORS, *METRICS]
        if metric not in known:
            raise ValueError(f"the metric {metric!r} is unknown; {_nearest(metric, known)}")
        return metric

    @pydantic.model_validator(mode="after")
    def _makes_sense(self) -> Self:
        allowed = _STATISTICS[self.metric if self.of_requests else METRICS[self.metric].kind]
        if self.statistic not in allowed:
            raise ValueError(f"{self.metric} has no {self.statistic}; {_nearest(self.statistic, allowed)}")
        foreign = ("subject",) if self.of_requests else ("per", "journey", "request")
        if given := [name for name in foreign if name in self.model_fields_set]:
            raise ValueError(f"{self.metric} knows no {' and no '.join(given)}")
        if self.of_requests and self.side == "at least":
            raise ValueError(f"{self.metric} is to stay at most at a limit, never at least")
        if self.metric in TIMES and not self.limit:
            raise ValueError(f"no {self.metric} stays at most at 0 s")
        if self.warn is not None and (self.warn > self.limit if self.side == "at most" else self.warn < self.limit):
            raise ValueError(f"a warning at {self.warn:g} comes after the limit of {self.limit:g}")
        if self.unit is Unit.SHARE and self.limit > 1:
            raise ValueError(f"{self.metric} is a share of 1, and never reaches {self.limit:g}")
        self._looks_ahead()
        return self

    def _looks_ahead(self) -> None:
        if self.is_forecast != (self.ahead is not None):
            raise ValueError("a forecast, and nothing else, says how many seconds it looks ahead")
        if self.is_forecast and self.window is None:
            raise ValueError("a forecast has a window: how many seconds show how it grows?")
        if self.is_forecast and self.side == "at least":
            raise ValueError("a forecast is of what grows: it is to stay at most at a limit, never at least")
        if self.is_forecast and self.abort:
            raise ValueError("a forecast ends no run: what it tells of is to come")

    @property
    def of_requests(self) -> bool:
        """Whether it is about requests, and not about samples."""
        return self.metric in TIMES or self.metric == ERRORS

    @property
    def is_forecast(self) -> bool:
        """Whether it is about what is to come, and not about what was."""
        return self.statistic == FORECAST

    @property
    def unit(self) -> Unit:
        """What its limit counts."""
        return (
            Unit.SECONDS if self.metric in TIMES else Unit.SHARE if self.metric == ERRORS else METRICS[self.metric].unit
        )

    @property
    def percent(self) -> float:
        """The percentile of a statistic that is one; the maximum is the hundredth."""
        return 100.0 if self.statistic == "max" else float(self.statistic.removeprefix("p"))

    @property
    def needed(self) -> int:
        """How many values a figure takes before it says something: enough for a few strays to lie above the limit."""
        if self.metric == ERRORS:
            return min(max(round(_STRAYS / self.limit), 20), 10_000) if self.limit else 100
        if self.statistic in {"mean", "max"}:
            return 10
        return round(_STRAYS / (1 - self.percent / 100))

    def covers(self, journey: str, request: str) -> bool:
        """Whether a request counts."""
        return fnmatchcase(journey, self.journey) and fnmatchcase(request, self.request)

    def covers_subject(self, subject: str) -> bool:
        """Whether a subject's samples count."""
        return fnmatchcase(subject, self.subject)

    def passes(self, figure: float, limit: float | None = None) -> bool:
        """Whether a figure stays within the limit, or another one; what is no number does not."""
        limit = self.limit if limit is None else limit
        return figure <= limit if self.side == "at most" else figure >= limit


class Alarms(pydantic.BaseModel, frozen=True):
    """The limits of the operations manual's alarms, as far as live checks compare with them.

    Attributes:
        cpu: Share of the processors.
        memory: Share of the memory.
        disk: Share of the disk.
        response_time: Seconds.
    """

    cpu: float
    memory: float
    disk: float
    response_time: float


def read(path: Path = FILE) -> Mapping[str, Threshold]:
    """Read thresholds, by name.

    Raises:
        errors.CheckError: There is no such file, or it is malformed; every mistake of it is named.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(path, [str(error)]) from None
    thresholds, complaints = {}, []
    for name, values in raw.items():
        if not (isinstance(values, dict) and name.isidentifier() and name.islower()):
            complaints.append(f"{name}: a threshold is a table whose name is like response_time")
            continue
        try:
            thresholds[name] = Threshold.model_validate(values, strict=True)
        except pydantic.ValidationError as error:
            complaints += [_in_words(name, one) for one in error.errors()]
    if not raw:
        complaints = ["it holds no threshold"]
    if complaints:
        raise _refused(path, complaints)
    return thresholds


def alarms(path: Path = FILE) -> Alarms:
    """The limits that live checks compare with.

    Raises:
        errors.CheckError: The file is malformed, or one of them is not in it.
    """
    thresholds = read(path)
    if missing := [name for name in _ALARMS if name not in thresholds]:
        raise _refused(path, [f"{name}: live checks compare with it, and it is not there" for name in missing])
    return Alarms(**{name: thresholds[name].limit for name in _ALARMS})


def _in_words(name: str, error: ErrorDetails) -> str:
    where = ".".join([name, *map(str, error["loc"])])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such field; {_nearest(where.rpartition('.')[2], list(Threshold.model_fields))}"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _refused(path: Path, complaints: list[str]) -> errors.CheckError:
    return errors.CheckError(
        f"read the thresholds in {path}",
        expected="tables of thresholds: metric, statistic, limit and so on, see loadtests/thresholds.toml",
        actual="\n".join(complaints),
        next_step="mend the lines that are named; nothing is judged until then",
    )
