"""Warm-up and batch means on processes whose truth is known."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from simulator.statistics.steady import mser, overlapping_batch_means


def by_hand(values, batch=5):
    """White's statistic, written out as it is printed."""
    means = np.array([np.mean(values[i : i + batch]) for i in range(0, len(values) - batch + 1, batch)])
    statistic = [
        np.sum((means[d:] - means[d:].mean()) ** 2) / (len(means) - d) ** 2
        for d in range(len(means) // 2 + 1)
    ]
    return int(np.argmin(statistic)) * batch


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_printed_statistic(seed):
    values = 5 * np.exp(-np.arange(400) / 30) + np.random.default_rng(seed).normal(size=400)
    assert mser(values).discard == by_hand(values)


def test_it_finds_where_a_filling_store_has_filled():
    draw = np.random.default_rng(3)
    cuts = [mser(100 * (1 - np.exp(-np.arange(600) / 20)) + draw.normal(size=600)) for _ in range(30)]
    assert all(cut.reliable for cut in cuts)
    assert 60 <= np.median([cut.discard for cut in cuts]) <= 160


def test_a_level_run_needs_no_warm_up():
    assert mser([4.0] * 300).discard == 0
    draw = np.random.default_rng(4)
    assert np.median([mser(draw.normal(size=500)).discard for _ in range(40)]) <= 100


def test_what_never_settles_is_said():
    found = mser(np.arange(300) * 2.0)
    assert not found.reliable
    assert "not settled" in found.reason
    assert "20 are needed" in mser([1.0] * 50).reason


def test_batch_means_of_independent_values_are_the_usual_interval():
    values = np.random.default_rng(5).normal(size=400)
    found = overlapping_batch_means(values, batch=1)
    usual = 1.966 * values.std(ddof=1) / math.sqrt(400)
    assert (found.high - found.low) / 2 == pytest.approx(usual, rel=2e-3)


def test_batch_means_cover_the_mean_of_an_autoregressive_run():
    """AR(1) with 0.8: the variance of the mean is 9 times that of independent values."""
    draw = np.random.default_rng(6)
    runs = lfilter([1.0], [1.0, -0.8], draw.normal(size=(600, 3_000)), axis=1)[:, 500:]
    found = [overlapping_batch_means(run) for run in runs]
    assert np.mean([each.low <= 0 <= each.high for each in found]) >= 0.91
    half = np.mean([(each.high - each.low) / 2 for each in found])
    assert half == pytest.approx(2.15 / (1 - 0.8) / math.sqrt(2_500), rel=0.12)


def test_batches_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        overlapping_batch_means([1.0, 2.0, 3.0], batch=2)
