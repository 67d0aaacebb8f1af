"""What a chart needs of one replication: memory, stores and availability over time, small enough to keep.

A History holds exact integrals per bin and node; a Timeline keeps their means in single precision, in at
most 240 bins, so that a study of a thousand runs still fits in memory. It is for drawing only: no result is
computed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..engine import History

BINS_AT_MOST = 240


@dataclass(frozen=True, slots=True)
class Timeline:
    """Means over bins of time. N nodes, S stores in config order, B bins, edges in ms from 0 to the horizon.

    `memory_bytes` (N, B) is each node's whole memory; `stores_bytes` and `stores_entries` (S, B),
    `base_bytes` (B: host baseline and process base), `cause_share` (6, B: share of node time by the filter's
    first cause, 0 = available) and `no_node_share` (B) are means over nodes.
    """

    edges_ms: NDArray[np.int64]
    store_names: tuple[str, ...]
    memory_bytes: NDArray[np.float32]
    base_bytes: NDArray[np.float32]
    stores_bytes: NDArray[np.float32]
    stores_entries: NDArray[np.float32]
    cause_share: NDArray[np.float32]
    no_node_share: NDArray[np.float32]


def timeline(history: History) -> Timeline:
    """Reduce a History to its Timeline, neighbouring bins merged until at most `BINS_AT_MOST` are left."""
    bins = len(history.edges_ms) - 1
    starts = np.arange(0, bins, -(-bins // BINS_AT_MOST))
    edges = np.append(history.edges_ms[:-1][starts], history.edges_ms[-1])
    width = np.diff(edges).astype(np.float64)
    nodes = history.node_count

    def mean(integral: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.add.reduceat(integral, starts, axis=-1) / width

    memory, stores = mean(history.memory_byte_ms), mean(history.stores_byte_ms)
    return Timeline(
        edges_ms=edges,
        store_names=tuple(history.store_names),
        memory_bytes=memory.astype(np.float32),
        base_bytes=(memory - stores).mean(axis=0).astype(np.float32),
        stores_bytes=(mean(history.byte_ms).sum(axis=0) / nodes).astype(np.float32),
        stores_entries=(mean(history.entry_ms).sum(axis=0) / nodes).astype(np.float32),
        cause_share=(mean(history.cause_ms).sum(axis=0) / nodes).astype(np.float32),
        no_node_share=mean(history.no_node_ms).astype(np.float32),
    )
