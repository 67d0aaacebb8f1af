"""Maximum likelihood with censored and rounded values; families by AIC; bounds on the logarithmic scale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from .families import Family, chance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    OfTheta = Callable[[Floats], float]
    Quantity = Callable[[Family, Floats], float]

FINEST = 0.002
"""Values closer than this, relatively, are taken together when there are many: far below their spread."""

MANY = 4_000
CLEARLY = 2.0
"""A family of more parameters must be better by so much AIC. Source: Burnham and Anderson, Model Selection
and Multimodel Inference, 2nd ed., 2002, 2.6: up to 2, there is substantial support for the other."""


LARGEST = 700.0
"""The logarithm of the largest number."""

UNLIKELY = 0.135
"""A family that has less than this share of the best one's Akaike weight, 4 AIC, is not considered. Source:
Burnham and Anderson, Model Selection and Multimodel Inference, 2nd ed., 2002, 2.6."""


SHARES = {"median": 0.5, "p95": 0.95}
"""Parameters that are quantiles, and so mean the same in every family."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured.

    Attributes:
        values, weights: distinct values and how often each was seen.
        cut: values of which only a lower bound is known (right-censored).
        whole: values are whole numbers that draws were rounded to; those below 1 became 1.
        from_: values below were left out (left truncation); 0: none was.
    """

    values: Floats
    weights: Floats
    cut: Floats
    whole: bool = False
    from_: float = 0.0

    @property
    def n(self) -> int:
        """How many were seen whole."""
        return int(self.weights.sum())


@dataclass(frozen=True)
class Fit:
    """A fitted family: theta, its covariance (inverse observed information), and what follows."""

    family: Family
    theta: Floats
    covariance: Floats
    log_likelihood: float
    n: int
    cut: int
    rivals: dict[str, float] = field(default_factory=dict)
    """AIC of each family less the best one's."""
    misfit: tuple[float, float] | None = None
    """Anderson-Darling's A-squared and its p value; None where there is no test."""
    others: tuple[tuple[float, Fit], ...] = ()
    """Families that may be right as well, each with its Akaike weight."""

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2 * len(self.theta) - 2 * self.log_likelihood

    @property
    def freedom(self) -> int:
        """Degrees of freedom: a spread that few values tell is itself uncertain, and estimated too small."""
        return max(self.n - len(self.theta), 1)

    def interval(self, quantity: Quantity) -> tuple[float, float, float]:
        """A positive quantity with 95 % bounds that hold for every family that may be right."""
        value, below, above = self._logarithm(quantity)
        others = [fit._logarithm(quantity) for _, fit in self.others]
        told = [(value, below, above), *(each for each in others if np.isfinite(each).all())]
        low, high = min(at - down for at, down, _ in told), max(at + up for at, _, up in told)
        return float(np.exp(value)), float(np.exp(low)), float(np.exp(min(high, LARGEST)))

    def _logarithm(self, quantity: Quantity) -> tuple[float, float, float]:
        """The logarithm of a quantity, and how far it may be below and above, in this family.

        Theta moves to where the quantity is lowest and highest among those that are likely enough, the
        log-likelihood taken as quadratic; with Student's t, and the covariance as if spreads were divided by
        the degrees of freedom, which is exact for the median of a lognormal.
        """

        def of(theta: Floats) -> float:
            with np.errstate(all="ignore"):
                return float(np.log(max(quantity(self.family, theta), 0.0)))

        slope = _gradient(of, self.theta)
        moved = self.covariance @ slope
        error = max(float(slope @ moved), 1e-300) ** 0.5
        far = moved / error * (self.n / self.freedom) ** 0.5 * float(special.stdtrit(self.freedom, 0.975))
        value = of(self.theta)
        return value, _apart(value, of(self.theta - far)), _apart(of(self.theta + far), value)

    def parameters(self) -> dict[str, tuple[float, float, float]]:
        """The parameters as a config has them: value, low, high."""
        alone = replace(self, others=())

        def one(name: str) -> tuple[float, float, float]:
            if name == "mean":
                return self.mean()
            if name in SHARES:
                return self.quantile(SHARES[name])
            return alone.interval(lambda family, theta: family.written(theta)[name])

        return {name: one(name) for name in self.family.written(self.theta)}

    def mean(self) -> tuple[float, float, float]:
        """The mean with its bounds."""
        return self.interval(lambda family, theta: family.mean(theta))

    def quantile(self, share: float) -> tuple[float, float, float]:
        """A quantile with its bounds."""
        return self.interval(lambda family, theta: family.quantile(theta, share))

    def draw(self, generator: np.random.Generator) -> tuple[Family, Floats]:
        """A family and a theta as uncertain as the fit."""
        place = generator.random()
        for weight, fit in self.others:
            if place < weight:
                return replace(fit, others=()).draw(generator)
            place -= weight
        normal = generator.multivariate_normal(np.zeros(len(self.theta)), self.covariance, method="eigh")
        drawn: Floats = self.theta + normal * (self.n / generator.chisquare(self.freedom)) ** 0.5
        return self.family, drawn


