"""Loading is quick: nobody waits for a config."""

import time

from simulator.config import load, load_experiment

from .conftest import ROOT


def best_of(times, call):
    took = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return min(took)


def test_one_scenario_loads_within_60_ms():
    assert best_of(5, lambda: load(ROOT / "configs" / "eras" / "code-2026-06.yaml")) < 0.060


def test_sixty_cases_load_within_a_quarter_of_a_second():
    assert best_of(3, lambda: load_experiment(ROOT / "configs" / "seed-question.yaml")) < 0.250


def test_a_large_grid_is_checked_in_seconds(write):
    values = ", ".join(str(n) for n in range(1, 31))
    path = write(
        f"grid: {{nodes.stores.aggregator_states.max: [{values}], scheduler.jobs_per_node: [{values}]}}"
    )
    assert best_of(1, lambda: load_experiment(path)) < 5
