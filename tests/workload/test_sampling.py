"""Samplers: the right distribution up to its far tail, the exact mean, and no trace of how many are asked for."""

import numpy as np
import pytest
from scipy import stats

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
from simulator.workload import Streams
from simulator.workload.quantiles import quantile, share_up_to
from simulator.workload.sampling import LARGEST, Normals, zipf_weights

from .drawing import sampler, z

N = 400_000
P = 1 / 20
MIXED = Mixture(parts=((0.7, Exponential(mean=1000)), (0.3, Lognormal.from_median(20_000, 60_000))))
LISTED = Empirical(values=(1.0, 2.0, 2.0, 5.0, 9.0))

CONTINUOUS = {
    "uniform": (Uniform(low=2000, high=9000), stats.uniform(2000, 7000)),
    "exponential": (Exponential(mean=6000), stats.expon(scale=6000)),
    "lognormal": (
        Lognormal.from_median(2500, 4200),
        stats.lognorm(np.log(4.2 / 2.5) / 1.6448536269514722, scale=2500),
    ),
    "lognormal, wide": (Lognormal(mu=7, sigma=2), stats.lognorm(2, scale=np.exp(7))),
    "normal": (Normal(mean=12e9, sd=2e8), stats.norm(12e9, 2e8)),
    "gamma": (Gamma(shape=2.5, scale=400), stats.gamma(2.5, scale=400)),
    "gamma, below 1": (Gamma(shape=0.4, scale=400), stats.gamma(0.4, scale=400)),
    "weibull": (Weibull(shape=0.7, scale=3000), stats.weibull_min(0.7, scale=3000)),
}
DISCRETE = {
    "geometric": (Geometric(mean=20), stats.geom(P)),
    "geometric, nearly 1": (Geometric(mean=1.1), stats.geom(1 / 1.1)),
    "poisson": (Poisson(mean=7.5), stats.poisson(7.5)),
    "poisson, large": (Poisson(mean=400), stats.poisson(400)),
    "zipf": (Zipf(exponent=1, distinct=300), stats.zipfian(1, 300)),
    "zipf, even": (Zipf(exponent=0, distinct=7), stats.zipfian(0, 7)),
    "zipf, steep": (Zipf(exponent=2.5, distinct=50_000), stats.zipfian(2.5, 50_000)),
}
ALL = {
    **{name: each for name, (each, _) in (CONTINUOUS | DISCRETE).items()},
    "constant": Constant(value=70), "empirical": LISTED, "mixture": MIXED,
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_whole_distribution_is_right(name):
    distribution, truth = CONTINUOUS[name]
    assert stats.kstest(sampler(distribution).draw(100_000), truth.cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_the_tails_are_right_to_the_9999th_in_10000(name):
    distribution, truth = (CONTINUOUS | DISCRETE)[name]
    drawn = sampler(distribution).draw(N)
    for share in (1e-4, 0.01, 0.5, 0.99, 0.999, 0.9999):
        edge = truth.ppf(share)
        # how many draws lie above is binomial, whatever the shape of the tail
        above = float(truth.sf(edge))
        error = abs(np.count_nonzero(drawn > edge) - N * above)
        assert error <= 4.5 * np.sqrt(N * above * (1 - above)) + 1e-9, share


@pytest.mark.parametrize("name", ALL)
def test_the_mean_is_the_one_that_the_config_states(name):
    drawn = sampler(ALL[name]).draw(N)
    if np.ptp(drawn) == 0:
        assert drawn[0] == ALL[name].mean
    else:
        assert z(drawn, ALL[name].mean) < 4


@pytest.mark.parametrize("name", ALL)
def test_it_does_not_matter_how_many_are_asked_for(name):
    at_once = sampler(ALL[name]).draw(5_000)
    one = sampler(ALL[name])
    pieces = [one.draw(n) for n in (0, 1, 2, 997, 0, 3_000, 1_000)]
    assert np.array_equal(at_once, np.concatenate(pieces))


@pytest.mark.parametrize("name", ALL)
def test_draws_are_fresh_arrays_of_whole_numbers_from_0_up(name):
    drawn = sampler(ALL[name]).draw_whole(1_000)
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    assert drawn.base is None or drawn.base.flags.owndata
    before = sampler(ALL[name]).draw_whole(1_000)
    drawn[:] = -1
    assert np.array_equal(sampler(ALL[name]).draw_whole(1_000), before)


def test_rounding_is_to_the_nearest_and_halves_go_up():
    values = (0.0, 0.49, 0.5, 1.5, 2.5, 1000.499, 1000.5)
    drawn = sampler(Empirical(values=values)).draw(1_000)
    whole = sampler(Empirical(values=values)).draw_whole(1_000)
    assert {float(a): int(b) for a, b in zip(drawn, whole, strict=True)} == {
        0.0: 0, 0.49: 0, 0.5: 1, 1.5: 2, 2.5: 3, 1000.499: 1000, 1000.5: 1001
    }  # fmt: skip


def test_a_normal_that_would_be_below_0_is_0():
    drawn = sampler(Normal(mean=100, sd=100)).draw(N)
    assert drawn.min() == 0
    assert abs(np.mean(drawn == 0) - stats.norm.cdf(-1)) < 4 * np.sqrt(0.16 * 0.84 / N)


def test_normal_draws_of_a_pair_know_nothing_of_each_other():
    x, y = Normals(1.0, Streams(5, 0), "tested").draw(2 * N).reshape(N, 2).T
    for one, other in ((x, y), (x**2, y**2), (abs(x), y), (x, x**2 - y**2)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.5 / np.sqrt(N)
    assert stats.kstest(np.arctan2(y, x), stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-3
    assert (
        np.sqrt(-2 * np.log(2.0**-53)) < Normals.FARTHEST
    )  # the least that 1 - random() can be, but for 1 itself


def test_a_tail_without_end_is_cut_to_whole_numbers():
    drawn = sampler(Lognormal(mu=30, sigma=40)).draw_whole(10_000, least=1)
    assert drawn.max() == LARGEST
    assert drawn.min() == 1


def test_zipf_frequencies():
    drawn = sampler(Zipf(exponent=1, distinct=300)).draw_whole(N)
    counts = np.bincount(drawn, minlength=301)[1:]
    weights = zipf_weights(1, 300)
    assert stats.chisquare(counts, N * weights / weights.sum()).pvalue > 1e-3


def test_the_guide_table_inverts_exactly():
    weights = zipf_weights(1.3, 1_000)
    edges = np.cumsum(weights) / weights.sum()
    edges[-1] = 1
    uniform = np.random.Generator(sampler(Constant(value=0))._generator.bit_generator).random(50_000)
    expected = np.searchsorted(edges, uniform, side="right") + 1
    assert np.array_equal(sampler(Zipf(exponent=1.3, distinct=1_000)).draw(50_000), expected)


def test_parts_of_a_mixture_have_their_shares():
    apart = Mixture(parts=((0.25, Constant(value=1)), (0.75, Constant(value=2))))
    assert abs(np.mean(sampler(apart).draw(N) == 1) - 0.25) < 4 * np.sqrt(0.1875 / N)
    assert stats.kstest(sampler(MIXED).draw(100_000), lambda x: share_up_to(MIXED, x)).pvalue > 1e-3


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_quantiles_and_shares_are_those_of_scipy(name):
    distribution, truth = (CONTINUOUS | DISCRETE)[name]
    for share in (1e-4, 0.05, 0.5, 0.95, 0.9999):
        assert quantile(distribution, share) == pytest.approx(truth.ppf(share), rel=1e-9)
    at = np.concatenate([[-1.0, 0.0], truth.ppf([0.001, 0.3, 0.9, 0.9999])])
    assert share_up_to(distribution, at) == pytest.approx(truth.cdf(at), rel=1e-9, abs=1e-14)


def test_quantiles_of_lists_constants_and_mixtures():
    assert [quantile(LISTED, share) for share in (0.2, 0.21, 0.6, 0.61, 0.99)] == [1, 2, 2, 5, 9]
    assert quantile(Constant(value=70), 0.3) == 70
    middle = quantile(MIXED, 0.5)
    assert share_up_to(MIXED, middle) == pytest.approx(0.5, abs=1e-12)
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(MIXED, 1)
