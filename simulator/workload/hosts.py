"""What each host brings along: memory used by everything else, and the phases of its timers (B3, T3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from ..config.nodes import Baseline
    from .streams import Streams

    Ints = NDArray[np.int64]

PHASE_MS = 3_600_000
"""Phases are drawn below 1 h, so that the ticks of a period that divides another contain the other's (T3)."""

HEARTBEAT, SCAN = "heartbeat", "scan"
"""Timers that are not a store's."""


def draw_baseline(baseline: Baseline, nodes: int, horizon_ms: int, streams: Streams) -> tuple[Ints, Ints]:
    """The step column of the hosts' other memory: instants [K] in ms, bytes [nodes, K]."""
    every_ms = baseline.resample_every_ms or horizon_ms
    at_ms = np.arange(0, horizon_ms, every_ms, dtype=np.int64)
    levels = [
        Sampler(baseline.distribution, streams, "baseline", node).draw_whole(len(at_ms))
        for node in range(nodes)
    ]
    return at_ms, np.array(levels, dtype=np.int64).reshape(nodes, len(at_ms))


def draw_phases(
    store_names: Iterable[str], nodes: int, streams: Streams, *, together: bool
) -> Mapping[str, Ints]:
    """Φ in [0, 1 h) of every timer: per store and for the heartbeat one a node; the scan has one."""
    names = [*store_names, HEARTBEAT]
    if together:
        return {
            **{name: np.zeros(nodes, dtype=np.int64) for name in names},
            SCAN: np.zeros(1, dtype=np.int64),
        }
    drawn = {
        name: np.array(
            [int(streams.stream(f"phase/{name}", node).integers(PHASE_MS)) for node in range(nodes)]
        )
        for name in names
    }
    return {**drawn, SCAN: np.array([int(streams.stream(f"phase/{SCAN}").integers(PHASE_MS))])}
