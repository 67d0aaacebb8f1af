"""Distributions by the names of the field, with their parameters in base units.

The config gives them by what people know (a mean and a standard deviation, a median and a 95th percentile);
the models hold what a generator needs, and the exact mean. Reading is in `read_distributions`.
"""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, SerializeAsAny

Z95 = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution."""


class Distribution(BaseModel):
    """A frozen distribution of ms, bytes, characters or counts. `family` names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    family: str

    if TYPE_CHECKING:

        @property
        def mean(self) -> float:
            """The exact mean, in the base unit."""


AnyDistribution = SerializeAsAny[Distribution]


class Constant(Distribution):
    """Always `value`."""

    family: Literal["constant"] = "constant"
    value: float

    @property
    def mean(self) -> float:
        """The value."""
        return self.value


class Uniform(Distribution):
    """Between `low` and `high`, all equally likely."""

    family: Literal["uniform"] = "uniform"
    low: float
    high: float

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2


class Exponential(Distribution):
    """Memoryless, with this `mean`."""

    family: Literal["exponential"] = "exponential"
    mean: float


class Lognormal(Distribution):
    """exp of a normal(mu, sigma); the median is exp(mu).

    >>> round(Lognormal.from_median(2500, 4200).mean)
    2627
    """

    family: Literal["lognormal"] = "lognormal"
    mu: float
    sigma: float

    @property
    def mean(self) -> float:
        """exp(mu + sigma² / 2)."""
        return math.exp(self.mu + self.sigma**2 / 2)

    @classmethod
    def from_median(cls, median: float, p95: float) -> "Lognormal":
        """By the median and the 95th percentile."""
        return cls(mu=math.log(median), sigma=(math.log(p95) - math.log(median)) / Z95)

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> "Lognormal":
        """By the mean and the standard deviation."""
        variance = math.log1p((sd / mean) ** 2)
        return cls(mu=math.log(mean) - variance / 2, sigma=math.sqrt(variance))


class Normal(Distribution):
    """Normal with this `mean` and `sd`. Draws below 0 become 0, which the mean leaves out of account."""

    family: Literal["normal"] = "normal"
    mean: float
    sd: float


class Gamma(Distribution):
    """Gamma: a sum of `shape` exponential stages of mean `scale`."""

    family: Literal["gamma"] = "gamma"
    shape: float
    scale: float

    @property
    def mean(self) -> float:
        """Shape · scale."""
        return self.shape * self.scale


class Weibull(Distribution):
    """Weibull with this `shape` and `scale`.

    >>> round(Weibull.from_mean(100, 100).shape, 6)
    1.0
    """

    family: Literal["weibull"] = "weibull"
    shape: float
    scale: float

    @property
    def mean(self) -> float:
        """Scale · Γ(1 + 1 / shape)."""
        return self.scale * math.gamma(1 + 1 / self.shape)

    @classmethod
    def from_median(cls, median: float, p95: float) -> "Weibull":
        """By the median and the 95th percentile."""
        shape = math.log(math.log(20) / math.log(2)) / math.log(p95 / median)
        return cls(shape=shape, scale=median / math.log(2) ** (1 / shape))

    @classmethod
    def from_mean(cls, mean: float, sd: float) -> "Weibull":
        """By the mean and the standard deviation: the shape, which falls with their ratio, by bisection."""
        wanted = math.log1p((sd / mean) ** 2)
        low, high = 0.05, 2_000.0
        for _ in range(200):
            shape = math.sqrt(low * high)
            spread = math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape)
            low, high = (shape, high) if spread > wanted else (low, shape)
        return cls(shape=shape, scale=mean / math.gamma(1 + 1 / shape))


class Geometric(Distribution):
    """Counts 1, 2, … with this `mean`: the chance of going on is the same each time."""

    family: Literal["geometric"] = "geometric"
    mean: float


class Poisson(Distribution):
    """Counts 0, 1, … with this `mean`."""

    family: Literal["poisson"] = "poisson"
    mean: float


class Zipf(Distribution):
    """Ranks 1 … `distinct` with chances falling as rank to the power −`exponent`."""

    family: Literal["zipf"] = "zipf"
    exponent: float
    distinct: int

    @property
    def mean(self) -> float:
        """The mean rank."""
        weights = [rank**-self.exponent for rank in range(1, self.distinct + 1)]
        return math.fsum(rank * w for rank, w in enumerate(weights, 1)) / math.fsum(weights)


class Empirical(Distribution):
    """One of the `values`, all equally likely."""

    family: Literal["empirical"] = "empirical"
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return math.fsum(self.values) / len(self.values)


class Mixture(Distribution):
    """One of several distributions. `parts` are (weight, distribution) with weights that sum to 1."""

    family: Literal["mixture"] = "mixture"
    parts: tuple[tuple[float, Annotated[Distribution, SerializeAsAny()]], ...]

    @property
    def mean(self) -> float:
        """The weighted mean of the means."""
        return math.fsum(weight * part.mean for weight, part in self.parts)
