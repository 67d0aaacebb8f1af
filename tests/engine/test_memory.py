"""B1-B5: bytes, node memory, its peak, death, and what an operator can do about exclusion."""

import pytest

from tests.engine.world import HANGS, run, say

RING = {"r": ("ring_buffer", {})}


def audio(at_ms, session, size, **more):
    """An utterance that adds `size` bytes (a multiple of 32) to a ring buffer of its own."""
    return say(at_ms, session, audio_ms=size // 32, **more)


def test_b1_bytes_are_the_sum_over_entries():
    stores = {
        "t": ("session_table", {"entry_bytes": 7}),
        "m": ("session_map", {"entry_bytes": 5}),
        "c": ("lru_cache", {"entry_bytes": 3}),
    }
    made = run([say(0, 0), say(1, 1), say(2, 1)], stores, 100)
    assert [made.store(name).bytes for name in "tmc"] == [14, 10, 9]
    assert made.history.stores_bytes_max.max() == 33


def test_b2_the_documents_constants_ignore_contents():
    made = run(
        [say(0, stored_chars=5, target_chars=9), say(1, 1, stored_chars=500)], {"m": ("session_map", {})}, 9
    )
    assert made.store("m").bytes == 500


def test_b3_node_memory_is_baseline_and_process():
    made = run([audio(10, 0, 3200)], RING, 100, baseline=[[(0, 1000), (50, 400)]], process={"base_bytes": 77})
    assert made.history.memory_byte_ms.sum() == 1000 * 50 + 400 * 50 + 77 * 100 + 3200 * 90
    assert (made.history.memory_peak_bytes, made.history.memory_peak_at_ms) == (4277, 10)
    assert (made.history.memory_final.tolist(), made.history.baseline_final.tolist()) == ([3677], [400])


def test_b3_the_peak_is_of_the_sum_and_says_what_it_was_made_of():
    # the stores are largest at 60, the sum at 20
    made = run(
        [audio(20, 0, 320), audio(60, 1, 320)],
        RING | {"m": ("session_map", {})},
        100,
        baseline=[[(0, 9000), (50, 0)]],
    )
    assert (made.history.memory_peak_bytes, made.history.memory_peak_at_ms) == (9570, 20)
    assert made.history.store_bytes_at_peak.tolist() == [320, 250]
    assert made.history.stores_bytes_max.max() == 1140


def test_b3_ties_go_to_the_earliest_instant_then_to_the_lowest_node():
    made = run([], {}, 100, nodes=3, baseline=[[(0, 5), (60, 9)], [(0, 5), (40, 9)], [(0, 5), (40, 9)]])
    assert (made.history.memory_peak_at_ms, made.history.memory_peak_node) == (40, 1)
    made = run([], {}, 100, nodes=2, baseline=[[(0, 5)], [(0, 5)]])
    assert (made.history.memory_peak_at_ms, made.history.memory_peak_node) == (0, 0)


def test_b3_a_level_of_0_ms_counts_for_the_maximum():
    made = run([audio(10, 0, 6400)], RING, 100, memory=6000)
    assert made.history.memory_peak_bytes == 6400  # the peak that killed it
    assert made.history.deaths.tolist() == [1]


@pytest.mark.parametrize(("size", "dies"), [(99 * 32, False), (100 * 32, True), (101 * 32, True)])
def test_b4_death_when_the_host_is_full(size, dies):
    made = run([audio(10, 0, size)], RING, 100, memory=3300, baseline=60, process={"base_bytes": 40})
    assert bool(made.history.deaths[0]) == dies


@pytest.mark.parametrize(("limit", "dies"), [(3200, True), (3201, True), (3232, True), (3233, False)])
def test_b4_large_objects_fill_99_percent_of_the_heap(limit, dies):
    made = run([audio(10, 0, 3200)], RING, 100, process={"heap_limit_bytes": limit})  # 3200 / 0.99 = 3232.3
    assert bool(made.history.deaths[0]) == dies


@pytest.mark.parametrize(("limit", "dies"), [(1750, True), (1751, False)])
@pytest.mark.parametrize("store", [("session_table", {"entry_bytes": 1400}), ("lru_cache", {"entry_bytes": 1400}),
                                   ("lru_cache", {"instances": "per_job", "instance_bytes": 1400})])  # fmt: skip
def test_b4_small_ones_that_come_and_go_fill_80_percent(store, limit, dies):
    made = run([say(10)], {"s": store}, 100, process={"heap_limit_bytes": limit})  # 1400 / 0.8 = 1750
    assert bool(made.history.deaths[0]) == dies


@pytest.mark.parametrize(("limit", "dies"), [(2020, True), (2021, False)])
@pytest.mark.parametrize(
    "store", [("session_map", {"entry_bytes": 1900}), ("pending_map", {"entry_bytes": 1900})]
)
def test_b4_the_base_heap_counts_with_the_large_ones(store, limit, dies):
    made = run(
        [say(10, outcome=HANGS)],
        {"s": store},
        100,
        process={"heap_limit_bytes": limit, "base_heap_bytes": 100},
    )
    assert bool(made.history.deaths[0]) == dies  # 2000 / 0.99 = 2020.2


def test_b4_death_empties_every_store_and_loses_jobs_and_translations():
    stores = RING | {
        "t": ("session_table", {}),
        "m": ("session_map", {}),
        "c": ("lru_cache", {}),
        "p": ("pending_map", {}),
    }
    rows = [
        say(0, text=1),
        say(5, 1, latency_ms=40, service_ms=60),
        say(6, 2, outcome=HANGS),
        audio(20, 3, 320_000),
    ]
    made = run(rows, stores, 100, memory=300_000, baseline=1000)
    for name in "rtmcp":
        kept = made.store(name)
        assert (kept.entries, kept.bytes, kept.in_flight, kept.chunks) == (0, 0, 0, 0)
        assert kept.lost == kept.inserted - kept.removed
    assert (
        made.store("c").inserted == 1 + 1
    )  # of the first and of the last, at once; not of the one under way
    assert (made.count["lost_crash"], made.count["served"]) == (1 + 1, 2)
    assert (made.history.first_oom_ms, made.history.memory_final.tolist()) == (20, [1000])


def test_b4_what_was_under_way_before_the_death_is_void_afterwards():
    rows = [say(0, text=1, latency_ms=50), audio(10, 1, 320_000), say(40, 2, text=1, latency_ms=30)]
    made = run(
        rows, RING | {"p": ("pending_map", {}), "c": ("lru_cache", {})}, 65, memory=300_000,
        process={"restart_after_ms": 5, "restart_warmup_ms": 5},
    )  # fmt: skip
    # the outcome at 50 belongs to the dead process: neither cache nor entry of the new one change
    assert (made.store("p").entries, made.store("p").in_flight, made.store("c").entries) == (1, 1, 0)


def test_b4_a_node_comes_back_after_restart_and_warm_up_or_never():
    rows = [audio(10, 0, 6400)]
    made = run(
        rows,
        RING,
        1000,
        memory=6000,
        baseline=50,
        process={"base_bytes": 100, "restart_after_ms": 20, "restart_warmup_ms": 30},
    )
    # up 0-10 (150), down 10-60 (50), up again (150)
    assert made.history.memory_byte_ms.sum() == 150 * 10 + 50 * 50 + 150 * 940
    assert made.causes() == [1000 - 30, 30, 0, 0, 0, 0]
    assert made.history.down_unnoticed_ms.sum() == 20
    never = run(
        rows, RING, 1000, memory=6000, baseline=50, process={"base_bytes": 100, "restart_after_ms": None}
    )
    assert never.history.memory_byte_ms.sum() == 150 * 10 + 50 * 990


def test_b4_timers_keep_their_grid_through_a_restart():
    stores = RING | {"t": ("session_table", {"ttl_ms": 1, "sweep_every_ms": 100})}
    rows = [audio(10, 0, 6400), say(85, 1, audio_ms=0)]
    made = run(rows, stores, 190, memory=6000, process={"restart_after_ms": 20, "restart_warmup_ms": 30})
    assert (made.store("t").expired, made.store("t").entry_ms) == (1, 15)


def test_b4_a_host_that_is_full_at_the_start_kills_the_process_at_once():
    made = run([], {}, 100, baseline=950, memory=1000, process={"base_bytes": 50})
    assert (made.history.deaths.tolist(), made.history.first_oom_ms) == ([1], 0)


def test_b4_a_growing_baseline_kills_too():
    made = run([], {}, 100, baseline=[[(0, 5), (40, 990)]], memory=1000, process={"base_bytes": 50})
    assert (made.history.deaths.tolist(), made.history.first_oom_ms) == ([1], 40)


def test_b4_crash_drops_are_told_apart_in_the_second_half():
    early = run([audio(10, 0, 6400)], RING, 100, memory=6000)
    late = run([audio(10, 0, 3200), audio(60, 1, 3200)], RING, 100, memory=6000)
    assert early.history.crash_dropped_bytes.tolist() == [[0]]
    assert (late.history.crash_dropped_bytes.tolist(), late.history.bytes_mid.tolist()) == (
        [[6400]],
        [[3200]],
    )
    edge = run([audio(10, 0, 3200), audio(50, 1, 3200)], RING, 100, memory=6000)
    assert (edge.history.crash_dropped_bytes.tolist(), edge.history.bytes_mid.tolist()) == (
        [[6400]],
        [[3200]],
    )


EXCLUDED = {"threshold": {"over": "50 %"}, "heartbeat_ms": 10}


def test_b5_exclusion_is_absorbing_without_an_operator():
    made = run([audio(5, 0, 5600), say(500, 1)], RING, 1000, memory=10_000, scheduler=EXCLUDED)
    assert made.causes() == [10, 0, 0, 0, 0, 990]
    assert made.store("r").bytes == 5600


def test_b5_an_operator_restarts_a_node_excluded_that_long():
    made = run(
        [audio(5, 0, 5600, service_ms=900), say(500, 1, audio_ms=10)], RING, 1000, memory=10_000, scheduler=EXCLUDED,
        process={"operator_restart_ms": 100, "restart_warmup_ms": 30},
    )  # fmt: skip
    # excluded at 10, restarted at 110, up at 140
    assert made.causes() == [10 + 860, 30, 0, 0, 0, 100]
    assert (made.store("r").lost, made.store("r").bytes, made.count["lost_crash"]) == (1, 320, 1)
    assert made.history.deaths.tolist() == [0]


def test_b5_the_operators_watch_starts_anew_when_the_exclusion_breaks():
    made = run(
        [], {}, 1000, baseline=[[(0, 9), (20, 1), (95, 9)]], memory=10, scheduler=EXCLUDED,
        process={"operator_restart_ms": 100, "restart_warmup_ms": 30},
    )  # fmt: skip
    # over 0-20, and again from 100: restarted at 200, up and over at 230, restarted at 330, ... 850 and 980
    assert made.causes()[5] == 20 + 100 * 7
    assert made.causes()[1] == 30 * 6 + 20


def test_b5_an_operator_finds_a_dead_node_too():
    made = run(
        [audio(5, 0, 5600)], RING, 1000, memory=10_000, baseline=[[(0, 0), (50, 9000)]], scheduler=EXCLUDED,
        process={"operator_restart_ms": 100, "restart_warmup_ms": 30, "restart_after_ms": 500},
    )  # fmt: skip
    # over at 10, dead at 50, restarted by the operator at 110 (so not again at 550), then every 130 until 890
    assert made.history.deaths.tolist() == [1]
    assert made.history.first_oom_ms == 50
    assert made.causes() == [10, 7 * 30, 0, 0, 0, 1000 - 10 - 7 * 30]


def test_b4_a_process_that_comes_up_on_a_full_host_dies_at_once():
    made = run(
        [], {}, 200, baseline=[[(0, 5), (40, 990)]], memory=1000,
        process={"base_bytes": 50, "restart_after_ms": 20, "restart_warmup_ms": 10},
    )  # fmt: skip
    # dead at 40, up and dead again at 70, 100, 130, 160, 190
    assert made.history.deaths.tolist() == [6]
    assert made.history.memory_byte_ms.sum() == 55 * 40 + 990 * 160
    assert made.causes() == [200 - 6 * 10 + 10, 50, 0, 0, 0, 0]
    assert made.history.memory_peak_bytes == 1040
