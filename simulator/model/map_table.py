"""The table of a JavaScript Map: how its capacity follows inserts and deletes, and what it weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.model.v8 import table_bytes

if TYPE_CHECKING:
    from simulator.model.v8 import Sizes

LEAST_CAPACITY = 4


class MapTable:
    """Capacity of a Map's table. A deleted entry keeps its slot until the table is made anew.

    Source: V8's OrderedHashTable (EnsureCapacityForAdding, Shrink), measured on Node 20. Steady churn of n
    entries ends at a capacity in [2n, 4n), growth alone in [n, 2n).

    >>> table = MapTable()
    >>> [table.insert() for _ in range(5)], table.capacity
    ([0, 0, 0, 0, 4], 8)
    >>> [table.delete() for _ in range(4)], table.capacity, table.live, table.deleted
    ([None, None, None, None], 4, 1, 0)
    """

    __slots__ = ("capacity", "deleted", "live")

    def __init__(self) -> None:
        self.capacity = LEAST_CAPACITY
        self.live = self.deleted = 0

    def insert(self) -> int:
        """Add an entry; returns the old capacity when the table had to double for it, else 0."""
        doubled_from = 0
        if self.live + self.deleted >= self.capacity:
            if self.deleted < self.capacity // 2:
                doubled_from = self.capacity
                self.capacity *= 2
            self.deleted = 0
        self.live += 1
        return doubled_from

    def delete(self) -> None:
        """Take an entry away, halving a table of which less than a quarter is in use."""
        self.live -= 1
        self.deleted += 1
        if self.live < self.capacity // 4:
            self.capacity = max(LEAST_CAPACITY, self.capacity // 2)
            self.deleted = 0

    def clear(self) -> None:
        """Start anew with an empty table."""
        self.capacity = LEAST_CAPACITY
        self.live = self.deleted = 0


class Tables:
    """`count` Maps that gain and lose entries together.

    An empty table weighs nothing: it is part of the base process.

    Attributes:
        doubled_bytes: what one table weighed before it last doubled, until somebody sets this to 0. While a
            table doubles, the old one is still there.
    """

    __slots__ = ("_count", "_sizes", "_table", "doubled_bytes")

    def __init__(self, count: int, sizes: Sizes) -> None:
        self._count, self._sizes = count, sizes
        self._table = MapTable()
        self.doubled_bytes = 0

    def insert(self) -> int:
        """Add an entry; returns the change in bytes."""
        before = self._table.capacity
        if doubled_from := self._table.insert():
            self.doubled_bytes = table_bytes(doubled_from, self._sizes)
        return self._change(before)

    def delete(self) -> int:
        """Take an entry away; returns the change in bytes."""
        before = self._table.capacity
        self._table.delete()
        return self._change(before)

    def clear(self) -> None:
        """Start anew."""
        self._table.clear()
        self.doubled_bytes = 0

    def _change(self, capacity: int) -> int:
        return self._count * self._sizes.table_slot * (self._table.capacity - capacity)
