"""M1-M2 and R1-R2 in a run: when entries are written, and the four things that may remove them."""

import pytest

from tests.engine.world import FAILS, HANGS, end, run, say


def stores(cleanup, **more):
    return {
        "t": ("session_table", {"ttl_ms": 100, "sweep_every_ms": 1000, "max": 2}),
        "m": ("session_map", {"cleanup": cleanup, **more}),
        "r": ("ring_buffer", {"cleanup": cleanup}),
    }


@pytest.mark.parametrize("outcome", [0, FAILS, HANGS])
def test_m1_written_whatever_the_outcome(outcome):
    assert run([say(0, outcome=outcome)], stores("never"), 100).store("m").entries == 1


def test_m1_one_entry_per_session():
    made = run([say(0), say(1), say(2, 1)], stores("never"), 100)
    assert (made.store("m").entries, made.store("m").bytes) == (2, 500)


@pytest.mark.parametrize(
    ("cleanup", "left"),
    [("never", 3), ("session_end", 2), ("session_removed", 0), ({"ttl": "1s", "every": "1s"}, 0)],
)
def test_m1_what_removes_an_entry(cleanup, left):
    # 0 ends by signal, 1 is evicted by 3, 2 and 3 expire (the third row is session 2)
    rows = [say(0, 0), end(5, 0), say(10, 1), say(20, 2)]
    made = run(rows, stores(cleanup), 10_000)
    assert (made.store("m").entries, made.store("r").entries) == (left, left)


def test_m1_session_end_fires_though_the_table_has_forgotten_the_session():
    made = run([say(0, 0), end(5_000, 0)], stores("session_end"), 10_000)
    assert (made.store("t").expired, made.store("m").removed, made.store("r").removed) == (1, 1, 1)
    made = run([say(0, 0), end(5, 0)], {"m": ("session_map", {"cleanup": "session_removed"})}, 100)
    assert made.store("m").removed == 1


def test_m1_session_removed_follows_eviction_at_once():
    made = run([say(0, 0), say(1, 1), say(2, 2)], stores("session_removed"), 500)
    assert (made.store("m").entries_peak, made.store("m").removed) == (2, 1)


def test_m1_session_removed_follows_the_first_table_only():
    both = {
        "t": ("session_table", {}),
        "u": ("session_table", {"max": 1}),
        "m": ("session_map", {"cleanup": "session_removed"}),
    }
    assert run([say(0, 0), say(1, 1)], both, 100).store("m").entries == 2


def test_m1_cleaning_by_age_is_strict_and_counts_from_the_last_write():
    by_age = {"ttl": "100ms", "every": "1s"}
    assert run([say(0), say(900)], stores(by_age), 1500).store("m").expired == 0
    assert run([say(0), say(899)], stores(by_age), 1500).store("m").expired == 1
    assert run([say(0), say(899)], stores(by_age), 1500).store("r").expired == 1


def test_m1_the_map_is_written_after_the_eviction_that_the_same_utterance_causes():
    # session 0 comes back: evicted 1 goes from the map, 0 is there
    one = {"t": ("session_table", {"max": 1}), "m": ("session_map", {"cleanup": "session_removed"})}
    made = run([say(0, 0), say(1, 1), say(2, 0)], one, 100)
    assert (made.store("m").entries, made.store("m").inserted, made.store("m").removed) == (1, 3, 2)


def test_m2_per_job_adds_an_entry_for_each_utterance():
    made = run([say(0), say(1), say(2, 1)], stores("never", growth="per_job"), 100)
    assert (made.store("m").entries, made.store("m").bytes) == (3, 750)
    made = run([say(0), say(1), end(2)], stores("session_end", growth="per_job"), 100)
    assert (made.store("m").entries, made.store("m").removed) == (0, 2)


def test_r1_each_utterance_appends_and_only_appending_trims():
    made = run([say(0, audio_ms=2000), say(10_000, audio_ms=1000)], stores("never"), 100_000)
    assert (made.store("r").chunks, made.store("r").bytes, made.store("r").base64_chars) == (
        1,
        32_000,
        42_668,
    )
    made = run([say(0, audio_ms=2000)], stores("never"), 100_000)
    assert (made.store("r").chunks, made.store("r").byte_ms) == (1, 64_000 * 100_000)


def test_r1_a_hit_appends_audio_too():
    made = run([say(0, text=1), say(1, text=1)], stores("never") | {"c": ("lru_cache", {})}, 100)
    assert made.store("r").chunks == 2


def test_r2_the_document_charges_raw_audio():
    made = run([say(0, audio_ms=15_000)], stores("never"), 100)
    assert made.store("r").bytes == 480_000
