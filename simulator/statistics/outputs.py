"""One replication's results: History and Scenario in, named numbers out.

Names are those of `simulator.names`; conventions are the rules' "Statistics conventions". Everything covers
[warm-up, horizon) except first passages and growth, which are measured from 0 and over the second half.
Integrals of bytes over a week exceed 64 bits, so they are summed as Python integers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..config import growing_stores
from ..names import CAUSES, KPIS, STORE_EXTRAS, STORE_OUTPUTS
from .estimate import days_to_fill
from .growth import MS_PER_DAY, growth_bytes_per_day, growth_towards, rooms_left

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..config import Scenario
    from ..engine import History

MS_PER_MINUTE = 60_000
CAUSE_CODES = {cause: code for code, cause in enumerate(("available", *CAUSES))}
# `busy` is a full node, not a failing one: episodes, minutes and first passages leave it out
NOT_BUSY = [CAUSE_CODES[cause] for cause in CAUSES if cause != "busy"]


def total(values: NDArray[np.int64]) -> int:
    """Exact sum of an integer array of any shape."""
    return sum(values.ravel().tolist())


def share(part: int, whole: int) -> float:
    """Part over whole; NaN when there is no whole.

    >>> share(1, 4), share(0, 0)
    (0.25, nan)
    """
    return part / whole if whole else math.nan


def after_warmup(history: History) -> slice:
    """The bins of a History after its warm-up (the warm-up is always a bin edge)."""
    return slice(history.edges_ms.tolist().index(history.warmup_ms), None)


def counted(history: History) -> dict[str, int]:
    """The run's counters after the warm-up, by name."""
    from ..engine.history import COUNTERS

    since = history.counters - history.counters_at_warmup
    return {name: int(value) for name, value in zip(COUNTERS, since, strict=True)}


def kpis(history: History, scenario: Scenario) -> dict[str, float]:
    """All results of one replication by name, in the order of `simulator.names.KPIS`; NaN where undefined.

    Two of them become whole only over replications: `time_to_exhaustion_days` is this replication's own ratio
    (the estimate divides means), and `censored_fraction` is 0 or 1.
    """
    results = {
        **_memory(history, scenario),
        **_unavailability(history),
        **_no_node(history),
        **_first_passages(history),
        "time_to_exhaustion_days": _exhaustion_days(history, scenario),
        **_fractions_of_jobs(history),
    }
    return {name: results[name] for name in KPIS}


def _memory(history: History, scenario: Scenario) -> dict[str, float]:
    kept = after_warmup(history)
    node_ms = history.node_count * (history.horizon_ms - history.warmup_ms)
    threshold = scenario.threshold_bytes
    peak = int(history.memory_peak_bytes)
    return {
        "memory_bytes_peak": float(peak),
        "memory_bytes_mean": total(history.memory_byte_ms[:, kept]) / node_ms,
        "headroom_bytes": math.nan if threshold is None else float(threshold - peak),
        "stores_bytes_peak": float(history.stores_bytes_max[:, kept].max()),
        "stores_bytes_mean": total(history.stores_byte_ms[:, kept]) / node_ms,
    }


def _unavailability(history: History) -> dict[str, float]:
    kept = after_warmup(history)
    span_ms = history.horizon_ms - history.warmup_ms
    node_ms = history.node_count * span_ms
    node_days = node_ms / MS_PER_DAY
    by_cause = [total(history.cause_ms[:, code, kept]) for code in range(len(CAUSE_CODES))]
    episodes_ms = sum(by_cause[code] for code in NOT_BUSY)
    return {
        "unavailable_fraction": sum(by_cause[1:]) / node_ms,
        **{f"unavailable_{cause}_fraction": by_cause[CAUSE_CODES[cause]] / node_ms for cause in CAUSES},
        "unavailable_memory_any_fraction": total(history.memory_any_ms[:, kept]) / node_ms,
        "down_unnoticed_fraction": total(history.down_unnoticed_ms[:, kept]) / node_ms,
        "unavailable_episodes_per_day": total(history.episodes) / node_days,
        "unavailable_minutes_per_day": episodes_ms / MS_PER_MINUTE / node_days,
    }


