"""Targets: met, missed, cannot tell, what censoring allows, and how many more replications would tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.config.targets import read_target
from simulator.statistics import estimate_mean
from simulator.statistics.intervals import clopper_pearson_interval, mean_interval
from simulator.study.targets import exit_code, judge

HOUR = 3_600_000
DAY = 24 * HOUR


def judged(text, values, horizon_ms=DAY, estimate=None):
    target = read_target(text)
    return judge(
        target, estimate or estimate_mean(values), profile="world", setting="as found", horizon_ms=horizon_ms
    )


def test_a_mean_is_judged_by_its_whole_interval():
    values = [0.001, 0.002, 0.003, 0.002]
    assert judged("mean jobs_lost_fraction <= 1 %", values).status == "met"
    assert judged("mean jobs_lost_fraction <= 0.05 %", values).status == "missed"
    near = judged("mean jobs_lost_fraction <= 0.22 %", values)
    assert (near.status, near.reason) == ("cannot tell", "interval")
    assert near.low < 0.0022 < near.high
    assert judged("mean jobs_lost_fraction >= 0.05 %", values).status == "met"


def test_a_limit_exactly_at_the_bound_counts_only_with_the_equal_sign():
    values = [0.25, 0.25, 0.25]
    assert judged("mean jobs_lost_fraction <= 25 %", values).status == "met"
    assert judged("mean jobs_lost_fraction < 25 %", values).status == "missed"


def test_one_replication_cannot_tell():
    verdict = judged("mean jobs_lost_fraction <= 1 %", [0.0])
    assert (verdict.status, verdict.reason, verdict.more_replications) == (
        "cannot tell",
        "one replication",
        None,
    )


def test_an_undefined_output_cannot_tell():
    verdict = judged("mean evicted_live_fraction <= 1 %", [math.nan, math.nan])
    assert (verdict.status, verdict.reason, verdict.n) == ("cannot tell", "undefined", 0)
    assert verdict.to_dict()["value"] is None


def test_more_replications_would_tell_a_mean():
    rng = np.random.default_rng(1)
    population = rng.normal(0.5, 0.1, 4000)
    first = population[:20].tolist()
    limit = float(np.mean(first)) + 0.02
    verdict = judged(f"mean jobs_lost_fraction <= {100 * limit:.6f} %", first)
    assert verdict.status == "cannot tell"
    needed = 20 + verdict.more_replications
    spread = np.std(first, ddof=1)
    again = [0.1 * (v - np.mean(population)) / np.std(population) for v in population[:needed]]
    scaled = np.array(again) / np.std(again, ddof=1) * spread
    low, high = mean_interval((scaled - scaled.mean()).tolist())
    assert high - low == pytest.approx(2 * 0.02, rel=0.02)


def test_no_number_tells_a_mean_from_itself():
    assert judged("mean jobs_lost_fraction <= 50 %", [0.4, 0.6]).more_replications is None


def test_p5_needs_enough_runs_for_a_bound():
    all_day = [float(DAY)] * 71
    few = judged("p5 time_to_unavailable_ms >= 24h", all_day)
    assert (few.status, few.more_replications) == ("cannot tell", 1)
    assert judged("p5 time_to_unavailable_ms >= 24h", [*all_day, float(DAY)]).status == "met"


def test_p5_missed():
    assert judged("p5 time_to_unavailable_ms >= 24h", [13.5 * HOUR + i for i in range(40)]).status == "missed"


def test_a_probability_is_judged_by_clopper_and_pearson():
    text = "P(no_node_minutes_per_day <= 1) >= 95 %"
    assert judged(text, [0.5] * 72).status == "met"
    assert judged(text, [0.5] * 71).status == "cannot tell"
    assert judged(text, [0.5] * 20 + [9.0] * 10).status == "missed"
    told = judged(text, [0.5] * 60 + [9.0])
    assert told.status == "cannot tell"
    assert told.value == pytest.approx(60 / 61)
    n = 61 + told.more_replications
    assert clopper_pearson_interval(round(60 / 61 * n), n)[0] >= 0.95


def test_a_probability_written_the_other_way_round():
    assert judged("P(no_node_minutes_per_day > 1) <= 5 %", [0.5] * 100).status == "met"


def test_censored_times_count_as_the_horizon_or_more():
    censored = [float(DAY)] * 100
    assert judged("mean time_to_unavailable_ms >= 24h", censored).status == "met"
    beyond = judged("mean time_to_unavailable_ms >= 48h", censored)
    assert (beyond.status, beyond.reason, beyond.more_replications) == ("cannot tell", "horizon", None)
    assert beyond.high == math.inf
    for text in ("p5 time_to_unavailable_ms >= 48h", "P(time_to_unavailable_ms >= 48h) >= 95 %"):
        verdict = judged(text, censored)
        assert (verdict.status, verdict.reason) == ("cannot tell", "horizon")
    # a limit within the horizon is told by the runs that were not censored
    early = [float(HOUR)] * 60 + [float(DAY)] * 40
    for text in ("p5 time_to_unavailable_ms >= 48h", "P(time_to_unavailable_ms >= 48h) >= 95 %"):
        assert judged(text, early).status == "missed"
    assert (
        judged("median time_to_unavailable_ms >= 12h", [float(HOUR)] * 10 + [float(DAY)] * 90).status == "met"
    )


def test_a_censored_mean_never_misses_a_lower_limit():
    values = [float(HOUR)] * 5 + [float(DAY)] * 95
    assert judged("mean time_to_unavailable_ms >= 20h", values).status == "met"
    assert judged("mean time_to_unavailable_ms <= 20h", values).status == "missed"
    assert judged("mean time_to_oom_ms >= 23.9h", values).status == "cannot tell"


def test_exit_codes():
    met = judged("mean jobs_lost_fraction <= 1 %", [0.0, 0.0])
    missed = judged("mean jobs_lost_fraction <= 1 %", [0.5, 0.5])
    unknown = judged("mean jobs_lost_fraction <= 1 %", [0.0])
    assert exit_code([]) == 0
    assert exit_code([met, met]) == 0
    assert exit_code([met, unknown]) == 3
    assert exit_code([unknown, missed, met]) == 1
    assert exit_code([missed], "as found") == 1
    with pytest.raises(ValueError, match="no setting is called"):
        exit_code([missed], "other")
