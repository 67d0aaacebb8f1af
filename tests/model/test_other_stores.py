"""M1-M2, R1-R2, P2-P4 and B2 on the classes alone."""

import pytest

from simulator.model import Chunk, PendingMap, RingBuffers, SessionMap
from simulator.model.footprint import Footprint, RequestFootprint, base64_chars


class Row:
    def __init__(self, audio_ms=0):
        self.audio_ms = audio_ms


def test_m1_one_entry_per_session_whatever_is_written():
    sent = SessionMap(footprint=Footprint(250))
    for at in range(5):
        sent.write("a", at)
    assert (len(sent), sent.footprint.bytes, sent.inserted) == (1, 250, 1)


def test_m1_cleaning_is_strict_and_by_the_last_write():
    sent = SessionMap()
    sent.write("a", 0)
    sent.write("b", 5)
    sent.write("a", 8)
    assert sent.clean(15, 10) == []
    assert sent.clean(16, 10) == ["b"]
    assert sent.clean(19, 10) == ["a"]
    assert sent.expired == 2


def test_m2_one_entry_per_job_and_the_session_is_cleaned_as_a_whole():
    jobs = SessionMap(per_job=True, footprint=Footprint(80))
    for at in range(5):
        jobs.write("a", at)
    jobs.write("b", 4)
    assert (len(jobs), jobs.footprint.bytes) == (6, 480)
    assert jobs.remove("a") == 5
    assert (len(jobs), jobs.footprint.bytes, jobs.removed) == (1, 80, 5)
    assert jobs.remove("a") == 0


def fed(*chunks, span_ms=15_000, keep_ms=10_000):
    rings = RingBuffers(span_ms, keep_ms)
    for at, audio_ms in chunks:
        rings.append("a", at, audio_ms)
    return rings


@pytest.mark.parametrize(
    ("audio_ms", "kept_ms"),
    [(500, 10_000), (1_000, 10_000), (2_000, 10_000), (5_000, 10_000), (3_000, 12_000), (7_500, 15_000)],
)
def test_r1_back_to_back_chunks_keep_what_the_real_buffer_keeps(audio_ms, kept_ms):
    rings = fed(*((at, audio_ms) for at in range(0, 120_000, audio_ms)))
    assert sum(chunk.end_ms - chunk.start_ms for chunk in rings.buffer("a")) == kept_ms


def test_r1_age_limit_is_reached_when_equal():
    assert fed((0, 100), (9_999, 100)).chunks == 2
    assert fed((0, 100), (10_000, 100)).chunks == 1


def test_r1_chunks_of_one_instant_overlap_and_are_all_kept():
    assert fed(*[(0, 5_000)] * 5).chunks == 5


def test_r1_a_lone_chunk_longer_than_the_span_goes_and_leaves_an_empty_buffer():
    assert fed((0, 15_000)).chunks == 1
    rings = fed((0, 15_001))
    assert (rings.chunks, len(rings), rings.footprint.bytes) == (0, 1, 0)


def test_r1_the_oldest_go_until_the_span_fits():
    rings = fed((0, 1_000), (4_000, 1_000), (9_000, 10_000))
    assert rings.buffer("a") == [Chunk(4_000, 5_000), Chunk(9_000, 19_000)]


def test_r1_what_ended_before_the_span_goes_even_from_the_middle():
    rings = fed((0, 20_000), (1, 10), (19_000, 10), span_ms=15_000, keep_ms=60_000)
    # the first is still within reach by its end, but then makes the whole too long
    assert rings.buffer("a") == [Chunk(19_000, 19_010)]
    rings = fed((0, 12_000), (1, 10), (13_000, 10), span_ms=13_010, keep_ms=60_000)
    assert rings.buffer("a") == [Chunk(0, 12_000), Chunk(1, 11), Chunk(13_000, 13_010)]
    rings.append("a", 13_022, 1)
    assert rings.buffer("a") == [Chunk(13_000, 13_010), Chunk(13_022, 13_023)]


