"""Kaplan and Meier against the leukaemia data that every textbook works out."""

import math

import numpy as np
import pytest

from simulator.statistics.survival import kaplan_meier

# 6-MP arm of Freireich et al. (1963); table 4.1A of Klein and Moeschberger, 2nd ed.
TIMES = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
CUT = {3, 5, 7, 8, 11, 12, 13, 16, 17, 18, 19, 20}
SHARES = {6: (0.857, 0.076), 7: (0.807, 0.087), 10: (0.753, 0.096), 13: (0.690, 0.107), 16: (0.627, 0.114),
          22: (0.538, 0.128), 23: (0.448, 0.135)}  # fmt: skip


@pytest.fixture
def mp():
    return kaplan_meier(TIMES, [place not in CUT for place in range(len(TIMES))])


def test_the_published_curve(mp):
    assert mp.times == tuple(SHARES)
    assert mp.at_risk == (21, 17, 15, 12, 11, 7, 6)
    assert mp.events == (3, 1, 1, 1, 1, 1, 1)
    assert mp.share == pytest.approx([share for share, _ in SHARES.values()], abs=6e-4)
    assert mp.error == pytest.approx([error for _, error in SHARES.values()], abs=6e-4)


def test_the_published_median_and_mean(mp):
    assert mp.quantile()[0] == 23
    assert mp.quantile()[1:] == (13, math.inf)  # log(-log) bounds, as SAS prints them
    mean, error = mp.mean_until(35)  # R: survfit prints rmean 23.287, se 2.827
    assert mean == pytest.approx(23.287, abs=1e-3)
    assert error == pytest.approx(2.827, abs=1e-3)


def test_between_and_beyond_the_times(mp):
    assert mp.at(5.9) == (1.0, 1.0, 1.0)
    assert mp.at(8)[0] == mp.share[1]
    assert mp.at(35)[0] == mp.share[-1]
    assert math.isnan(mp.at(36)[0])


def test_without_cuts_it_is_the_share_of_runs():
    seen = kaplan_meier([3.0, 1.0, 2.0, 4.0], [True] * 4)
    assert seen.share == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert seen.at(9.0) == (0.0, 0.0, 0.0)
    assert seen.mean_until(10.0)[0] == pytest.approx(2.5)


def test_nothing_happened():
    seen = kaplan_meier([24.0] * 5, [False] * 5)
    assert seen.times == ()
    assert seen.at(24.0) == (1.0, 1.0, 1.0)
    assert seen.quantile() == (math.inf, math.inf, math.inf)
    assert seen.mean_until(24.0) == (24.0, 0.0)


def test_undefined_times_are_refused():
    with pytest.raises(ValueError, match="not a number"):
        kaplan_meier([1.0, math.nan], [True, True])


def test_bounds_cover_and_the_cut_mean_is_right():
    draw = np.random.default_rng(2)
    held, means = 0, []
    for _ in range(1_000):
        times = draw.exponential(30.0, 40)
        seen = kaplan_meier(np.minimum(times, 24.0).tolist(), (times < 24.0).tolist())
        _, low, high = seen.at(12.0)
        held += low <= math.exp(-12 / 30) <= high
        means.append(seen.mean_until(24.0)[0])
    assert held / 1_000 == pytest.approx(0.95, abs=0.021)
    assert np.mean(means) == pytest.approx(30 * (1 - math.exp(-0.8)), rel=0.02)
