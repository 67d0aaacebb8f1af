"""How translations end, and the outages that make it correlated (W4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .rows import FAILS, HANGS
from .sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..config.workload import Outages, Translation
    from .streams import Streams

    Ints = NDArray[np.int64]


_SPELLS = 64  # outages drawn at a time


def draw_outcomes(translation: Translation, streams: Streams) -> Callable[[int], NDArray[np.int8]]:
    """A function that draws the next n outcomes, int8[n]. One uniform decides: hangs below, then fails."""
    uniform = streams.stream("outcome").random
    hangs, ends_badly = translation.hangs, translation.hangs + translation.fails

    def draw(n: int) -> NDArray[np.int8]:
        drawn = uniform(n)
        outcome = (drawn < ends_badly).view(np.int8) * np.int8(FAILS)
        outcome += (drawn < hangs).view(np.int8) * np.int8(HANGS - FAILS)
        return outcome

    return draw


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
