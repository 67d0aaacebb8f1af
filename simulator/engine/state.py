"""What the engine keeps besides the stores: nodes, sessions that will speak again, counters, samples."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.engine.history import COUNTERS, STORE_COUNTERS, Samples
from simulator.model.availability import AVAILABLE, NodeView
from simulator.model.node import EXTRAS, NodeStores, dies_of_heap
from simulator.model.process import ProcessMemory, bare_bytes, doubling_fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.config import Scenario
    from simulator.model.session_table import SessionTable


class Trail:
    """What is remembered of a session that will speak again: bit n of a mask speaks of node n (S7, A5)."""

    __slots__ = ("had", "lost", "node")

    def __init__(self) -> None:
        self.had = 0  # the session had an entry in the node's first table
        self.lost = 0  # and lost it
        self.node: int | None = None  # where its last utterance was sent


class Node:
    """A host, its process and the scheduler's view of it."""

    def __init__(self, index: int, scenario: Scenario, baseline_bytes: int) -> None:
        scheduler = scenario.scheduler
        self.index = index
        self.bit = 1 << index
        self.stores = NodeStores(scenario.nodes)
        self.first_table: SessionTable[int] | None = next(iter(self.stores.tables), None)
        self.view = NodeView(
            jobs_per_node=scheduler.jobs_per_node,
            threshold_bytes=scenario.threshold_bytes,
            offline_after_ms=scheduler.offline_after_ms,
            failures=scheduler.degraded.failures,
            window=scheduler.degraded.window,
            consecutive=scheduler.degraded.consecutive,
        )
        process = scenario.nodes.process
        self.host_bytes = scenario.nodes.memory_bytes
        self.base_bytes = bare_bytes(process.base_bytes, process.model)
        self.base_heap_bytes = process.base_heap_bytes
        self.heap_limit_bytes = process.heap_limit_bytes
        self.resident = ProcessMemory(process.heap_limit_bytes) if process.model == "v8" else None
        self.up = True
        self.life = (
            0  # counts the processes that have lived here: what was started in an earlier life is void
        )
        self.baseline_bytes = baseline_bytes
        self.fixed_bytes = 0  # memory besides the stores
        self.safe_bytes: float = 0  # stores up to this size need no closer test for death
        self.jobs: dict[int, Any] = {}  # jobs at work by dispatch number
        self.gpu_free_ms = 0
        self.counted_outcome = False  # an outcome since the last beat that makes the next one unhealthy
        self.outage = 0  # the outage that is on, or the next one
        self.seen = (AVAILABLE, False, False)
        self.restarting: Any = None  # the process that brings it back
        self.operator: Any = None  # the process that waits to restart it
        self.deaths = 0
        self.weigh()

    def weigh(self) -> None:
        """Work out anew its memory besides the stores, and how large these may safely grow (B3, B4)."""
        if not self.up:
            self.fixed_bytes, self.safe_bytes = self.baseline_bytes, float("inf")
            return
        self.fixed_bytes = self.baseline_bytes + self.base_bytes
        heap_room = (self.heap_limit_bytes * 792 - 1) // 990 - self.base_heap_bytes
        self.safe_bytes = min(self.host_bytes - 1 - self.fixed_bytes, heap_room)
        if self.resident is not None or self.stores.hash_tables:
            self.safe_bytes = float("-inf")  # always look closer

    def slack_bytes(self) -> int:
        """What its process occupies beyond its base and its stores (B3): nothing, or the heap's own pages."""
        if self.resident is None or not self.up:
            return 0
        audio, maps, churn = self.stores.heap_bytes()
        return self.resident.update(maps + churn, audio) - (audio + maps + churn)

    def dies(self, memory_bytes: int) -> bool:
        """Whether its process has no room left, on the host or on its heap (B4)."""
        if memory_bytes >= self.host_bytes:
            return True
        audio, maps, churn = self.stores.heap_bytes()
        large = audio + maps + self.base_heap_bytes
        if dies_of_heap(large, churn, self.heap_limit_bytes):
            return True
        return not doubling_fits(large + churn, self.stores.doubled_bytes(), self.heap_limit_bytes)


@dataclass(slots=True)
class Counts:
    """The run's counters, by the names in `COUNTERS`."""

    utterances: int = 0
    served: int = 0
    lost_pending_timeout: int = 0
    lost_dead_node: int = 0
    lost_crash: int = 0
    lost_job_timeout: int = 0
    no_node_on_arrival: int = 0
    later_served: int = 0
    context_lost: int = 0
    context_elsewhere: int = 0
    evicted: int = 0
    evicted_live: int = 0
    cache_hits: int = 0
    cache_misses: int = 0

    def array(self) -> NDArray[np.int64]:
        """The counters in the order of `COUNTERS`."""
        return np.array([getattr(self, name) for name in COUNTERS], dtype=np.int64)


def store_counts(nodes: Sequence[Node]) -> NDArray[np.int64]:
    """Every store's counters so far, [N, S, 5]."""
    counts = [[[getattr(store, name) for name in STORE_COUNTERS] for store in node.stores] for node in nodes]
    return np.array(counts, dtype=np.int64).reshape(len(nodes), -1, len(STORE_COUNTERS))


def extras(nodes: Sequence[Node]) -> dict[str, NDArray[np.int64]]:
    """Levels that only some kinds of store have, 0 elsewhere, each [N, S]."""
    return {
        name: np.array([[getattr(store, name, 0) for store in node.stores] for node in nodes], dtype=np.int64)
        for name in EXTRAS
    }


class Sampler:
    """Looks at the stores of a replay's only node."""

    LEVELS = ("entries", "bytes", *EXTRAS, "hits", "evicted", "expired")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.at_ms = array("q")
        self.rss_bytes = array("q")
        self.levels = {name: array("q") for name in self.LEVELS}  # sample by sample, all stores of each

    def look(self, now: int) -> None:
        """Take one sample."""
        stores = list(self.node.stores)
        self.at_ms.append(now)
        held = self.node.stores.footprints
        self.levels["entries"].extend(footprint.entries for footprint in held)
        self.levels["bytes"].extend(footprint.bytes for footprint in held)
        for name in self.LEVELS[2:]:
            self.levels[name].extend(getattr(store, name, 0) for store in stores)
        process = self.node.base_bytes if self.node.up else 0
        self.rss_bytes.append(process + self.node.slack_bytes() + sum(footprint.bytes for footprint in held))

    def samples(self) -> Samples:
        """All samples, as [S, K] arrays."""
        shape = (len(self.at_ms), len(self.node.stores.footprints))
        return Samples(
            at_ms=np.array(self.at_ms, dtype=np.int64),
            rss_bytes=np.array(self.rss_bytes, dtype=np.int64),
            **{
                name: np.frombuffer(levels, dtype=np.int64).reshape(shape).T.copy()
                for name, levels in self.levels.items()
            },
        )