def _apart(one: float, other: float) -> float:
    """How far; infinitely where a family's parameters have no bound."""
    apart = abs(one - other)
    return float(apart) if np.isfinite(apart) else float("inf")


def sample(values: Floats, cut: Floats | None = None, *, whole: bool = False, from_: float = 0.0) -> Sample:
    """Values with how often they occur; very many are taken together by `FINEST`."""
    values = np.asarray(values, dtype=np.float64)
    if not whole:
        values = np.maximum(values, 0.5)  # times in whole ms: 0 is below one half
    seen, counts = np.unique(values[values >= from_], return_counts=True)
    weights: Floats = np.asarray(counts, dtype=np.float64)
    if not whole and len(seen) > MANY:
        group = np.floor(np.log(seen) / FINEST)
        _, place = np.unique(group, return_inverse=True)
        grouped = np.asarray(np.bincount(place, weights), dtype=np.float64)
        seen = np.asarray(np.exp(np.bincount(place, weights * np.log(seen)) / grouped))
        weights = grouped
    none = np.empty(0)
    return Sample(seen, weights, none if cut is None else np.maximum(cut, 0.5), whole, from_)


def log_likelihood(family: Family, theta: Floats, data: Sample) -> float:
    """Of the values seen, the values cut, and none being below the truncation."""
    with np.errstate(all="ignore"):
        if data.whole or family.logpdf is None:
            each = np.log(chance(family, theta, data.values))
        else:
            each = family.logpdf(theta, data.values)
        total = float(each @ data.weights)
        if len(data.cut):
            total += float(np.log(family.sf(theta, data.cut)).sum())
        if data.from_ > 0:
            below = data.from_ - 0.5 if data.whole else data.from_
            total -= data.n * float(np.log(family.sf(theta, np.array([below])))[0])
    return total if np.isfinite(total) else -1e300


def beginning(family: Family, data: Sample) -> Floats:
    """A theta to search from, by moments."""
    mean = float(np.average(data.values, weights=data.weights))
    sd = max(float(np.sqrt(np.average((data.values - mean) ** 2, weights=data.weights))), 1e-3 * mean)
    logs = np.log(data.values)
    log_mean = float(np.average(logs, weights=data.weights))
    log_sd = max(float(np.sqrt(np.average((logs - log_mean) ** 2, weights=data.weights))), 1e-3)
    return np.array(family.start(mean, log_mean, sd, log_sd), dtype=np.float64)


def maximise(goal: OfTheta, start: Floats) -> tuple[Floats, Floats, float]:
    """Where a log-likelihood is highest, the inverse of the observed information there, and its value."""
    found = optimize.minimize(  # type: ignore[call-overload]
        lambda theta: -goal(theta), start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-7}
    )
    theta = np.asarray(found.x, dtype=np.float64)
    covariance = np.asarray(np.linalg.pinv(-_hessian(goal, theta)), dtype=np.float64)
    return theta, covariance, -float(found.fun)


def fit_family(family: Family, data: Sample) -> Fit:
    """One family by maximum likelihood."""
    theta, covariance, best = maximise(
        lambda theta: log_likelihood(family, theta, data), beginning(family, data)
    )
    return Fit(family, theta, covariance, best, data.n, len(data.cut))


def fit_best(families: Sequence[Family], data: Sample, seed: int = 0) -> Fit:
    """The family that AIC prefers, with its misfit. Raises ValueError for fewer than 2 distinct values."""
    if len(data.values) < 2:
        raise ValueError("fewer than 2 different values")
    best = choose([fit_family(family, data) for family in families])
    return replace(best, misfit=misfit(best, data, seed))


def choose(fits: Sequence[Fit]) -> Fit:
    """The best by AIC; of those within 2 of it, the one of fewest parameters."""
    least = min(fit.aic for fit in fits)
    near = [fit for fit in fits if fit.aic - least <= CLEARLY]
    best = min(near, key=lambda fit: (len(fit.theta), fit.aic))
    rivals = {fit.family.name: fit.aic - least for fit in fits}
    likely = np.exp([-(fit.aic - least) / 2 for fit in fits])
    likely = np.where(likely >= UNLIKELY, likely, 0.0) / likely[likely >= UNLIKELY].sum()
    others = [
        (float(weight), fit) for weight, fit in zip(likely, fits, strict=True) if weight and fit is not best
    ]
    return replace(best, rivals=rivals, others=tuple(others))


