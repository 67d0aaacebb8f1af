"""What holds after every run, whatever happened in it. A broken one is a bug in an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.model.session_table import SessionTable


class BrokenInvariantError(RuntimeError):
    """An engine has done what the rules exclude."""


def check_swept(table: SessionTable[Any], now: float) -> None:
    """Right after a sweep no entry has been idle for longer than the TTL (S3)."""
    if any(now - table.last_access(key) > table.ttl_ms for key in table.longest_idle):
        raise BrokenInvariantError(f"an expired session has survived the sweep at {now} ms")


def broken(history: Any, caps: Mapping[str, float] | None = None) -> list[str]:
    """Names what does not hold in a History, one sentence each; empty when all is well.

    Args:
        history: a run's History.
        caps: `max` of the stores that have one, by name.
    """
    return [*_stores(history, caps or {}), *_levels(history), *_availability(history), *_jobs(history)]


def _stores(history: Any, caps: Mapping[str, float]) -> Iterator[str]:
    inserted, *gone = np.moveaxis(history.store_counters, -1, 0)
    for node, store in np.argwhere(inserted != history.entries_final + sum(gone)):
        name = history.store_names[store]
        yield f"{name} on node {node}: opened is not live + evicted + expired + removed + lost"
    for index, name in enumerate(history.store_names):
        most = int(history.entries_max[:, index].max())
        if name in caps and most > max(1, caps[name]):
            yield f"{name}: {most} entries with a cap of {caps[name]}"
    if (history.store_counters < history.store_counters_at_warmup).any():
        yield "a store's counter went down"


def _levels(history: Any) -> Iterator[str]:
    for name in ("memory_bytes", "stores_bytes", "entries", "bytes"):
        low, high = getattr(history, f"{name}_min"), getattr(history, f"{name}_max")
        if (low < 0).any():
            yield f"{name}: below 0"
        if (low > high).any():
            yield f"{name}: a minimum above its maximum"
    if (history.byte_ms.sum(axis=1) != history.stores_byte_ms).any():
        yield "the stores' bytes do not add up"
    if (history.stores_byte_ms > history.memory_byte_ms).any():
        yield "a node's stores are larger than its memory"
    after = history.edges_ms[:-1] >= history.warmup_ms
    if history.memory_bytes_max[:, after].max() != history.memory_peak_bytes:
        yield "the peak is not the largest level"
    if history.store_bytes_at_peak.sum() > history.memory_peak_bytes:
        yield "the stores at the peak are larger than the peak"


def _availability(history: Any) -> Iterator[str]:
    widths = np.diff(history.edges_ms)
    if (history.cause_ms.sum(axis=1) != widths).any():
        yield "the time by cause does not add up to the time"
    if (history.down_unnoticed_ms > history.cause_ms[:, 0]).any():
        yield "down unnoticed for longer than accepted"
    if (history.memory_any_ms < history.cause_ms[:, 5]).any():
        yield "over the threshold for less time than excluded for it"
    rejected = (widths - history.cause_ms[:, 0]).min(axis=0)
    if (history.no_node_ms > rejected).any():
        yield "without any node for longer than a node was rejected"


def _jobs(history: Any) -> Iterator[str]:
    # A9
    utterances, served, *lost = history.counters[:6].tolist()
    if utterances != served + sum(lost) + history.in_flight_jobs + history.waiting:
        yield "utterances are not served + lost + in flight + waiting"
    later, context_lost, elsewhere = history.counters[7:10].tolist()
    if context_lost + elsewhere > later or later > served:
        yield "more context lost than there was"
    if (history.counters < history.counters_at_warmup).any():
        yield "a counter went down"
