"""How fast stores grow, and how much room is left for them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from .estimate import estimate_time_to_fill

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..config import Scenario
    from ..engine import History
    from .estimate import Estimate

MS_PER_DAY = 86_400_000

# Share of the heap limit that can be live before the process dies, by kind of store (rule B4): large objects
# nearly fill the heap, the churn of small ones does not.
_HEAP_SHARE = {
    "session_table": Fraction(80, 100),
    "lru_cache": Fraction(80, 100),
    "session_map": Fraction(99, 100),
    "ring_buffer": Fraction(99, 100),
    "pending_map": Fraction(99, 100),
}


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

    `threshold`: the scheduler's memory threshold, or `host`: the host's memory when the scheduler does not
    look. `heap`: the process's heap limit, in heap bytes (a store's bytes over the share that can be live).
    A node whose process died and never comes back has no room left: its empty stores would tell of plenty.
    """
    nodes = scenario.nodes
    stores_heap = [1 / _HEAP_SHARE[nodes.stores[name].kind] for name in history.store_names]
    gone = (history.deaths > 0).tolist() if nodes.process.restart_after_ms is None else []
    rooms: dict[str, Fraction] = {}
    for node, memory in enumerate(history.memory_final.tolist()):
        if scenario.threshold_bytes is None:
            limits = {"host": Fraction(nodes.memory_bytes - memory)}
        else:
            limits = {"threshold": Fraction(scenario.threshold_bytes - memory)}
        held = zip(history.bytes_final[node].tolist(), stores_heap, strict=True)
        live = nodes.process.base_heap_bytes / Fraction(99, 100) + sum(level * share for level, share in held)
        limits["heap"] = nodes.process.heap_limit_bytes - live
        for name, room in limits.items():
            lost = node < len(gone) and gone[node]
            rooms[name] = rooms.get(name, Fraction(0)) + (0 if lost else room)
    return {name: float(room / history.node_count) for name, room in rooms.items()}


def growth_towards(
    scenario: Scenario, growth: Mapping[str, float], stores: Collection[str], limit: str
) -> float:
    """Bytes a day towards a limit of `rooms_left` if only `stores` keep growing, each at its own slope."""
    return math.fsum(
        slope / (float(_HEAP_SHARE[scenario.nodes.stores[name].kind]) if limit == "heap" else 1.0)
        for name, slope in growth.items()
        if name in stores
    )


def estimate_exhaustion(
    scenario: Scenario,
    rooms: Sequence[Mapping[str, float]],
    growths: Sequence[Mapping[str, float]],
    stores: Collection[str],
) -> tuple[Estimate, str]:
    """Days from the end of the run until the first limit is reached if `stores` go on growing, and its name.

    `rooms` and `growths` have one element per replication: `rooms_left` and `growth_bytes_per_day` (by
    store).
    """
    estimates = {
        limit: estimate_time_to_fill(
            [room[limit] for room in rooms],
            [growth_towards(scenario, growth, stores, limit) for growth in growths],
        )
        for limit in rooms[0]
    }
    first = min(estimates, key=lambda limit: estimates[limit].mean)
    return estimates[first], first
