"""Samples of a replay: after the timers due, before that instant's rows, the horizon included."""

from tests.engine.world import HANGS, run, say

STORES = {
    "t": ("session_table", {"ttl_ms": 50, "sweep_every_ms": 100}),
    "r": ("ring_buffer", {}),
    "p": ("pending_map", {"timeout_ms": 130}),
    "c": ("lru_cache", {"max": 1}),
}


def level(made, name, store):
    return getattr(made.history.samples, name)[list(STORES).index(store)].tolist()


def test_t2_a_sample_comes_after_timers_and_before_rows():
    made = run([say(0), say(100, 1), say(150, 2)], STORES, 200, sample=50)
    assert made.history.samples.at_ms.tolist() == [0, 50, 100, 150, 200]
    # at 100: 0 is swept, 1 is not yet here; at 200 too the sweep has been
    assert level(made, "entries", "t") == [0, 1, 0, 1, 1]
    assert level(made, "expired", "t") == [0, 0, 1, 1, 2]
    assert made.store("t").expired == 1  # the run itself ends before 200


def test_the_last_sample_is_the_last_multiple_within_the_horizon():
    made = run([say(0)], STORES, 199, sample=50)
    assert made.history.samples.at_ms.tolist() == [0, 50, 100, 150]


def test_samples_carry_extras_and_counts():
    rows = [
        say(0, audio_ms=30, text=1),
        say(10, 1, text=2, outcome=HANGS),
        say(20, 2, audio_ms=3, text=3),
        say(30, text=3),
    ]
    made = run(rows, STORES, 200, sample=100, process={"base_bytes": 7})
    assert level(made, "chunks", "r") == [0, 4, 4]
    assert level(made, "base64_chars", "r") == [0, 1280 + 42_668 + 128 + 42_668, 1280 + 42_668 + 128 + 42_668]
    assert level(made, "in_flight", "p") == [0, 1, 1]
    assert level(made, "entries", "p") == [0, 1, 0]
    assert level(made, "hits", "c") == [0, 1, 1]
    assert level(made, "evicted", "c") == [0, 1, 1]
    samples = made.history.samples
    assert samples.rss_bytes.tolist() == (samples.bytes.sum(axis=0) + 7).tolist()


def test_every_event_looks_after_each_row():
    made = run([say(0), say(0, 1), say(100, 2)], STORES, 200, sample="event")
    assert made.history.samples.at_ms.tolist() == [0, 0, 100]
    assert level(made, "entries", "t") == [1, 2, 1]


def test_without_sampling_there_are_no_samples():
    assert run([say(0)], STORES, 200).history.samples is None
