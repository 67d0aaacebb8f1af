"""All store rules at once: recorded runs, replayed by the engine, minute by minute.

E1, E3 and E5 are runs of the modelled system's own classes; those in `plain` are runs of a plain re-implementation in
JavaScript (tests/end_to_end/plain/record.py), in which fixes, timeouts and held audio are tried. Each trace comes with
what the real stores held at every full minute, after the timers due by then and before that instant's events.
Counts must be equal; live bytes are those of a real heap after a forced collection, so they are only close.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from simulator.config import load
from simulator.engine import check_invariants, first_difference, not_compiled, simulate
from simulator.model.process import bare_bytes
from simulator.workload import read_trace

TESTS = Path(__file__).parents[1]
PLAIN = [
    "all-fixes",
    "hung-jobs-with-audio",
    "timeout",
    "timeout-and-abort",
    "audio-cleared",
    "jobs-and-buffers",
    "corners",
]


@pytest.fixture(scope="module", params=["E1", "E3", "E5", *(f"plain/{name}" for name in PLAIN)])
def replay(request):
    scenario = load(TESTS / "end_to_end" / f"{request.param}.yaml")
    workload = read_trace(TESTS / "data" / "end_to_end" / f"{request.param}.csv.gz", scenario)
    with gzip.open(TESTS / "data" / "end_to_end" / f"{request.param}.observed.json.gz", "rt") as stream:
        observed = json.load(stream)
    history = simulate(workload, scenario, "reference", sample_every_ms=60_000)
    check_invariants(history, scenario)
    return history, observed, workload, scenario


def test_counts_are_equal_at_every_minute(replay):
    history, observed, *_ = replay
    samples, names = history.samples, history.store_names
    assert samples.at_ms.tolist() == observed["at_ms"]
    for store, levels in observed["stores"].items():
        for level, counts in levels.items():
            assert getattr(samples, level)[names.index(store)].tolist() == counts, (store, level)


def test_b2_live_bytes_are_close_to_the_real_heap(replay):
    history, observed, *_ = replay
    measured = np.array(observed["live_bytes"])[11:]  # by then the caches are warm
    off = np.abs(history.samples.bytes.sum(axis=0)[11:] - measured)
    assert np.all(off <= np.maximum(0.02 * measured, 50_000))  # the aim: 4 % or 120 kB


def test_b3_resident_memory_is_base_and_live_heap(replay):
    history, *_ = replay
    live = history.samples.bytes.sum(axis=0)
    bare = bare_bytes(52 * 2**20, "v8")
    assert np.all(history.samples.rss_bytes >= bare + live)
    assert np.all(history.samples.rss_bytes <= bare + 1.6 * np.maximum.accumulate(live) + 2**20)


def test_both_engines_give_the_same_bytes(replay):
    history, _, workload, scenario = replay
    if why := not_compiled(scenario):
        pytest.skip(f"SKIPPED: the compiled engine is not here: {why}")
    assert first_difference(simulate(workload, scenario, "compiled", 60_000), history) is None


RINGS, PENDING = "nodes.stores.audio_ring_buffers.", "nodes.stores.pending_translations."


@pytest.mark.parametrize(
    "changes",
    [
        {f"{RINGS}cleanup": "session_removed", f"{PENDING}timeout": "4s"},
        {f"{RINGS}cleanup": {"ttl": "20s", "every": "7s"}, f"{PENDING}timeout": "12s", f"{PENDING}abort_on_timeout": True},
        {"nodes.process.heap_limit": "40MiB", "nodes.process.restart_after": "1s", f"{PENDING}timeout": "60s"},
    ],
    ids=["cleaned", "aborted", "died"],
)  # fmt: skip
def test_both_engines_share_audio_alike(changes):
    name = "plain/jobs-and-buffers"
    scenario = load(TESTS / "end_to_end" / f"{name}.yaml", set=changes)
    if why := not_compiled(scenario):
        pytest.skip(f"SKIPPED: the compiled engine is not here: {why}")
    workload = read_trace(TESTS / "data" / "end_to_end" / f"{name}.csv.gz", scenario)
    history = simulate(workload, scenario, "reference", sample_every_ms="event")
    check_invariants(history, scenario)
    assert (history.deaths.sum() > 0) == ("nodes.process.heap_limit" in changes)
    assert first_difference(simulate(workload, scenario, "compiled", "event"), history) is None
