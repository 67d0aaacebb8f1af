"""A1-A10: what the scheduler knows, whom it rejects and why, and what becomes of jobs."""

import pytest

from tests.engine.world import FAILS, HANGS, run, say

RING = {"r": ("ring_buffer", {})}
NAMES = ("available", "starting", "degraded", "offline", "busy", "memory")


def audio(at_ms, session, size, **more):
    return say(at_ms, session, audio_ms=size // 32, **more)


def causes(made, node=0):
    return {name: ms for name, ms in zip(NAMES, made.causes(node), strict=True) if ms}


# A1 heartbeats


def test_a1_only_the_last_heartbeat_counts():
    # over from 3 to 8: between beats, not seen; over from 13 to 28: seen at 20, kept until 30
    made = run(
        [], {}, 100, baseline=[[(0, 1), (3, 9), (8, 1), (13, 9), (28, 1)]], memory=10,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 10},
    )  # fmt: skip
    assert causes(made) == {"available": 90, "memory": 10}
    assert made.history.first_unavailable_ms == 20


# A2 filter


@pytest.mark.parametrize(
    ("rule", "level", "rejected"),
    [("over", 50, False), ("over", 51, True), ("at_least", 49, False), ("at_least", 50, True)],
)
def test_a2_the_threshold_is_exact(rule, level, rejected):
    made = run([], {}, 100, baseline=level, memory=100, scheduler={"threshold": {rule: "50 %"}})
    assert causes(made) == ({"memory": 100} if rejected else {"available": 100})


def test_a2_never_does_not_look():
    assert causes(run([], {}, 100, baseline=99, memory=100)) == {"available": 100}


def test_a2_busy_comes_before_memory_and_memory_any_ignores_the_order():
    made = run(
        [audio(5, 0, 6400, service_ms=45)], RING, 100, memory=10_000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 10, "jobs_per_node": 1},
    )  # fmt: skip
    assert causes(made) == {"available": 5, "busy": 45, "memory": 50}
    assert made.history.memory_any_ms.sum() == 90


def test_a2_degraded_comes_before_offline_and_offline_before_busy():
    # unhealthy beats at 10, 20, 30; dead at 35, offline at the scan at 90
    made = run(
        [], {}, 200, memory=6000, baseline=[[(0, 0), (35, 6000)]], outages=[(0, 5, 200)], unhealthy=True,
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 20, "scan_every_ms": 90,
                   "degraded": {"consecutive": 3, "failures": 3, "window": 5}},
    )  # fmt: skip
    assert (causes(made), made.history.deaths.tolist()) == ({"available": 30, "degraded": 170}, [1])
    made = run(
        [audio(5, 0, 6400)], RING, 200, memory=6000,
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 20, "scan_every_ms": 90, "jobs_per_node": 1},
    )  # fmt: skip
    assert causes(made) == {"available": 5, "busy": 85, "offline": 110}


def test_a2_starting_comes_first():
    made = run(
        [audio(5, 0, 6400)], RING, 300, memory=6000, process={"restart_after_ms": 100, "restart_warmup_ms": 50},
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 20, "scan_every_ms": 90},
    )  # fmt: skip
    assert causes(made) == {"available": 90 + 145, "offline": 15, "starting": 50}


# A3 offline


def test_a3_offline_is_found_at_a_scan_and_strictly():
    # beats at 0, 10, 20; dead at 25; scans every 50: at 50 the last beat is 30 old
    rows, options = [audio(25, 0, 6400)], {"memory": 6000}
    late = run(
        rows,
        RING,
        200,
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 30, "scan_every_ms": 50},
        **options,
    )
    assert causes(late) == {"available": 100, "offline": 100}
    soon = run(
        rows,
        RING,
        200,
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 29, "scan_every_ms": 50},
        **options,
    )
    assert causes(soon) == {"available": 50, "offline": 150}


def test_a3_until_then_a_dead_node_takes_jobs_and_they_are_lost():
    made = run(
        [audio(25, 0, 6400), say(30, 1), say(90, 2), say(110, 3)], RING, 200, memory=6000,
        scheduler={"heartbeat_ms": 10, "offline_after_ms": 30, "scan_every_ms": 50, "pending_timeout_ms": 20},
    )  # fmt: skip
    assert (made.count["lost_crash"], made.count["lost_dead_node"], made.count["lost_pending_timeout"]) == (
        1,
        2,
        1,
    )
    assert made.history.down_unnoticed_ms.sum() == 100 - 25


