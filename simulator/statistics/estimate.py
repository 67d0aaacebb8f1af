"""Estimate and PairedDifference: a number never travels without its bounds and the replications behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .intervals import (
    LEVEL,
    fieller_interval,
    mean_and_variance,
    mean_interval,
    mean_p_value,
    wilson_interval,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_VALUE = (-math.inf, math.inf)


def finite_or_none(value: float) -> float | None:
    """The value for JSON, which has neither NaN nor infinities: those become None (null)."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A result over independent replications: point, bounds at `level`, and the values it was made from.

    `values` has one element per replication, NaN where the output is undefined there (no evictions, so no
    share of them); `n` counts the defined ones, which alone enter the interval. A NaN bound means that the
    replications cannot give it (one replication), an infinite one that there is none. `from_inputs` is the
    share of the interval's squared width that comes from inputs that are not known exactly; None where none
    were drawn.
    """

    mean: float
    low: float
    high: float
    n: int
    values: tuple[float, ...]
    level: float = LEVEL
    method: str = "t"
    from_inputs: float | None = None

    @property
    def half_width(self) -> float:
        """Half the interval's width; NaN when the bounds are not known."""
        return (self.high - self.low) / 2

    def to_dict(self) -> dict[str, Any]:
        """The estimate as JSON has it: `mean, low, high, n, values`, plus `level` when it is not 95 %."""
        plain: dict[str, Any] = {
            "mean": finite_or_none(self.mean),
            "low": finite_or_none(self.low),
            "high": finite_or_none(self.high),
            "n": self.n,
            "values": [finite_or_none(value) for value in self.values],
        }
        if self.level != LEVEL:
            plain["level"] = self.level
        if self.from_inputs is not None:
            plain["from_inputs"] = finite_or_none(self.from_inputs)
        return plain

    def __repr__(self) -> str:
        return (
            f"Estimate(mean={self.mean:.6g}, low={self.low:.6g}, high={self.high:.6g}, n={self.n}, "
            f"level={self.level:g}, method={self.method!r})"
        )


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Setting minus reference on the same arrivals: one difference per replication and their t interval.

    `exact_zero` says that the two never differed in any replication, which is more than an interval around 0.
    `detectable` says that the interval excludes 0. `p_value` is that of the paired t test. `from_inputs` is
    as in an Estimate.
    """

    mean: float
    low: float
    high: float
    n: int
    values: tuple[float, ...]
    setting: str
    reference: str
    exact_zero: bool
    detectable: bool
    p_value: float
    level: float = LEVEL
    method: str = "paired t"
    from_inputs: float | None = None

    @property
    def half_width(self) -> float:
        """Half the interval's width; NaN when the bounds are not known."""
        return (self.high - self.low) / 2

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON has it: an estimate's five fields and the two verdicts."""
        plain: dict[str, Any] = {
            "mean": finite_or_none(self.mean),
            "low": finite_or_none(self.low),
            "high": finite_or_none(self.high),
            "n": self.n,
            "values": [finite_or_none(value) for value in self.values],
            "exact_zero": self.exact_zero,
            "detectable": self.detectable,
        }
        if self.from_inputs is not None:
            plain["from_inputs"] = finite_or_none(self.from_inputs)
        return plain

    def __repr__(self) -> str:
        return (
            f"PairedDifference({self.setting!r} - {self.reference!r}: mean={self.mean:.6g}, "
            f"low={self.low:.6g}, high={self.high:.6g}, n={self.n}, exact_zero={self.exact_zero}, "
            f"detectable={self.detectable})"
        )


def estimate_mean(
    values: Sequence[float], *, within: tuple[float, float] = ANY_VALUE, level: float = LEVEL
) -> Estimate:
    """Mean over replications with Student's t interval, clipped to the values that are possible.

    Clipping (a share to [0, 1], a count to [0, inf)) never loses coverage, as the mean lies there too.
    NaN values are left out; infinite ones make the mean infinite with unknown bounds, unless all are equal.

    >>> estimate_mean([1.0, 2.0, 3.0, 4.0, 5.0])
    Estimate(mean=3, low=1.03676, high=4.96324, n=5, level=0.95, method='t')
    >>> estimate_mean([0.0, 0.0, 0.0, 0.01], within=(0.0, 1.0)).low
    0.0
    """
    defined = [value for value in values if not math.isnan(value)]
    kept = tuple(values)
    if not defined:
        return Estimate(math.nan, math.nan, math.nan, 0, kept, level)
    if any(math.isinf(value) for value in defined):
        same = min(defined) == max(defined)
        mean = defined[0] if same else sum(defined)
        bound = mean if same and len(defined) > 1 else math.nan
        return Estimate(mean, bound, bound, len(defined), kept, level)
    low, high = mean_interval(defined, level)
    if not math.isnan(low):
        low, high = max(low, within[0]), min(high, within[1])
    return Estimate(mean_and_variance(defined)[0], low, high, len(defined), kept, level)


