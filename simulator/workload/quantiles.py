"""Quantiles and cumulative shares of every distribution of the config language, exact beside the samplers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    Lognormal,
    Mixture,
    Normal,
    Poisson,
    Uniform,
    Weibull,
    Zipf,
)
from .sampling import zipf_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def share_up_to(distribution: Distribution, value: ArrayLike) -> Floats:
    """The chance of a draw of at most `value` (base unit; any shape), before rounding to whole numbers.

    >>> float(share_up_to(Exponential(mean=100), 100).round(6))
    0.632121
    """
    from scipy import special

    x = np.asarray(value, dtype=np.float64)
    above = np.maximum(x, 0.0)
    share: Any
    match distribution:
        case Constant(value=only):
            share = x >= only
        case Uniform(low=low, high=high):
            share = np.clip((x - low) / (high - low), 0, 1) if high > low else x >= low
        case Exponential(mean=mean):
            share = -np.expm1(-above / mean) if mean > 0 else x >= 0
        case Lognormal(mu=mu, sigma=sigma):
            with np.errstate(divide="ignore"):
                logs = np.log(above)
            share = special.ndtr((logs - mu) / sigma) if sigma > 0 else logs >= mu
        case Normal(mean=mean, sd=sd):
            share = np.where(x < 0, 0.0, special.ndtr((x - mean) / sd) if sd > 0 else x >= mean)
        case Gamma(shape=shape, scale=scale):
            share = special.gammainc(shape, above / scale)
        case Weibull(shape=shape, scale=scale):
            share = -np.expm1(-((above / scale) ** shape))
        case Geometric(mean=mean):
            share = -np.expm1(np.floor(above) * np.log1p(-1 / mean)) if mean > 1 else x >= 1
        case Poisson(mean=mean):
            share = np.where(x < 0, 0.0, special.pdtr(np.floor(above), mean))
        case Zipf(exponent=exponent, distinct=distinct):
            shares = np.concatenate([[0.0], np.cumsum(zipf_weights(exponent, distinct))])
            share = (shares / shares[-1])[np.clip(np.floor(x), 0, distinct).astype(np.int64)]
        case Empirical(values=values):
            share = np.searchsorted(np.sort(values), x, side="right") / len(values)
        case Mixture(parts=parts):
            share = sum(weight * share_up_to(part, x) for weight, part in parts)
        case _:
            raise TypeError(f"no shares for the distribution {distribution!r}")
    return np.asarray(share, dtype=np.float64)


def quantile(distribution: Distribution, share: float) -> float:
    """The least value that `share` of the draws (0 < share < 1) do not exceed, in the base unit.

    >>> round(quantile(Lognormal.from_median(2500, 4200), 0.95), 6)
    4200.0
    """
    from scipy import special

    if not 0 < share < 1:
        raise ValueError(f"a quantile's share lies between 0 and 1, not at {share}")
    match distribution:
        case Constant(value=value):
            return value
        case Uniform(low=low, high=high):
            return low + (high - low) * share
        case Exponential(mean=mean):
            return mean * -float(np.log1p(-share))
        case Lognormal(mu=mu, sigma=sigma):
            return float(np.exp(mu + sigma * special.ndtri(share)))
        case Normal(mean=mean, sd=sd):
            return max(mean + sd * float(special.ndtri(share)), 0.0)
        case Gamma(shape=shape, scale=scale):
            return scale * float(special.gammaincinv(shape, share))
        case Weibull(shape=shape, scale=scale):
            return scale * float(np.power(-np.log1p(-share), 1 / shape))
        case Empirical(values=values):
            # a rounding error in the product must not reach for the next value
            return float(np.sort(values)[max(int(np.ceil(share * len(values) - 1e-9)), 1) - 1])
    return _search(distribution, share)


def _search(distribution: Distribution, share: float) -> float:
    """By halving, down to neighbouring doubles or, where draws are counts, to the count."""
    low, high = -1.0, 1.0
    while share_up_to(distribution, high) < share:
        low, high = high, 2 * high
    counts = isinstance(distribution, Geometric | Poisson | Zipf)
    for _ in range(200):
        middle = (low + high) / 2
        if counts:
            middle = float(np.floor(middle))
        if middle in (low, high):
            break
        if share_up_to(distribution, middle) < share:
            low = middle
        else:
            high = middle
    return high
