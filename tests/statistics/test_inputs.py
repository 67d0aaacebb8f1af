"""Inputs and noise told apart, against a model whose parts are known by hand."""

import numpy as np
import pytest
from scipy.special import ndtri

from simulator.statistics.inputs import between_draws
from simulator.statistics.intervals import mean_interval


def test_by_hand():
    # means 2, 6, 10: mean square between 2 x 32 / 2 = 32; within (2 + 2 + 2) / 3 = 2; inputs (32 - 2) / 2 = 15
    found = between_draws([1.0, 3.0, 5.0, 7.0, 9.0, 11.0], [0, 0, 1, 1, 2, 2])
    assert found.share == pytest.approx(15 / (15 + 2 / 6))
    assert np.mean(found.values) == pytest.approx(6)


def test_many_draws_without_noise_are_as_wide_as_the_inputs():
    # 400 draws of variance 4 and no noise: the interval is that of one value of them
    values = 2 * ndtri((np.arange(400) + 0.5) / 400)
    found = between_draws(np.repeat(values, 2).tolist(), np.repeat(np.arange(400), 2).tolist())
    low, high = mean_interval(found.values)
    assert (high - low) / 2 == pytest.approx(1.96 * 2, rel=0.01)
    assert found.share == 1


def test_the_interval_holds_the_result_under_the_true_inputs():
    # the logs say theta = 5 give or take 2; a result is theta, with noise of 3
    g, held, shares, narrow = np.random.default_rng(1), 0, [], 0
    draw = np.repeat(np.arange(25), 2)
    for _ in range(2000):
        said = g.normal(5, 2)
        values = g.normal(said, 2, 25)[draw] + g.normal(0, 3, 50)
        found = between_draws(values.tolist(), draw.tolist())
        low, high = mean_interval(found.values)
        held += low <= 5 <= high
        plain = mean_interval(values.tolist())
        narrow += plain[0] <= 5 <= plain[1]
        shares.append(found.share)
    assert held / 2000 > 0.93
    assert narrow / 2000 < 0.6  # what replications alone would say
    assert np.median(shares) == pytest.approx(4 / (4 + 9 / 50), abs=0.03)


def test_without_input_uncertainty_it_is_the_interval_of_the_noise():
    g, held, widths = np.random.default_rng(2), 0, []
    draw = np.repeat(np.arange(25), 2)
    for _ in range(2000):
        found = between_draws(g.normal(0, 1, 50).tolist(), draw.tolist())
        low, high = mean_interval(found.values)
        held += low <= 0 <= high
        widths.append(high - low)
    assert held / 2000 > 0.95
    # two replications a draw cannot say that inputs do not matter: wider, but not for ever
    assert 1 < np.median(widths) / (2 * 2.01 / 50**0.5) < 3


@pytest.mark.parametrize(
    ("values", "draw", "share"),
    [
        ([4.0] * 6, [0, 0, 1, 1, 2, 2], 0.0),
        ([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1], 1.0),
        ([1.0, float("nan"), 2.0, 2.5, 3.0, 3.5], [0, 0, 1, 1, 2, 2], None),
        ([1.0, 2.0], [0, 1], float("nan")),
        ([1.0, 2.0], [0, 0], float("nan")),
        ([float("inf"), 2.0, 3.0, 4.0], [0, 0, 1, 1], float("nan")),
        ([], [], float("nan")),
    ],
)
def test_cases_at_the_edge(values, draw, share):
    found = between_draws(values, draw)
    if share is None:
        assert 0 <= found.share <= 1
        assert len(found.values) == 3
    else:
        assert found.share == pytest.approx(share, nan_ok=True)
