"""B2, S1-S5, C1-C3, M1, R1, P4: whole runs of the modelled system's own classes, minute by minute.

The stores are driven by the simplest loop that keeps rule T2, without any engine: every count must be equal, and the bytes
within 4 % or 120 kB of what a real heap held after a forced collection (from minute 11 on, when caches are warm).
"""

import csv
import gzip
import json
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simulator.config import load
from simulator.model import LruCache, PendingMap, RingBuffers, SessionMap, SessionTable
from simulator.model.v8_weigh import weigh

DATA = Path(__file__).parents[1] / "data" / "end_to_end"
CONFIGS = Path(__file__).parents[1] / "end_to_end"
MINUTE_MS = 60_000
NUMBERS = [
    "source_chars",
    "stored_chars",
    "stored_spaces",
    "target_chars",
    "two_byte",
    "key_chars",
    "key_two_byte",
    "context_chars",
    "audio_ms",
    "cacheable",
]


def trace(name):
    with gzip.open(DATA / f"{name}.csv.gz", "rt") as stream:
        for line in csv.DictReader(stream):
            numbers = {column: int(line[column] or 0) for column in NUMBERS}
            yield SimpleNamespace(at_ms=int(line["at_ms"]), event=line["event"], session=line["session"], text=line["text"],
                                  hangs=line["outcome"] == "hangs", **numbers)  # fmt: skip


class Minutes:
    """The stores of one node, and what they held at every minute."""

    def __init__(self, nodes):
        stores = nodes.stores
        weights = weigh(nodes.enabled_stores, nodes.footprint, nodes.pointer_size)
        table, cache, pending = (
            stores["aggregator_states"],
            stores["translation_cache"],
            stores["pending_translations"],
        )
        self.sweep_every_ms, self.timeout_ms = table.sweep_every_ms, pending.timeout_ms
        self.table = SessionTable(table.max, table.ttl_ms, weights["aggregator_states"])
        self.cache = LruCache(cache.max, cache.ttl_ms, weights["translation_cache"])
        maps = ("dedup_last_sent_text", "middleware_last_sent_text")
        self.maps = {name: SessionMap(footprint=weights[name]) for name in maps}
        self.ring = None
        if "audio_ring_buffers" in weights:
            ring = stores["audio_ring_buffers"]
            self.ring = RingBuffers(ring.span_ms, ring.keep_ms, weights["audio_ring_buffers"])
        self.pending = PendingMap(
            pending.removed_on,
            abort_on_timeout=pending.abort_on_timeout,
            footprint=weights["pending_translations"],
        )
        self.footprints = weights
        self.due, self.swept_ms, self.seen = deque(), 0, []

    def run(self, rows, horizon_ms):
        for row in rows:
            self.look(min(row.at_ms, horizon_ms))
            self.timers(row.at_ms)
            if row.event == "session_end":
                self.table.remove(row.session)
            else:
                self.utter(row)
        self.look(horizon_ms)
        return self.seen

    def utter(self, row):
        now = row.at_ms
        self.table.touch(row.session, now, row)
        if self.ring is not None:
            self.ring.append(row.session, now, row.audio_ms)
        if row.hangs:
            if row.text not in self.pending:
                request = self.pending.open(row.text, row)
                if self.timeout_ms is not None:
                    self.due.append((now + self.timeout_ms, request))
        else:
            if row.cacheable and self.cache.get(row.text, now):
                self.cache.footprint.read(row.text)
            elif row.cacheable:
                self.cache.set(row.text, now, row)
            self.table.footprint.translated(row.session, row)
        for kept in self.maps.values():
            kept.write(row.session, now, row)

    def timers(self, now):
        while True:
            sweep_ms = self.swept_ms + self.sweep_every_ms
            due_ms = self.due[0][0] if self.due else now + 1
            if min(sweep_ms, due_ms) > now:
                return
            if due_ms <= sweep_ms:
                self.pending.time_out(self.due.popleft()[1])
            else:
                self.swept_ms = sweep_ms
                self.table.sweep(sweep_ms)

    def look(self, now):
        while len(self.seen) * MINUTE_MS <= now:
            self.timers(len(self.seen) * MINUTE_MS)
            ring = self.ring
            seen = {name: footprint.entries for name, footprint in self.footprints.items()}
            seen |= {"chunks": ring.chunks, "base64_chars": ring.base64_chars} if ring is not None else {}
            seen["in_flight"] = self.pending.in_flight
            seen["bytes"] = sum(footprint.bytes for footprint in self.footprints.values())
            self.seen.append(seen)


@pytest.mark.parametrize("name", ["E1", "E3", "E5"])
def test_recorded_run(name):
    scenario = load(CONFIGS / f"{name}.yaml")
    with gzip.open(DATA / f"{name}.observed.json.gz", "rt") as stream:
        observed = json.load(stream)
    seen = Minutes(scenario.nodes).run(trace(name), scenario.horizon_ms)
    for store, levels in observed["stores"].items():
        for level, expected in levels.items():
            ours = store if level == "entries" else level
            assert [at.get(ours, 0) for at in seen] == expected, (store, level)
    measured = np.array(observed["live_bytes"])[11:]
    off = np.abs(np.array([at["bytes"] for at in seen])[11:] - measured)
    assert np.all(off <= np.maximum(0.02 * measured, 50_000))  # the aim: 4 % or 120 kB
    assert np.mean(off / measured) < 0.01
