"""How fast a level rises: the drift of a random walk seen through noise.

Memory that leaks is a sum of random steps, so a line fitted through it looks surer than it is; memory that
does not leak is noise about a level, and its first and last value alone say little. A random walk with drift
plus independent noise has both as special cases, and the data say where between them they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .intervals import LEVEL, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS_AT_LEAST = 5
SHARES = tuple(np.geomspace(1e-6, 1e4, 41).tolist())
ABOUT_AS_LIKELY = 0.5
"""Log-likelihood: one standard error away."""


def drift(values: Floats, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean rise per step of a series and its interval; NaN for too short a one.

    Steps d are jointly normal with variances q + 2 and neighbours' covariances -1, times a variance: q is the
    walk's share against the noise's. Their mean is that by generalised least squares: (last - first) / steps
    for a pure walk, the line's slope for pure noise. A small walk is easily taken for none, and the interval
    is then far too narrow; so of all q that the restricted likelihood finds about as likely as the best, the
    largest is taken.

    Source: Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, ch. 4.3.
    """
    steps = np.diff(values)
    n = len(steps)
    if n < STEPS_AT_LEAST:
        return math.nan, math.nan, math.nan
    fits = [_fitted(steps, q) for q in SHARES]
    best = max(likelihood for likelihood, _, _ in fits)
    _, mean, variance = next(fit for fit in reversed(fits) if fit[0] >= best - ABOUT_AS_LIKELY)
    half = t_quantile(n, level) * math.sqrt(variance)
    return mean, mean - half, mean + half


def _fitted(steps: Floats, q: float) -> tuple[float, float, float]:
    """Restricted log-likelihood, the mean step and its variance, given the walk's share."""
    from scipy.linalg import cho_solve_banded, cholesky_banded

    n = len(steps)
    band = np.stack([np.full(n, -1.0), np.full(n, q + 2.0)])
    factor = cholesky_banded(band)
    ones = cho_solve_banded((factor, False), np.ones(n))
    weight = float(ones.sum())
    mean = float(ones @ steps) / weight
    rest = steps - mean
    variance = max(float(rest @ cho_solve_banded((factor, False), rest)) / (n - 1), 1e-300)
    determinant = 2 * float(np.log(factor[1]).sum())
    likelihood = -0.5 * ((n - 1) * math.log(variance) + determinant + math.log(weight))
    return likelihood, mean, variance / weight
