"""Model R in idiomatic SimPy: a process per session and per translation, dictionaries for stores."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Protocol

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


class Clock(Protocol):
    """What stores need of a simulator."""

    @property
    def now(self) -> int: ...


class Gauge:
    """A level with its running peak and its integral over time."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.level = self.peak = self.integral = self.since = 0

    def add(self, amount: int) -> None:
        now = self.env.now
        self.integral += self.level * (now - self.since)
        self.since = now
        self.level += amount
        if self.level > self.peak:
            self.peak = self.level


class Node:
    """The three stores of one node."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.last_access: OrderedDict[int, int] = OrderedDict()
        self.last_text: dict[int, int] = {}
        self.pending: dict[int, int] = {}
        self.table, self.map, self.translations, self.memory = (Gauge(env) for _ in range(4))
        self.utterances = self.inserted = self.evicted = self.expired = 0

    def utter(self, session: int, key: int) -> None:
        self.utterances += 1
        if session in self.last_access:
            self.last_access.move_to_end(session)
        else:
            if len(self.last_access) >= CAP:
                self.last_access.popitem(last=False)
                self.evicted += 1
                self.table.add(-1)
                self.memory.add(-SESSION_BYTES)
            self.inserted += 1
            self.table.add(1)
            self.memory.add(SESSION_BYTES)
        self.last_access[session] = self.env.now
        if session not in self.last_text:
            self.map.add(1)
            self.memory.add(MAP_BYTES)
        self.last_text[session] = key
        self.pending[key] = session
        self.translations.add(1)
        self.memory.add(PENDING_BYTES)

    def settle(self, key: int) -> None:
        del self.pending[key]
        self.translations.add(-1)
        self.memory.add(-PENDING_BYTES)

    def sweep(self) -> None:
        stale = [s for s, last in self.last_access.items() if self.env.now - last > TTL_MS]
        for session in stale:
            del self.last_access[session]
            self.expired += 1
            self.table.add(-1)
            self.memory.add(-SESSION_BYTES)

    def counts(self) -> Counts:
        gauges = (self.table, self.map, self.translations)
        finals = tuple(gauge.level for gauge in gauges)
        for gauge in gauges:
            gauge.add(0)
        return Counts(
            self.utterances, self.inserted, self.evicted, self.expired, *finals,
            self.table.peak, self.translations.peak, self.memory.peak, *(gauge.integral for gauge in gauges),
        )  # fmt: skip


Speech = Iterator[tuple[int, int, int]]
"""What one session does: key, gap until the next utterance, and latency of each of its utterances."""


def translate(env: simpy.Environment, node: Node, key: int, latency_ms: int) -> Iterator[simpy.Event]:
    yield env.timeout(latency_ms)
    node.settle(key)


def speak(env: simpy.Environment, node: Node, session: int, speech: Speech) -> Iterator[simpy.Event]:
    for key, gap_ms, latency_ms in speech:
        node.utter(session, key)
        if latency_ms != HANGS:
            env.process(translate(env, node, key, latency_ms))
        yield env.timeout(gap_ms)


def arrive(
    env: simpy.Environment, node: Node, starts: Iterator[int], speech: Callable[[int], Speech]
) -> Iterator[simpy.Event]:
    for session, start_ms in enumerate(starts):
        yield env.timeout(start_ms - env.now)
        env.process(speak(env, node, session, speech(session)))


def clean(env: simpy.Environment, node: Node) -> Iterator[simpy.Event]:
    while True:
        yield env.timeout(SWEEP_MS)
        node.sweep()


def run(draws: Draws) -> Counts:
    """Run model R on the draws that all peers share."""
    return simulate(draws.horizon_ms, iter(draws.start_ms.tolist()), speech_of(draws))


def speech_of(draws: Draws) -> Callable[[int], Speech]:
    """What each session does, by its number."""
    gaps, latencies, offset = draws.gap_ms.tolist(), draws.latency_ms.tolist(), draws.offset.tolist()

    def speech(session: int) -> Speech:
        first, end = offset[session], offset[session + 1]
        return zip(range(first, end), gaps[first:end], latencies[first:end], strict=True)

    return speech


def run_drawing(draws: Draws) -> Counts:
    """Run model R as one would write it first: drawing from `random` while it runs."""
    keys, random = count(), Random(7)
    sigma = 0.2577
    mu = math.log(1100) - sigma**2 / 2

    def starts() -> Iterator[int]:
        at_ms = 0.0
        while True:
            at_ms += random.expovariate(1 / 1000)
            yield int(at_ms)

    def speech(_session: int) -> Speech:
        talking = True
        while talking:
            latency_ms = int(random.lognormvariate(mu, sigma)) if random.random() >= 0.01 else HANGS
            talking = random.random() >= 1 / 40
            yield next(keys), int(random.expovariate(1 / 6000)), latency_ms

    return simulate(draws.horizon_ms, starts(), speech)


def simulate(horizon_ms: int, starts: Iterator[int], speech: Callable[[int], Speech]) -> Counts:
    """Run until the horizon."""
    env = simpy.Environment()
    node = Node(env)
    env.process(clean(env, node))
    env.process(arrive(env, node, starts, speech))
    env.run(until=horizon_ms)
    return node.counts()
