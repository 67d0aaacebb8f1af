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
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from simulator.model.footprint import Footprint


class Level:
    """A step series: its value now, and the minimum, maximum and time integral of each bin."""

    __slots__ = ("area", "areas", "high", "highs", "low", "lows", "value")

    def __init__(self, value: int, width_ms: int) -> None:
        self.value = self.low = self.high = value
        self.area = value * width_ms
        self.lows: list[int] = []
        self.highs: list[int] = []
        self.areas: list[int] = []

    def to(self, value: int, left_ms: int) -> None:
        """Change the value with `left_ms` of the bin left."""
        self.area += (value - self.value) * left_ms
        self.value = value
        if value > self.high:
            self.high = value
        elif value < self.low:
            self.low = value

    def close(self, next_width_ms: int) -> None:
        """End the bin and enter the next."""
        self.lows.append(self.low)
        self.highs.append(self.high)
        self.areas.append(self.area)
        self.low = self.high = self.value
        self.area = self.value * next_width_ms


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
        "any_ms", "cause", "cause_ms", "dropped_bytes", "memory", "memory_mid", "memory_over",
        "mid_bytes", "since_ms", "spells", "stores", "tracks", "unnoticed", "unnoticed_ms",
    )  # fmt: skip

    def __init__(
        self, footprints: Sequence[Footprint], memory_bytes: int, width_ms: int, warmup_ms: int
    ) -> None:
        self.tracks = [
            (footprint, Level(footprint.entries, width_ms), Level(footprint.bytes, width_ms))
            for footprint in footprints
        ]
        self.stores = Level(sum(footprint.bytes for footprint in footprints), width_ms)
        self.memory = Level(memory_bytes, width_ms)
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
        for _, entries, size in self.tracks:
            entries.close(next_width_ms)
            size.close(next_width_ms)
        self.stores.close(next_width_ms)
        self.memory.close(next_width_ms)
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
        total = 0
        for footprint, entries, size in node.tracks:
            held = footprint.bytes
            total += held
            if footprint.entries != entries.value:
                entries.to(footprint.entries, left_ms)
            if held != size.value:
                size.to(held, left_ms)
        if total != node.stores.value:
            node.stores.to(total, left_ms)
        memory_bytes = fixed_bytes + total
        if memory_bytes != node.memory.value:
            node.memory.to(memory_bytes, left_ms)
            if memory_bytes > self.peak_bytes:
                self._peak(index, now)
        return total

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
            for place, (footprint, _, _) in enumerate(node.tracks):
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
            if node.memory.value > self.peak_bytes:
                self._peak(index, now)

    def note_middle(self) -> None:
        """Remember the levels that enter the second half."""
        for node in self.nodes:
            node.mid_bytes = [size.value for _, _, size in node.tracks]
            node.memory_mid = node.memory.value

    def _peak(self, index: int, now: int) -> None:
        node = self.nodes[index]
        self.peak_bytes, self.peak_at_ms, self.peak_node = node.memory.value, now, index
        self.peak_stores = [size.value for _, _, size in node.tracks]

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
            entries_final=self._now(lambda entries, _: entries.value),
            bytes_final=self._now(lambda _, size: size.value),
            bytes_mid=self._per_store([node.mid_bytes for node in self.nodes]),
            crash_dropped_bytes=self._per_store([node.dropped_bytes for node in self.nodes]),
            memory_mid=_int64([node.memory_mid for node in self.nodes]),
            memory_final=_int64([node.memory.value for node in self.nodes]),
            **fields,
        )

    def _series(self) -> dict[str, NDArray[np.int64]]:
        """The binned series: [N, B] for nodes and [N, S, B] for their stores."""
        shape = (len(self.nodes), len(self.nodes[0].tracks), len(self.edges_ms) - 1)
        series = {}
        for level in ("memory", "stores"):
            of_node = [getattr(node, level) for node in self.nodes]
            series[f"{level}_bytes_min"] = _int64([each.lows for each in of_node])
            series[f"{level}_bytes_max"] = _int64([each.highs for each in of_node])
            series[f"{level}_byte_ms"] = _int64([each.areas for each in of_node])
        for track, levels, area in ((1, "entries", "entry_ms"), (2, "bytes", "byte_ms")):
            of_store: list[list[Level]] = [[each[track] for each in node.tracks] for node in self.nodes]  # type: ignore[misc]
            series[f"{levels}_min"] = _int64([[each.lows for each in row] for row in of_store]).reshape(shape)
            series[f"{levels}_max"] = _int64([[each.highs for each in row] for row in of_store]).reshape(
                shape
            )
            series[area] = _int64([[each.areas for each in row] for row in of_store]).reshape(shape)
        return series

    def _now(self, level: Callable[[Level, Level], int]) -> NDArray[np.int64]:
        return self._per_store(
            [[level(entries, size) for _, entries, size in node.tracks] for node in self.nodes]
        )

    def _per_store(self, values: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        return _int64(values).reshape(len(self.nodes), len(self.nodes[0].tracks))


def _int64(values: Any) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
