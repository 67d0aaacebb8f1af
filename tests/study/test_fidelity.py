"""How close a replay comes: errors of levels and memory, first divergence, times that do not match."""

from types import SimpleNamespace

import numpy as np
import pytest

from simulator.study.fidelity import Observed, fidelity
from simulator.study.replay import Replay


def made(at_ms, entries, live, warmup_ms=0):
    ints = [np.array(each, dtype=np.int64) for each in (at_ms, entries, live)]
    scenario = SimpleNamespace(warmup_ms=warmup_ms)
    return Replay(ints[0], {"t": {"entries": ints[1]}}, ints[2], 2 * ints[2], 0, None, 0, scenario)


def seen(at_ms, entries, **memory):
    return Observed(
        np.array(at_ms, dtype=np.int64),
        {"t": {"entries": np.array(entries, dtype=np.float64)}},
        {name: np.array(values, dtype=np.float64) for name, values in memory.items()},
    )


TIMES = [0, 10, 20, 30]


def test_equal_levels_have_no_error():
    found = fidelity(made(TIMES, [0, 1, 2, 3], [0] * 4), seen(TIMES, [0, 1, 2, 3]))
    (level,) = found.levels
    assert (level.equal, level.mean_error, level.max_error, level.first_ms) == (True, 0, 0, None)


def test_the_first_divergence_and_the_size_of_the_error():
    found = fidelity(made(TIMES, [0, 1, 2, 3], [0] * 4), seen(TIMES, [0, 1, 4, 2]))
    (level,) = found.levels
    assert (level.mean_error, level.max_error, level.first_ms) == (0.75, 2, 20)
    assert (level.first_predicted, level.first_observed) == (2, 4)


def test_what_was_not_noted_is_no_error():
    found = fidelity(made(TIMES, [0, 1, 2, 3], [0] * 4), seen(TIMES, [0, np.nan, 2, np.nan]))
    assert found.levels[0].equal


def test_memory_by_peak_and_over_time_after_the_warm_up():
    observed = seen(TIMES, [0] * 4, live_bytes=[0, 1, 100, 200], rss_bytes=[100, 100, 200, 500])
    found = fidelity(made(TIMES, [0] * 4, [0, 50, 104, 190], warmup_ms=20), observed)
    live, rss = found.memory
    assert (live.peak_predicted, live.peak_observed) == (190, 200)
    assert live.peak_error == pytest.approx(-0.05)
    assert live.mean_error == pytest.approx((0.04 + 0.05) / 2)
    assert (live.max_error, live.max_error_bytes, live.max_error_ms) == (0.05, -10, 30)
    assert rss.peak_error == pytest.approx(380 / 500 - 1)


def test_observations_between_samples_are_held_against_the_one_before():
    found = fidelity(made(TIMES, [0, 1, 2, 3], [0] * 4), seen([5, 10, 29, 38, 95], [0, 1, 2, 3, 9]))
    assert found.at_ms.tolist() == [5, 10, 29, 38]
    assert found.levels[0].equal
    assert [remark.split(" are ")[0] for remark in found.remarks] == [
        "1 of 5 observations", "3 observations fall between two samples and"
    ]  # fmt: skip


def test_rows_that_share_an_instant_are_compared_one_by_one():
    found = fidelity(made([0, 0, 5], [1, 2, 3], [0] * 3), seen([0, 0, 5], [1, 2, 3]))
    assert found.levels[0].equal


def test_nothing_in_common_is_refused():
    with pytest.raises(ValueError, match="no time in common"):
        fidelity(made(TIMES, [0] * 4, [0] * 4), seen([99], [0]))
    other = Observed(np.array(TIMES), {"u": {"entries": np.zeros(4)}}, {})
    with pytest.raises(ValueError, match="no store and no memory in common"):
        fidelity(made(TIMES, [0] * 4, [0] * 4), other)