def test_a3_a_heartbeat_clears_offline():
    made = run(
        [],
        {},
        400,
        scheduler={"heartbeat_ms": 100, "offline_after_ms": 40, "scan_every_ms": 50},
        phases={"scan": 0},
    )
    # scans at 50, 150, ... find a beat 50 old; beats at 100, 200, ... clear it
    assert causes(made) == {"available": 200, "offline": 200}


# A4 degraded


def beats(unhealthy, horizon_ms=200, **rule):
    """Beats at 10, 20, ...; `unhealthy` lists outages."""
    degraded = {"consecutive": 99, "failures": 99, "window": 99, **rule}
    return run(
        [], {}, horizon_ms, outages=[(0, start, stop) for start, stop in unhealthy], unhealthy=True,
        scheduler={"heartbeat_ms": 10, "degraded": degraded},
    )  # fmt: skip


def test_a4_so_many_unhealthy_beats_in_a_row():
    assert causes(beats([(15, 45)], consecutive=3)) == {
        "available": 190,
        "degraded": 10,
    }  # 20 30 40, healthy at 50
    assert causes(beats([(15, 35)], consecutive=3)) == {"available": 200}


def test_a4_so_many_failures_of_the_last_window():
    assert causes(beats([(15, 75)], failures=3, window=5)) == {"available": 160, "degraded": 40}
    assert causes(beats([(15, 75)], failures=3, window=3)) == {"available": 160, "degraded": 40}


def test_a4_one_healthy_beat_clears_the_history():
    assert causes(beats([(15, 35), (45, 65)], consecutive=3, failures=3, window=5)) == {"available": 200}


def test_a4_an_outage_covers_its_start_and_not_its_end():
    assert causes(beats([(20, 21)], consecutive=1)) == {"available": 190, "degraded": 10}
    assert causes(beats([(11, 20)], consecutive=1)) == {"available": 200}


def test_a4_an_outage_may_leave_heartbeats_alone():
    made = run(
        [],
        {},
        200,
        outages=[(0, 0, 200)],
        scheduler={"heartbeat_ms": 10, "degraded": {"consecutive": 1, "failures": 1}},
    )
    assert causes(made) == {"available": 200}


@pytest.mark.parametrize(
    ("counts", "row", "degraded_ms"),
    [
        (["fails"], say(5, outcome=FAILS, latency_ms=20), 10),  # settles at 25: the beat at 30
        (["hangs"], say(5, outcome=HANGS), 10),  # starts at 5: the beat at 10
        (["timeouts"], say(5, outcome=HANGS), 10),  # times out at 55: the beat at 60
        (["fails"], say(5, outcome=HANGS), 0),
        ([], say(5, outcome=FAILS), 0),
    ],
)
def test_a4_an_outcome_that_counts_makes_the_next_beat_unhealthy(counts, row, degraded_ms):
    made = run(
        [row], {"p": ("pending_map", {"timeout_ms": 50})}, 200,
        scheduler={"heartbeat_ms": 10, "degraded": {"consecutive": 1, "failures": 1, "counts": counts}},
    )  # fmt: skip
    assert made.causes()[2] == degraded_ms


def test_a4_what_a_dead_process_saw_does_not_make_the_new_ones_beat_unhealthy():
    made = run(
        [say(5, outcome=HANGS), audio(6, 1, 6400)], RING, 200, memory=6000,
        process={"restart_after_ms": 5, "restart_warmup_ms": 5},
        scheduler={"heartbeat_ms": 1000, "degraded": {"consecutive": 1, "failures": 1, "counts": ["hangs"]}},
    )  # fmt: skip
    assert made.causes()[2] == 0


# A5 routing


def served_by(made, nodes):
    return [made.store("m", node).inserted for node in range(nodes)]


MAP = {"m": ("session_map", {})}


def test_a5_least_loaded_then_lowest_index():
    rows = [say(0, 0, service_ms=100), say(1, 1, service_ms=10), say(2, 2, service_ms=100), say(20, 3)]
    made = run(rows, MAP, 100, nodes=3)
    assert served_by(made, 3) == [1, 2, 1]  # 0, 1, 2, then 1 again: it is idle


def test_a5_load_is_of_jobs_at_the_scheduler_dead_or_alive():
    # node 0 dies at 0 and its job keeps its slot until 60 s, so node 1 gets the rest, one after the other
    rows = [
        audio(0, 0, 6400, service_ms=5),
        say(1, 1, audio_ms=10),
        say(2, 2, audio_ms=10),
        say(3, 3, audio_ms=10),
    ]
    made = run(rows, RING | MAP, 1000, nodes=2, memory=6000)
    assert made.history.deaths.tolist() == [1, 0]
    assert (made.count["lost_dead_node"], served_by(made, 2)) == (0, [1, 3])