def by_session(fit: Fit, values: Floats, session: NDArray[np.int64]) -> Fit:
    """The fit with bounds that hold where values of a session are alike; sessions are independent.

    Source: Liang and Zeger, Longitudinal data analysis using generalized linear models, Biometrika 73(1),
    1986 (the covariance between two inverses of the information, with scores summed by cluster).
    """
    others = tuple((weight, by_session(other, values, session)) for weight, other in fit.others)
    logpdf = fit.family.logpdf
    sessions = int(session.max()) + 1 if len(session) else 0
    if logpdf is None or sessions < 2:
        return replace(fit, others=others)
    x = np.maximum(values, 0.5)
    steps = np.eye(len(fit.theta)) * 1e-5
    scores = [(logpdf(fit.theta + step, x) - logpdf(fit.theta - step, x)) / 2e-5 for step in steps]
    sums = np.array([np.bincount(session, score, minlength=sessions) for score in scores])
    spread = sums @ sums.T * sessions / (sessions - 1)
    return replace(fit, covariance=fit.covariance @ spread @ fit.covariance, others=others)


HELD_OUT = 500


def misfit(fit: Fit, data: Sample, seed: int = 0) -> tuple[float, float]:
    """Anderson-Darling on at most 500 of the values, as if the parameters were known.

    They are known much better than 500 values could tell when there are many more; with few values the p
    value is too high. Whole numbers are spread evenly over the chance of each. Source: Marsaglia and
    Marsaglia, Evaluating the Anderson-Darling distribution, Journal of Statistical Software 9(2), 2004.
    """
    generator = np.random.default_rng([seed, data.n])
    size = min(HELD_OUT, data.n)
    drawn = generator.choice(data.values, size, p=data.weights / data.n)
    floor = 1.0
    if data.from_ > 0:
        edge = data.from_ - 0.5 if data.whole else data.from_
        floor = float(fit.family.sf(fit.theta, np.array([edge]))[0])
    survival = fit.family.sf(fit.theta, drawn + 0.5 * data.whole)
    if data.whole:
        survival = survival + generator.random(size) * chance(fit.family, fit.theta, drawn)
    return anderson_darling(np.clip(survival / floor, 1e-12, 1 - 1e-12))


def anderson_darling(uniform: Floats) -> tuple[float, float]:
    """A-squared of values that should be uniform on (0, 1), and the chance of more (Marsaglia 2004).

    >>> statistic, p = anderson_darling((np.arange(100) + 0.5) / 100)
    >>> round(statistic, 2), p > 0.99
    (0.01, True)
    """
    ordered = np.sort(uniform)
    n = len(ordered)
    weights = 2 * np.arange(1, n + 1) - 1
    statistic = float(-n - np.mean(weights * (np.log(ordered) + np.log1p(-ordered[::-1]))))
    return statistic, 1 - _adinf(statistic)


def _adinf(z: float) -> float:
    if z < 2:
        series = (
            2.00012 + (0.247105 - (0.0649821 - (0.0347962 - (0.011672 - 0.00168691 * z) * z) * z) * z) * z
        )
        return float(np.exp(-1.2337141 / max(z, 1e-9)) / np.sqrt(max(z, 1e-9)) * series)
    series = 1.0776 - (2.30695 - (0.43424 - (0.082433 - (0.008056 - 0.0003146 * z) * z) * z) * z) * z
    return float(np.exp(-np.exp(min(series, 700.0))))


def _gradient(goal: OfTheta, theta: Floats) -> Floats:
    steps = np.eye(len(theta)) * 1e-5
    return np.array([(goal(theta + step) - goal(theta - step)) / 2e-5 for step in steps])


def _hessian(goal: OfTheta, theta: Floats, step: float = 2e-3) -> Floats:
    k = len(theta)
    found = np.empty((k, k))
    centre = goal(theta)
    unit = np.eye(k) * step
    for i in range(k):
        found[i, i] = (goal(theta + unit[i]) - 2 * centre + goal(theta - unit[i])) / step**2
        for j in range(i):
            corners = [goal(theta + a * unit[i] + b * unit[j]) * a * b for a in (1, -1) for b in (1, -1)]
            found[i, j] = found[j, i] = sum(corners) / (4 * step**2)
    return found
