"""Estimates and paired differences in the corners: one run, undefined, infinite, equal."""

from __future__ import annotations

import json
import math

import pytest

from simulator.statistics import (
    COLUMNS,
    STORE_COLUMNS,
    estimate_mean,
    estimate_share,
    estimate_time_to_fill,
    paired_difference,
)

NAN, INF = math.nan, math.inf


def test_one_replication_has_a_point_and_no_bounds():
    one = estimate_mean([5.0])
    assert (one.mean, one.n) == (5.0, 1)
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    assert one.to_dict() == {"mean": 5.0, "low": None, "high": None, "n": 1, "values": [5.0]}


def test_undefined_values_are_kept_but_not_counted():
    some = estimate_mean([1.0, NAN, 3.0])
    assert (some.mean, some.n, len(some.values)) == (2.0, 2, 3)
    none = estimate_mean([NAN, NAN])
    assert none.n == 0
    assert math.isnan(none.mean)
    assert json.loads(json.dumps(none.to_dict()))["values"] == [None, None]


def test_bounds_stay_within_what_is_possible():
    share = estimate_mean([0.0, 0.0, 0.0, 0.1], within=(0.0, 1.0))
    assert share.low == 0.0
    assert share.high == pytest.approx(0.025 + 3.18245 * 0.05 / 2, rel=1e-4)


def test_level_is_written_only_when_it_is_not_the_usual():
    assert "level" not in estimate_mean([1.0, 2.0]).to_dict()
    assert estimate_mean([1.0, 2.0], level=0.9).to_dict()["level"] == 0.9


def test_share_of_replications_has_a_width_even_when_nothing_happened():
    assert estimate_share([0.0] * 5).high > 0.3


def test_paired_difference_is_tighter_than_its_parts():
    noise = [0.0, 100.0, -50.0, 30.0]
    reference = [1000 + v for v in noise]
    setting = [990 + v + d for v, d in zip(noise, (1, -1, 0, 0.5), strict=True)]
    change = paired_difference(setting, reference)
    assert change.mean == pytest.approx(-9.875)
    assert change.detectable
    assert not change.exact_zero
    assert change.p_value < 0.001


def test_exactly_equal_is_not_the_same_as_not_detectable():
    equal = paired_difference([1.0, 2.0, NAN], [1.0, 2.0, NAN])
    assert equal.exact_zero
    assert not equal.detectable
    assert (equal.mean, equal.low, equal.high, equal.n) == (0.0, 0.0, 0.0, 3)
    near = paired_difference([1.0, 2.0, 3.0], [1.1, 1.9, 3.0])
    assert not near.exact_zero
    assert not near.detectable


def test_equal_runs_are_zero_even_where_nothing_is_defined():
    assert paired_difference([NAN, NAN], [NAN, NAN], identical=True).exact_zero


def test_undefined_on_one_side_leaves_the_pair_out():
    change = paired_difference([1.0, 2.0, NAN], [0.5, 1.0, 1.0])
    assert change.n == 2
    assert change.mean == 0.75


def test_never_against_some_day_differs_infinitely():
    cured = paired_difference([INF, INF, INF], [300.0, 310.0, 290.0])
    assert (cured.mean, cured.detectable, cured.exact_zero) == (INF, True, False)
    worse = paired_difference([300.0, 310.0], [INF, INF])
    assert (worse.mean, worse.detectable) == (-INF, True)
    assert paired_difference([INF, INF], [INF, INF]).exact_zero
    mixed = paired_difference([INF, 5.0], [4.0, 4.0])
    assert math.isnan(mixed.mean)
    assert not mixed.detectable


def test_one_pair_detects_nothing():
    assert not paired_difference([1.0], [5.0]).detectable


def test_constant_nonzero_difference_is_detectable():
    change = paired_difference([3.0, 4.0], [1.0, 2.0])
    assert (change.low, change.high, change.detectable) == (2.0, 2.0, True)


def test_time_to_fill_is_a_ratio_of_means():
    time = estimate_time_to_fill([180.0, 200.0, 220.0], [18.0, 25.0, 32.0])
    assert time.mean == pytest.approx(200 / 25)
    assert time.values == (10.0, 8.0, 6.875)
    assert 0 < time.low < time.mean < time.high < INF


def test_time_to_fill_without_a_clear_slope_has_no_upper_bound():
    time = estimate_time_to_fill([100.0, 100.0, 100.0], [1.0, -1.0, 0.6])
    assert time.mean == pytest.approx(500)
    assert 0 < time.low < 500
    assert time.high == INF


def test_shrinking_never_fills():
    time = estimate_time_to_fill([100.0, 100.0, 100.0], [-1.0, -1.1, -0.9])
    assert (time.mean, time.low, time.high) == (INF, INF, INF)


def test_no_room_left_takes_no_time():
    time = estimate_time_to_fill([-5.0, 0.0], [1.0, 2.0])
    assert (time.mean, time.low, time.high) == (0.0, 0.0, 0.0)


def test_every_name_has_a_column_and_a_meaning():
    from simulator.names import KPIS, STORE_EXTRAS, STORE_OUTPUTS

    assert list(COLUMNS) == list(KPIS)
    extras = [name for names in STORE_EXTRAS.values() for name in names]
    assert list(STORE_COLUMNS) == [*STORE_OUTPUTS, *extras]
    for column in (*COLUMNS.values(), *STORE_COLUMNS.values()):
        assert column.meaning
        assert "\n" not in column.meaning
