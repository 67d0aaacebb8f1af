"""F1-F6 in their readings, on one small world in which each of them matters."""

import pytest

from tests.engine.world import HANGS, end, run, say

STORES = {
    "table": ("session_table", {"max": 4, "ttl_ms": 1000, "sweep_every_ms": 600}),
    "dedup": ("session_map", {}),
    "middleware": ("session_map", {}),
    "audio": ("ring_buffer", {}),
    "pending": ("pending_map", {"retains_audio": True}),
}
# six sessions, one of them closed; one translation hangs, and its text comes again
ROWS = [
    say(0, 0), say(100, 1, text=5, outcome=HANGS), say(200, 2), end(300, 2), say(400, 3), say(900, 4),
    say(1600, 5, text=5, outcome=HANGS), say(5000, 4),
]  # fmt: skip


def fixed(**changes):
    stores = {name: (kind, {**base, **changes.get(name, {})}) for name, (kind, base) in STORES.items()}
    return run(ROWS, stores, 10_000)


def left(made):
    return {name: made.store(name).entries for name in STORES}


AS_FOUND = {"table": 0, "dedup": 6, "middleware": 6, "audio": 6, "pending": 1}


def test_as_found():
    made = fixed()
    assert left(made) == AS_FOUND
    assert made.store("table").entries_peak == 4


@pytest.mark.parametrize("store", ["dedup", "middleware", "audio"])
@pytest.mark.parametrize(("cleanup", "entries"), [("never", 6), ("session_end", 5), ("session_removed", 0)])
def test_f1_f2_f6_as_shipped_on_close_and_on_removal(store, cleanup, entries):
    assert left(fixed(**{store: {"cleanup": cleanup}})) == AS_FOUND | {store: entries}


@pytest.mark.parametrize("store", ["dedup", "middleware"])
def test_f1_f2_by_age(store):
    made = fixed(**{store: {"cleanup": {"ttl": "1s", "every": "500ms"}}})
    assert left(made) == AS_FOUND | {store: 0}
    assert made.store(store).inserted == 7  # session 4 was forgotten and is written anew


@pytest.mark.parametrize(
    ("reading", "entries", "requests"),
    [({}, 1, 1), ({"timeout_ms": 500}, 0, 2), ({"timeout_ms": 500, "abort_on_timeout": True}, 0, 0)],
)
def test_f3_as_shipped_timeout_and_timeout_with_abort(reading, entries, requests):
    """A timeout without abort is worse than none: the key is free, so the second hang is held too."""
    kept = fixed(pending=reading).store("pending")
    assert (kept.entries, kept.in_flight, kept.bytes) == (entries, requests, requests * (2000 + 42_668))


def test_f4_a_smaller_cap_only_loses_context():
    made = fixed(table={"max": 2})
    assert left(made) == AS_FOUND
    assert (made.store("table").entries_peak, made.count["evicted"]) == (2, 3)


def test_f5_a_shorter_sweep_removes_what_it_removes_earlier():
    slow, fast = fixed(), fixed(table={"sweep_every_ms": 300})
    assert left(fast) == left(slow)
    assert fast.store("table").expired == slow.store("table").expired
    assert fast.store("table").entry_ms < slow.store("table").entry_ms
