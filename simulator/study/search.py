"""The cheapest of many values that meets all targets: which values to try, and what can be said at the end.

Pure logic over ranks, 0 being the cheapest; what a rank stands for, and how it is tried, is somebody else's
business (`cheapest`). A few ranks over the whole range come first. Targets usually hold on one side of a
limit, so what meets all of them lies in one piece; its cheap end is then found by halving. Where that is not
so, the first ranks or those on the way show it, and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Status = Literal["met", "missed", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one value stands: met when all targets are, missed when one is. Targets by their numbers."""

    status: Status
    missed: frozenset[int] = frozenset()
    untold: frozenset[int] = frozenset()

    @property
    def unmet(self) -> frozenset[int]:
        """Targets that are not known to be met."""
        return self.missed | self.untold


@dataclass(frozen=True, slots=True)
class Edge:
    """Where meeting begins: the cheapest rank that is known to meet all targets, None when there is none.

    `missed` is the dearest cheaper rank that is known to miss one (None: no cheaper one is). What lies
    between the two was found undecided, at its ends and halfway, or there is nothing between them.
    """

    met: int | None
    missed: int | None


@dataclass
class Search:
    """Tries ranks. `quick` says how some stand at once, `thorough` tries harder where that was undecided."""

    quick: Callable[[Sequence[int]], Sequence[Standing]]
    thorough: Callable[[int], Standing]
    standings: dict[int, Standing] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def edge(self, first: Sequence[int]) -> Edge:
        """Search from the first ranks, which are in order."""
        self.standings.update(zip(first, self.quick(first), strict=True))
        met = next((rank for rank in first if self._at(rank).status == "met"), None)
        if met is None:
            met = next(
                (found for pair in pairwise(first) if (found := self._between(*pair)) is not None), None
            )
        if met is None:
            return Edge(None, None)
        while True:
            met = self._cheap_end(met)
            edge = Edge(met, self._dear_end_of_missed(met))
            cheaper = [rank for rank, at in self.standings.items() if at.status == "met" and rank < met]
            if not cheaper:
                return edge
            met = min(cheaper)  # among the undecided there was one: a second piece

    def _at(self, rank: int) -> Standing:
        """How a rank stands, tried as hard as allowed."""
        if rank not in self.standings:
            self.standings[rank] = self.quick([rank])[0]
        if self.standings[rank].status == "cannot tell" and rank not in self._done:
            self._done.add(rank)
            self.standings[rank] = self.thorough(rank)
        return self.standings[rank]

    def _between(self, low: int, high: int) -> int | None:
        """A rank that meets all targets between one that misses some and one that misses others."""
        at_low, at_high = self._at(low).unmet, self._at(high).unmet
        if at_low & at_high:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            found = self._at(middle)
            if found.status == "met":
                return middle
            if found.unmet & at_low and found.unmet & at_high:
                return None  # both kinds at once: where one begins to hold the other has ceased to
            low, high = (middle, high) if found.unmet & at_low else (low, middle)
        return None

    def _cheap_end(self, met: int) -> int:
        """Halve between a rank that meets all and the dearest cheaper one that does not."""
        below = max((rank for rank in self.standings if rank < met), default=met)
        while met - below > 1:
            middle = (met + below) // 2
            met, below = (middle, below) if self._at(middle).status == "met" else (met, middle)
        return met

    def _dear_end_of_missed(self, met: int) -> int | None:
        """Halve between the dearest rank below that is missed and the undecided ones above it."""
        cheaper = [rank for rank in sorted(self.standings) if rank < met]
        missed = max((rank for rank in cheaper if self._at(rank).status == "missed"), default=None)
        if missed is None:
            return None
        above = min((rank for rank in cheaper if rank > missed), default=met)
        while above - missed > 1:
            middle = (above + missed) // 2
            missed, above = (middle, above) if self._at(middle).status == "missed" else (missed, middle)
        return missed

    def pieces(self) -> list[tuple[Status, int, int]]:
        """What was found from the cheapest rank to the dearest: status, first and last rank of each piece.

        Undecided ranks are left out: they are no piece of their own.
        """
        found: list[tuple[Status, int, int]] = []
        for rank in sorted(self.standings):
            status = self.standings[rank].status
            if status == "cannot tell":
                continue
            if found and found[-1][0] == status:
                found[-1] = (status, found[-1][1], rank)
            else:
                found.append((status, rank, rank))
        return found
