"""Model R on SimPy's event queue without processes: reused events, callbacks, documented order at ties."""

from __future__ import annotations

from collections import OrderedDict
from heapq import heappush
from typing import Any

import simpy

from benchmarks.peers.drawn import (
    CAP,
    HANGS,
    MAP_BYTES,
    PENDING_BYTES,
    SESSION_BYTES,
    SWEEP_MS,
    TTL_MS,
    Counts,
    Draws,
)

SETTLE, SWEEP, ROW = 0, 1, 2
"""Order within one millisecond, used as SimPy's priority."""


class Tick(simpy.Event):
    """An event that is put back on the queue by its own callback."""

    __slots__ = ("session",)

    def __init__(self, env: simpy.Environment, session: int = 0) -> None:
        self.env = env
        self._ok = True
        self._value = None
        self._defused = False
        self.session = session


class Run:
    """The state of one run."""

    def __init__(self, draws: Draws) -> None:
        self.env = simpy.Environment()
        self.draws = draws
        self.gaps, self.latencies = draws.gap_ms.tolist(), draws.latency_ms.tolist()
        self.offset, self.starts = draws.offset.tolist(), draws.start_ms.tolist()
        self.cursor = list(self.offset)
        self.table: OrderedDict[int, int] = OrderedDict()
        self.utterances = self.inserted = self.evicted = self.expired = 0
        self.seen = self.pending = self.pending_peak = self.table_peak = self.bytes = self.bytes_peak = 0
        self.table_area = self.map_area = self.pending_area = 0
        self.on: list[list[Any]] = [[self.settle], [self.sweep], [self.utter]]
        self.free: list[Tick] = []

    def at(self, event: Tick, at_ms: int, order: int, tie: int) -> None:
        event.callbacks = self.on[order]
        heappush(self.env._queue, (at_ms, order, tie, event))

    def settle(self, event: Any) -> None:
        self.free.append(event)
        self.pending -= 1
        self.bytes -= PENDING_BYTES

    def sweep(self, event: Any) -> None:
        now = int(self.env.now)
        table = self.table
        while table:
            session, last = next(iter(table.items()))
            if now - last <= TTL_MS:
                break
            del table[session]
            self.expired += 1
            self.bytes -= SESSION_BYTES
            self.table_area -= self.draws.horizon_ms - now
        self.at(event, now + SWEEP_MS, SWEEP, 0)

    def utter(self, event: Any) -> None:
        now = int(self.env.now)
        left = self.draws.horizon_ms - now
        session = event.session
        index = self.cursor[session]
        if index == self.offset[session]:
            self.seen += 1
            self.bytes += MAP_BYTES
            self.map_area += left
            if session + 1 < len(self.starts):
                self.at(Tick(self.env, session + 1), self.starts[session + 1], ROW, session + 1)
        self.utterances += 1
        table = self.table
        if session in table:
            table.move_to_end(session)
        else:
            if len(table) >= CAP:
                table.popitem(last=False)
                self.evicted += 1
                self.bytes -= SESSION_BYTES
                self.table_area -= left
            self.inserted += 1
            self.bytes += SESSION_BYTES
            self.table_area += left
        table[session] = now
        if len(table) > self.table_peak:
            self.table_peak = len(table)
        self.pending += 1
        if self.pending > self.pending_peak:
            self.pending_peak = self.pending
        self.bytes += PENDING_BYTES
        if self.bytes > self.bytes_peak:
            self.bytes_peak = self.bytes
        latency_ms = self.latencies[index]
        if latency_ms == HANGS:
            self.pending_area += left
        else:
            self.pending_area += min(latency_ms, left)
            self.at(self.free.pop() if self.free else Tick(self.env), now + latency_ms, SETTLE, index)
        index += 1
        self.cursor[session] = index
        if index < self.offset[session + 1]:
            self.at(event, now + self.gaps[index - 1], ROW, session)

    def run(self) -> Counts:
        self.at(Tick(self.env), SWEEP_MS, SWEEP, 0)
        if self.starts:
            self.at(Tick(self.env), self.starts[0], ROW, 0)
        self.env.run(until=self.draws.horizon_ms)
        return Counts(
            self.utterances, self.inserted, self.evicted, self.expired,
            len(self.table), self.seen, self.pending,
            self.table_peak, self.pending_peak, self.bytes_peak,
            self.table_area, self.map_area, self.pending_area,
        )  # fmt: skip


def run(draws: Draws) -> Counts:
    """Run model R."""
    return Run(draws).run()
