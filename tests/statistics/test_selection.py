"""Kim and Nelson: the right one is chosen as often as promised, and nothing is promised that does not hold."""

import math

import numpy as np
import pytest

from simulator.statistics.selection import constant, select_best


def test_the_constant_solves_the_papers_equation():
    """Eq. (1) with c = 1: (1 + 2 eta) ^ (-(n0 - 1) / 2) / 2 = (1 - level) / (k - 1)."""
    for k, first in [(2, 10), (5, 10), (12, 24)]:
        eta = constant(k, 0.95, first) / (2 * (first - 1))
        assert (1 + 2 * eta) ** (-(first - 1) / 2) / 2 == pytest.approx(0.05 / (k - 1))


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_best_is_chosen_as_often_as_promised(correlation):
    """The least favourable case: all others exactly the indifference amount worse."""
    draw, right, promised = np.random.default_rng(11), 0, 0
    repetitions, means = 300, np.array([0.0, 1.0, 1.0, 1.0])
    for _ in range(repetitions):
        own = draw.normal(size=(600, 4)) * math.sqrt(1 - correlation)
        shared = draw.normal(size=(600, 1)) * math.sqrt(correlation)
        found = select_best(2 * (own + shared) + means, 1.0)
        right += found.best == 0
        promised += found.guaranteed
    assert promised >= 0.99 * repetitions
    assert right / repetitions >= 0.95 - 2 * math.sqrt(0.05 * 0.95 / repetitions)


def test_common_random_numbers_need_fewer_rows():
    draw = np.random.default_rng(12)
    shared = draw.normal(size=(500, 1))
    own = draw.normal(size=(500, 3))
    means = np.array([0.0, 1.0, 1.0])
    paired = select_best(4 * shared + 1.2 * own + means, 1.0).used
    alone = select_best(math.sqrt(16 + 1.44) * own + means, 1.0).used
    assert paired < alone


def test_too_few_rows_promise_nothing():
    values = np.random.default_rng(13).normal(size=(12, 3))
    found = select_best(values, 0.01, names=["a", "b", "c"])
    assert not found.guaranteed
    assert len(found.survivors) > 1
    assert "still open between" in found.words
    assert "needs 10 replications" in select_best(values[:5], 1.0).words
    assert "undefined" in select_best([[1.0, math.nan]] * 12, 1.0).words


def test_the_highest_can_be_the_best():
    values = np.random.default_rng(14).normal(size=(50, 2)) + np.array([0.0, 10.0])
    found = select_best(values, 1.0, lowest=False, names=["low", "high"])
    assert found.best == 1
    assert found.words.startswith("with at least 95% confidence high is the best")


def test_equal_settings_are_no_open_question():
    column = np.random.default_rng(15).normal(size=40)
    values = np.stack([column, column, column + 5], axis=1)
    found = select_best(values, 1.0)
    assert found.survivors == (0, 1)
    assert found.guaranteed


def test_lopsided_differences_promise_nothing():
    draw = np.random.default_rng(16)
    rare = (draw.random((200, 1)) < 0.02) * 500.0
    values = np.concatenate([draw.normal(size=(200, 1)), 3 + rare], axis=1)
    values[:10, 1] = 3 + draw.normal(size=10)  # nothing rare in the first stage
    found = select_best(values, 1.0)
    assert found.best == 0
    assert not found.guaranteed
    assert "far from normal" in found.words


def test_one_setting_and_bad_amounts():
    assert select_best([[1.0]] * 3, 1.0).guaranteed
    with pytest.raises(ValueError, match="more than 0"):
        select_best([[1.0, 2.0]] * 12, 0.0)
