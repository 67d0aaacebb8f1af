"""Cut moments and counts against draws of the same distributions by the workload's own samplers."""

import math

import numpy as np
import pytest

from simulator.config.distributions import (
    Constant,
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
from simulator.theory.laws import count_chances, count_moments, cut_moment, generating, survival, variance
from simulator.workload.sampling import Sampler
from simulator.workload.streams import Streams

DURATIONS = [
    Constant(value=50.0),
    Uniform(low=10.0, high=90.0),
    Exponential(mean=60.0),
    Lognormal.from_median(40.0, 90.0),
    Lognormal(mu=math.log(40.0), sigma=0.0),
    Normal(mean=50.0, sd=30.0),
    Normal(mean=50.0, sd=0.0),
    Gamma(shape=2.5, scale=20.0),
    Weibull(shape=0.8, scale=50.0),
    Empirical(values=(10.0, 20.0, 20.0, 90.0)),
    Mixture(parts=((0.25, Constant(value=5.0)), (0.75, Exponential(mean=80.0)))),
]
COUNTS = [Geometric(mean=20.0), Geometric(mean=1.0), Poisson(mean=3.0), Poisson(mean=0.2), Zipf(exponent=1.0, distinct=50),
          Constant(value=4.0), Uniform(low=0.0, high=6.0), Lognormal.from_median(5.0, 12.0)]  # fmt: skip
N = 200_000


def draws(law):
    return Sampler(law, Streams(5, 0), "law")


@pytest.mark.parametrize("law", DURATIONS, ids=lambda law: f"{law.family}")
def test_cut_moments_are_those_of_the_draws(law):
    drawn = draws(law).draw(N)
    for at in (30.0, 51.0, 100.0, math.inf):
        assert survival(law, at) == pytest.approx(np.mean(drawn > at), abs=0.005)
        for power in (1, 2):
            cut = np.minimum(drawn, at) ** power
            assert cut_moment(law, at, power) == pytest.approx(
                cut.mean(), abs=5 * cut.std() / math.sqrt(N) + 1e-9
            )
    assert cut_moment(law, 0.0) == 0.0
    assert cut_moment(law, math.inf) == pytest.approx(
        law.mean, rel=0.02
    )  # a normal law's config mean is unclipped
    assert variance(law) == pytest.approx(drawn.var(), rel=0.05, abs=1e-9)


@pytest.mark.parametrize("law", COUNTS, ids=lambda law: f"{law.family}")
def test_counts_are_those_of_the_draws(law):
    drawn = draws(law).draw_whole(N, least=1)
    chances = count_chances(law)
    assert chances.sum() == pytest.approx(1.0)
    seen = np.bincount(drawn, minlength=len(chances))[: len(chances)] / N
    assert np.abs(seen - chances).max() < 0.006
    mean, pairs = count_moments(law)
    assert mean == pytest.approx(drawn.mean(), rel=0.02)
    seen_pairs = (drawn - 1.0) * (drawn - 2.0)
    assert pairs == pytest.approx(seen_pairs.mean(), abs=5 * seen_pairs.std() / math.sqrt(N) + 1e-6)
    assert generating(law, 0.7) == pytest.approx(np.mean(0.7**drawn), rel=0.03)


def test_whole_number_laws_have_moments_too():
    assert cut_moment(Poisson(mean=3.0), math.inf) == pytest.approx(3.0)
    assert survival(Zipf(exponent=0.0, distinct=4), 2) == pytest.approx(0.5)
