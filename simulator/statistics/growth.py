"""Which stores can grow for ever, how fast they do, and how much room is left for them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..config import Scenario
    from ..engine import History

MS_PER_DAY = 86_400_000

Bound = Literal["bounded", "leaks", "unbounded"]

# Share of the heap limit that can be live before the process dies, by kind of store (rule B4): large objects
# nearly fill the heap, the churn of small ones does not.
_HEAP_SHARE = {
    "session_table": Fraction(80, 100),
    "lru_cache": Fraction(80, 100),
    "session_map": Fraction(99, 100),
    "ring_buffer": Fraction(99, 100),
    "pending_map": Fraction(99, 100),
}


def bound_of(scenario: Scenario, store_name: str) -> Bound:
    """What limits a store: `bounded`, `leaks` (its cleanup misses some entries) or `unbounded` (nothing does).

    `unbounded` is a store without cap, TTL and cleanup, and one whose cleanup cannot ever run in this scenario
    (hooked to a session end that nobody signals). A pending map has a bound only when a timeout also aborts the
    request: without the abort its bytes stay.

    Source: rules S2, S3, C1, C5, M1, R1, P2, P4 and the statistics conventions ("grows without bound").
    """
    store = scenario.nodes.stores[store_name]
    if store.kind == "session_table":
        if store.max is not None or (store.ttl_ms is not None and store.sweep_every_ms is not None):
            return "bounded"
        return _bound_by_session_end(scenario)
    if store.kind == "lru_cache":
        return "unbounded" if store.instances == "per_job" else "bounded"
    if store.kind == "pending_map":
        return "bounded" if store.timeout_ms is not None and store.abort_on_timeout else "unbounded"
    cleanup = store.cleanup
    if store.kind == "session_map" and store.growth == "per_job":
        # one entry per job: what removes a session's entries bounds it no worse than one per session
        pass
    if cleanup.kind == "ttl":
        return "bounded"
    if cleanup.kind == "never":
        return "unbounded"
    if cleanup.kind == "session_removed":
        tables = [
            name for name, other in scenario.nodes.enabled_stores.items() if other.kind == "session_table"
        ]
        if tables and bound_of(scenario, tables[0]) == "bounded":
            return "bounded"
    return _bound_by_session_end(scenario)


def _bound_by_session_end(scenario: Scenario) -> Bound:
    signalled = scenario.workload.sessions.end_signalled
    if signalled <= 0:
        return "unbounded"
    return "bounded" if signalled >= 1 else "leaks"


def growth_bytes_per_day(history: History) -> dict[str, float]:
    """Slope of each store's bytes over the second half of the run, per node and day, crash drops added back.

    Source: statistics conventions, "growth per day".
    """
    half_ms = history.horizon_ms - history.horizon_ms // 2
    gained = history.bytes_final - history.bytes_mid + history.crash_dropped_bytes
    totals = gained.sum(axis=0)
    return {
        name: int(total) * MS_PER_DAY / (half_ms * history.node_count)
        for name, total in zip(history.store_names, totals, strict=True)
    }


def rooms_left(history: History, scenario: Scenario) -> dict[str, float]:
    """Bytes still free at the end of the run, averaged over nodes, below each limit.

    `threshold`: the scheduler's memory threshold, or the host's memory when the scheduler does not look.
    `heap`: the process's heap limit, in heap bytes (stores divided by the share of the heap they can fill).
    """
    nodes = scenario.nodes
    limit = scenario.threshold_bytes if scenario.threshold_bytes is not None else nodes.memory_bytes
    memory = Fraction(int(history.memory_final.sum()), history.node_count)
    heap = Fraction(nodes.process.base_heap_bytes) / Fraction(99, 100)
    for place, name in enumerate(history.store_names):
        held = int(history.bytes_final[:, place].sum())
        heap += Fraction(held, history.node_count) / _HEAP_SHARE[nodes.stores[name].kind]
    return {"threshold": float(limit - memory), "heap": float(nodes.process.heap_limit_bytes - heap)}


def growth_towards(scenario: Scenario, growth: dict[str, float], stores: set[str]) -> dict[str, float]:
    """Bytes a day towards each limit of `rooms_left` if only `stores` keep growing at their slopes."""
    chosen = [name for name in growth if name in stores]
    return {
        "threshold": sum(growth[name] for name in chosen),
        "heap": sum(growth[name] / float(_HEAP_SHARE[scenario.nodes.stores[name].kind]) for name in chosen),
    }
