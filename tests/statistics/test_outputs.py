"""Every output from Histories small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.config import bound_of, growing_stores
from simulator.names import KPIS, STORE_OUTPUTS
from simulator.statistics import (
    estimate_exhaustion,
    growth_bytes_per_day,
    kpis,
    rooms_left,
    store_outputs,
)
from tests.statistics.synthetic import GIB, HOUR, filled, history, scenario


def test_names_are_exactly_the_promised_ones_in_order():
    world = scenario()
    run = history(world)
    assert list(kpis(run, world)) == list(KPIS)
    stores = store_outputs(run, world)
    assert list(stores) == ["table", "cache", "texts", "audio", "pending"]
    assert list(stores["table"]) == list(STORE_OUTPUTS)
    assert list(stores["audio"]) == [*STORE_OUTPUTS, "chunks", "base64_chars"]
    assert list(stores["pending"]) == [*STORE_OUTPUTS, "in_flight"]


def test_a_quiet_run_is_all_zero_or_undefined():
    world = scenario()
    results = kpis(history(world), world)
    assert results["memory_bytes_peak"] == results["memory_bytes_mean"] == 12 * GIB
    assert results["headroom_bytes"] == math.floor(0.85 * 16 * GIB) - 12 * GIB
    assert results["time_to_unavailable_ms"] == results["time_to_oom_ms"] == 24 * HOUR
    assert results["censored_fraction"] == 1.0
    assert results["time_to_exhaustion_days"] == math.inf
    assert results["unavailable_fraction"] == 0.0
    for name in (
        "jobs_lost_fraction",
        "evicted_live_fraction",
        "cache_hit_fraction",
        "context_lost_fraction",
    ):
        assert math.isnan(results[name])


def test_headroom_is_undefined_without_a_threshold():
    world = scenario(scheduler__threshold="never")
    assert math.isnan(kpis(history(world), world)["headroom_bytes"])


def test_unavailability_by_cause_and_in_minutes():
    world = scenario()
    cause = history(world).cause_ms.copy()
    width = 180_000  # 24 h in 480 bins; node 0 spends 48 of them over memory, 24 busy and 12 offline
    cause[0] = 0
    cause[0, 0] = width
    cause[0, 0, :84] = 0
    cause[0, 5, :48] = width
    cause[0, 4, 48:72] = width
    cause[0, 3, 72:84] = width
    results = kpis(history(world, cause_ms=cause, episodes=np.array([3, 0])), world)
    assert results["unavailable_memory_fraction"] == pytest.approx(0.05)
    assert results["unavailable_busy_fraction"] == pytest.approx(0.025)
    assert results["unavailable_offline_fraction"] == pytest.approx(0.0125)
    assert results["unavailable_fraction"] == pytest.approx(0.0875)
    # busy left out: 60 bins of 3 minutes over 2 node days
    assert results["unavailable_minutes_per_day"] == pytest.approx(60 * 3 / 2)
    assert results["unavailable_episodes_per_day"] == pytest.approx(1.5)


def test_shares_and_means_start_after_the_warm_up_and_first_passages_do_not():
    world = scenario(warmup="12h")
    run = history(world)
    late = run.edges_ms[:-1] >= 12 * HOUR
    memory = np.where(late, 3, 1) * np.diff(run.edges_ms) * np.ones((2, 1), dtype=np.int64)
    cause = run.cause_ms.copy()
    cause[:, 5, ~late], cause[:, 0, ~late] = cause[:, 0, ~late], 0
    counters = run.counters.copy()
    counters[:2] = 100
    results = kpis(
        history(
            world,
            memory_byte_ms=memory,
            cause_ms=cause,
            first_unavailable_ms=HOUR,
            counts={"utterances": 100, "lost_crash": 20, "lost_dead_node": 5},
            counters_at_warmup=filled(run.counters, 0, 50),
        ),
        world,
    )
    assert results["memory_bytes_mean"] == 3.0
    assert results["unavailable_memory_fraction"] == 0.0
    assert results["time_to_unavailable_ms"] == HOUR
    assert results["censored_fraction"] == 0.0
    assert results["jobs_lost_fraction"] == pytest.approx(25 / 50)


def test_means_of_a_month_of_gigabytes_do_not_overflow():
    world = scenario(horizon="60d")
    run = history(world)
    assert run.memory_byte_ms.astype(float).sum() > 2.0**63
    assert kpis(run, world)["memory_bytes_mean"] == 12 * GIB


def test_fractions_of_jobs():
    world = scenario()
    counts = {
        "utterances": 1000,
        "lost_pending_timeout": 10,
        "lost_job_timeout": 5,
        "no_node_on_arrival": 100,
        "later_served": 800,
        "context_lost": 8,
        "context_elsewhere": 80,
        "evicted": 50,
        "evicted_live": 20,
        "cache_hits": 30,
        "cache_misses": 70,
    }
    results = kpis(history(world, counts=counts), world)
    assert results["jobs_lost_fraction"] == 0.015
    assert results["no_node_jobs_fraction"] == 0.1
    assert results["context_lost_fraction"] == 0.01
    assert results["context_elsewhere_fraction"] == 0.1
    assert results["evicted_live_fraction"] == 0.4
    assert results["cache_hit_fraction"] == 0.3


def test_no_node_time_is_per_day_of_the_system():
    world = scenario(horizon="48h")
    run = history(world)
    none = filled(run.no_node_ms, 0, 120_000)
    results = kpis(history(world, no_node_ms=none, no_node_episodes=3, no_node_longest_ms=90_000), world)
    assert results["no_node_time_fraction"] == pytest.approx(2 / 2880)
    assert results["no_node_minutes_per_day"] == pytest.approx(1.0)
    assert results["no_node_episodes_per_day"] == pytest.approx(1.5)
    assert results["no_node_longest_ms"] == 90_000


def test_store_outputs_take_peaks_over_nodes_means_of_nodes_and_sums_of_counters():
    world = scenario()
    run = history(world)
    width = np.diff(run.edges_ms)
    entries_max = filled(run.entries_max, (1, 0, 7), 64)
    entry_ms = run.entry_ms.copy()
    entry_ms[0, 0], entry_ms[1, 0] = 10 * width, 30 * width
    store_counters = filled(run.store_counters, (slice(None), 0), [50, 7, 20, 3, 0])
    outputs = store_outputs(
        history(
            world,
            entries_max=entries_max,
            entry_ms=entry_ms,
            store_counters=store_counters,
            store_counters_at_warmup=filled(run.store_counters, (0, 0), [10, 1, 0, 0, 0]),
            entries_final=filled(run.entries_final, (slice(None), 0), [5, 6]),
            store_bytes_at_peak=filled(run.store_bytes_at_peak, 0, 999),
            chunks_final=filled(run.chunks_final, (slice(None), 3), [4, 5]),
            base64_chars_final=filled(run.base64_chars_final, (0, 3), 100),
            in_flight_final=filled(run.in_flight_final, (slice(None), 4), [2, 1]),
        ),
        world,
    )
    table = outputs["table"]
    assert (table["entries_peak"], table["entries_mean"], table["entries_final"]) == (64.0, 20.0, 11.0)
    assert (table["inserted"], table["evicted"], table["expired"], table["removed"]) == (90, 13, 40, 6)
    assert table["bytes_at_memory_peak"] == 999
    assert (outputs["audio"]["chunks"], outputs["audio"]["base64_chars"]) == (9.0, 100.0)
    assert outputs["pending"]["in_flight"] == 3.0


def test_growth_is_the_second_half_per_node_with_crash_drops_added_back():
    world = scenario()
    run = history(world)
    grown = history(
        world,
        bytes_mid=filled(run.bytes_mid, (slice(None), 2), [1000, 1000]),
        bytes_final=filled(run.bytes_final, (slice(None), 2), [2000, 500]),
        crash_dropped_bytes=filled(run.crash_dropped_bytes, (1, 2), 1500),
    )
    # node 0 gains 1000 in half a day, node 1 gains 1000 too: it lost 1500 in a crash
    assert growth_bytes_per_day(grown)["texts"] == pytest.approx(2000)
    assert store_outputs(grown, world)["texts"]["growth_bytes_per_day"] == pytest.approx(2000)


@pytest.mark.parametrize(
    ("changes", "bound"),
    [
        ({}, "unbounded"),
        ({"nodes__stores__texts__cleanup": "session_end"}, "unbounded"),  # nobody signals an end
        (
            {"nodes__stores__texts__cleanup": "session_end", "workload__sessions__end_signalled": "90 %"},
            "leaks",
        ),
        (
            {"nodes__stores__texts__cleanup": "session_end", "workload__sessions__end_signalled": "100 %"},
            "bounded",
        ),
        ({"nodes__stores__texts__cleanup": "session_removed"}, "bounded"),
        (
            {"nodes__stores__texts__cleanup": "session_removed", "nodes__stores__table__enabled": False},
            "unbounded",
        ),
        ({"nodes__stores__texts__cleanup": {"ttl": "10min", "every": "5min"}}, "bounded"),
    ],
)
def test_what_bounds_a_map(changes, bound):
    assert bound_of(scenario(**changes), "texts") == bound


def test_what_bounds_the_other_kinds():
    assert growing_stores(scenario()) == ("texts", "audio", "pending")
    endless = scenario(nodes__stores__table__max="unlimited", nodes__stores__table__ttl="never")
    assert bound_of(endless, "table") == "unbounded"
    assert bound_of(scenario(nodes__stores__table__max="unlimited"), "table") == "bounded"
    per_job = scenario(nodes__stores__cache__instances="per_job")
    assert bound_of(per_job, "cache") == "unbounded"
    timed = scenario(nodes__stores__pending__timeout="30s")
    assert bound_of(timed, "pending") == "leaks"
    aborted = scenario(nodes__stores__pending__timeout="30s", nodes__stores__pending__abort_on_timeout=True)
    assert bound_of(aborted, "pending") == "bounded"


def growing(world, gained, held):
    run = history(world)
    return history(
        world,
        bytes_mid=filled(run.bytes_mid, (slice(None), 2), held - gained),
        bytes_final=filled(run.bytes_final, (slice(None), 2), held),
        memory_final=run.memory_final + held,
    )


def test_exhaustion_is_the_first_of_threshold_and_heap():
    world = scenario()
    run = growing(world, gained=GIB // 10, held=GIB)
    rooms = rooms_left(run, world)
    assert rooms["threshold"] == pytest.approx(0.85 * 16 * GIB - 13 * GIB, abs=1)
    assert rooms["heap"] == pytest.approx(4 * GIB - (5 * 2**20 + GIB) / 0.99)
    # 0.2 GiB a day towards 0.6 GiB of memory: the heap has 3 GiB left
    assert kpis(run, world)["time_to_exhaustion_days"] == pytest.approx(0.6 * GIB / (0.2 * GIB), rel=1e-6)
    small = scenario(nodes__process__heap_limit="1.2GiB")
    heap_room = 1.2 * GIB - (5 * 2**20 + GIB) / 0.99
    assert kpis(run, small)["time_to_exhaustion_days"] == pytest.approx(
        heap_room / (0.2 * GIB / 0.99), rel=1e-6
    )


def test_exhaustion_over_replications_names_its_limit_and_ignores_bounded_stores():
    world = scenario(scheduler__threshold="never", nodes__process__heap_limit="8GiB")
    runs = [growing(world, gained=gained, held=10**9) for gained in (10**8, 11 * 10**7, 9 * 10**7)]
    rooms = [rooms_left(run, world) for run in runs]
    assert set(rooms[0]) == {"host", "heap"}
    growths = [growth_bytes_per_day(run) for run in runs]
    estimate, limit = estimate_exhaustion(world, rooms, growths, ("texts",))
    assert limit == "host"
    assert estimate.mean == pytest.approx((4 * GIB - 10**9) / (2 * 10**8))
    assert estimate.low < estimate.mean < estimate.high
    none, _ = estimate_exhaustion(world, rooms, growths, ())
    assert none.mean == math.inf


def test_a_full_node_is_exhausted_now():
    world = scenario()
    assert kpis(growing(world, gained=10**6, held=2 * GIB), world)["time_to_exhaustion_days"] == 0.0