def test_a5_round_robin_skips_the_ineligible():
    rows = [say(i, i, service_ms=100 if i == 1 else 0) for i in range(7)]
    made = run(rows, MAP, 100, nodes=3, scheduler={"routing": "round_robin", "jobs_per_node": 1})
    assert served_by(made, 3) == [3, 1, 3]  # 0 1 2 0 2 0 2


def test_a5_random_takes_the_drawn_one_of_the_eligible():
    rows = [
        say(0, 0, route=0.5, service_ms=100),
        say(1, 1, route=0.49),
        say(2, 2, route=0.99),
        say(3, 3, route=0.5),
    ]
    made = run(rows, MAP, 100, nodes=3, scheduler={"routing": "random", "jobs_per_node": 1})
    assert served_by(made, 3) == [1, 1, 2]  # 1 of 0 1 2; 0 of 0 2; 2 of 0 2; 2 of 0 2


def test_a5_sticky_stays_with_the_last_node_and_moves_only_when_it_must():
    rows = [
        say(0, 0, service_ms=1),
        say(5, 1, service_ms=50),
        say(6, 0, service_ms=1),
        say(60, 0),
        say(70, 1),
    ]
    jobs = {"m": ("session_map", {"growth": "per_job"})}
    made = run(rows, jobs, 100, nodes=2, scheduler={"routing": "sticky", "jobs_per_node": 1})
    # 0 on node 0; 1 on node 0; 0 must move to 1 and stays there; 1 stays on 0
    assert served_by(made, 2) == [3, 2]


def test_a5_sticky_remembers_a_node_that_lost_the_job():
    rows = [audio(0, 0, 6400, service_ms=1), audio(5, 0, 32), say(10, 1, audio_ms=0), say(11, 0, audio_ms=0)]
    made = run(rows, RING, 100, nodes=2, memory=6000, scheduler={"routing": "sticky", "job_timeout_ms": 2})
    # session 0 goes to dead node 0 again and again, though 1 is free
    assert (made.count["lost_dead_node"], made.count["lost_crash"]) == (3, 1)


# A6 waiting


def test_a6_first_in_first_out():
    rows = [
        say(0, 0, service_ms=50),
        say(10, 1, service_ms=10),
        say(11, 2, service_ms=10),
        say(12, 3, service_ms=10),
    ]
    made = run(rows, MAP, 75, scheduler={"jobs_per_node": 1})
    assert (made.count["served"], made.history.in_flight_jobs, made.history.waiting) == (3, 1, 0)
    made = run(rows, MAP, 65, scheduler={"jobs_per_node": 1})
    assert (made.count["served"], made.history.in_flight_jobs, made.history.waiting) == (2, 1, 1)


def test_a6_the_one_that_came_first_goes_while_the_later_one_loses_patience():
    rows = [say(0, 0, service_ms=50), say(10, 1, service_ms=500), say(40, 2)]
    made = run(rows, {}, 80, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 45})
    assert (made.count["lost_pending_timeout"], made.history.waiting) == (0, 1)
    made = run(rows, {}, 90, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 45})
    assert (made.count["lost_pending_timeout"], made.history.in_flight_jobs) == (1, 1)


def test_a6_one_event_sends_as_many_as_fit():
    rows = [say(i, i, service_ms=500) for i in range(5)]
    made = run(
        rows, MAP, 100, baseline=[[(0, 9000), (15, 1)]], memory=10_000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 20, "jobs_per_node": 3},
    )  # fmt: skip
    assert (made.count["no_node_on_arrival"], made.history.in_flight_jobs, made.history.waiting) == (5, 3, 2)


def test_a6_patience_is_counted_from_the_arrival():
    rows = [say(0, 0, service_ms=500), say(10, 1), say(30, 2)]
    made = run(rows, {}, 75, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 50})
    assert (made.count["lost_pending_timeout"], made.history.waiting) == (1, 1)


def test_a6_what_an_utterance_does_happens_at_its_dispatch():
    rows = [say(0, 0, service_ms=50), say(10, 1, latency_ms=20)]
    stores = {"t": ("session_table", {}), "p": ("pending_map", {})}
    made = run(rows, stores, 100, scheduler={"jobs_per_node": 1})
    assert made.store("t").entry_ms == 100 + 50
    assert made.store("p").entry_ms == 20
    assert made.count["served"] == 2