def test_r1_what_ended_exactly_the_span_ago_stays():
    rings = fed((0, 0), (20, 0), span_ms=20, keep_ms=60)
    assert rings.buffer("a") == [Chunk(0, 0), Chunk(20, 20)]


def test_m1_rings_are_cleaned_by_age_as_strictly_as_maps():
    rings = fed((0, 5))
    assert rings.clean(10, 10) == []
    assert rings.clean(11, 10) == ["a"]
    assert (rings.expired, rings.chunks, rings.base64_chars) == (1, 0, 0)


def test_r1_an_idle_buffer_keeps_what_it_has():
    rings = fed((0, 1_000))
    rings.append("b", 10**9, 1_000)
    assert rings.buffer("a") == [Chunk(0, 1_000)]


def test_r2_bytes_are_raw_pcm_and_base64_is_four_thirds():
    rings = fed((0, 1_000), (500, 1))
    assert rings.footprint.bytes == 32 * 1_001
    assert rings.base64_chars == 42_668 + 44
    assert rings.remove("a") == 1
    assert (rings.footprint.bytes, rings.base64_chars, rings.chunks) == (0, 0, 0)


@pytest.mark.parametrize("audio_ms", range(4))
def test_w3_base64_length_is_that_of_the_encoder(audio_ms):
    import base64

    assert base64_chars(audio_ms) == len(base64.b64encode(bytes(32 * audio_ms)))


def pending(removed_on=("success", "failure"), abort=False, audio=False):
    footprint = RequestFootprint(2_000, retains_audio=audio)
    return PendingMap(frozenset(removed_on), abort_on_timeout=abort, footprint=footprint)


@pytest.mark.parametrize(
    ("removed_on", "ok", "entries"),
    [(("success",), True, 0), (("success",), False, 1), (("success", "failure"), False, 0), ((), True, 1)],
)
def test_p2_what_removes_an_entry(removed_on, ok, entries):
    store = pending(removed_on)
    store.settle(store.open("k", Row()), ok=ok)
    assert (len(store), store.footprint.bytes, store.in_flight) == (entries, 2_000 * entries, 0)


def test_p1_a_key_in_flight_is_not_opened_twice():
    store = pending()
    store.open("k", Row())
    with pytest.raises(KeyError, match="in flight"):
        store.open("k", Row())


def test_p3_an_entry_that_keeps_its_job_is_charged_with_base64():
    store = pending(audio=True)
    request = store.open("k", Row(1_000))
    assert store.footprint.bytes == 2_000 + 42_668
    store.settle(request, ok=True)
    assert store.footprint.bytes == 0


def test_p4_a_timeout_frees_the_key_but_not_the_bytes():
    store = pending()
    old = store.open("k", Row())
    assert store.time_out(old)
    assert (len(store), store.footprint.entries, store.footprint.bytes, store.in_flight) == (0, 0, 2_000, 1)
    new = store.open("k", Row())
    assert not store.time_out(old)  # it takes its own entry only
    store.settle(old, ok=True)
    assert ("k" in store, store.footprint.bytes, store.in_flight) == (True, 2_000, 1)
    store.settle(new, ok=True)
    assert (store.footprint.bytes, store.in_flight, store.removed, store.expired) == (0, 0, 1, 1)


def test_p4_aborting_frees_both():
    store = pending(abort=True)
    request = store.open("k", Row())
    store.time_out(request)
    assert (store.footprint.bytes, store.in_flight, request.settled) == (0, 0, True)


def test_p4_a_failure_that_stayed_is_taken_whole_by_its_timeout():
    store = pending(("success",))
    request = store.open("k", Row())
    store.settle(request, ok=False)
    assert (len(store), store.footprint.bytes, store.in_flight) == (1, 2_000, 0)
    store.time_out(request)
    assert (len(store), store.footprint.bytes) == (0, 0)
