"""T1-T3: what a run covers, what comes first in one millisecond, and where timers tick."""

import pytest

from tests.engine.world import HANGS, end, run, say

TABLE = {"table": ("session_table", {"ttl_ms": 100, "sweep_every_ms": 1000})}


def test_t1_a_run_covers_the_horizon_and_no_more():
    made = run([say(0), say(999, 1), say(1000, 2)], {"map": ("session_map", {})}, horizon_ms=1000)
    assert made.count["utterances"] == 2
    assert made.store("map").entry_ms == 1000 + 1
    assert made.edges_ms[0] == 0
    assert made.edges_ms[-1] == 1000


def test_t1_the_warm_up_is_left_out_of_statistics_but_not_of_first_passages():
    rows = [say(10, 0), say(20, 1), say(600, 2)]
    made = run(
        rows, {"ring": ("ring_buffer", {"cleanup": {"ttl": "5ms", "every": "150ms"}})}, horizon_ms=1000,
        warmup_ms=500, baseline=[[(0, 90), (200, 10)]], memory=100_000_000,
        scheduler={"threshold": {"over": "0.00005 %"}, "heartbeat_ms": 100},
    )  # fmt: skip
    assert made.history.first_unavailable_ms == 0
    assert 500 in made.edges_ms
    assert (made.history.memory_peak_at_ms, made.history.memory_peak_bytes) == (600, 10 + 32_000)
    assert made.history.counters_at_warmup[0] == made.count["no_node_on_arrival"] == 2
    assert made.history.episodes.tolist() == [1]  # from 700 to 800; the one from 0 to 200 was over before


def test_t1_the_level_that_enters_the_warm_up_counts_for_the_peak():
    made = run([say(10), end(500)], {"m": ("session_map", {"cleanup": "session_end"})}, 1000, warmup_ms=500)
    assert (made.history.memory_peak_bytes, made.history.memory_peak_at_ms) == (250, 500)


def test_t1_counters_at_the_warm_up_are_those_before_its_first_event():
    made = run([say(10), say(500, 1, service_ms=5)], {"m": ("session_map", {})}, 1000, warmup_ms=500)
    assert made.history.counters_at_warmup[:2].tolist() == [1, 1]
    assert made.history.store_counters_at_warmup[0, 0, 0] == 1
    made = run([say(10, service_ms=490)], {"m": ("session_map", {})}, 1000, warmup_ms=500)
    assert made.history.counters_at_warmup[:2].tolist() == [1, 0]


def test_t2_a_sweep_comes_before_the_utterance_of_that_instant():
    # idle for 101 ms at the sweep at 1000: gone, and the touch at 1000 makes a new entry
    made = run([say(899), say(1000)], TABLE, 2000)
    assert made.store("table").expired == 1
    assert made.store("table").inserted == 2
    made = run([say(900), say(1000)], TABLE, 2000)  # idle for 100: stays
    assert made.store("table").inserted == 1


def test_t2_an_outcome_comes_before_the_timer_of_that_instant():
    # a failure that counts settles at 1000, so the beat at 1000 is unhealthy already
    made = run(
        [say(0, outcome=1, latency_ms=1000)], {"p": ("pending_map", {})}, 1_100,
        scheduler={"heartbeat_ms": 1000, "degraded": {"consecutive": 1, "failures": 1, "counts": ["fails"]}},
    )  # fmt: skip
    assert made.causes()[2] == 100


def test_t2_an_outcome_comes_before_the_timeout_of_that_instant():
    made = run([say(0, latency_ms=500)], {"p": ("pending_map", {"timeout_ms": 500})}, 1000)
    assert (made.store("p").removed, made.store("p").expired) == (1, 0)
    made = run([say(0, latency_ms=501)], {"p": ("pending_map", {"timeout_ms": 500})}, 1000)
    assert (made.store("p").removed, made.store("p").expired) == (0, 1)


def test_t2_an_outcome_comes_before_the_utterance_of_that_instant():
    cache = {"c": ("lru_cache", {}), "p": ("pending_map", {})}
    made = run([say(0, text=7, latency_ms=50), say(50, 1, text=7)], cache, 1000)
    assert (made.count["cache_hits"], made.store("p").inserted) == (1, 1)


def test_t2_a_job_ends_before_the_utterance_of_that_instant():
    made = run([say(0, service_ms=50), say(50, 1)], {}, 1000, scheduler={"jobs_per_node": 1})
    assert made.count["no_node_on_arrival"] == 0
    assert made.count["served"] == 2


def test_t2_a_job_ends_before_the_heartbeat_of_that_instant_and_after_the_baseline():
    # at 100: the baseline falls first, the beat tells, and the utterance that waited goes
    made = run(
        [say(50)], {}, 1000, baseline=[[(0, 900), (100, 10)]], memory=1000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 100},
    )  # fmt: skip
    assert made.count["served"] == 1
    assert made.causes()[5] == 100


def test_t2_a_waiting_utterance_is_tried_before_its_time_is_over():
    made = run(
        [say(0, service_ms=80), say(30, 1)],
        {},
        1000,
        scheduler={"jobs_per_node": 1, "pending_timeout_ms": 50},
    )
    assert made.count["lost_pending_timeout"] == 0
    made = run(
        [say(0, service_ms=81), say(30, 1)],
        {},
        1000,
        scheduler={"jobs_per_node": 1, "pending_timeout_ms": 50},
    )
    assert made.count["lost_pending_timeout"] == 1


def test_t2_patience_ends_before_the_utterance_of_that_instant():
    rows = [say(0, service_ms=500), say(30, 1), say(80, 2)]
    made = run(rows, {}, 100, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 50})
    assert (made.count["lost_pending_timeout"], made.history.waiting) == (1, 1)