def test_a6_a_waiting_utterance_may_die_with_the_node_that_the_first_one_kills():
    # both wait for the beat at 100; the first kills the node; the second is still sent there, and lost
    rows = [audio(10, 0, 6400), say(11, 1)]
    made = run(
        rows, RING, 200, baseline=[[(0, 5000), (50, 0)]], memory=6000,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 100},
    )  # fmt: skip
    assert (made.count["lost_crash"], made.count["lost_dead_node"]) == (1, 1)


# A7 GPU


def test_a7_a_serial_gpu_does_one_job_at_a_time():
    rows = [say(0, 0, service_ms=100), say(10, 1, service_ms=100), say(500, 2, service_ms=10)]
    made = run(rows, {}, 150, gpu="serial")
    assert (made.count["served"], made.history.in_flight_jobs) == (1, 1)
    made = run(rows, {}, 201, gpu="serial")
    assert made.count["served"] == 2
    made = run(rows, {}, 511, gpu="serial")
    assert made.count["served"] == 3


def test_a7_the_job_timeout_still_counts_from_the_dispatch():
    rows = [say(0, 0, service_ms=100), say(10, 1, service_ms=100)]
    made = run(rows, {}, 500, gpu="serial", scheduler={"job_timeout_ms": 150})
    assert (made.count["served"], made.count["lost_job_timeout"]) == (1, 1)


# A8 job life


@pytest.mark.parametrize("outcome", [0, FAILS, HANGS])
def test_a8_the_slot_is_held_for_the_service_whatever_the_translation_does(outcome):
    made = run(
        [say(10, outcome=outcome, latency_ms=500, service_ms=40)],
        {"p": ("pending_map", {})},
        100,
        scheduler={"jobs_per_node": 1},
    )
    assert causes(made) == {"available": 60, "busy": 40}
    assert made.count["served"] == 1  # a failed translation is served


def test_a8_a_hit_holds_its_slot_for_the_service_too():
    rows = [say(0, text=1, service_ms=1), say(10, text=1, service_ms=40)]
    made = run(rows, {"c": ("lru_cache", {})}, 100, scheduler={"jobs_per_node": 1})
    assert causes(made)["busy"] == 41


@pytest.mark.parametrize(("service_ms", "served"), [(50, 1), (51, 0)])
def test_a8_a_job_is_given_up_at_its_timeout(service_ms, served):
    made = run(
        [say(10, service_ms=service_ms)], {}, 100, scheduler={"jobs_per_node": 1, "job_timeout_ms": 50}
    )
    assert (made.count["served"], made.count["lost_job_timeout"]) == (served, 1 - served)
    assert causes(made)["busy"] == 50


def test_a8_a_dead_nodes_slots_stay_taken_until_the_job_timeout():
    made = run(
        [audio(0, 0, 6400, service_ms=5), say(20, 1)], RING, 200, memory=6000,
        scheduler={"jobs_per_node": 2, "job_timeout_ms": 50},
    )  # fmt: skip
    # slots: 0-50 (crash) and 20-70 (dead node): busy from 20 to 50
    assert causes(made) == {"available": 170, "busy": 30}


def test_a8_a_hang_holds_its_slot_in_the_other_reading_only():
    rows = [say(10, text=1, outcome=HANGS, service_ms=5), say(12, 1, text=1, outcome=HANGS, service_ms=5)]
    options = {"scheduler": {"jobs_per_node": 2, "job_timeout_ms": 50, "hangs_hold_slot": True}}
    made = run(rows, {"p": ("pending_map", {})}, 100, **options)
    # the second is coalesced: no translation of its own hangs
    assert (made.count["lost_job_timeout"], made.count["served"]) == (1, 1)
    assert causes(made) == {"available": 95, "busy": 5}


def test_a8_a_table_never_holds_more_than_the_slots_let_through():
    # 1 slot, 10 ms a job, ttl 100 swept every 50: at most 150 / 10 = 15 sessions, whatever the cap
    rows = [say(i * 10, i, service_ms=10) for i in range(100)]
    made = run(
        rows,
        {"t": ("session_table", {"ttl_ms": 100, "sweep_every_ms": 50})},
        1000,
        scheduler={"jobs_per_node": 1},
    )
    assert made.store("t").entries_peak <= 15


# A9 lost


