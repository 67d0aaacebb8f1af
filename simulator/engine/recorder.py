"""Takes down the levels of a run as they change, in bins, and makes the History of it.

Levels are recorded after events, not inside them. Within a bin a level's time integral is kept as if it
stayed to the bin's end; each change corrects what is left of the bin. Bins are closed at their edges, before
anything happens there, so an untouched series costs nothing between two edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.engine.history import History, bin_edges
from simulator.model.availability import AVAILABLE, EPISODE_CAUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.model.footprint import Footprint


class Levels:
    """Two step series that change together: a store's entries and bytes, or a node's stores and memory.

    `lows`, `highs` and `areas` hold one pair per bin that is over.
    """

    __slots__ = (
        "area_1", "area_2", "areas", "high_1", "high_2", "highs",
        "level_1", "level_2", "low_1", "low_2", "lows",
    )  # fmt: skip

    def __init__(self, level_1: int, level_2: int, width_ms: int) -> None:
        self.level_1 = self.low_1 = self.high_1 = level_1
        self.level_2 = self.low_2 = self.high_2 = level_2
        self.area_1, self.area_2 = level_1 * width_ms, level_2 * width_ms
        self.lows: list[tuple[int, int]] = []
        self.highs: list[tuple[int, int]] = []
        self.areas: list[tuple[int, int]] = []

    def to(self, level_1: int, level_2: int, left_ms: int) -> None:
        """Change the levels with `left_ms` of the bin left."""
        self.area_1 += (level_1 - self.level_1) * left_ms
        self.area_2 += (level_2 - self.level_2) * left_ms
        self.level_1, self.level_2 = level_1, level_2
        if level_1 > self.high_1:
            self.high_1 = level_1
        elif level_1 < self.low_1:
            self.low_1 = level_1
        if level_2 > self.high_2:
            self.high_2 = level_2
        elif level_2 < self.low_2:
            self.low_2 = level_2

    def close(self, next_width_ms: int) -> None:
        """End the bin and enter the next."""
        self.lows.append((self.low_1, self.low_2))
        self.highs.append((self.high_1, self.high_2))
        self.areas.append((self.area_1, self.area_2))
        self.low_1 = self.high_1 = self.level_1
        self.low_2 = self.high_2 = self.level_2
        self.area_1, self.area_2 = self.level_1 * next_width_ms, self.level_2 * next_width_ms


class Spells:
    """Maximal intervals of positive length in which something holds; those after the warm-up are counted."""

    __slots__ = ("count", "ended_ms", "first_ms", "longest_ms", "since_ms", "warmup_ms")

    def __init__(self, warmup_ms: int) -> None:
        self.warmup_ms = warmup_ms
        self.since_ms = -1  # start of the spell that goes on, or that ended last and is not yet counted
        self.ended_ms = -1
        self.first_ms = -1  # start of the first spell, from 0
        self.count = 0
        self.longest_ms = 0

    def begin(self, now: int) -> None:
        """Start holding; a spell that ended at this very instant goes on."""
        if self.since_ms < 0 or now != self.ended_ms:
            self.count_last()
            self.since_ms = now
        self.ended_ms = -1

    def end(self, now: int) -> None:
        """Stop holding."""
        self.ended_ms = now

    def count_last(self) -> None:
        """Count the spell that ended last, for it will not go on."""
        if self.since_ms < 0 or self.ended_ms <= self.since_ms:
            return
        if self.first_ms < 0:
            self.first_ms = self.since_ms
        length_ms = self.ended_ms - max(self.since_ms, self.warmup_ms)
        if length_ms > 0:
            self.count += 1
            self.longest_ms = max(self.longest_ms, length_ms)


class NodeRecord:
    """The series of one node."""

    __slots__ = (
        "any_ms", "cause", "cause_ms", "dropped_bytes", "memory_mid", "memory_over",
        "mid_bytes", "since_ms", "spells", "total", "tracks", "unnoticed", "unnoticed_ms",
    )  # fmt: skip

    def __init__(
        self, footprints: Sequence[Footprint], memory_bytes: int, width_ms: int, warmup_ms: int
    ) -> None:
        self.tracks = [
            (footprint, Levels(footprint.entries, footprint.bytes, width_ms)) for footprint in footprints
        ]
        self.total = Levels(sum(footprint.bytes for footprint in footprints), memory_bytes, width_ms)
        self.cause, self.memory_over, self.unnoticed = AVAILABLE, False, False
        self.since_ms = 0
        self.cause_ms: list[list[int]] = [[0] * 6]
        self.any_ms = [0]
        self.unnoticed_ms = [0]
        self.spells = Spells(warmup_ms)
        self.mid_bytes = [0] * len(self.tracks)
        self.dropped_bytes = [0] * len(self.tracks)
        self.memory_mid = memory_bytes

    def pass_time(self, now: int) -> None:
        """Charge the time since the last change of availability to what held during it."""
        elapsed = now - self.since_ms
        if elapsed:
            self.cause_ms[-1][self.cause] += elapsed
            if self.memory_over:
                self.any_ms[-1] += elapsed
            if self.unnoticed:
                self.unnoticed_ms[-1] += elapsed
            self.since_ms = now

    def close(self, now: int, next_width_ms: int) -> None:
        """End the bin of every series and enter the next."""
        for _, levels in self.tracks:
            levels.close(next_width_ms)
        self.total.close(next_width_ms)
        self.pass_time(now)
        if next_width_ms:
            self.cause_ms.append([0] * 6)
            self.any_ms.append(0)
            self.unnoticed_ms.append(0)


class Recorder:
    """All series of a run. `edge_ms` is where the present bin ends."""

    def __init__(
        self, horizon_ms: int, warmup_ms: int, stores: Sequence[Sequence[Footprint]], memory: Sequence[int]
    ) -> None:
        """Begin at 0 with every node's footprints and memory."""
        self.horizon_ms, self.warmup_ms, self.mid_ms = horizon_ms, warmup_ms, horizon_ms // 2
        self.edges_ms = bin_edges(horizon_ms, warmup_ms)
        self.bin = 0
        self.edge_ms = self.edges_ms[1]
        self.nodes = [
            NodeRecord(kept, level, self.edge_ms, warmup_ms)
            for kept, level in zip(stores, memory, strict=True)
        ]
        self.rejecting = 0
        self.no_node = Spells(warmup_ms)
        self.no_node_since_ms = 0
        self.no_node_ms = [0]
        self.peak_bytes: float = float("inf")  # no peak is looked for before the warm-up
        self.peak_at_ms = self.peak_node = -1
        self.peak_stores: list[int] = []
        if warmup_ms == 0:
            self.begin_statistics(0)
        if self.mid_ms == 0:
            self.note_middle()

    def record(self, index: int, now: int, fixed_bytes: int) -> int:
        """Take down a node's levels after an event.

        Args:
            index: the node.
            now: the instant.
            fixed_bytes: what its memory is made of besides its stores.

        Returns:
            The bytes of its stores.
        """
        node = self.nodes[index]
        left_ms = self.edge_ms - now
        stores_bytes = 0
        for footprint, levels in node.tracks:
            entries, held = footprint.entries, footprint.bytes
            stores_bytes += held
            if held != levels.level_2 or entries != levels.level_1:
                levels.to(entries, held, left_ms)
        memory_bytes = fixed_bytes + stores_bytes
        total = node.total
        if memory_bytes != total.level_2 or stores_bytes != total.level_1:
            total.to(stores_bytes, memory_bytes, left_ms)
            if memory_bytes > self.peak_bytes:
                self._peak(index, now)
        return stores_bytes

    def memory_bytes(self, index: int) -> int:
        """A node's memory as last taken down."""
        return self.nodes[index].total.level_2

    def availability(self, index: int, now: int, cause: int, *, memory_over: bool, unnoticed: bool) -> None:
        """Take down that the filter's view of a node has changed (A10)."""
        node = self.nodes[index]
        node.pass_time(now)
        node.memory_over, node.unnoticed = memory_over, unnoticed
        before, node.cause = node.cause, cause
        if (before in EPISODE_CAUSES) != (cause in EPISODE_CAUSES):
            if cause in EPISODE_CAUSES:
                node.spells.begin(now)
            else:
                node.spells.end(now)
        if (before == AVAILABLE) != (cause == AVAILABLE):
            all_rejected = self.rejecting == len(self.nodes)
            self.rejecting += 1 if before == AVAILABLE else -1
            if all_rejected:
                self._pass_no_node(now)
                self.no_node.end(now)
            elif self.rejecting == len(self.nodes):
                self.no_node_since_ms = now
                self.no_node.begin(now)

    def dropped(self, index: int, now: int) -> None:
        """Take down that a node is about to lose all that its stores hold."""
        if now >= self.mid_ms:
            node = self.nodes[index]
            for place, (footprint, _) in enumerate(node.tracks):
                node.dropped_bytes[place] += footprint.bytes

    def close_bin(self, now: int) -> None:
        """End the present bin at its edge, before anything happens there."""
        self.bin += 1
        following = self.edges_ms[self.bin + 1] if now < self.horizon_ms else now
        if self.rejecting == len(self.nodes):
            self._pass_no_node(now)
        for node in self.nodes:
            node.close(now, following - now)
        if now < self.horizon_ms:
            self.no_node_ms.append(0)
            self.edge_ms = following

    def begin_statistics(self, now: int) -> None:
        """Look for the peak from here on; the levels that enter the warm-up's edge count (T1, B3)."""
        self.peak_bytes = float("-inf")
        for index, node in enumerate(self.nodes):
            if node.total.level_2 > self.peak_bytes:
                self._peak(index, now)

    def note_middle(self) -> None:
        """Remember the levels that enter the second half."""
        for node in self.nodes:
            node.mid_bytes = [levels.level_2 for _, levels in node.tracks]
            node.memory_mid = node.total.level_2

    def _peak(self, index: int, now: int) -> None:
        node = self.nodes[index]
        self.peak_bytes, self.peak_at_ms, self.peak_node = node.total.level_2, now, index
        self.peak_stores = [levels.level_2 for _, levels in node.tracks]

    def _pass_no_node(self, now: int) -> None:
        self.no_node_ms[-1] += now - self.no_node_since_ms
        self.no_node_since_ms = now

    def history(self, **counted: Any) -> History:
        """Close the last bin and make the History; `counted` are the fields that the engine counts itself."""
        end_ms = self.horizon_ms
        self.close_bin(end_ms)
        spells = [node.spells for node in self.nodes]
        for each in (*spells, self.no_node):
            if each.since_ms >= 0 and each.ended_ms < 0:
                each.end(end_ms)
            each.count_last()
        firsts = [each.first_ms for each in spells if each.first_ms >= 0]
        fields: dict[str, Any] = {**self._series(), **counted}
        return History(
            node_count=len(self.nodes),
            horizon_ms=end_ms,
            warmup_ms=self.warmup_ms,
            edges_ms=_int64(self.edges_ms),
            cause_ms=_int64([node.cause_ms for node in self.nodes]).transpose(0, 2, 1).copy(),
            memory_any_ms=_int64([node.any_ms for node in self.nodes]),
            down_unnoticed_ms=_int64([node.unnoticed_ms for node in self.nodes]),
            no_node_ms=_int64(self.no_node_ms),
            memory_peak_bytes=int(self.peak_bytes),
            memory_peak_at_ms=self.peak_at_ms,
            memory_peak_node=self.peak_node,
            store_bytes_at_peak=_int64(self.peak_stores),
            first_unavailable_ms=min(firsts, default=-1),
            episodes=_int64([each.count for each in spells]),
            no_node_episodes=self.no_node.count,
            no_node_longest_ms=self.no_node.longest_ms,
            entries_final=self._per_store(
                [[levels.level_1 for _, levels in node.tracks] for node in self.nodes]
            ),
            bytes_final=self._per_store(
                [[levels.level_2 for _, levels in node.tracks] for node in self.nodes]
            ),
            bytes_mid=self._per_store([node.mid_bytes for node in self.nodes]),
            crash_dropped_bytes=self._per_store([node.dropped_bytes for node in self.nodes]),
            memory_mid=_int64([node.memory_mid for node in self.nodes]),
            memory_final=_int64([node.total.level_2 for node in self.nodes]),
            **fields,
        )

    def _series(self) -> dict[str, NDArray[np.int64]]:
        """The binned series: [N, B] for nodes and [N, S, B] for their stores."""
        bins = len(self.edges_ms) - 1
        series: dict[str, NDArray[np.int64]] = {}
        for which, end in (("lows", "min"), ("highs", "max"), ("areas", "ms")):
            totals = _int64([getattr(node.total, which) for node in self.nodes])  # [N, B, 2]
            stores = _int64([[getattr(levels, which) for _, levels in node.tracks] for node in self.nodes])
            stores = stores.reshape(len(self.nodes), -1, bins, 2)  # also when there is no store
            if end == "ms":
                names = ("stores_byte_ms", "memory_byte_ms", "entry_ms", "byte_ms")
            else:
                names = (f"stores_bytes_{end}", f"memory_bytes_{end}", f"entries_{end}", f"bytes_{end}")
            parts = (totals[..., 0], totals[..., 1], stores[..., 0], stores[..., 1])
            series |= {name: part.copy() for name, part in zip(names, parts, strict=True)}
        return series

    def _per_store(self, values: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        return _int64(values).reshape(len(self.nodes), len(self.nodes[0].tracks))


def _int64(values: Any) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