def estimate_share(values: Sequence[float], *, level: float = LEVEL) -> Estimate:
    """Share of replications in which something happened (values 0 or 1), with Wilson's interval.

    >>> estimate_share([0.0] * 10)
    Estimate(mean=0, low=0, high=0.277533, n=10, level=0.95, method='wilson')
    """
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return Estimate(math.nan, math.nan, math.nan, 0, tuple(values), level, "wilson")
    hits = round(sum(defined))
    low, high = wilson_interval(hits, len(defined), level)
    return Estimate(hits / len(defined), low, high, len(defined), tuple(values), level, "wilson")


def estimate_time_to_fill(
    room: Sequence[float], growth: Sequence[float], *, level: float = LEVEL
) -> Estimate:
    """Time until growth per unit of time has used up the room, with Fieller's interval over replications.

    `room` and `growth` are paired by replication. The time is a ratio of means, so its point is mean room
    over mean growth, not the mean of the replications' own ratios (which are the estimate's `values`). Growth
    that is not significantly above zero leaves the time unbounded above (`high` is inf); growth at or below
    zero never fills anything (`mean` is inf). Negative room counts as none: the time is 0.

    Source: the rules' forecast beyond the horizon; `fieller_interval` for the interval.

    >>> estimate_time_to_fill([100.0, 100.0, 100.0], [9.0, 10.0, 11.0]).mean
    10.0
    >>> estimate_time_to_fill([100.0, 100.0], [0.0, 0.0])
    Estimate(mean=inf, low=inf, high=inf, n=2, level=0.95, method='fieller')
    """
    left = [max(value, 0.0) for value in room]
    singles = tuple(days_to_fill(a, b) for a, b in zip(left, growth, strict=True))
    n = len(left)
    mean_growth = mean_and_variance(growth)[0]
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, singles, level, "fieller")
    never = mean_growth <= 0
    if all(value == 0 for value in left):  # already full: no forecast is needed
        return Estimate(0.0, *((0.0, 0.0) if n > 1 else (math.nan, math.nan)), n, singles, level, "fieller")
    if n == 1:
        return Estimate(singles[0], math.nan, math.nan, 1, singles, level, "fieller")
    # 1 / time = growth / room is an ordinary ratio, as the room is away from zero: its interval turned over
    # is the same set, without the case distinction at infinity.
    _, slow, fast = fieller_interval(growth, left, level)
    low = 1 / fast if fast > 0 else math.inf
    high = 1 / slow if slow > 0 else math.inf
    mean = math.inf if never else mean_and_variance(left)[0] / mean_growth
    return Estimate(mean, low, high, n, singles, level, "fieller")


def days_to_fill(room: float, growth_per_day: float) -> float:
    """Days until the room is used up; 0 when there is none left, infinite when nothing grows.

    >>> days_to_fill(10.0, 4.0), days_to_fill(-1.0, 4.0), days_to_fill(10.0, 0.0)
    (2.5, 0.0, inf)
    """
    if room <= 0:
        return 0.0
    return room / growth_per_day if growth_per_day > 0 else math.inf


def paired_difference(
    setting_values: Sequence[float],
    reference_values: Sequence[float],
    *,
    setting: str = "setting",
    reference: str = "reference",
    identical: bool = False,
    level: float = LEVEL,
) -> PairedDifference:
    """Paired t interval for setting minus reference; element i of both comes from replication i.

    `identical` states that the whole runs were equal in every replication, which makes the difference exactly
    zero whatever the output. A pair that is NaN on one side only is left out. A setting that is infinite in
    every replication where the reference is finite (or the other way round) differs infinitely, detectably.

    Source: Law, Simulation Modeling and Analysis, 5th ed., section 10.2.1 (paired t, common random numbers).

    >>> change = paired_difference([3.0, 5.0, 7.0], [2.0, 3.0, 4.0])       # 1, 2, 3: 2 -+ 4.3027 / sqrt(3)
    >>> change.mean, round(change.low, 4), round(change.high, 4), change.detectable
    (2.0, -0.4841, 4.4841, False)
    >>> paired_difference([4.0, 4.0], [4.0, 4.0]).exact_zero
    True
    """
    pairs = list(zip(setting_values, reference_values, strict=True))
    # equal infinities and two undefined values are equal outcomes, although inf - inf is not a number
    values = tuple(0.0 if a == b or (a != a and b != b) else a - b for a, b in pairs)
    zero = bool(values) and (identical or all(value == 0 for value in values))
    if zero:
        n = len(values)
        bound = 0.0 if n > 1 else math.nan
        return PairedDifference(0.0, bound, bound, n, (0.0,) * n, setting, reference, True, False, 1.0, level)
    both_undefined = [a != a and b != b for a, b in pairs]
    kept = [v for v, skip in zip(values, both_undefined, strict=True) if not skip and not math.isnan(v)]
    point = estimate_mean([v for v in kept if math.isfinite(v)] or kept, level=level)
    if any(math.isinf(v) for v in kept) and any(math.isfinite(v) for v in kept):
        # partly infinite: neither a mean nor a test exists
        point = Estimate(math.nan, math.nan, math.nan, len(kept), (), level)
    return PairedDifference(
        point.mean,
        point.low,
        point.high,
        point.n,
        values,
        setting,
        reference,
        False,
        point.low > 0 or point.high < 0,
        mean_p_value(kept) if all(math.isfinite(v) for v in kept) else math.nan,
        level,
    )
