"""The families that can be fitted, on unconstrained parameters: survival functions, densities, quantities.

Theta is what a search moves freely: logarithms of what must be positive. All is in the data's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    OfTheta = Callable[[Floats, Floats], Floats]

Z95 = float(special.ndtri(0.95))


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes:
        name: as in a config.
        sf: (theta, x) -> P(X > x).
        logpdf: (theta, x) -> log density; None where values are counts.
        start: (mean, mean of logs, sd, sd of logs) -> a theta to begin with.
        quantile: (theta, share) -> quantile.
        mean: theta -> mean.
        written: theta -> parameters as a config has them, in base units.
    """

    name: str
    sf: OfTheta
    logpdf: OfTheta | None
    start: Callable[[float, float, float, float], list[float]]
    quantile: Callable[[Floats, float], float]
    mean: Callable[[Floats], float]
    written: Callable[[Floats], dict[str, float]]

    @property
    def numbers(self) -> int:
        """How many parameters it has."""
        return len(self.start(2.0, 0.5, 1.0, 0.5))


def _lognormal_log(theta: Floats, x: Floats) -> Floats:
    z = (np.log(x) - theta[0]) * np.exp(-theta[1])
    density: Floats = -0.5 * z * z - theta[1] - np.log(x) - 0.5 * np.log(2 * np.pi)
    return density


def _gamma_log(theta: Floats, x: Floats) -> Floats:
    shape, log_scale = np.exp(theta[0]), theta[1]
    density: Floats = (
        (shape - 1) * np.log(x) - x * np.exp(-log_scale) - shape * log_scale - special.gammaln(shape)
    )
    return density


def _weibull_log(theta: Floats, x: Floats) -> Floats:
    shape = np.exp(theta[0])
    relative = np.log(x) - theta[1]
    density: Floats = theta[0] + shape * relative - np.log(x) - np.exp(shape * relative)
    return density


def _weibull_mean(theta: Floats) -> float:
    return float(np.exp(theta[1] + special.gammaln(1 + np.exp(-theta[0]))))


def _weibull_quantile(theta: Floats, share: float) -> float:
    return float(np.exp(theta[1] + np.log(-np.log1p(-share)) * np.exp(-theta[0])))


def _gamma_written(theta: Floats) -> dict[str, float]:
    mean = float(np.exp(theta[0] + theta[1]))
    return {"mean": mean, "sd": mean * float(np.exp(-theta[0] / 2))}


def _geometric_sf(theta: Floats, x: Floats) -> Floats:
    going_on = special.expit(theta[0])  # (mean - 1) / mean
    survival: Floats = going_on ** np.maximum(np.floor(x), 0)
    return survival


def _counted(theta: Floats, share: float, sf: OfTheta) -> float:
    counts = np.arange(1, 10_000, dtype=np.float64)
    return float(counts[np.searchsorted(-sf(theta, counts), share - 1, side="left")])


EXPONENTIAL = Family(
    "exponential",
    sf=lambda theta, x: np.exp(-x * np.exp(-theta[0])),
    logpdf=lambda theta, x: -x * np.exp(-theta[0]) - theta[0],
    start=lambda mean, _, __, ___: [np.log(mean)],
    quantile=lambda theta, share: float(-np.log1p(-share) * np.exp(theta[0])),
    mean=lambda theta: float(np.exp(theta[0])),
    written=lambda theta: {"mean": float(np.exp(theta[0]))},
)
LOGNORMAL = Family(
    "lognormal",
    sf=lambda theta, x: special.ndtr((theta[0] - np.log(x)) * np.exp(-theta[1])),
    logpdf=_lognormal_log,
    start=lambda _, log_mean, __, log_sd: [log_mean, np.log(log_sd)],
    quantile=lambda theta, share: float(np.exp(theta[0] + special.ndtri(share) * np.exp(theta[1]))),
    mean=lambda theta: float(np.exp(theta[0] + np.exp(2 * theta[1]) / 2)),
    written=lambda theta: {
        "median": float(np.exp(theta[0])),
        "p95": float(np.exp(theta[0] + Z95 * np.exp(theta[1]))),
    },
)
GAMMA = Family(
    "gamma",
    sf=lambda theta, x: special.gammaincc(np.exp(theta[0]), x * np.exp(-theta[1])),
    logpdf=_gamma_log,
    start=lambda mean, _, sd, __: [2 * np.log(mean / sd), np.log(sd * sd / mean)],
    quantile=lambda theta, share: float(np.exp(theta[1]) * special.gammaincinv(np.exp(theta[0]), share)),
    mean=lambda theta: float(np.exp(theta[0] + theta[1])),
    written=_gamma_written,
)
WEIBULL = Family(
    "weibull",
    sf=lambda theta, x: np.exp(-((x * np.exp(-theta[1])) ** np.exp(theta[0]))),
    logpdf=_weibull_log,
    start=lambda mean, _, sd, __: [np.log(mean / sd) * 1.1, np.log(mean)],
    quantile=_weibull_quantile,
    mean=_weibull_mean,
    written=lambda theta: {
        "median": _weibull_quantile(theta, 0.5),
        "p95": _weibull_quantile(theta, 0.95),
    },
)
GEOMETRIC = Family(
    "geometric",
    sf=_geometric_sf,
    logpdf=None,
    start=lambda mean, _, __, ___: [np.log(max(mean - 1, 1e-3))],
    quantile=lambda theta, share: _counted(theta, share, _geometric_sf),
    mean=lambda theta: 1 + float(np.exp(theta[0])),
    written=lambda theta: {"mean": 1 + float(np.exp(theta[0]))},
)
POISSON = Family(
    "poisson",
    sf=lambda theta, x: special.pdtrc(np.floor(x), np.exp(theta[0])),
    logpdf=None,
    start=lambda mean, _, __, ___: [np.log(mean)],
    quantile=lambda theta, share: _counted(
        theta, share, lambda t, x: np.asarray(special.pdtrc(np.floor(x), np.exp(t[0])))
    ),
    mean=lambda theta: float(np.exp(theta[0])),
    written=lambda theta: {"mean": float(np.exp(theta[0]))},
)

TIMES = (EXPONENTIAL, LOGNORMAL, GAMMA, WEIBULL)
"""Families of what is measured: times and lengths."""

COUNTS = (GEOMETRIC, POISSON, LOGNORMAL, GAMMA, WEIBULL)
"""Families of counts from 1; a continuous one is rounded, as a workload's draws are."""


def chance(family: Family, theta: Floats, count: Any, least: int = 1) -> Floats:
    """P(X = count) of whole numbers: draws are rounded to the nearest one, and those below `least` are it."""
    count = np.asarray(count, dtype=np.float64)
    above = np.where(count <= least, 1.0, family.sf(theta, np.maximum(count - 0.5, 1e-9)))
    return np.asarray(above - family.sf(theta, count + 0.5))
