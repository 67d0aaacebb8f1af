"""Turns that wait for their window: drawn with their session, handed over in time order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sessions import Turns

    Ints = NDArray[np.int64]

_END, _LAST, _TWO_BYTE, _TURN = 1, 2, 4, 3
"""Three flags and, from this bit on, the turn, packed in one integer: fewer columns to sort."""


@dataclass(frozen=True, slots=True)
class Due:
    """Utterances and session ends of one window, by time, session and turn. Arrays of one length."""

    at_ms: Ints
    session: Ints  # dense ids in order of the sessions' starts
    packed: Ints

    @property
    def turn(self) -> Ints:
        """0 for a session's first utterance."""
        return self.packed >> _TURN

    @property
    def is_end(self) -> NDArray[np.bool_]:
        """Whether the row is a signalled session end."""
        return self._has(_END)

    @property
    def last(self) -> NDArray[np.bool_]:
        """Whether no later utterance of the session exists."""
        return self._has(_LAST)

    @property
    def two_byte(self) -> NDArray[np.bool_]:
        """The session's script."""
        return self._has(_TWO_BYTE)

    def _has(self, flag: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self.packed & flag) != 0
        return found


class _Batch:
    """Turns drawn together, in time order, and how many of them are handed over."""

    __slots__ = ("at_ms", "ids", "packed", "session", "used")

    def __init__(self, at_ms: Ints, session: Ints, packed: Ints, ids: Ints) -> None:
        self.at_ms, self.session, self.packed = at_ms, session, packed
        self.ids = ids  # per session of the batch; known once the session has started
        self.used = 0


class Waiting:
    """Turns of sessions that have started and of those that the idle limit will make."""

    def __init__(self, horizon_ms: int) -> None:
        self._horizon_ms = horizon_ms
        self._batches: list[_Batch] = []
        self._ids = 0

    def add(self, turns: Turns) -> None:
        """Let the turns of newly drawn sessions wait; those from the horizon on are dropped."""
        flags = turns.is_end * _END + turns.last * _LAST + turns.two_byte * _TWO_BYTE
        packed = (turns.turn << _TURN) + flags
        order = sort_by_time(turns.at_ms)
        at_ms = turns.at_ms[order]
        order = order[: np.searchsorted(at_ms, self._horizon_ms, side="left")]
        if not len(order):
            return
        ids = np.full(int(turns.session[-1]) + 1, -1, dtype=np.int64)
        self._batches.append(_Batch(at_ms[: len(order)], turns.session[order], packed[order], ids))

    def count_before(self, until_ms: int) -> int:
        """How many turns are due before this instant."""
        ends = (int(np.searchsorted(batch.at_ms, until_ms, side="left")) for batch in self._batches)
        return sum(end - batch.used for end, batch in zip(ends, self._batches, strict=True))

    def due(self, until_ms: int) -> Due:
        """All turns before this instant that were not handed over yet."""
        taken: list[tuple[_Batch, slice]] = []
        for batch in self._batches:
            end = int(np.searchsorted(batch.at_ms, until_ms, side="left"))
            if end > batch.used:
                taken.append((batch, slice(batch.used, end)))
                batch.used = end
        self._name_sessions(taken)
        self._batches = [batch for batch in self._batches if batch.used < len(batch.at_ms)]
        if not taken:
            none = np.empty(0, dtype=np.int64)
            return Due(none, none, none)
        at_ms = np.concatenate([batch.at_ms[some] for batch, some in taken])
        session = np.concatenate([batch.ids[batch.session[some]] for batch, some in taken])
        packed = np.concatenate([batch.packed[some] for batch, some in taken])
        order = _sort_by_time_and_session(at_ms, session)
        return Due(at_ms[order], session[order], packed[order])

    def _name_sessions(self, taken: list[tuple[_Batch, slice]]) -> None:
        """Give ids to the sessions whose first utterance is among these turns, by time, then as drawn."""
        at_ms, batch_of, session = [], [], []
        for number, (batch, some) in enumerate(taken):
            opens = some.start + np.flatnonzero((batch.packed[some] >> _TURN) == 0)
            at_ms.append(batch.at_ms[opens])
            batch_of.append(np.full(len(opens), number))
            session.append(batch.session[opens])
        if not at_ms:
            return
        order = sort_by_time(np.concatenate(at_ms))
        ids = np.empty(len(order), dtype=np.int64)
        ids[order] = self._ids + np.arange(len(order))
        self._ids += len(order)
        stops = np.cumsum([len(opens) for opens in session])
        for (batch, _), opens, own in zip(taken, session, np.split(ids, stops[:-1]), strict=True):
            batch.ids[opens] = own


def sort_by_time(at_ms: Ints) -> Ints:
    """The order by time, ties as they stand, int64.

    >>> sort_by_time(np.array([30, 10, 30, 20])).tolist()
    [1, 3, 0, 2]
    """
    if not len(at_ms):
        return np.empty(0, dtype=np.int64)
    bits = len(at_ms).bit_length()
    begin = int(at_ms.min())
    if (int(at_ms.max()) - begin).bit_length() + bits > 63:
        return np.argsort(at_ms, kind="stable")
    # time and place in one integer: plain sorting is several times faster than sorting an index stably
    keys = ((at_ms - begin) << bits) | np.arange(len(at_ms))
    keys.sort()
    order: Ints = keys & ((1 << bits) - 1)
    return order


def _sort_by_time_and_session(at_ms: Ints, session: Ints) -> Ints:
    """The order by time, then session; a session's own turns stand in their order already."""
    order = sort_by_time(at_ms)
    times, sessions = at_ms[order], session[order]
    tied = np.flatnonzero((times[1:] == times[:-1]) & (sessions[1:] < sessions[:-1]))
    return np.lexsort((session, at_ms)) if len(tied) else order
