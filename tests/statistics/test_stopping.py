"""When to stop, and how many more would tell two settings apart."""

import math

import numpy as np
import pytest
from scipy import stats

from simulator.statistics.intervals import mean_interval
from simulator.statistics.stopping import Goal, Look, look, next_size, pairs_needed, replications_to_tell


def test_a_relative_width_allows_for_the_estimate_being_one():
    values = np.random.default_rng(1).normal(100, 5, 60).tolist()
    low, high = mean_interval(values)
    seen = look(values, Goal(0.1, relative=True))
    assert seen.half_width == pytest.approx((high - low) / 2)
    assert seen.wanted == pytest.approx(abs(seen.estimate) * 0.1 / 1.1)


def test_fractions_and_quantiles():
    seen = look([0.0] * 90 + [1.0] * 10, Goal(0.05, statistic="share"))
    assert not seen.reached
    assert 100 < seen.needed < 200
    assert look([0.0] * 390 + [1.0] * 10, Goal(0.05, statistic="share")).reached
    few = look([float(v) for v in range(30)], Goal(1.0, statistic=0.95))
    assert few.half_width == math.inf
    assert few.needed == 80
    assert look([float(v) for v in range(200)], Goal(10.0, statistic=0.95)).reached


def test_undefined_and_equal_values():
    assert look([math.nan, 1.0], Goal(1.0)).needed is None
    assert look([3.0] * 5, Goal(0.01, relative=True)).reached
    assert look([0.0, 0.0, 0.0], Goal(0.01, relative=True)).reached
    never = look([-1.0, 1.0] * 10, Goal(0.01, relative=True))
    assert not never.reached
    assert never.needed is None
    assert not look([1.0, math.inf], Goal(1.0)).reached


def test_a_goal_needs_a_width():
    with pytest.raises(ValueError, match="more than 0"):
        Goal(0.0)


def test_looks_are_few_and_end_at_the_cap():
    far, near = Look(1.0, 1.0, 0.01, 20, 200_000), Look(1.0, 1.0, 0.99, 40, 41)
    assert next_size([far], 20) == 40
    assert next_size([near], 40) == 50
    assert next_size([far], 40, at_most=500) == 80
    assert next_size([far], 500, at_most=500) is None
    assert next_size([Look(1.0, 0.5, 1.0, 20, 20)], 20) is None
    assert next_size([], 0, at_most=5) == 5


@pytest.mark.parametrize(("effect", "pairs"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
def test_cohens_sample_sizes(effect, pairs):
    assert pairs_needed(effect) == pairs


def test_the_replications_promised_do_tell():
    draw = np.random.default_rng(7)
    n = pairs_needed(0.4, power=0.9)
    values = draw.normal(0.4, 1.0, size=(2_000, n))
    assert np.mean(stats.ttest_1samp(values, 0, axis=1).pvalue < 0.05) == pytest.approx(0.9, abs=0.02)


def test_how_many_more():
    assert replications_to_tell([1.0]) is None
    assert replications_to_tell([1.0, math.inf]) is None
    assert replications_to_tell([0.0, 0.0]) is None
    values = np.random.default_rng(3).normal(0.3, 1, 20)
    values += 0.3 - values.mean()
    assert replications_to_tell(values.tolist()) == pairs_needed(0.3 / values.std(ddof=1)) - 20
