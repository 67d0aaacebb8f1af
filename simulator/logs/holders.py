"""Which component holds the memory, and when it will be full."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import growing_stores
from ..statistics.drift import drift
from ..statistics.estimate import estimate_time_to_fill, finite_or_none
from .courses import BIN_MS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..config import Scenario
    from ..statistics import Estimate
    from .comparison import Comparison
    from .courses import Courses
    from .predicted import Predicted

REST = "everything else"
"""What is on the host besides the stores: the process itself, the system, models."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A store's bytes per node at the end of the log, or those of everything else.

    Attributes:
        name: of the store, or REST.
        held_bytes: by the log's last word; the prediction's where it said nothing of it.
        entries: as the log said last, NaN where it did not. A count is turned into bytes by the config's
            footprint.
        predicted_bytes: what the config has there at that time.
    """

    name: str
    held_bytes: float
    entries: float
    predicted_bytes: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; null for what is unknown."""
        numbers = {
            "held_bytes": self.held_bytes,
            "entries": self.entries,
            "predicted_bytes": self.predicted_bytes,
        }
        return {"name": self.name, **{name: finite_or_none(each) for name, each in numbers.items()}}


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """How long until a node is full from the end of the log on.

    Attributes:
        limit: "threshold" or "host".
        room_bytes: left on the fullest node that is known of.
        observed_per_day, observed_low, observed_high: bytes a day that memory grew, with its interval.
        observed_days, observed_days_low, observed_days_high: till it is full at that rate; infinite bounds
            where growth cannot be told from none.
        predicted: days, if the stores that nothing bounds go on as predicted.
        growing: these stores.
    """

    limit: str
    room_bytes: float
    observed_per_day: float
    observed_low: float
    observed_high: float
    predicted: Estimate
    growing: tuple[str, ...]

    @property
    def observed_days(self) -> tuple[float, float, float]:
        """Days at the observed growth: by its estimate, soonest, latest; infinite without growth."""
        room = max(self.room_bytes, 0.0)

        def days(growth: float) -> float:
            return room / growth if growth > 0 else math.inf

        return days(self.observed_per_day), days(self.observed_high), days(self.observed_low)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; null for what is unknown or never."""
        growth = (self.observed_per_day, self.observed_low, self.observed_high)
        days = self.observed_days if math.isfinite(self.observed_per_day) else (math.nan,) * 3
        return {
            "limit": self.limit,
            "room_bytes": finite_or_none(self.room_bytes),
            "observed_bytes_per_day": [finite_or_none(value) for value in growth],
            "observed_days": [finite_or_none(value) for value in days],
            "predicted_days": self.predicted.to_dict(),
            "growing": list(self.growing),
        }


def holders(
    courses: Courses,
    scenario: Scenario,
    runs: Sequence[Predicted],
    memory_bytes: float,
    predicted_bytes: float,
    unexpected: Mapping[str, float],
) -> tuple[Holder, ...]:
    """The stores by what they hold at the end, largest first, then everything else.

    `memory_bytes` and `predicted_bytes` are a node's memory then, as the log and as the runs have it;
    `unexpected` are stores that the config has switched off and the log tells of: their bytes per entry.
    """
    found = []
    for name in (*scenario.nodes.enabled_stores, *unexpected):
        ends = courses.ends(f"{name}.entries") or courses.ends(f"{name}.after_sweep")
        weights = [run.bytes_per_entry.get(name, 0.0) for run in runs]
        weights = [weight for weight in [*weights, unexpected.get(name, 0.0)] if weight > 0]
        predicted = float(np.mean([run.bytes_at_end.get(name, 0.0) for run in runs]))
        if ends and weights:
            entries = float(np.mean(ends))
            found.append(Holder(name, entries * float(np.mean(weights)), entries, predicted))
        else:
            found.append(Holder(name, predicted, math.nan, predicted))
    found.sort(key=lambda holder: -holder.held_bytes)
    rest = memory_bytes - sum(holder.held_bytes for holder in found)
    rest_predicted = predicted_bytes - sum(holder.predicted_bytes for holder in found)
    return (*found, Holder(REST, rest, math.nan, rest_predicted))


def exhaustion(
    courses: Courses,
    memory: Comparison | None,
    scenario: Scenario,
    runs: Sequence[Predicted],
    memory_bytes: float,
) -> Exhaustion:
    """When a node will be full, as far as the log and the config say."""
    total = scenario.nodes.memory_bytes
    threshold = scenario.threshold_bytes
    limit, limit_bytes = ("host", total) if threshold is None else ("threshold", threshold)
    fullest, growth, low, high = memory_bytes, math.nan, math.nan, math.nan
    if memory is not None:
        fullest = total * max(courses.ends(memory.quantity.name)) / 100
        growth, low, high = (_whole(each * total / 100) for each in growth_per_day(memory.course))
    room = limit_bytes - fullest
    growing = growing_stores(scenario)
    gained = [math.fsum(run.growth[name] for name in growing) for run in runs]
    predicted = estimate_time_to_fill([room] * len(runs), gained)
    return Exhaustion(limit, room, growth, low, high, predicted, growing)


def _whole(size: float) -> float:
    """Whole bytes: a level that does not move leaves crumbs of floating point."""
    return float(round(size)) if math.isfinite(size) else size


def growth_per_day(series: NDArray[np.float64]) -> tuple[float, float, float]:
    """How much a series of bins rises in a day, with its 95 % interval."""
    told = np.flatnonzero(np.isfinite(series))
    if len(told) < 2:
        return math.nan, math.nan, math.nan
    steps_a_day = 86_400_000 / BIN_MS * (len(told) - 1) / int(told[-1] - told[0])
    mean, low, high = drift(series[told])
    return mean * steps_a_day, low * steps_a_day, high * steps_a_day
