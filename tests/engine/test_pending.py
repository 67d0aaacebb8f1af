"""P1-P4 and W4-W5 in a run: translations that are opened, coalesced, settled, timed out and voided."""

import pytest

from simulator.config.stores import Cleanup
from simulator.engine import first_difference, not_compiled, simulate
from tests.engine.world import FAILS, HANGS, OK, end, run, say

PENDING = {"p": ("pending_map", {})}
CACHED = {"c": ("lru_cache", {})} | PENDING


def pending(**changed):
    return {"p": ("pending_map", changed)}


def test_p1_a_hit_opens_nothing():
    assert run([say(0, text=1), say(1, text=1, latency_ms=50)], CACHED, 10).store("p").inserted == 1


def test_p1_a_key_in_flight_is_coalesced():
    made = run(
        [say(0, text=1, latency_ms=50), say(10, text=1, latency_ms=500), say(60, text=1, latency_ms=9)],
        PENDING,
        65,
    )
    assert (made.store("p").inserted, made.store("p").entries_peak, made.store("p").entries) == (2, 1, 1)


def test_p1_a_coalesced_utterance_has_read_the_cache_first():
    made = run([say(0, text=1, latency_ms=50), say(10, text=1)], CACHED, 20)
    assert made.count["cache_misses"] == 2


def test_p1_a_coalesced_utterance_still_writes_the_cache_when_its_own_outcome_comes():
    hung = say(0, text=1, outcome=HANGS)
    made = run([hung, say(1, text=1), say(2, text=1)], CACHED, 10)
    assert (made.count["cache_misses"], made.count["cache_hits"], made.store("c").entries) == (1, 1, 1)
    assert (made.store("p").inserted, made.store("p").entries, made.store("p").in_flight) == (1, 1, 1)
    later = run([hung, say(1, text=1, latency_ms=5), say(5, text=1), say(7, text=1)], CACHED, 10)
    assert (later.count["cache_misses"], later.count["cache_hits"]) == (2, 1)
    failed = run([hung, say(1, text=1, outcome=FAILS), say(2, text=1)], CACHED, 10)
    assert (failed.count["cache_misses"], failed.store("c").entries) == (2, 1)


def test_p1_c5_only_a_request_that_starts_leaves_an_instance():
    stores = {"j": ("lru_cache", {"instances": "per_job"})} | PENDING
    rows = [say(0, text=1, outcome=HANGS), say(1, text=1), say(2, text=1, outcome=HANGS), say(3, text=2)]
    assert run(rows, stores, 10).store("j").entries == 2


def test_p1_b2_what_settles_at_once_has_never_been_in_the_map():
    rows = [say(i, i, outcome=HANGS) for i in range(3)] + [say(10 + i) for i in range(100)]
    made = run(rows, PENDING, 200, footprint="v8")
    quiet = run(rows[:3], PENDING, 200, footprint="v8")
    assert made.store("p").bytes == quiet.store("p").bytes
    assert (made.store("p").inserted, made.store("p").removed) == (103, 100)


def test_p1_a_hang_reads_no_cache_and_opens_an_entry_beside_a_cached_text():
    made = run([say(0, text=1), say(1, text=1, outcome=HANGS)], CACHED, 10)
    assert (made.count["cache_hits"], made.count["cache_misses"], made.store("p").entries) == (0, 1, 1)


def test_p1_a_hit_ends_it_though_the_key_hangs():
    made = run([say(0, text=1), say(1, text=1, outcome=HANGS), say(2, text=1)], CACHED, 10)
    assert (made.count["cache_hits"], made.store("p").inserted) == (1, 2)


def test_p1_a_second_hang_on_a_key_in_flight_is_skipped():
    made = run([say(0, text=1, outcome=HANGS), say(1, text=1, outcome=HANGS)], PENDING, 10)
    assert (made.store("p").entries, made.store("p").in_flight) == (1, 1)


