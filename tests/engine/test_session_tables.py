"""S1-S7 in a run: touches, caps, sweeps, signalled ends, and the context that is lost."""

from tests.engine.world import end, run, say


def table(cap=1000, ttl_ms=100, every_ms=1000, **more):
    return {"t": ("session_table", {"max": cap, "ttl_ms": ttl_ms, "sweep_every_ms": every_ms, **more})}


def test_s1_an_utterance_touches_and_its_translation_does_not():
    # touched at 0; the translation settles at 950; swept at 1000 all the same
    made = run([say(0, latency_ms=950)], table() | {"p": ("pending_map", {})}, 1500)
    assert made.store("t").expired == 1
    made = run([say(0), say(950)], table(), 1500)
    assert made.store("t").expired == 0


def test_s1_an_utterance_that_reaches_no_node_touches_nothing():
    made = run(
        [say(0, 0, service_ms=500), say(10, 1)],
        table(),
        300,
        scheduler={"jobs_per_node": 1, "pending_timeout_ms": 50},
    )
    assert made.store("t").inserted == 1


def test_s2_one_eviction_before_the_insert_so_the_cap_holds_at_every_instant():
    made = run([say(i, i) for i in range(10)], table(cap=3), 1000)
    assert made.store("t").entries_peak == 3
    assert (made.store("t").evicted, made.count["evicted"]) == (7, 7)


def test_s2_a_touch_of_a_session_that_is_here_evicts_nothing():
    made = run([say(0, 0), say(1, 1), say(2, 0), say(3, 1)], table(cap=2), 1000)
    assert made.store("t").evicted == 0


def test_s3_an_entry_stays_at_most_ttl_plus_one_period():
    # touched at 0, ticks at 60, 120, ...: idle 60 at 60 (ttl 60 stays), gone at 120
    made = run([say(0)], table(ttl_ms=60, every_ms=60), 1000)
    assert made.store("t").entry_ms == 120


def test_s3_an_expired_entry_touched_before_the_sweep_lives_on():
    made = run([say(0), say(900)], table(), 1500)
    assert (made.store("t").inserted, made.count["context_lost"]) == (1, 0)


def test_s3_without_a_sweep_nothing_expires():
    made = run([say(0)], table(every_ms=None), 10_000)
    assert made.store("t").entry_ms == 10_000


def test_s3_expired_entries_count_towards_the_cap_until_swept():
    made = run([say(0, 0), say(500, 1)], table(cap=1), 900)
    assert made.store("t").evicted == 1


def test_s4_the_victim_is_the_least_recently_touched_then_the_first_created():
    rows = [say(0, 0), say(1, 1), say(2, 0), say(3, 2), say(4, 0), say(9, 1)]
    made = run(rows, table(cap=2), 100)  # 2 evicts 1, which comes back without context
    assert made.count["context_lost"] == 1
    rows = [say(0, 0), say(0, 1), say(1, 1), say(1, 0), say(2, 2), say(3, 1), say(4, 0)]
    made = run(rows, table(cap=2), 100)  # both touched at 1: 0 was created first and goes; 1 stays
    assert made.count["context_lost"] == 1
    assert made.count["evicted"] == 2


def test_s5_eviction_and_expiry_remove_nothing_elsewhere():
    stores = table(cap=1) | {
        "m": ("session_map", {}),
        "r": ("ring_buffer", {}),
        "n": ("session_map", {"cleanup": "session_end"}),
    }
    made = run([say(0, 0), say(1, 1), say(2, 2)], stores, 2000)
    assert [made.store(name).entries for name in "tmrn"] == [0, 3, 3, 3]


def test_s6_a_signalled_end_empties_every_table_on_every_node():
    stores = table() | {"u": ("session_table", {})}
    rows = [say(0, service_ms=500), say(1, service_ms=500), end(10)]
    made = run(rows, stores, 900, nodes=2)
    for node in (0, 1):
        for name in "tu":
            kept = made.store(name, node)
            assert (kept.inserted, kept.removed, kept.entries) == (1, 1, 0)


def test_s7_context_is_lost_by_eviction_and_by_expiry_and_counted_once():
    rows = [say(0, 0), say(1, 1), say(2, 0), say(3, 0)]
    made = run(rows, table(cap=1), 100)
    assert (made.count["context_lost"], made.count["later_served"]) == (1, 2)
    made = run([say(0), say(2000), say(2001)], table(), 3000)
    assert (made.count["context_lost"], made.count["later_served"]) == (1, 2)


def test_s7_context_is_lost_in_a_crash_but_not_by_a_signalled_end():
    made = run([say(0), end(5), say(10)], table(), 100)
    assert made.count["context_lost"] == 0
    made = run(
        [say(0, audio_ms=10), say(20, 1, audio_ms=1000), say(200, audio_ms=10)], table() | {"r": ("ring_buffer", {})}, 400,
        memory=30_000, process={"restart_after_ms": 10, "restart_warmup_ms": 10},
    )  # fmt: skip
    assert (made.history.deaths.tolist(), made.count["context_lost"]) == ([1], 1)


def test_s7_only_served_utterances_count_on_either_side():
    rows = [say(0, 0, service_ms=1), say(1, 1), say(2, 0, service_ms=100)]
    made = run(rows, table(cap=1), 50)  # the one without context is still at work at the horizon
    assert (made.count["context_lost"], made.count["later_served"], made.history.in_flight_jobs) == (0, 0, 1)


def test_s7_a_sessions_first_utterance_is_not_in_the_denominator():
    assert run([say(0, 0), say(1, 1)], table(), 100).count["later_served"] == 0


def test_s7_elsewhere_is_a_node_that_never_had_the_session_while_another_did():
    rows = [say(0, service_ms=50), say(10, service_ms=50), say(30, service_ms=50), say(35, service_ms=5)]
    made = run(rows, table(), 200, nodes=2)
    # nodes 0, 1 (elsewhere), 0, 1 (had it): load decides
    assert (made.count["context_elsewhere"], made.count["context_lost"], made.count["later_served"]) == (
        1,
        0,
        3,
    )


def test_s7_a_context_that_was_lost_and_told_is_not_lost_again_by_a_signalled_end():
    rows = [say(0, 0), say(1, 1), say(2, 0), end(3, 0), say(4, 0)]
    assert run(rows, table(cap=1), 100).count["context_lost"] == 1


def test_s7_lost_here_is_not_elsewhere_though_another_node_has_it():
    # 0 is on both nodes; 1 evicts it on node 0, to which it comes back
    rows = [
        say(0, 0, service_ms=9),
        say(1, 0, service_ms=90),
        say(20, 1, service_ms=9),
        say(40, 0, service_ms=9),
    ]
    made = run(rows, table(cap=1), 200, nodes=2)
    assert (made.count["context_lost"], made.count["context_elsewhere"]) == (1, 1)


def test_s7_only_the_first_table_speaks_of_context():
    stores = {"t": ("session_table", {"max": 5}), "u": ("session_table", {"max": 1})}
    made = run([say(0, 0), say(1, 1), say(2, 0)], stores, 100)
    assert (made.store("u").evicted, made.count["evicted"], made.count["context_lost"]) == (2, 0, 0)


def test_s7_evicted_live_counts_victims_that_speak_again():
    made = run([say(0, 0), say(1, 1), say(2, 2), say(3, 0)], table(cap=1), 100)
    # 0 is evicted and will speak, 1 will not, 2 will not
    assert (made.count["evicted"], made.count["evicted_live"]) == (3, 1)
