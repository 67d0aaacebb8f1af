"""One long run: where its warm-up ends, and how sure the mean of what follows is.

Values within a run depend on each other. MSER-5 finds how much of the beginning to leave out; overlapping
batch means give an interval for the mean of the rest in spite of the dependence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from .intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH = 5
"""Values to a batch: the 5 of MSER-5."""
FEWEST_BATCHES = 20
"""With fewer batches than this the minimum is mostly noise."""


@dataclass(frozen=True, slots=True)
class Truncation:
    """How many values to leave out at the start of a run, and whether to believe it.

    `reliable` is False when the best cut lies at the end of where cuts were looked for (the run has not
    settled), or when there are too few batches; `reason` says which.
    """

    discard: int
    n: int
    reliable: bool
    reason: str


def mser(values: Sequence[float] | NDArray[np.float64], batch: int = BATCH) -> Truncation:
    """The cut that makes the mean of the rest most certain, looked for in the first half of the run.

    Minimises, over d batches cut, the sum over the rest of (batch mean - their mean)^2 / (rest)^2. A run that
    never settles keeps getting better the more is cut; its minimum lies at the border, and is said so.

    Source: White, Cobb and Spratt (2000), Proc. Winter Simulation Conference, eq. 3 (batches of 5); White
    (1997), Simulation 69, eq. 2; Hoad, Robinson and Davies (2010), Journal of Simulation 4, section 4 (search
    half of the run, distrust the border).

    >>> mser([9.0] * 10 + [1.0, 2.0, 0.0, 2.0, 0.0] * 30)      # ten values too high, then a level
    Truncation(discard=10, n=160, reliable=True, reason='')
    >>> mser(list(range(200))).reliable                        # never settles
    False
    """
    series = np.asarray(values, dtype=np.float64)
    count = len(series) // batch
    if count < FEWEST_BATCHES:
        found = f"{count} batches of {batch} values; at least {FEWEST_BATCHES} are needed"
        return Truncation(0, len(series), False, found)
    means = series[: count * batch].reshape(count, batch).mean(axis=1)
    means = means - means.mean()  # sums of squares below are differences: keep the numbers small
    rest = count - np.arange(count)
    ahead, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    statistic = np.maximum(squares - ahead**2 / rest, 0.0) / rest**2
    most = count // 2
    # equal batches at the start of a constant run are no warm-up: the smallest cut among equals
    floor = 1e-12 * max(float(statistic[0]), float(np.max(means**2)), 1e-300)
    best = int(np.argmax(statistic[: most + 1] <= statistic[: most + 1].min() + floor))
    reliable = best < most
    reason = "" if reliable else "the run has not settled: the best cut is the largest that was looked for"
    return Truncation(best * batch, len(series), reliable, reason)


@dataclass(frozen=True, slots=True)
class BatchMeans:
    """Mean of a dependent series and its interval. `batch` is the batch length, `df` degrees of freedom."""

    mean: float
    low: float
    high: float
    batch: int
    df: float
    n: int


def overlapping_batch_means(
    values: Sequence[float] | NDArray[np.float64], batch: int | None = None, level: float = LEVEL
) -> BatchMeans:
    """Interval for the mean of one stationary, dependent series from all its overlapping batches.

    The default batch is a tenth of the run: long enough for most dependence, with 13.5 degrees of freedom.

    Source: Meketon and Schmeiser (1984), Proc. Winter Simulation Conference, eq. 5: the variance of the mean
    is estimated by m / ((n - m)(n - m + 1)) * sum of (batch mean - mean)^2, with 3/2 (n/m - 1) degrees of
    freedom (their section 4).

    >>> found = overlapping_batch_means([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], batch=2)
    >>> found.mean, found.df          # batch means 1.5 … 5.5; variance 2 / (4 · 5) · 10 = 1
    (3.5, 3.0)
    >>> round(found.high - found.mean, 4)                      # t of 3 degrees of freedom
    3.1824
    """
    series = np.asarray(values, dtype=np.float64)
    n = len(series)
    m = max(n // 10, 1) if batch is None else batch
    if m < 1 or n < 2 * m:
        raise ValueError(f"a batch of {m} does not fit twice into {n} values")
    mean = float(series.mean())
    sums = np.concatenate([[0.0], np.cumsum(series - mean)])
    batches = (sums[m:] - sums[:-m]) / m
    variance = m * float(batches @ batches) / ((n - m) * (n - m + 1))
    df = 1.5 * (n / m - 1)
    half = float(stdtrit(df, (1 + level) / 2)) * math.sqrt(variance)
    return BatchMeans(mean, mean - half, mean + half, m, df, n)
