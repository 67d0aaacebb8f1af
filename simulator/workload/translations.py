"""How translations end, and the outages that make it correlated (W4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .rows import FAILS, HANGS, OK
from .sampling import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.workload import Outages, Translation
    from .streams import Streams

    Ints = NDArray[np.int64]


_SPELLS = 64  # outages drawn at a time


class TranslationSource:
    """Draws outcomes and latencies in time order."""

    def __init__(self, translation: Translation, streams: Streams) -> None:
        self._fails, self._hangs = translation.fails, translation.hangs
        self._outcome = streams.stream("outcome")
        self._latency = Sampler(translation.latency, streams, "latency")

    def draw(self, n: int) -> tuple[NDArray[np.int8], Ints]:
        """Outcomes int8[n] and latencies in ms int64[n]. One uniform decides: hangs below, then fails."""
        uniform = self._outcome.random(n)
        outcome = np.full(n, OK, dtype=np.int8)
        outcome[uniform < self._hangs + self._fails] = FAILS
        outcome[uniform < self._hangs] = HANGS
        return outcome, self._latency.draw_whole(n)


def draw_outages(
    outages: Outages | None, nodes: int, horizon_ms: int, streams: Streams
) -> tuple[tuple[Ints, ...], tuple[Ints, ...]]:
    """Starts and ends of the outages of every node, in ms. `scope: all` gives all nodes the same ones."""
    none = np.empty(0, dtype=np.int64)
    if outages is None:
        return (none,) * nodes, (none,) * nodes
    if outages.scope == "all":
        start_ms, end_ms = _spells(outages, horizon_ms, streams, 0)
        return (start_ms,) * nodes, (end_ms,) * nodes
    each = [_spells(outages, horizon_ms, streams, node) for node in range(nodes)]
    return tuple(start for start, _ in each), tuple(end for _, end in each)


def _spells(outages: Outages, horizon_ms: int, streams: Streams, index: int) -> tuple[Ints, Ints]:
    """`every` is from 0 to the first, then from the end of one to the start of the next."""
    every = Sampler(outages.every, streams, "outages/every", index)
    lasting = Sampler(outages.lasting, streams, "outages/lasting", index)
    starts, ends = [], []
    over_ms = 0
    while over_ms < horizon_ms:
        quiet_ms = every.draw_whole(_SPELLS, least=1)
        lasting_ms = lasting.draw_whole(_SPELLS, least=1)
        end_ms = over_ms + np.cumsum(quiet_ms + lasting_ms)
        over_ms = int(end_ms[-1])
        starts.append(end_ms - lasting_ms)
        ends.append(end_ms)
    start_ms, end_ms = np.concatenate(starts), np.concatenate(ends)
    return start_ms[start_ms < horizon_ms], end_ms[start_ms < horizon_ms]
