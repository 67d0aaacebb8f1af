"""What the host sees of a process: resident memory from live heap, and how late it comes back (B3).

Source: runs of the modelled system's own classes on Node 20.20.2 under natural garbage collection, at real
rates; see docs/footprint.md for the figures and how far this model is from each.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class HeapRules:
    """How live bytes become resident bytes, in whole percent so that every engine gets the same bytes.

    Attributes:
        garbage_bytes: what lies about between two collections, whatever the live heap: about half of the
            8 MiB by which the used heap is seen to peak above the live one. Idling gives little of it back.
        slope_percent: resident bytes per live byte, measured at 4 to 98 MiB of live heap.
        steady_bytes: above this much live heap its garbage is a tenth of it, more than those 8 MiB.
        steep_percent: resident bytes per live byte above `steady_bytes`: 1.1 with garbage, times 1.16 for
            pages that the heap holds beyond what it uses.
        scattered_percent: after a major collection the pages of small objects hold at most this much per
            live byte: survivors keep pages that are partly free. Large objects have pages of their own and
            come back whole.
        release_every_ms: time between major collections that give pages back.
    """

    garbage_bytes: int = 4_400_000
    slope_percent: int = 101
    steady_bytes: int = 80 * MIB
    steep_percent: int = 128
    scattered_percent: int = 153
    release_every_ms: int = 20_000


RULES = HeapRules()


def bare_bytes(base_bytes: int, model: str) -> int:
    """A process whose stores are empty: its base, and under `v8` the garbage of its work.

    >>> bare_bytes(50 * MIB, "live") // MIB, bare_bytes(50 * MIB, "v8") // MIB
    (50, 54)
    """
    return base_bytes + (RULES.garbage_bytes if model == "v8" else 0)


def resident_bytes(held_bytes: int, heap_limit_bytes: int, rules: HeapRules = RULES) -> int:
    """Resident bytes, beyond the bare process, for live bytes or for the pages held for them.

    Garbage never takes the heap beyond its limit.

    >>> [resident_bytes(mib * MIB, 4096 * MIB) // MIB for mib in (0, 50, 98, 174, 4000)]
    [0, 50, 103, 201, 4096]
    """
    steady = min(held_bytes, rules.steady_bytes)
    slope = held_bytes * rules.slope_percent // 100
    steep = steady * rules.slope_percent // 100 + (held_bytes - steady) * rules.steep_percent // 100
    return max(slope, min(steep, heap_limit_bytes))


class ProcessMemory:
    """Resident memory of one process, beyond the bare one.

    Pages grow with the live heap at once and shrink only in `release`, the major collection that gives them
    back. Small objects (sessions, cache entries, maps) and large ones (audio, pending jobs) live on
    different pages.

    >>> process = ProcessMemory(heap_limit_bytes=4096 * MIB)
    >>> process.update(170 * MIB, 0), process.update(85 * MIB, 0)  # half of the small objects go
    (205520895, 205520895)
    >>> process.release(), process.update(0, 0), process.release()
    (151900911, 151900911, 0)
    """

    __slots__ = ("_heap_limit_bytes", "_held_large", "_held_small", "_large", "_rules", "_small", "bytes")

    def __init__(self, heap_limit_bytes: int, rules: HeapRules = RULES) -> None:
        self._heap_limit_bytes, self._rules = heap_limit_bytes, rules
        self._small = self._large = self._held_small = self._held_large = 0
        self.bytes = 0

    def update(self, small_bytes: int, large_bytes: int) -> int:
        """Take note of the live bytes; returns the resident bytes."""
        self._small, self._large = small_bytes, large_bytes
        if small_bytes > self._held_small or large_bytes > self._held_large:
            self._held_small = max(small_bytes, self._held_small)
            self._held_large = max(large_bytes, self._held_large)
            self._weigh()
        return self.bytes

    def release(self) -> int:
        """Collect and give back pages; returns the resident bytes."""
        self._held_small = min(self._held_small, self._small * self._rules.scattered_percent // 100)
        self._held_large = self._large
        self._weigh()
        return self.bytes

    def clear(self) -> None:
        """Start anew after a death."""
        self._small = self._large = self._held_small = self._held_large = self.bytes = 0

    def _weigh(self) -> None:
        self.bytes = resident_bytes(self._held_small + self._held_large, self._heap_limit_bytes, self._rules)


def doubling_fits(heap_bytes: int, doubled_bytes: int, heap_limit_bytes: int) -> bool:
    """Whether the process survives that a Map's table has doubled, the old one still there (B4).

    Args:
        heap_bytes: the whole live heap, base included, with the new table and without the old one.
        doubled_bytes: the old table; 0 when no table has doubled.
        heap_limit_bytes: what the heap may hold.
    """
    return doubled_bytes == 0 or heap_bytes + doubled_bytes <= heap_limit_bytes