def test_a9_utterances_are_served_lost_in_flight_or_waiting():
    rows = [say(0, 0, service_ms=500), say(1, 1), say(30, 2), say(950, 3, service_ms=500), say(960, 4)]
    made = run(
        rows, {}, 1000, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 100, "job_timeout_ms": 400}
    )
    assert made.count["utterances"] == 5
    assert made.count["lost_pending_timeout"] + made.count["lost_job_timeout"] == 3
    assert (made.history.in_flight_jobs, made.history.waiting) == (1, 1)


def test_a9_jobs_lost_in_a_crash_are_counted_at_once_and_once():
    rows = [say(0, 0, audio_ms=0, service_ms=30), say(5, 1, audio_ms=0, service_ms=3), audio(10, 2, 6400)]
    made = run(rows, RING, 11, memory=6000, scheduler={"jobs_per_node": 9})
    assert (made.count["lost_crash"], made.count["served"]) == (2, 1)
    made = run(rows, RING, 1000, memory=6000, scheduler={"jobs_per_node": 9, "job_timeout_ms": 100})
    assert (made.count["lost_crash"], made.count["served"], made.count["lost_job_timeout"]) == (2, 1, 0)


def test_a9_with_unlimited_slots_on_one_node_the_counts_are_the_same():
    rows = [say(0, 0, audio_ms=0, service_ms=30), say(5, 1, audio_ms=0, service_ms=5), audio(10, 2, 6400)]
    for slots in (None, 99):
        made = run(rows, RING, 1000, memory=6000, scheduler={"jobs_per_node": slots})
        assert (made.count["lost_crash"], made.count["served"]) == (2, 1)


# A10 unavailable


def test_a10_episodes_leave_busy_out():
    made = run([say(10, service_ms=40)], {}, 100, scheduler={"jobs_per_node": 1})
    assert causes(made)["busy"] == 40
    assert (made.history.episodes.tolist(), made.history.first_unavailable_ms) == ([0], -1)


def test_a10_episodes_and_first_passage():
    made = run(
        [], {}, 100, baseline=[[(0, 1), (15, 9), (35, 1), (55, 9)]], memory=10,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 10},
    )  # fmt: skip
    assert made.history.episodes.tolist() == [2]  # 20-40 and 60-100
    assert made.history.first_unavailable_ms == 20
    late = run(
        [], {}, 100, baseline=[[(0, 1), (15, 9), (35, 1), (55, 9)]], memory=10, warmup_ms=30,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 10},
    )  # fmt: skip
    assert (late.history.episodes.tolist(), late.history.first_unavailable_ms) == (
        [2],
        20,
    )  # one is in progress
    later = run(
        [], {}, 100, baseline=[[(0, 1), (15, 9), (35, 1), (55, 9)]], memory=10, warmup_ms=40,
        scheduler={"threshold": {"over": "50 %"}, "heartbeat_ms": 10},
    )  # fmt: skip
    assert later.history.episodes.tolist() == [1]


def test_a10_a_change_of_cause_at_one_instant_does_not_split_an_episode():
    # memory until the operator restarts it, then starting, then memory again: one episode
    made = run(
        [], {}, 1000, baseline=9, memory=10, process={"operator_restart_ms": 100, "restart_warmup_ms": 30},
        scheduler={"threshold": {"over": "50 %"}},
    )  # fmt: skip
    assert made.history.episodes.tolist() == [1]


def test_a10_no_node_is_when_every_node_is_rejected_for_whatever_reason():
    rows = [say(10, 0, service_ms=40), say(20, 1, service_ms=50), say(30, 2, service_ms=5)]
    made = run(rows, {}, 100, nodes=2, scheduler={"jobs_per_node": 1})
    # node 0 busy 10-50 and, with the one that waited, 50-55; node 1 busy 20-70
    assert made.history.no_node_ms.sum() == 35
    assert (made.history.no_node_episodes, made.history.no_node_longest_ms) == (1, 35)
    assert made.count["no_node_on_arrival"] == 1


def test_a10_a_slot_freed_and_taken_in_one_millisecond_does_not_split_it():
    rows = [say(0, 0, service_ms=20), say(20, 1, service_ms=20)]
    made = run(rows, {}, 100, scheduler={"jobs_per_node": 1})
    assert (made.history.no_node_episodes, made.history.no_node_longest_ms) == (1, 40)


def test_a10_spells_are_clipped_to_the_statistics():
    made = run([say(0, service_ms=90)], {}, 100, warmup_ms=50, scheduler={"jobs_per_node": 1})
    assert (made.history.no_node_episodes, made.history.no_node_longest_ms) == (1, 40)
