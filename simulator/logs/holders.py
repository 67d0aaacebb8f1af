"""Which component holds the memory, and when it will be full."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import growing_stores
from ..statistics.estimate import estimate_time_to_fill
from .courses import BIN_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..config import Scenario
    from ..statistics import Estimate
    from .courses import Courses
    from .predicted import Predicted
    from .verification import Comparison

REST = "everything else"
"""What is on the host besides the stores: the process itself, the system, models."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A store's bytes per node at the end of the log, or those of everything else.

    `entries`: as the log said last, NaN where it did not; then `held_bytes` is the prediction's. A count is
    turned into bytes by the config's footprint.
    """

    name: str
    held_bytes: float
    entries: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        entries = self.entries if math.isfinite(self.entries) else None
        return {"name": self.name, "held_bytes": self.held_bytes, "entries": entries}


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

        def known(value: float) -> float | None:
            return value if math.isfinite(value) else None

        days = self.observed_days if math.isfinite(self.observed_per_day) else (math.nan,) * 3
        return {
            "limit": self.limit,
            "room_bytes": known(self.room_bytes),
            "observed_bytes_per_day": [
                known(value) for value in (self.observed_per_day, self.observed_low, self.observed_high)
            ],
            "observed_days": [known(value) for value in days],
            "predicted_days": self.predicted.to_dict(),
            "growing": list(self.growing),
        }


def holders(
    courses: Courses, scenario: Scenario, runs: Sequence[Predicted], memory_bytes: float
) -> tuple[Holder, ...]:
    """The stores by what they hold at the end, largest first, then everything else."""
    found = []
    for name in scenario.nodes.enabled_stores:
        ends = courses.ends(f"{name}.entries") or courses.ends(f"{name}.after_sweep")
        weights = [run.bytes_per_entry[name] for run in runs if run.bytes_per_entry[name] > 0]
        if ends and weights:
            entries = float(np.mean(ends))
            found.append(Holder(name, entries * float(np.mean(weights)), entries))
        else:
            found.append(Holder(name, float(np.mean([run.bytes_at_end[name] for run in runs])), math.nan))
    found.sort(key=lambda holder: -holder.held_bytes)
    rest = memory_bytes - sum(holder.held_bytes for holder in found)
    return (*found, Holder(REST, rest, math.nan))


def exhaustion(
    courses: Courses,
    memory: Comparison | None,
    scenario: Scenario,
    runs: Sequence[Predicted],
    memory_bytes: float,
    block: int,
) -> Exhaustion:
    """When a node will be full, as far as the log and the config say."""
    total = scenario.nodes.memory_bytes
    threshold = scenario.threshold_bytes
    limit, limit_bytes = ("host", total) if threshold is None else ("threshold", threshold)
    fullest, growth, low, high = memory_bytes, math.nan, math.nan, math.nan
    if memory is not None:
        fullest = total * max(courses.ends(memory.quantity.name)) / 100
        growth, low, high = (each * total / 100 for each in slope_per_day(memory.course, block))
    room = limit_bytes - fullest
    growing = growing_stores(scenario)
    gained = [math.fsum(run.growth[name] for name in growing) for run in runs]
    predicted = estimate_time_to_fill([room] * len(runs), gained)
    return Exhaustion(limit, room, growth, low, high, predicted, growing)


def slope_per_day(
    series: NDArray[np.float64], block: int, draws: int = 2000, seed: int = 1
) -> tuple[float, float, float]:
    """Slope of a line through a series of bins, per day, with its 95 % interval.

    The interval is that of a circular block bootstrap of the residuals: neighbouring bins are alike.
    """
    known = np.isfinite(series)
    n = int(known.sum())
    if n < 6:
        return math.nan, math.nan, math.nan
    days = np.arange(len(series))[known] * BIN_MS / 86_400_000
    values = series[known]
    centred = days - days.mean()
    slope = float(centred @ values / (centred @ centred))
    residuals = values - values.mean() - slope * centred
    size = min(block, max(n // 2, 1))
    starts = np.random.default_rng(seed).integers(0, n, (draws, -(-n // size)))
    places = ((starts[:, :, None] + np.arange(size)) % n).reshape(draws, -1)[:, :n]
    slopes = slope + residuals[places] @ centred / (centred @ centred)
    low, high = np.quantile(slopes, [0.025, 0.975])
    return slope, float(low), float(high)
