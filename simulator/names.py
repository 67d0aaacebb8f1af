"""The names of results, with their units: the one list that config, statistics, docs and report share.

A name says its unit last. `KPIS` are per setting, `STORE_OUTPUTS` per store and setting; a target addresses a
store's output as `STORE.NAME`, for example `aggregator_states.entries_peak`. What each name means is in
`simulator.statistics.columns`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

Unit = Literal["bytes", "bytes_per_day", "fraction", "per_day", "minutes_per_day", "ms", "days", "count"]

CAUSES: Final[tuple[str, ...]] = ("starting", "degraded", "offline", "busy", "memory")
"""Why the dispatch filter rejects a node, in the order in which it looks."""

KPIS: Final[MappingProxyType[str, Unit]] = MappingProxyType(
    {
        "memory_bytes_peak": "bytes",
        "memory_bytes_mean": "bytes",
        "headroom_bytes": "bytes",
        "stores_bytes_peak": "bytes",
        "stores_bytes_mean": "bytes",
        "unavailable_fraction": "fraction",
        "unavailable_starting_fraction": "fraction",
        "unavailable_degraded_fraction": "fraction",
        "unavailable_offline_fraction": "fraction",
        "unavailable_busy_fraction": "fraction",
        "unavailable_memory_fraction": "fraction",
        "unavailable_memory_any_fraction": "fraction",
        "down_unnoticed_fraction": "fraction",
        "unavailable_episodes_per_day": "per_day",
        "unavailable_minutes_per_day": "minutes_per_day",
        "no_node_time_fraction": "fraction",
        "no_node_jobs_fraction": "fraction",
        "no_node_episodes_per_day": "per_day",
        "no_node_minutes_per_day": "minutes_per_day",
        "no_node_longest_ms": "ms",
        "jobs_lost_fraction": "fraction",
        "time_to_unavailable_ms": "ms",
        "time_to_oom_ms": "ms",
        "censored_fraction": "fraction",
        "time_to_exhaustion_days": "days",
        "context_lost_fraction": "fraction",
        "context_elsewhere_fraction": "fraction",
        "evicted_live_fraction": "fraction",
        "cache_hit_fraction": "fraction",
    }
)

STORE_OUTPUTS: Final[MappingProxyType[str, Unit]] = MappingProxyType(
    {
        "entries_peak": "count",
        "entries_mean": "count",
        "entries_final": "count",
        "bytes_peak": "bytes",
        "bytes_mean": "bytes",
        "bytes_at_memory_peak": "bytes",
        "inserted": "count",
        "evicted": "count",
        "expired": "count",
        "removed": "count",
        "growth_bytes_per_day": "bytes_per_day",
    }
)

STORE_EXTRAS: Final[MappingProxyType[str, MappingProxyType[str, Unit]]] = MappingProxyType(
    {
        "ring_buffer": MappingProxyType[str, Unit]({"chunks": "count", "base64_chars": "count"}),
        "pending_map": MappingProxyType[str, Unit]({"in_flight": "count"}),
    }
)
"""Outputs that only one kind of store has, by kind."""


def unit_of(name: str, *, store: bool = False) -> Unit | None:
    """Unit of a result name, or None when there is no such name. `store` looks among the outputs of stores.

    >>> unit_of("time_to_unavailable_ms"), unit_of("entries_peak"), unit_of("entries_peak", store=True)
    ('ms', None, 'count')
    """
    if not store:
        return KPIS.get(name)
    for extras in STORE_EXTRAS.values():
        if name in extras:
            return extras[name]
    return STORE_OUTPUTS.get(name)
