"""The drift's interval holds the truth for walks, for noise, and for anything between; 400 series each."""

import numpy as np
import pytest

from simulator.statistics.drift import drift

SERIES = {
    "a walk": (0.3, lambda g, n: np.cumsum(g.normal(0.3, 1, n))),
    "noise about a line": (0.01, lambda g, n: 0.01 * np.arange(n) + g.normal(0, 1, n)),
    "a small walk in noise": (0.3, lambda g, n: np.cumsum(g.normal(0.3, 0.2, n)) + g.normal(0, 1, n)),
    "counts": (5.0, lambda g, n: np.cumsum(g.poisson(5, n)).astype(float)),
}


@pytest.mark.parametrize("name", SERIES)
def test_its_interval_holds_the_truth(name):
    truth, draw = SERIES[name]
    generator = np.random.default_rng(11)
    found = [drift(draw(generator, 144)) for _ in range(400)]
    held = np.mean([low <= truth <= high for _, low, high in found])
    assert held >= 0.92
    assert abs(np.mean([mean for mean, _, _ in found]) - truth) < 0.03


def test_a_line_without_noise_is_known_exactly():
    assert drift(np.arange(20.0) * 3) == pytest.approx((3.0, 3.0, 3.0))
    assert drift(np.full(20, 7.0)) == pytest.approx((0.0, 0.0, 0.0))


def test_too_short_a_series_tells_nothing():
    assert np.isnan(drift(np.arange(5.0))).all()
