"""The History: bins that are exact, and a comparison that says where two runs part."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.engine import check_invariants, first_difference, simulate
from simulator.engine.history import bin_edges
from simulator.model.invariants import BrokenInvariantError
from tests.engine.world import end, run, say, setting, world

MAP = {"m": ("session_map", {"cleanup": "session_end", "entry_bytes": 10})}


def test_bins_hold_minimum_maximum_and_integral():
    # bins of 3 ms; session 0 leaves in the millisecond in which 1 comes
    made = run([say(1, 0), say(4, 1), end(4, 0), say(8, 2)], MAP, 1200)
    assert made.edges_ms[:4].tolist() == [0, 3, 6, 9]
    assert made.entries_min[0, 0, :4].tolist() == [0, 1, 1, 2]
    assert made.entries_max[0, 0, :4].tolist() == [1, 2, 2, 2]
    assert made.entry_ms[0, 0, :4].tolist() == [2, 3, 4, 6]
    assert made.byte_ms[0, 0, :4].tolist() == [20, 30, 40, 60]
    assert made.stores_bytes_max[0, :4].tolist() == [10, 20, 20, 20]


def test_the_level_that_enters_a_bin_belongs_to_it():
    made = run([say(1, 0), end(3, 0)], MAP, 1200)
    assert made.entries_max[0, 0, :3].tolist() == [1, 1, 0]
    assert made.entries_min[0, 0, :3].tolist() == [0, 0, 0]
    assert made.entry_ms[0, 0, :3].tolist() == [2, 0, 0]


def test_a_level_that_lasts_0_ms_counts():
    made = run([say(4, 0), end(4, 0)], MAP, 1200)
    assert made.entries_max[0, 0, :3].tolist() == [0, 1, 0]
    assert made.entry_ms.sum() == 0


def test_what_happens_inside_an_event_does_not():
    made = run([say(1, 0), say(4, 1)], {"t": ("session_table", {"max": 1})}, 1200)
    assert made.entries_min[0, 0, 1] == 1  # evicted and inserted: never 0 in between


@pytest.mark.parametrize(
    ("horizon_ms", "warmup_ms"), [(1, 0), (479, 0), (480, 7), (481, 0), (100_000, 33_333), (86_400_000, 0)]
)
def test_edges(horizon_ms, warmup_ms):
    edges = bin_edges(horizon_ms, warmup_ms)
    assert (edges[0], edges[-1]) == (0, horizon_ms)
    assert warmup_ms in edges
    assert len(edges) <= 482
    assert edges == sorted(set(edges))


def test_levels_at_the_middle_are_those_that_enter_it():
    made = run([say(49, 0), say(50, 1)], MAP, 100, baseline=[[(0, 3), (50, 4)]])
    assert (made.bytes_mid.tolist(), made.memory_mid.tolist()) == ([[10]], [13])
    assert (made.bytes_final.tolist(), made.memory_final.tolist()) == ([[20]], [24])


def test_equal_runs_are_equal_and_repeatable():
    rows = [say(1, 0), say(4, 1)]
    scenario, workload = setting(MAP, 100), world(rows, 100)
    one, other = simulate(workload, scenario), simulate(workload, scenario)
    assert one == other
    assert first_difference(one, other) is None


def test_the_first_difference_is_told():
    one, other = run([say(1, 0)], MAP, 100).history, run([say(2, 0)], MAP, 100).history
    assert one != other
    assert first_difference(one, other) == "memory_bytes_min[0, 2]: 10 against 0, bin from 2 ms"
    assert first_difference(one, replace(one, deaths=np.array([3]))) == "deaths[0]: 0 against 3"
    assert first_difference(one, replace(one, waiting=9)) == "waiting: 0 against 9"
    assert "shape" in first_difference(one, replace(one, deaths=np.array([0, 0])))
    with_samples = run([say(1, 0)], MAP, 100, sample=50).history
    changed = replace(with_samples, samples=replace(with_samples.samples, hits=np.full((1, 3), 5)))
    assert first_difference(with_samples, changed) == "samples.hits[0, 0]: 0 against 5"
    assert first_difference(with_samples, one).startswith("samples: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"waiting": 1}, "utterances are not"),
        ({"entries_final": np.array([[5]])}, "opened is not"),
        ({"memory_peak_bytes": 1}, "peak"),
        ({"bytes_min": np.full((1, 1, 100), -1)}, "below 0"),
        ({"cause_ms": np.zeros((1, 6, 100), dtype=np.int64)}, "add up"),
        ({"entries_max": np.full((1, 1, 100), 1001)}, "with a cap"),
    ],
)
def test_a_broken_invariant_is_found(change, message):
    made = run([say(1, 0)], {"t": ("session_table", {})}, 100)
    with pytest.raises(BrokenInvariantError, match=message):
        check_invariants(replace(made.history, **change), made.scenario)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="unknown engine"):
        simulate(world([], 100), setting(MAP, 100), "fast")
    with pytest.raises(ValueError, match="for 2 nodes"):
        simulate(world([], 100, nodes=2), setting(MAP, 100))


def test_a_config_without_stores_runs():
    made = run([say(1)], {}, 100, nodes=2)
    assert made.entries_max.shape == (2, 0, 100)
    assert made.count["served"] == 1