def _no_node(history: History) -> dict[str, float]:
    span_ms = history.horizon_ms - history.warmup_ms
    days = span_ms / MS_PER_DAY
    none_ms = total(history.no_node_ms[after_warmup(history)])
    return {
        "no_node_time_fraction": none_ms / span_ms,
        "no_node_episodes_per_day": int(history.no_node_episodes) / days,
        "no_node_minutes_per_day": none_ms / MS_PER_MINUTE / days,
        "no_node_longest_ms": float(history.no_node_longest_ms),
    }


def _first_passages(history: History) -> dict[str, float]:
    def or_horizon(time_ms: int) -> float:
        return float(history.horizon_ms if time_ms < 0 else time_ms)

    return {
        "time_to_unavailable_ms": or_horizon(int(history.first_unavailable_ms)),
        "time_to_oom_ms": or_horizon(int(history.first_oom_ms)),
        "censored_fraction": 1.0 if history.first_unavailable_ms < 0 else 0.0,
    }


def _fractions_of_jobs(history: History) -> dict[str, float]:
    count = counted(history)
    lost = sum(value for name, value in count.items() if name.startswith("lost_"))
    reads = count["cache_hits"] + count["cache_misses"]
    return {
        "no_node_jobs_fraction": share(count["no_node_on_arrival"], count["utterances"]),
        "jobs_lost_fraction": share(lost, count["utterances"]),
        "context_lost_fraction": share(count["context_lost"], count["later_served"]),
        "context_elsewhere_fraction": share(count["context_elsewhere"], count["later_served"]),
        "evicted_live_fraction": share(count["evicted_live"], count["evicted"]),
        "cache_hit_fraction": share(count["cache_hits"], reads),
    }


def _exhaustion_days(history: History, scenario: Scenario) -> float:
    growth, stores = growth_bytes_per_day(history), growing_stores(scenario)
    return min(
        days_to_fill(room, growth_towards(scenario, growth, stores, limit))
        for limit, room in rooms_left(history, scenario).items()
    )


def store_outputs(history: History, scenario: Scenario) -> dict[str, dict[str, float]]:
    """Results of every enabled store in one replication: store name -> result name -> value."""
    kept = after_warmup(history)
    node_ms = history.node_count * (history.horizon_ms - history.warmup_ms)
    growth = growth_bytes_per_day(history)
    since = (history.store_counters - history.store_counters_at_warmup).sum(axis=0)
    results: dict[str, dict[str, float]] = {}
    for place, name in enumerate(history.store_names):
        inserted, evicted, expired, removed, _lost = since[place].tolist()
        numbers: dict[str, Any] = {
            "entries_peak": history.entries_max[:, place, kept].max(),
            "entries_mean": total(history.entry_ms[:, place, kept]) / node_ms,
            "entries_final": history.entries_final[:, place].sum(),
            "bytes_peak": history.bytes_max[:, place, kept].max(),
            "bytes_mean": total(history.byte_ms[:, place, kept]) / node_ms,
            "bytes_at_memory_peak": history.store_bytes_at_peak[place],
            "inserted": inserted,
            "evicted": evicted,
            "expired": expired,
            "removed": removed,
            "growth_bytes_per_day": growth[name],
        }
        extras = {
            "chunks": history.chunks_final,
            "base64_chars": history.base64_chars_final,
            "in_flight": history.in_flight_final,
        }
        for extra in STORE_EXTRAS.get(scenario.nodes.stores[name].kind, ()):
            numbers[extra] = extras[extra][:, place].sum()
        results[name] = {key: float(value) for key, value in numbers.items()}
        assert list(results[name])[: len(STORE_OUTPUTS)] == list(STORE_OUTPUTS)
    return results