def test_p1_without_a_pending_map_nothing_is_coalesced():
    stores = {"c": ("lru_cache", {}), "j": ("lru_cache", {"instances": "per_job"})}
    made = run([say(0, text=1, latency_ms=50), say(10, text=1, latency_ms=50), say(60, text=1)], stores, 100)
    assert (made.store("j").entries, made.count["cache_hits"]) == (2, 1)


@pytest.mark.parametrize(
    ("removed_on", "outcome", "entries"),
    [
        (["success"], OK, 0),
        (["success"], FAILS, 1),
        (["success", "failure"], FAILS, 0),
        (["success"], HANGS, 1),
    ],
)
def test_p2_what_removes_an_entry(removed_on, outcome, entries):
    made = run([say(0, outcome=outcome, latency_ms=5)], pending(removed_on=removed_on), 100)
    assert (made.store("p").entries, made.store("p").bytes) == (entries, 2000 * entries)
    assert made.store("p").in_flight == (1 if outcome == HANGS else 0)


def test_p2_a_failure_that_stays_keeps_its_key_closed():
    made = run([say(0, text=1, outcome=FAILS), say(50, text=1)], pending(removed_on=["success"]), 100)
    assert (made.store("p").inserted, made.store("p").entries) == (1, 1)


def test_p3_an_entry_keeps_its_utterances_audio_as_base64():
    made = run([say(0, audio_ms=1000, latency_ms=10)], pending(retains_audio=True), 100)
    assert made.store("p").bytes_peak == 2000 + 42_668
    assert made.store("p").byte_ms == 10 * 44_668


def test_p4_entries_fall_at_the_timeout_and_bytes_do_not():
    made = run([say(0, outcome=HANGS)], pending(timeout_ms=30), 100)
    kept = made.store("p")
    assert (kept.entries, kept.bytes, kept.in_flight, kept.expired) == (0, 2000, 1, 1)
    assert (kept.entry_ms, kept.byte_ms) == (30, 100 * 2000)


def test_p4_the_freed_key_may_be_opened_again_so_bytes_grow():
    made = run([say(0, text=1, outcome=HANGS), say(40, text=1, outcome=HANGS)], pending(timeout_ms=30), 100)
    assert (made.store("p").inserted, made.store("p").bytes, made.store("p").in_flight) == (2, 4000, 2)


def test_p4_a_late_ok_frees_the_bytes_and_still_writes_the_cache():
    made = run(
        [say(0, text=1, latency_ms=50), say(60, text=1)],
        {"c": ("lru_cache", {})} | pending(timeout_ms=30),
        100,
    )
    assert (made.count["cache_hits"], made.store("p").bytes, made.store("p").in_flight) == (1, 0, 0)
    assert made.store("p").byte_ms == 50 * 2000


def test_p4_aborting_frees_the_bytes_and_the_outcome_never_comes():
    stores = {"c": ("lru_cache", {})} | pending(timeout_ms=30, abort_on_timeout=True)
    made = run([say(0, text=1, latency_ms=50), say(60, text=1)], stores, 100)
    assert (made.count["cache_hits"], made.store("p").expired) == (0, 1)
    assert made.store("p").byte_ms == 30 * 2000


def test_p4_the_timeout_of_an_old_request_leaves_a_new_one_alone():
    # opened at 0, ok at 10; opened again at 20 (no cache): times out at 50, not at 30
    made = run([say(0, text=1, latency_ms=10), say(20, text=1, outcome=HANGS)], pending(timeout_ms=30), 100)
    assert made.store("p").entry_ms == 10 + 30


def test_p4_a_failure_that_stayed_is_taken_by_its_timeout():
    made = run([say(0, outcome=FAILS)], pending(removed_on=["success"], timeout_ms=30), 100)
    assert (made.store("p").entry_ms, made.store("p").bytes, made.store("p").expired) == (30, 0, 1)


def test_w4_an_outage_decides_the_outcome_of_what_starts_in_it():
    rows = [say(9, latency_ms=1), say(10, latency_ms=1), say(19, latency_ms=1), say(20, latency_ms=1)]
    made = run(rows, PENDING, 100, outages=[(0, 10, 20)], outcome=HANGS)
    assert (made.store("p").in_flight, made.store("p").removed) == (2, 2)
    made = run(rows, PENDING | {"c": ("lru_cache", {})}, 100, outages=[(0, 10, 20)], outcome=FAILS)
    assert made.store("c").entries == 2


