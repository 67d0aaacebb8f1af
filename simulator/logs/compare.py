"""Numbers of a log against those of simulated replications: is it where one more log would be?

Source: prediction interval for one future value, Hahn and Meeker (1991), Statistical Intervals, ch. 4.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ..statistics.intervals import mean_and_variance, t_quantile
from .comparison import Change, Comparison
from .courses import BIN_MS, block_bootstrap, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .comparison import Quantity, Verdict
    from .courses import Courses, Floats, Sort
    from .predicted import Predicted

RESOLUTION: Final = {"percent": 0.05, "entries": 0.5, "bytes": 1.0, "per hour": 0.0}
"""Half a unit of what a log can tell: a prediction without spread is no finer."""


CLUSTERED: Final = 0.5
"""A rate's standard deviation over its mean, from which on its events come in clusters."""


def block_of(courses: Courses) -> int:
    """Bins in a block of the bootstrap: an hour's, or a day's for a log of three days."""
    hours = len(courses.bins()) * BIN_MS / 3_600_000
    return (24 if hours >= 72 else 1) * 3_600_000 // BIN_MS


def compare(courses: Courses, quantity: Quantity, runs: Sequence[Predicted], level: float) -> Comparison:
    """One quantity's number, its interval and its prediction."""
    course = courses.series(quantity.name, quantity.sort)
    expected = np.array([_fit(run.courses.series(quantity.name, quantity.sort), len(course)) for run in runs])
    observed = summary(course, quantity.sort)
    drawn = block_bootstrap(course, quantity.sort, block_of(courses))
    mean, low, high = _prediction(_values(runs, quantity), quantity, level, len(course))
    verdict: Verdict = "as predicted"
    if not all(map(math.isfinite, (observed, low, high))):
        verdict = "cannot tell"
    elif not low <= observed <= high:
        verdict = "higher" if observed > high else "lower"
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else (np.nan, np.nan)
    known = np.isfinite(expected)
    counted = np.maximum(known.sum(axis=0), 1)
    seen = known.any(axis=0)
    blank = np.nan
    return Comparison(
        quantity, observed, float(ends[0]), float(ends[1]), mean, low, high, verdict,
        course=course,
        expected_low=np.where(seen, np.where(known, expected, np.inf).min(axis=0), blank),
        expected=np.where(seen, np.where(known, expected, 0.0).sum(axis=0) / counted, blank),
        expected_high=np.where(seen, np.where(known, expected, -np.inf).max(axis=0), blank),
    )  # fmt: skip


def _fit(values: Floats, length: int) -> Floats:
    """A run's bins laid beside the log's: the log may begin or end within one."""
    return np.concatenate([values[:length], np.full(max(length - len(values), 0), np.nan)])


def _values(runs: Sequence[Predicted], quantity: Quantity) -> list[float]:
    if quantity.store and not any(quantity.store in run.bytes_at_end for run in runs):
        return [0.0] * len(runs)  # switched off
    found = [summary(run.courses.series(quantity.name, quantity.sort), quantity.sort) for run in runs]
    return [value for value in found if math.isfinite(value)]


def _prediction(
    values: Sequence[float], quantity: Quantity, level: float, bins: int
) -> tuple[float, float, float]:
    """Mean, and the interval of one more value: Student's t, or for what comes in clusters its reach."""
    n = len(values)
    mean, variance = mean_and_variance(values)
    if n < 2:
        return mean, math.nan, math.nan
    half = max(t_quantile(n, level) * math.sqrt(variance * (1 + 1 / n)), RESOLUTION[quantity.unit])
    low, high = mean - half, max(mean + half, _reach(values, quantity, level, bins))
    return mean, low if quantity.sort == "growth" else max(low, 0.0), high


def _reach(values: Sequence[float], quantity: Quantity, level: float, bins: int) -> float:
    """How far the rate of clustered events may go: an hour without a node has a thousand of them, a day none.

    That one more value is k times the largest of n has chance 1 / (k (n + 1)) with a tail so heavy that it
    has no mean (Pareto, index 1). Where none had an event, the largest is taken as one event. 0 for what is
    no rate, or spreads by less than half its mean.
    """
    mean, variance = mean_and_variance(values)
    if quantity.sort != "rate" or math.sqrt(variance) < CLUSTERED * mean:
        return 0.0
    largest = max(values) or 3_600_000 / BIN_MS / bins
    return largest / ((len(values) + 1) * (1 - level) / 2)


Side = tuple["Courses", "Comparison", "Sequence[Predicted]"]
"""A log, one of its comparisons, and the runs it was held against."""


def difference(before: Side, after: Side, level: float) -> Change:
    """One quantity that both logs told, later minus earlier; a level if it is one on either side.

    A change that is predicted counts as seen where the difference is one that two logs of the earlier setting
    would not show.
    """
    sorts = [side[1].quantity.sort for side in (before, after)]
    sort: Sort = "level" if "level" in sorts else sorts[0]
    quantity = replace(after[1].quantity, sort=sort)
    numbers, draws, values = [], [], []
    for seed, (courses, comparison, runs) in enumerate((before, after), start=1):
        asked = replace(comparison.quantity, sort=sort)
        series = courses.series(asked.name, sort)
        numbers.append(summary(series, sort))
        draws.append(block_bootstrap(series, sort, block_of(courses), seed=seed))
        values.append(_values(runs, asked))
    ends = (math.nan, math.nan)
    if len(draws[0]) and len(draws[1]):
        low, high = np.quantile(draws[1] - draws[0], [(1 - level) / 2, (1 + level) / 2])
        ends = (float(low), float(high))
    was, became = numbers
    observed, n = became - was, min(map(len, values))
    if n < 2 or not math.isfinite(observed):
        return Change(quantity, was, became, *ends, math.nan, math.nan, math.nan, False, "cannot tell")
    (mean_1, variance_1), (mean_2, variance_2) = map(mean_and_variance, values)
    expected, least = mean_2 - mean_1, RESOLUTION[quantity.unit]
    t = t_quantile(n, level)
    reaches = [
        _reach(each, replace(side[1].quantity, sort=sort), level, len(side[0].bins()))
        for each, side in zip(values, (before, after), strict=True)
    ]
    half = max(t * math.sqrt((variance_1 + variance_2) * (1 + 1 / n)), least, *reaches)
    chance = max(t * math.sqrt(2 * variance_1 * (1 + 1 / n)), least, reaches[0])
    paired = [b - a for a, b in zip(*values, strict=False)]
    expects = abs(expected) > max(t * math.sqrt(mean_and_variance(paired)[1] / n), least)
    verdict: Verdict = "as predicted" if not expects or abs(observed) > chance else "cannot tell"
    if not expected - half <= observed <= expected + half:
        verdict = "not as predicted"
    bounds = (expected, expected - half, expected + half)
    return Change(quantity, was, became, *ends, *bounds, expects, verdict)
