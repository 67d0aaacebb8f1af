"""What one run leaves behind: exact step series in bins, counters and first passages.

A step series is kept as minimum, maximum and time integral per bin, all whole numbers, so that two engines
can be compared bit for bit. A bin covers [edge, next edge). Its minimum and maximum are taken over the level
that enters it and over every level recorded at an instant inside it, also one that lasts 0 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

COUNTERS: Final = (
    "utterances",
    "served",
    "lost_pending_timeout",
    "lost_dead_node",
    "lost_crash",
    "lost_job_timeout",
    "no_node_on_arrival",
    "later_served",
    "context_lost",
    "context_elsewhere",
    "evicted",
    "evicted_live",
    "cache_hits",
    "cache_misses",
)
"""Names of `History.counters`: ends of jobs (A9), context (S7, served only), evictions, cache reads."""

STORE_COUNTERS: Final = ("inserted", "evicted", "expired", "removed", "lost")
"""Names along the last axis of `History.store_counters`."""

BINS: Final = 480
"""Bins of equal width that a run is cut into, at most; the warm-up adds an edge of its own."""


def bin_edges(horizon_ms: int, warmup_ms: int) -> list[int]:
    """Edges of the bins: 0, the horizon, every ⌈horizon / 480⌉ ms between, and the warm-up.

    >>> bin_edges(960, 3)[:5], bin_edges(960, 0)[-1], len(bin_edges(1, 0))
    ([0, 2, 3, 4, 6], 960, 2)
    """
    width = -(-horizon_ms // BINS)
    return sorted({*range(0, horizon_ms, width), horizon_ms, warmup_ms})


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A node's stores at chosen instants of a replay: K samples of S stores.

    Attributes:
        at_ms: when, [K].
        entries, bytes, chunks, base64_chars, in_flight: levels, [S, K]; 0 where a store has no such thing.
        hits, evicted, expired: counts since the start, [S, K].
        rss_bytes: the process, stores included, [K].
    """

    at_ms: Integers
    entries: Integers
    bytes: Integers
    chunks: Integers
    base64_chars: Integers
    in_flight: Integers
    hits: Integers
    evicted: Integers
    expired: Integers
    rss_bytes: Integers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Samples) and first_difference(self, other) is None

    __hash__ = None  # type: ignore[assignment]  # equal by its arrays, which have no hash


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One run. N nodes, S enabled stores in config order, B bins; times in ms, all arrays int64.

    Two Histories are equal when every field is; `first_difference` says where they are not.

    Attributes:
        edges_ms: edges of the bins, [B + 1].
        memory_bytes_min, memory_bytes_max, memory_byte_ms: a node's memory, baseline and process, [N, B].
        stores_bytes_min, stores_bytes_max, stores_byte_ms: its stores, [N, B].
        entries_min, entries_max, entry_ms, bytes_min, bytes_max, byte_ms: each store, [N, S, B].
        cause_ms: time by first cause, 0 for available, codes as in `simulator.model.availability`, [N, 6, B].
        memory_any_ms: time over the threshold whatever comes first, [N, B].
        down_unnoticed_ms: time in which the process is not up and the filter accepts the node, [N, B].
        no_node_ms: time in which every node is rejected, [B].
        memory_peak_bytes, memory_peak_at_ms, memory_peak_node: after the warm-up; earliest, then lowest node.
        store_bytes_at_peak: that node's stores at that instant, [S].
        first_unavailable_ms, first_oom_ms: first passages from 0; -1 when not within the horizon.
        deaths: over the whole run, [N].
        episodes: spells of positive length with a first cause other than `busy`, after the warm-up, [N].
        no_node_episodes, no_node_longest_ms: spells without any node, clipped to [warm-up, horizon).
        counters, counters_at_warmup: see `COUNTERS`, [14]; the latter before the first event at the warm-up.
        in_flight_jobs, waiting: utterances at work and in the queue at the horizon.
        store_counters, store_counters_at_warmup: see `STORE_COUNTERS`, [N, S, 5].
        entries_final, bytes_final: levels at the horizon, [N, S].
        bytes_mid: levels entering horizon // 2, [N, S].
        crash_dropped_bytes: lost to deaths and operator restarts from horizon // 2 on, [N, S].
        memory_mid, memory_final, baseline_final: the node's memory and baseline likewise, [N].
        chunks_final, base64_chars_final, in_flight_final: at the horizon, [N, S]; 0 where a store has none.
        samples: the replay's samples, or None.
    """

    node_count: int
    store_names: tuple[str, ...]
    horizon_ms: int
    warmup_ms: int
    edges_ms: Integers
    memory_bytes_min: Integers
    memory_bytes_max: Integers
    memory_byte_ms: Integers
    stores_bytes_min: Integers
    stores_bytes_max: Integers
    stores_byte_ms: Integers
    entries_min: Integers
    entries_max: Integers
    entry_ms: Integers
    bytes_min: Integers
    bytes_max: Integers
    byte_ms: Integers
    cause_ms: Integers
    memory_any_ms: Integers
    down_unnoticed_ms: Integers
    no_node_ms: Integers
    memory_peak_bytes: int
    memory_peak_at_ms: int
    memory_peak_node: int
    store_bytes_at_peak: Integers
    first_unavailable_ms: int
    first_oom_ms: int
    deaths: Integers
    episodes: Integers
    no_node_episodes: int
    no_node_longest_ms: int
    counters: Integers
    counters_at_warmup: Integers
    in_flight_jobs: int
    waiting: int
    store_counters: Integers
    store_counters_at_warmup: Integers
    entries_final: Integers
    bytes_final: Integers
    bytes_mid: Integers
    crash_dropped_bytes: Integers
    memory_mid: Integers
    memory_final: Integers
    baseline_final: Integers
    chunks_final: Integers
    base64_chars_final: Integers
    in_flight_final: Integers
    samples: Samples | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and first_difference(self, other) is None

    __hash__ = None  # type: ignore[assignment]  # equal by its arrays, which have no hash


def first_difference(one: History | Samples, other: History | Samples) -> str | None:
    """Where two runs differ first, in words, or None when they are equal bit for bit."""
    for field in fields(one):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(ours, Samples) and isinstance(theirs, Samples):
            inside = first_difference(ours, theirs)
            if inside is not None:
                return f"samples.{inside}"
        elif isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
            if ours.shape != theirs.shape:
                return f"{field.name}: shape {ours.shape} against {theirs.shape}"
            apart = np.argwhere(ours != theirs)
            if len(apart):
                where = tuple(apart[0].tolist())
                at = f", bin from {_edge(one, where)} ms" if ours.shape[-1] == _bins(one) else ""
                return (
                    f"{field.name}[{', '.join(map(str, where))}]: {ours[where]} against {theirs[where]}{at}"
                )
        elif isinstance(ours, np.ndarray) or isinstance(theirs, np.ndarray) or ours != theirs:
            return f"{field.name}: {ours} against {theirs}"
    return None


def _bins(run: History | Samples) -> int:
    return len(run.edges_ms) - 1 if isinstance(run, History) else -1


def _edge(run: History | Samples, where: tuple[int, ...]) -> int:
    return int(run.edges_ms[where[-1]]) if isinstance(run, History) else -1