def test_w4_an_outage_is_of_its_node():
    rows = [say(0, latency_ms=1, service_ms=50), say(1, 1, latency_ms=1)]
    made = run(rows, PENDING, 100, nodes=2, outages=[(1, 0, 50)], outcome=HANGS)
    assert [made.store("p", node).in_flight for node in (0, 1)] == [0, 1]


def test_w4_an_outage_does_not_reach_what_was_started_before():
    made = run([say(0, latency_ms=15)], PENDING, 100, outages=[(0, 10, 20)], outcome=HANGS)
    assert made.store("p").removed == 1


def test_w5_a_lost_utterance_does_not_come_back():
    made = run(
        [say(0, service_ms=500), say(1, 1)], {}, 900, scheduler={"jobs_per_node": 1, "pending_timeout_ms": 20}
    )
    assert made.count["utterances"] == 2
    assert made.count["lost_pending_timeout"] == 1


# B2: a job's audio is the string that its session's audio buffer holds; 42,688 B for a second of it

BOTH = {"r": ("ring_buffer", {"keep_ms": 100, "span_ms": 5_000})}
SECOND = 42_688


def with_buffer(rows, until_ms, cleanup=None, **changed):
    """Bytes of requests for rows of a second of audio, beyond those of the same jobs without audio."""
    stores = {"r": ("ring_buffer", BOTH["r"][1] | ({} if cleanup is None else {"cleanup": cleanup}))}
    made, bare = (
        run(rows, stores | pending(retains_audio=audio, **changed), until_ms, footprint="v8")
        for audio in (True, False)
    )
    assert made.store("r").bytes == bare.store("r").bytes
    if not_compiled(made.scenario) is None:
        assert first_difference(simulate(made.workload, made.scenario, "compiled"), made.history) is None
    return made.store("p").bytes - bare.store("p").bytes


def hung(at_ms):
    return say(at_ms, text=1, outcome=HANGS, audio_ms=1000)


def test_b2_audio_is_charged_to_the_buffer_as_long_as_it_holds_it():
    assert with_buffer([hung(0)], 1_000) == 0  # nothing is trimmed without another append
    assert with_buffer([hung(0), say(99, audio_ms=1000)], 1_000) == 0
    assert with_buffer([hung(0), say(100, audio_ms=1000)], 1_000) == SECOND


def test_b2_audio_passes_to_the_request_when_the_buffer_is_cleaned():
    rows = [hung(0), end(10)]
    assert with_buffer(rows, 1_000) == 0
    assert with_buffer(rows, 1_000, cleanup=Cleanup(kind="session_end")) == SECOND


def test_b2_a_buffer_that_nobody_will_ever_trim_keeps_the_audio():
    rows = [say(0, text=1, outcome=OK, latency_ms=500, audio_ms=1000), *(say(i, i) for i in range(1, 50))]
    assert with_buffer(rows, 1_000, removed_on=["success"]) == 0
    assert with_buffer(rows, 300, removed_on=["success"]) == 0


def test_b2_an_aborted_request_leaves_nothing_and_takes_nothing_over_later():
    rows = [hung(0), say(200, audio_ms=1000)]
    assert with_buffer(rows, 1_000, timeout_ms=30, abort_on_timeout=True) == 0
    assert with_buffer(rows, 1_000, timeout_ms=30) == SECOND  # not aborted: it is still there
    assert with_buffer(rows, 1_000, timeout_ms=300, abort_on_timeout=True) == 0


def test_b2_a_chunk_that_went_at_once_is_not_shared():
    assert with_buffer([say(0, text=1, outcome=HANGS, audio_ms=6_000)], 1_000) == 256_016


def test_b2_under_the_documents_constants_both_are_charged():
    made = run([hung(0)], BOTH | pending(retains_audio=True), 100)
    assert (made.store("p").bytes, made.store("r").bytes) == (2000 + 42_668, 32_000)
