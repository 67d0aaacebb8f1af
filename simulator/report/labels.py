"""What each result is called in a sentence and over a column. Meanings are in `statistics.columns`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..names import unit_of
from .language import say

if TYPE_CHECKING:
    from ..names import Unit


@dataclass(frozen=True, slots=True)
class Label:
    """`text` for sentences, `short` for column heads (two lines of 14 columns at most), and the unit."""

    text: str
    short: str
    unit: Unit


_TEXTS = {
    "memory_bytes_peak": ("peak memory of a node", "memory peak"),
    "memory_bytes_mean": ("mean memory of a node", "memory mean"),
    "headroom_bytes": ("headroom below the threshold", "headroom"),
    "stores_bytes_peak": ("peak of the stores", "stores peak"),
    "stores_bytes_mean": ("mean of the stores", "stores mean"),
    "unavailable_fraction": ("unavailable", "unavailable"),
    "unavailable_starting_fraction": ("unavailable while starting", "unavailable: starting"),
    "unavailable_degraded_fraction": ("unavailable as degraded", "unavailable: degraded"),
    "unavailable_offline_fraction": ("unavailable as offline", "unavailable: offline"),
    "unavailable_busy_fraction": ("unavailable as busy", "unavailable: busy"),
    "unavailable_memory_fraction": ("unavailable for memory", "unavailable: memory"),
    "unavailable_memory_any_fraction": ("over the memory threshold", "over the threshold"),
    "down_unnoticed_fraction": ("dead but still sent jobs", "dead, still sent jobs"),
    "unavailable_episodes_per_day": ("times a node is unavailable", "times out a day"),
    "unavailable_minutes_per_day": ("minutes a node is unavailable", "minutes out a day"),
    "no_node_time_fraction": ("time with no node at all", "no node: time"),
    "no_node_jobs_fraction": ("jobs that find no node", "no node: jobs"),
    "no_node_episodes_per_day": ("times with no node at all", "no node: times a day"),
    "no_node_minutes_per_day": ("minutes with no node at all", "no node: minutes a day"),
    "no_node_longest_ms": ("longest time with no node", "no node: longest"),
    "jobs_lost_fraction": ("lost jobs", "lost jobs"),
    "time_to_unavailable_ms": ("time until the first node is out", "first node out"),
    "time_to_oom_ms": ("time until the first process dies", "first death"),
    "censored_fraction": ("runs in which no node went out", "never out"),
    "time_to_exhaustion_days": ("time until memory is exhausted", "exhausted in"),
    "context_lost_fraction": ("context lost", "context lost"),
    "context_elsewhere_fraction": ("context on another node", "context elsewhere"),
    "evicted_live_fraction": ("evictions of live sessions", "evicted live"),
    "cache_hit_fraction": ("cache hits", "cache hits"),
}

_STORE_TEXTS = {
    "entries_peak": ("most entries", "entries peak"),
    "entries_mean": ("mean entries", "entries mean"),
    "entries_final": ("entries at the end", "entries at end"),
    "bytes_peak": ("most bytes", "peak"),
    "bytes_mean": ("mean bytes", "mean"),
    "bytes_at_memory_peak": ("bytes at the memory peak", "at the memory peak"),
    "growth_bytes_per_day": ("growth a day", "growth"),
}


def label(name: str) -> Label:
    """Words and unit for a result of a setting, or for one of a store as `STORE.NAME`; KeyError when unknown.

    >>> label("stores_bytes_peak").short, label("aggregator_states.entries_peak").text
    ('stores peak', 'most entries of aggregator_states')
    """
    store, _, output = name.rpartition(".")
    unit = unit_of(output, store=bool(store))
    if unit is None:
        raise KeyError(name)
    if not store:
        text, short = _TEXTS[output]
        return Label(say(text), say(short), unit)
    text, short = _STORE_TEXTS.get(output, (output.replace("_", " "),) * 2)
    return Label(
        say("{result} of {store}", result=say(text), store=store),
        say("{store} {result}", result=say(short), store=store),
        unit,
    )