def test_t2_rows_of_one_instant_keep_the_workloads_order():
    table = {"t": ("session_table", {"max": 1})}
    assert run([say(5, 0), say(5, 1), say(5, 0)], table, 100).store("t").evicted == 2
    assert run([say(5, 0), say(5, 0), say(5, 1)], table, 100).store("t").evicted == 1
    ends = {"m": ("session_map", {"cleanup": "session_end"})}
    assert run([say(5, 0), end(5, 0)], ends, 100).store("m").entries == 0
    assert run([end(5, 0), say(5, 0)], ends, 100).store("m").entries == 1


def test_t2_a_latency_of_0_is_part_of_the_utterance():
    made = run([say(5, latency_ms=0)], {"p": ("pending_map", {}), "c": ("lru_cache", {})}, 100)
    assert (made.store("p").inserted, made.store("p").removed, made.store("p").entries_peak) == (1, 1, 0)
    assert made.store("c").entries == 1


def test_t2_sweeps_come_in_config_order_before_the_heartbeat():
    # the sweep at 1000 empties the ring; the beat at 1000 reports the emptied node
    stores = {"t": ("session_table", {"ttl_ms": 100, "sweep_every_ms": 1000, "entry_bytes": 0}),
              "r": ("ring_buffer", {"cleanup": "session_removed"})}  # fmt: skip
    made = run(
        [say(10, audio_ms=1000)], stores, 3000, memory=40_000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 1000},
    )  # fmt: skip
    assert made.causes()[5] == 0
    made = run(
        [say(950, audio_ms=1000)], stores, 3000, memory=40_000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 1000},
    )  # fmt: skip
    assert made.causes()[5] == 1000  # told at 1000, cleared at 2000


def test_t2_the_scan_comes_after_the_heartbeats_of_that_instant():
    made = run([], {}, 2000, scheduler={"heartbeat_ms": 500, "offline_after_ms": 400, "scan_every_ms": 500})
    assert made.causes()[3] == 0
    made = run(
        [], {}, 2000, phases={"heartbeat": 100},
        scheduler={"heartbeat_ms": 500, "offline_after_ms": 399, "scan_every_ms": 500},
    )  # fmt: skip
    # beats at 0, 100, 600, 1100, ...; scans at 500, 1000, 1500: each 400 late
    assert made.causes()[3] == 300


@pytest.mark.parametrize(
    ("phase", "period", "ticks"),
    [(0, 300, [300, 600, 900]), (450, 300, [150, 450, 750]), (600, 300, [300, 600, 900])],
)
def test_t3_ticks_are_at_phase_mod_period_strictly_after_0(phase, period, ticks):
    table = {"t": ("session_table", {"ttl_ms": 1, "sweep_every_ms": period})}
    for tick in ticks:
        made = run([say(tick - 2)], table, 1000, phases={"t": phase})
        assert made.store("t").entry_ms == 2
        made = run([say(tick - 1)], table, 1000, phases={"t": phase})  # idle for 1 ms = ttl: stays
        assert made.store("t").entry_ms != 1


def test_t3_no_timer_ticks_at_0():
    # the start's own heartbeat is healthy, whatever is going on
    made = run(
        [], {}, 100, outages=[(0, 0, 5)], unhealthy=True,
        scheduler={"heartbeat_ms": 10, "degraded": {"consecutive": 1, "failures": 1}},
    )  # fmt: skip
    assert made.causes()[2] == 0


def test_t3_ticks_of_half_the_period_contain_those_of_the_whole():
    from simulator.model.order import first_tick

    for phase in (0, 1, 29_999, 30_000, 45_123, 3_599_999):
        whole = {first_tick(phase, 60_000) + 60_000 * k for k in range(5)}
        half = {first_tick(phase, 30_000) + 30_000 * k for k in range(12)}
        assert whole <= half


def test_t2_a_scan_that_came_before_the_beats_would_break_the_operators_watch():
    made = run(
        [], {}, 2000, baseline=9, memory=10, process={"operator_restart_ms": 600, "restart_warmup_ms": 100},
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 500, "offline_after_ms": 400, "scan_every_ms": 500},
    )  # fmt: skip
    assert made.causes()[1] == 200  # from 600, and from 1300; at 1000, 1500 and 2000 the beats come first


def test_t2_a_job_ends_before_the_heartbeat_of_that_instant():
    # at 100 node 0 frees its slot and node 1 says that it has room again: the waiting one goes to node 0
    rows = [say(0, 0, service_ms=100), say(50, 1)]
    made = run(
        rows, {"m": ("session_map", {})}, 200, nodes=2, baseline=[[(0, 1)], [(0, 9000), (60, 1)]], memory=10_000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 100, "jobs_per_node": 1},
    )  # fmt: skip
    assert [made.store("m", node).inserted for node in (0, 1)] == [2, 0]


def test_t3_a_heartbeat_is_sent_at_the_start_and_none_while_down():
    made = run(
        [say(10, audio_ms=1000)], {"r": ("ring_buffer", {})}, 3000, memory=32_000,
        scheduler={"heartbeat_ms": 1000, "offline_after_ms": 900, "scan_every_ms": 1000},
        phases={"heartbeat": 999},
    )  # fmt: skip
    # beat at 0 only: dead from 10 on, so the scan at 1000 finds it 1000 ms old
    assert made.history.deaths.tolist() == [1]
    assert made.causes()[3] == 2000


def test_t2_hangs_never_settle():
    made = run([say(0, outcome=HANGS, latency_ms=5)], {"p": ("pending_map", {})}, 10**6)
    assert (made.store("p").entries, made.store("p").in_flight) == (1, 1)
