"""Control variates: use what is known exactly of the workload to take chance out of an estimate.

The mean number of sessions in a day, or the mean baseline of a host, is known without running anything. A
replication that happened to get more of it than average also has a higher peak; knowing by how much it was
off, and how the two go together, part of the peak's spread can be taken away again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from .estimate import Estimate, estimate_mean
from .intervals import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Controlled:
    """An estimate with and without controls.

    `helps` says whether the controls are worth their degrees of freedom, and `variance_ratio` what they leave
    of the variance of the mean, both expected. `slopes` are the result's units per unit of each control.
    """

    plain: Estimate
    controlled: Estimate
    helps: bool
    variance_ratio: float
    slopes: tuple[float, ...]

    @property
    def better(self) -> Estimate:
        """The controlled estimate where it helps, else the plain one."""
        return self.controlled if self.helps else self.plain


def controlled_mean(
    values: Sequence[float],
    controls: Sequence[Sequence[float]] | NDArray[np.float64],
    known_means: Sequence[float],
    level: float = LEVEL,
) -> Controlled:
    """Mean of a result, corrected by controls whose means are known.

    Args:
        values: one per replication.
        controls: one row per replication, one column per control. Columns that never vary are left out.
        known_means: the exact mean of each control.
        level: confidence of the interval.

    The interval is exact when values and controls are jointly normal. `helps` uses the loss factor for
    estimating the slopes: (1 - R^2)(n - 2)/(n - q - 2) < 1.

    Source: Lavenberg and Welch (1981), Management Science 27, section 4; Nelson (1990), Operations Research
    38, eqs. 4-6: mean - slope' (control mean - known), with variance s^2 (1/n + d' S^-1 d / (n - 1)), d the
    controls' departure from their means, on n - q - 1 degrees of freedom.

    >>> found = controlled_mean([12.0, 9.0, 11.0, 8.0, 10.0, 13.0], [[2], [-1], [1], [-2], [0], [3]], [0.0])
    >>> found.plain.mean, found.controlled.mean, found.controlled.low     # the value is 10 + control
    (10.5, 10.0, 10.0)
    """
    y = np.asarray(values, dtype=np.float64)
    c = np.asarray(controls, dtype=np.float64).reshape(len(y), -1)
    plain = estimate_mean(list(values), level=level)
    varies = [place for place in range(c.shape[1]) if c[:, place].min() < c[:, place].max()]
    c, n, q = c[:, varies], len(y), len(varies)
    off = c.mean(axis=0) - np.asarray(known_means, dtype=np.float64)[varies] if n else np.zeros(q)
    if q == 0 or n < q + 4 or not (np.isfinite(y).all() and np.isfinite(c).all()) or y.min() == y.max():
        return Controlled(plain, plain, False, 1.0, (0.0,) * q)
    yc, cc = y - y.mean(), c - c.mean(axis=0)
    scale = cc.std(axis=0)
    scaled = cc / scale  # controls of very different sizes (bytes, sessions) in one system of equations
    spread = scaled.T @ scaled
    if np.linalg.cond(spread) > 1e10:
        return Controlled(plain, plain, False, 1.0, (0.0,) * q)
    slopes = np.linalg.solve(spread, scaled.T @ yc)
    rest = yc - scaled @ slopes
    left = float(rest @ rest) / float(yc @ yc)
    variance = float(rest @ rest) / (n - q - 1)
    departure = off / scale
    factor = 1 / n + float(departure @ np.linalg.solve(spread, departure))
    mean = float(y.mean() - departure @ slopes)
    half = float(stdtrit(n - q - 1, (1 + level) / 2)) * math.sqrt(variance * factor)
    corrected = y - (c - np.asarray(known_means, dtype=np.float64)[varies]) / scale @ slopes
    if half < 1e-12 * abs(mean):
        half = 0.0
    ratio = left * (n - 2) / (n - q - 2)
    estimate = Estimate(mean, mean - half, mean + half, n, tuple(corrected.tolist()), level, "controlled")
    return Controlled(plain, estimate, ratio < 1, ratio, tuple((slopes / scale).tolist()))
