"""Intervals against known truth: exact cases, duality, and coverage at fixed seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from simulator.statistics.intervals import (
    clopper_pearson_interval,
    fieller_interval,
    holm,
    mean_interval,
    mean_p_value,
    quantile_interval,
    quantile_ranks,
    wilson_interval,
)


def test_mean_interval_is_that_of_scipy():
    values = np.random.default_rng(1).gamma(2.0, size=17).tolist()
    theirs = ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    assert mean_p_value(values) == pytest.approx(ttest_1samp(values, 0).pvalue, rel=1e-9)


def test_mean_interval_says_what_one_replication_cannot():
    assert all(math.isnan(bound) for bound in mean_interval([3.0]))
    assert mean_interval([0.1] * 7) == (0.1, 0.1)
    assert all(math.isnan(bound) for bound in mean_interval([]))


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (1, 20), (7, 20), (19, 20), (20, 20)])
def test_intervals_for_a_share_are_those_of_scipy(hits, n):
    test = binomtest(hits, n)
    for method, ours in (("exact", clopper_pearson_interval), ("wilson", wilson_interval)):
        theirs = test.proportion_ci(0.95, method)
        assert ours(hits, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_quantile_ranks_cover_what_they_say():
    for n, share in ((10, 0.5), (100, 0.05), (100, 0.95), (59, 0.5), (400, 0.99)):
        low, high, coverage = quantile_ranks(n, share)
        below = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(low, high)]
        assert coverage == pytest.approx(math.fsum(below), abs=1e-9)
        assert coverage >= 0.95
        # one rank further in on either side would leave too much outside
        tail = math.fsum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(low + 1))
        assert tail > 0.025


def test_quantile_bounds_are_missing_when_there_are_too_few_values():
    few = quantile_interval([1.0, 2.0, 3.0], 0.05)
    assert few.low == -math.inf
    assert few.high == 2.0
    assert not few.bounded
    one = quantile_interval([4.0], 0.5)
    assert (one.low, one.estimate, one.high, one.coverage) == (-math.inf, 4.0, math.inf, 1.0)
    assert quantile_interval([float(v) for v in range(100)], 0.5).bounded


def test_quantile_and_share_intervals_are_two_views_of_one():
    """The p5 is at least L by its lower bound exactly when P(X >= L) >= 95 % by Clopper and Pearson's."""
    rng = np.random.default_rng(3)
    for n in (71, 72, 73, 120, 300):
        values = rng.exponential(size=n)
        low = quantile_interval(values.tolist(), 0.05).low
        for limit in (0.001, 0.02, 0.05, 0.1):
            hits = int((values >= limit).sum())
            assert (low >= limit) == (clopper_pearson_interval(hits, n)[0] >= 0.95)


def test_fieller_turns_over_with_its_ratio():
    rng = np.random.default_rng(4)
    top, bottom = rng.normal(50, 4, 12).tolist(), rng.normal(10, 1, 12).tolist()
    ratio, low, high = fieller_interval(top, bottom)
    upside, inverse_low, inverse_high = fieller_interval(bottom, top)
    assert upside == pytest.approx(1 / ratio)
    assert (inverse_low, inverse_high) == pytest.approx((1 / high, 1 / low))


def test_fieller_holds_exactly_the_ratios_that_a_t_test_accepts():
    rng = np.random.default_rng(5)
    top, bottom = rng.normal(50, 20, 8), rng.normal(10, 3, 8)
    _, low, high = fieller_interval(top.tolist(), bottom.tolist())
    for ratio, accepted in ((low, True), (high, True), (low - 1e-6, False), (high + 1e-6, False)):
        p = mean_p_value((top - ratio * bottom).tolist())
        assert p == pytest.approx(0.05, abs=1e-6) if accepted else p < 0.05


def test_fieller_is_unbounded_when_the_denominator_may_be_zero():
    ratio, low, high = fieller_interval([10.0, 11.0, 12.0], [0.2, -0.1, 0.3])
    assert ratio > 0
    assert 0 < low < ratio
    assert high == math.inf
    assert fieller_interval([-1.0, 1.0, 0.5], [0.2, -0.1, 0.3])[1:] == (-math.inf, math.inf)
    assert fieller_interval([1.0, 2.0], [-1.0, 1.0])[1:] == (-math.inf, math.inf)
    assert math.isnan(fieller_interval([1.0], [2.0])[1])


@pytest.mark.parametrize(
    ("interval", "truth"),
    [
        (lambda sample: mean_interval(sample.tolist()), 1.0),
        (lambda sample: (lambda q: (q.low, q.high))(quantile_interval(sample.tolist(), 0.5)), math.log(2)),
        (lambda sample: clopper_pearson_interval(int((sample > 1).sum()), len(sample)), math.exp(-1)),
        (lambda sample: wilson_interval(int((sample > 1).sum()), len(sample)), math.exp(-1)),
    ],
    ids=["mean", "median", "clopper-pearson", "wilson"],
)
def test_intervals_cover_the_truth_about_as_often_as_they_say(interval, truth):
    """500 samples of 40 exponentials; 3 standard errors of 95 % are 2.9 %, the mean's skewness costs 1-2 %."""
    samples = np.random.default_rng(6).exponential(size=(500, 40))
    hits = sum(low <= truth <= high for low, high in map(interval, samples))
    assert hits / 500 >= 0.915


def test_fieller_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        shared = rng.normal(size=15)
        top, bottom = 100 + 5 * shared + rng.normal(size=15), 10 + 2 * shared + rng.normal(size=15)
        _, low, high = fieller_interval(top.tolist(), bottom.tolist())
        hits += low <= 10.0 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_holm_keeps_less_than_single_tests_and_ignores_the_unknown():
    assert holm([0.04, 0.04]) == [False, False]
    assert holm([0.02, 0.04]) == [True, True]
    assert holm([math.nan, 0.04]) == [False, True]
    assert holm([]) == []
