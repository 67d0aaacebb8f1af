"""Which of several settings is best: Kim and Nelson's procedure, with its guarantee or without.

Settings run on the same arrivals, so their differences vary less than they do, and the procedure works on
differences. A setting is dropped as soon as it is clearly worse than another; the promise is that with at
least the stated confidence the one that is left is the best, whenever it is better than every other by the
indifference amount (a difference that nobody would pay for). The promise needs conditions; they are checked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST_STAGE = 10
"""Replications from which the spread of the differences is taken."""
MOST_SKEW = 2.0
"""Differences more lopsided than this (an exponential's value) are too far from normal for the promise."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left of several settings. Indices are those of the columns that were given.

    `survivors` have not been shown to be worse; `dropped_at` is the replication at which each setting was
    dropped (None: not). `best` has the best mean among the survivors, over the replications that were used.
    `guaranteed` says whether the promise holds and `words` what is promised, or why nothing is.
    """

    best: int
    survivors: tuple[int, ...]
    dropped_at: tuple[int | None, ...]
    used: int
    guaranteed: bool
    words: str


def select_best(
    values: Sequence[Sequence[float]] | NDArray[np.float64],
    indifference: float,
    *,
    lowest: bool = True,
    level: float = LEVEL,
    first: int = FIRST_STAGE,
    names: Sequence[str] | None = None,
) -> Selection:
    """Find the best of k settings by Kim and Nelson's fully sequential procedure (KN), c = 1.

    Args:
        values: one row per replication, one column per setting; rows are independent, columns may not be.
        indifference: a difference smaller than this does not matter; fixed before looking.
        lowest: whether low values are good.
        level: probability with which the selected one is the best.
        first: rows of the first stage, from which variances are estimated.
        names: what the words call the settings.

    Source: Kim and Nelson (2001), ACM TOMACS 11, section 3, the procedure's five steps: eta = ((2 a / (k -
    1)) ^ (-2 / (n0 - 1)) - 1) / 2 and h^2 = 2 eta (n0 - 1) at error a = 1 - level; setting i stays after r
    rows while its mean >= every other's mean - W, W = max(0, (indifference / 2r)(h^2 S^2 / indifference^2 -
    r)). Theorem 1 allows dependent columns (common random numbers).

    >>> better = [[0.0, 1.0 + 0.1 * (-1) ** row] for row in range(12)]
    >>> found = select_best(better, 0.5)
    >>> found.best, found.guaranteed, found.dropped_at
    (0, True, (None, 10))
    """
    table = np.asarray(values, dtype=np.float64)
    rows, k = table.shape
    called = list(names) if names is not None else [f"setting {place + 1}" for place in range(k)]
    if indifference <= 0:
        raise ValueError(f"the indifference amount is more than 0, not {indifference}")
    if k == 1:
        return Selection(0, (0,), (None,), rows, True, f"{called[0]} is the only one")
    if not np.isfinite(table).all():
        return _undecided(table, called, lowest, "a value is undefined or infinite in some replication")
    if rows < first or first < 2:
        return _undecided(table, called, lowest, f"it needs {max(first, 2)} replications to start")
    good = -table if lowest else table
    survivors, dropped, used = _knock_out(good, first, constant(k, level, first), indifference)
    sums = good[:used].sum(axis=0)
    best = max(survivors, key=lambda place: (sums[place], -place))
    reason = ""
    if len(survivors) > 1 and not all((good[:, place] == good[:, best]).all() for place in survivors):
        left = ", ".join(called[place] for place in survivors)
        reason = f"after {rows} replications it is still open between {left}"
    else:
        reason = _too_lopsided(good, best, survivors, called)
    if reason:
        words = f"no guarantee that {called[best]} is the best: {reason}"
    else:
        words = (
            f"with at least {level:.0%} confidence {called[best]} is the best, if it is better than every "
            f"other by {indifference:g} or more; assumed: differences are about normal"
        )
    return Selection(best, tuple(survivors), tuple(dropped), used, not reason, words)


def constant(k: int, level: float, first: int) -> float:
    """h^2 of the procedure for k settings and `first` rows in the first stage.

    Source: as `select_best`, with c = 1.

    >>> round(constant(2, 0.95, 10), 4)            # eta = (0.1 ** (-2 / 9) - 1) / 2 = 0.33405
    6.0129
    """
    eta = (math.pow(2 * (1 - level) / (k - 1), -2 / (first - 1)) - 1) / 2
    return 2 * eta * (first - 1)


def _knock_out(
    good: NDArray[np.float64], first: int, h2: float, indifference: float
) -> tuple[list[int], list[int | None], int]:
    """Rows one by one until one setting is left or the rows end: survivors, when others went, rows used."""
    rows, k = good.shape
    stage = good[:first]
    variance = (stage[:, :, None] - stage[:, None, :]).var(axis=0, ddof=1)
    sums = stage.sum(axis=0)
    alive = list(range(k))
    dropped: list[int | None] = [None] * k
    used = first
    while True:
        slack = np.maximum(0.0, indifference / 2 * (h2 * variance / indifference**2 - used))
        keep = [i for i in alive if all(sums[i] >= sums[other] - slack[i, other] for other in alive)]
        for i in set(alive) - set(keep):
            dropped[i] = used
        alive = keep
        if len(alive) == 1 or used == rows:
            return alive, dropped, used
        sums += good[used]
        used += 1


def _too_lopsided(
    good: NDArray[np.float64], best: int, survivors: Sequence[int], called: Sequence[str]
) -> str:
    """Why the differences are too far from normal; "" when they are not."""
    for place in range(good.shape[1]):
        if place in survivors:
            continue
        differences = good[:, best] - good[:, place]
        spread = float(differences.std())
        if spread == 0:
            continue
        skew = float(((differences - differences.mean()) ** 3).mean()) / spread**3
        if abs(skew) > MOST_SKEW:
            return f"differences from {called[place]} are far from normal (skewness {skew:.1f})"
    return ""


def _undecided(table: NDArray[np.float64], called: Sequence[str], lowest: bool, reason: str) -> Selection:
    rows, k = table.shape
    known = np.isfinite(table)
    means = np.where(known, table, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    worst = math.inf if lowest else -math.inf
    means = np.where(known.any(axis=0), means, worst)
    best = int(np.argmin(means) if lowest else np.argmax(means))
    words = f"no guarantee that {called[best]} is the best: {reason}"
    return Selection(best, tuple(range(k)), (None,) * k, rows, False, words)
