"""The workload as the engines see it: rows in time order, and the hosts' own columns."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

UTTERANCE, SESSION_END = range(2)
"""What a row is (`Rows.kind`)."""

OK, FAILS, HANGS = range(3)
"""How an utterance's translation ends (`Rows.outcome`, rule W4)."""

CACHED_CHARS = (3, 500)
"""Only texts of this many characters are cached (rule C4)."""

KEPT_BYTES = 300 * 2**20
"""Rows up to this size are worth keeping for a second reading; more are drawn again."""


@dataclass(frozen=True)
class Rows:
    """Some rows in time order; ties stand by session, then turn. Arrays of one length, C-contiguous.

    `kind`, `outcome` int8; flags bool; `route` float64; everything else int64. Where rows are drawn, each
    column is drawn when it is first read: one that no setting reads costs nothing.
    """

    at_ms: Ints
    kind: NDArray[np.int8]  # UTTERANCE or SESSION_END
    session: Ints  # dense ids from 0
    turn: Ints  # 0 for the session's first utterance; a session end has the next number
    last: NDArray[np.bool_]  # no later utterance of the session, beyond the horizon either
    text: Ints  # the translation's cache key
    outcome: NDArray[np.int8]
    latency_ms: Ints  # of the translation, until ok or fails
    service_ms: Ints  # how long the job holds its slot (A8)
    audio_ms: Ints
    source_chars: Ints
    stored_chars: Ints  # of the text as the session keeps it
    stored_spaces: Ints  # spaces in it
    target_chars: Ints
    key_chars: Ints
    context_chars: Ints  # previous text that the cache key retains
    two_byte: NDArray[np.bool_]  # the text has characters above U+00FF (W3)
    key_two_byte: NDArray[np.bool_]
    cacheable: NDArray[np.bool_]
    route: NDArray[np.float64]  # uniform in [0, 1), for random routing

    @classmethod
    def drawn_when_read(cls, at_ms: Ints, draw: Callable[[str], NDArray[Any]]) -> Rows:
        """Rows at these instants; `draw` makes any other column, by its name, once."""
        rows = object.__new__(cls)
        rows.__dict__.update(at_ms=at_ms, _draw=draw)
        return rows

    def __getattr__(self, name: str) -> NDArray[Any]:
        """A column that has not been read before."""
        if name not in ROW_TYPES or "_draw" not in self.__dict__:
            raise AttributeError(f"rows have no `{name}`")
        column: NDArray[Any] = self.__dict__["_draw"](name)
        self.__dict__[name] = column
        return column

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.at_ms)

    def take(self, where: NDArray[Any]) -> Rows:
        """The rows at these places (or where this mask is true), in that order."""
        return Rows(*(getattr(self, name)[where] for name in ROW_NAMES))

    @property
    def nbytes(self) -> int:
        """The size of the arrays; of rows that are drawn when read, of those that were."""
        return sum(column.nbytes for name, column in self.__dict__.items() if name in ROW_TYPES)


ROW_NAMES = tuple(each.name for each in fields(Rows))
_TYPES: dict[str, type[np.generic]] = {
    "kind": np.int8,
    "outcome": np.int8,
    "route": np.float64,
    **dict.fromkeys(("last", "two_byte", "key_two_byte", "cacheable"), np.bool_),
}
ROW_TYPES = {name: _TYPES.get(name, np.int64) for name in ROW_NAMES}
"""The NumPy type of every column."""


def concatenate(parts: list[Rows]) -> Rows:
    """Rows one after the other."""
    return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in ROW_NAMES))


def no_rows(n: int = 0) -> Rows:
    """`n` rows of zeros."""
    return Rows(*(np.zeros(n, dtype=ROW_TYPES[name]) for name in ROW_NAMES))


@dataclass(frozen=True)
class Workload:
    """Everything random about one replication, drawn beforehand and shared by all settings.

    Nothing here depends on what the nodes do (the open loop of rule W5). Shapes: N nodes, K baseline steps.
    """

    horizon_ms: int
    node_count: int
    baseline_at_ms: Ints  # [K], the first at 0
    baseline_bytes: Ints  # [N, K]: memory of everything else on the host, from that instant on
    phase_ms: Mapping[str, Ints]  # per timer: a store's name or "heartbeat" [N]; "scan" [1] (T3)
    outage_start_ms: tuple[Ints, ...]  # per node, sorted; an outage covers [start, end)
    outage_end_ms: tuple[Ints, ...]
    outage_outcome: int
    outage_unhealthy: bool
    draw: Callable[[], Iterator[Rows]] = field(repr=False)
    repeated_texts: int | None = None  # texts 0 .. below this may be said again, others once; None: who knows
    rows_left_out: int = 0  # of a trace: those from the horizon on
    keep_bytes: int = 0  # rows up to this size stay in memory after their first reading
    _kept: list[Rows] = field(default_factory=list, repr=False, compare=False)

    def keeping(self, limit_bytes: int = KEPT_BYTES) -> Workload:
        """The same workload, its rows kept for further readings if they take no more than the limit."""
        return replace(self, keep_bytes=limit_bytes, _kept=[])

    def windows(self) -> Iterator[Rows]:
        """The rows, window by window in time order. Can be called again, with the same bytes.

        They are drawn anew each time, so that a long horizon costs no memory, unless they may be kept. What
        counts is the size of the columns that were read.
        """
        if self._kept:
            yield from self._again()
            return
        seen: list[Rows] | None = []
        size = 0
        for window in self.draw():
            yield window
            if seen is not None:
                size += window.nbytes
                if size <= self.keep_bytes:
                    seen.append(window)
                else:
                    seen = None
        if seen:
            self._kept[:] = seen

    def _again(self) -> Iterator[Rows]:
        """The rows that are kept; they are let go if a reader of other columns makes them too large."""
        size = sum(window.nbytes for window in self._kept)
        ahead = deque(self._kept)
        while ahead:
            window = ahead.popleft()
            size -= window.nbytes
            yield window
            size += window.nbytes
            if size > self.keep_bytes:
                self._kept.clear()
