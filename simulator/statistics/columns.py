"""The column dictionary: every result's unit, meaning, better direction and possible range.

Report, docs and the exporters are generated from it; a name that is missing here does not exist.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from ..names import CAUSES, KPIS, STORE_EXTRAS, STORE_OUTPUTS, Unit, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Better = Literal["low", "high", "neither"]


@dataclass(frozen=True, slots=True)
class Column:
    """One result name: unit, one-line meaning, the direction of good news and the possible values."""

    name: str
    unit: Unit
    meaning: str
    better: Better
    within: tuple[float, float]


_CAUSE_MEANING = {
    "starting": "has restarted and not yet sent a heartbeat",
    "degraded": "was unhealthy too often of late",
    "offline": "was not heard of for too long",
    "busy": "has all its job slots taken",
    "memory": "reported memory over the threshold",
}

_MEANINGS: dict[str, tuple[str, Better]] = {
    "memory_bytes_peak": ("highest memory (baseline + process) of any node at any time", "low"),
    "memory_bytes_mean": ("memory of a node, averaged over time and nodes", "low"),
    "headroom_bytes": ("memory threshold minus memory_bytes_peak; undefined without a threshold", "high"),
    "stores_bytes_peak": ("highest sum of one node's stores at any time", "low"),
    "stores_bytes_mean": ("sum of a node's stores, averaged over time and nodes", "low"),
    "unavailable_fraction": ("share of node time in which the dispatch filter rejects the node", "low"),
    **{
        f"unavailable_{cause}_fraction": (
            f"share of node time rejected because the node {_CAUSE_MEANING[cause]} (first cause)",
            "low",
        )
        for cause in CAUSES
    },
    "unavailable_memory_any_fraction": (
        "share of node time over the memory threshold, whatever cause comes first",
        "low",
    ),
    "down_unnoticed_fraction": ("share of node time in which a dead node is still sent jobs", "low"),
    "unavailable_episodes_per_day": (
        "times a node becomes unavailable, per node and day, busy left out",
        "low",
    ),
    "unavailable_minutes_per_day": ("minutes a node is unavailable, per node and day, busy left out", "low"),
    "no_node_time_fraction": ("share of time in which every node is rejected", "low"),
    "no_node_jobs_fraction": ("share of utterances that find no node when they arrive", "low"),
    "no_node_episodes_per_day": ("times a day that the last accepted node becomes rejected", "low"),
    "no_node_minutes_per_day": ("minutes a day in which every node is rejected", "low"),
    "no_node_longest_ms": ("longest stretch in which every node is rejected", "low"),
    "jobs_lost_fraction": (
        "share of utterances lost: waited too long, sent to a dead node, in flight at a crash, or timed out",
        "low",
    ),
    "time_to_unavailable_ms": (
        "first time any node is unavailable (busy left out); the horizon when it never is",
        "high",
    ),
    "time_to_oom_ms": ("first time any node's process dies of memory; the horizon when none does", "high"),
    "censored_fraction": ("share of replications in which no node became unavailable", "high"),
    "time_to_exhaustion_days": (
        "days from the end of the run until what never stops growing reaches the threshold or the heap limit",
        "high",
    ),
    "context_lost_fraction": (
        "share of served later utterances whose session the node had dropped",
        "low",
    ),
    "context_elsewhere_fraction": (
        "share of served later utterances that meet a node which never held their session",
        "low",
    ),
    "evicted_live_fraction": ("share of evictions that hit a session which spoke again later", "low"),
    "cache_hit_fraction": ("share of translation cache reads that hit", "high"),
}

_STORE_MEANINGS: dict[str, tuple[str, Better]] = {
    "entries_peak": ("most entries on any node at any time", "low"),
    "entries_mean": ("entries on a node, averaged over time and nodes", "low"),
    "entries_final": ("entries at the end of the run, all nodes together", "low"),
    "bytes_peak": ("most bytes on any node at any time", "low"),
    "bytes_mean": ("bytes on a node, averaged over time and nodes", "low"),
    "bytes_at_memory_peak": ("bytes held by this store when and where memory peaked", "low"),
    "inserted": ("entries opened, all nodes together", "neither"),
    "evicted": ("entries removed to make room for another, all nodes together", "low"),
    "expired": ("entries removed for their age, all nodes together", "neither"),
    "removed": ("entries removed by name (session end, success, clean-up), all nodes together", "neither"),
    "growth_bytes_per_day": ("slope over the second half of the run per node, crashes left out", "low"),
    "chunks": ("audio chunks held at the end of the run, all nodes together", "low"),
    "base64_chars": ("base64 characters of audio held at the end of the run, all nodes together", "low"),
    "in_flight": ("translation requests not settled at the end of the run, all nodes together", "low"),
}

# Values that no run can leave; the bounds of means are clipped to them. Headroom and growth can be negative.
_SIGNED = {"headroom_bytes", "growth_bytes_per_day"}


def _column(name: str, unit: Unit, meaning: str, better: Better) -> Column:
    if unit == "fraction":
        within = (0.0, 1.0)
    else:
        within = (-math.inf, math.inf) if name in _SIGNED else (0.0, math.inf)
    return Column(name, unit, meaning, better, within)


def _store_unit(name: str) -> Unit:
    unit = unit_of(name, store=True)
    assert unit is not None
    return unit


COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {name: _column(name, unit, *_MEANINGS[name]) for name, unit in KPIS.items()}
)
"""Results of a setting, in the order in which they are written."""

STORE_COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        name: _column(name, _store_unit(name), *_STORE_MEANINGS[name])
        for names in (STORE_OUTPUTS, *STORE_EXTRAS.values())
        for name in names
    }
)
"""Results of one store, in the order in which they are written; the last ones belong to one kind only."""


def column(name: str, *, store: bool = False) -> Column:
    """The column of a result name; KeyError when there is none.

    >>> column("headroom_bytes").better, column("entries_peak", store=True).unit
    ('high', 'count')
    """
    return (STORE_COLUMNS if store else COLUMNS)[name]
