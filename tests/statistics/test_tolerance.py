"""Wilks's bound: published sample sizes, and what it promises."""

import math

import numpy as np
import pytest

from simulator.statistics.tolerance import tolerance_bound, tolerance_size

# one-sided sample sizes of nuclear safety analyses: Nutt and Wallis (2004), table 1; Guba, Makai and Pal (2003)
PUBLISHED = [(0.95, 0.95, 1, 59), (0.95, 0.95, 2, 93), (0.95, 0.95, 3, 124), (0.95, 0.95, 4, 153),
             (0.90, 0.95, 1, 29), (0.99, 0.95, 1, 299), (0.95, 0.99, 1, 90), (0.99, 0.99, 1, 459)]  # fmt: skip


@pytest.mark.parametrize(("share", "level", "rank", "size"), PUBLISHED)
def test_the_published_sample_sizes(share, level, rank, size):
    assert tolerance_size(share, level, rank) == size


def test_one_run_too_few_is_no_bound():
    values = list(np.random.default_rng(1).normal(size=59))
    assert tolerance_bound(values).value == max(values)
    short = tolerance_bound(values[:58])
    assert math.isnan(short.value)
    assert (short.more, short.rank) == (1, 0)
    assert short.confidence < 0.95


def test_a_bound_from_below():
    values = [float(v) for v in range(93)]
    assert tolerance_bound(values, upper=False).value == 1.0
    assert tolerance_bound([*values, math.nan]).n == 93


def test_no_distribution_is_assumed():
    draw = np.random.default_rng(5).lognormal(0, 2, size=(2_000, 59))
    truth = math.exp(2 * 1.6448536)
    held = np.mean([tolerance_bound(row).value >= truth for row in draw.tolist()])
    assert held == pytest.approx(1 - 0.95**59, abs=3 * math.sqrt(0.05 * 0.95 / 2_000))


def test_shares_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="strictly between"):
        tolerance_size(1.0)
    with pytest.raises(ValueError, match="count from 1"):
        tolerance_size(rank=0)
