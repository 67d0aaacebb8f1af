"""The benchmark of common random numbers: right where the answer is known, and small runs show the effect."""

import numpy as np
import pytest

from benchmarks.common_random_numbers import RESULTS, gain, measure, sentence


def test_the_ratio_of_variances_is_known():
    rng = np.random.default_rng(3)
    shared, noise, other = rng.normal(0, 3, 4000), rng.normal(0, 1, 4000), rng.normal(0, 10**0.5, 4000)
    found = gain(np.array([shared, shared + noise, other]))
    # independent: 9 + 10, of which the difference's own noise is 1
    assert found.paired == pytest.approx(1, rel=0.1)
    assert found.ratio == pytest.approx(19, rel=0.1)
    assert found.low < 19 < found.high < 1.2 * found.low


def test_the_same_arrivals_are_worth_it(monkeypatch):
    monkeypatch.setattr("benchmarks.common_random_numbers.HORIZON", "2h")
    gains = measure(30)
    assert set(gains) == set(RESULTS)
    assert all(found.ratio > 2 for found in gains.values())
    assert "times more replications" in sentence(gains)
