"""Model R in other simulators from PyPI, where they are installed: `pip install ciw salabim simulus`.

They are slow enough to be given a shorter horizon. salabim and simulus run the stores of `processes.py` under
processes of their own and must agree with it. Ciw simulates networks of queues and cannot tell a store what
happens in them: it gets the same sessions and translations as customers of two nodes without queues, no
stores, and does less than the others.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers.drawn import HANGS, SWEEP_MS, Counts, Draws
from benchmarks.peers.processes import Node, speech_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def run_salabim(draws: Draws) -> Counts:
    """A component per session and per translation, as its documentation does."""
    sim: Any = import_module("salabim")
    env = sim.Environment(trace=False, yieldless=False, time_unit="milliseconds")

    class Clock:
        @property
        def now(self) -> int:
            return int(env._now)

    node, speech = Node(Clock()), speech_of(draws)

    class Translation(sim.Component):  # type: ignore[misc]  # salabim has no types
        def process(self, key: int, latency_ms: int) -> Iterator[Any]:
            yield self.hold(latency_ms)
            node.settle(key)

    class Session(sim.Component):  # type: ignore[misc]  # salabim has no types
        def process(self, number: int) -> Iterator[Any]:
            for key, gap_ms, latency_ms in speech(number):
                node.utter(number, key)
                if latency_ms != HANGS:
                    Translation(key=key, latency_ms=latency_ms)
                yield self.hold(gap_ms)

    class Arrivals(sim.Component):  # type: ignore[misc]  # salabim has no types
        def process(self) -> Iterator[Any]:
            for number, start_ms in enumerate(draws.start_ms.tolist()):
                yield self.hold(till=start_ms)
                Session(number=number)

    class Sweep(sim.Component):  # type: ignore[misc]  # salabim has no types
        def process(self) -> Iterator[Any]:
            while True:
                yield self.hold(SWEEP_MS)
                node.sweep()

    Sweep()
    Arrivals()
    env.run(till=draws.horizon_ms - 1)  # what is due then happens
    return node.counts()


def run_simulus(draws: Draws) -> Counts:
    """A process per session, a scheduled function per translation."""
    sim: Any = import_module("simulus").simulator()
    node, speech = Node(sim), speech_of(draws)

    def speak(number: int) -> None:
        for key, gap_ms, latency_ms in speech(number):
            node.utter(number, key)
            if latency_ms != HANGS:
                sim.sched(node.settle, key, offset=latency_ms)
            sim.sleep(gap_ms)

    def arrive() -> None:
        for number, start_ms in enumerate(draws.start_ms.tolist()):
            sim.sleep(until=start_ms)
            sim.process(speak, number)

    sim.sched(node.sweep, offset=SWEEP_MS, repeat_intv=SWEEP_MS)
    sim.process(arrive)
    sim.run(until=draws.horizon_ms)
    return node.counts()


def run_ciw(draws: Draws) -> None:
    """Sessions that go round a node of infinitely many servers, translations that pass another."""
    ciw: Any = import_module("ciw")
    hours = draws.horizon_ms / 3_600_000
    per_s = len(draws.start_ms) / hours / 3_600
    translations = draws.row_latency_ms[draws.row_latency_ms != HANGS]
    log = np.log(np.maximum(translations, 1) / 1000)
    network = ciw.create_network(
        arrival_distributions=[
            ciw.dists.Exponential(per_s),
            ciw.dists.Exponential(len(translations) / hours / 3_600),
        ],
        service_distributions=[
            ciw.dists.Exponential(1000 / float(draws.gap_ms.mean())),
            ciw.dists.Lognormal(float(log.mean()), float(log.std())),
        ],
        number_of_servers=[float("inf"), float("inf")],
        routing=[[1 - len(draws.start_ms) / len(draws.gap_ms), 0.0], [0.0, 0.0]],
    )
    ciw.seed(7)
    ciw.Simulation(network).simulate_until_max_time(draws.horizon_ms / 1000)


PACKAGES: dict[str, tuple[str, Callable[[Draws], Counts | None]]] = {
    "salabim": ("salabim, a component per session and per translation", run_salabim),
    "simulus": ("simulus, a process per session", run_simulus),
    "ciw": ("Ciw, two queues and no stores", run_ciw),
}
"""By the name under which a simulator is installed: the name in the table, and how to run it."""


def installed() -> dict[str, Callable[[Draws], Counts | None]]:
    """The packages that are there, by their names in the table."""
    return {title: run for name, (title, run) in PACKAGES.items() if find_spec(name) is not None}


def missing() -> list[str]:
    """The packages that are not there."""
    return [name for name in PACKAGES if find_spec(name) is None]
