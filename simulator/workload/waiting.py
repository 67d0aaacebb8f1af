"""Turns that wait for their window: drawn with their session, handed over in time order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .sessions import Turns

    Ints = NDArray[np.int64]

_END, _LAST, _TWO_BYTE, _TURN, _SESSION = 1, 2, 4, 3, 31
"""A turn in one integer, so that there is one column to put in order: three flags; from these bits on the
turn and the session."""

_TURNS = (1 << (_SESSION - _TURN)) - 1


@dataclass(frozen=True, slots=True)
class Due:
    """Utterances and session ends of one window, by time, session and turn. Arrays of one length."""

    at_ms: Ints
    who: Ints
    has_ends: bool  # whether there may be session ends among them

    @property
    def session(self) -> Ints:
        """Dense ids in order of the sessions' starts."""
        return self.who >> _SESSION

    @property
    def turn(self) -> Ints:
        """0 for a session's first utterance."""
        return (self.who >> _TURN) & _TURNS

    @property
    def is_end(self) -> NDArray[np.bool_]:
        """Whether the row is a signalled session end."""
        if not self.has_ends:
            return np.zeros(len(self.who), dtype=np.bool_)
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
        found: NDArray[np.bool_] = (self.who & flag) != 0
        return found


class _Batch:
    """Turns in time order, and how many of them are handed over."""

    __slots__ = ("at_ms", "ids", "used", "who")

    def __init__(self, at_ms: Ints, who: Ints, ids: Ints | None) -> None:
        self.at_ms, self.who = at_ms, who
        self.ids = ids  # per session, once it has started, where `who` numbers those of the batch only
        self.used = 0


class Waiting:
    """Turns of sessions that have started and of those that the idle limit will make."""

    def __init__(self, horizon_ms: int) -> None:
        self._horizon_ms = horizon_ms
        self._batches: list[_Batch] = []
        self._ids = 0
        self._has_ends = False

    def add(self, turns: Turns) -> None:
        """Let the turns of newly drawn sessions wait; those from the horizon on are dropped."""
        who = (turns.session << _SESSION) + (turns.turn << _TURN)
        who += turns.last * _LAST
        who += turns.two_byte * _TWO_BYTE
        if turns.is_end is not None:
            self._has_ends = True
            who += turns.is_end * _END
        ids = None
        if not len(who):
            return
        if turns.split:  # a part of a session may begin after a session that is drawn later
            ids = np.full(int(turns.session[-1]) + 1, -1, dtype=np.int64)
        else:
            who += self._ids << _SESSION
            self._ids += int(turns.session[-1]) + 1
        at_ms, order = sorted_by_time(turns.at_ms)
        cut = int(np.searchsorted(at_ms, self._horizon_ms, side="left"))
        if cut:
            self._batches.append(_Batch(at_ms[:cut], who[order[:cut]], ids))

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
        self._name_sessions([(batch, some) for batch, some in taken if batch.ids is not None])
        self._batches = [batch for batch in self._batches if batch.used < len(batch.at_ms)]
        if not taken:
            none = np.empty(0, dtype=np.int64)
            return Due(none, none, self._has_ends)
        at_ms = np.concatenate([batch.at_ms[some] for batch, some in taken])
        who = np.concatenate([_named(batch, some) for batch, some in taken])
        at_ms, order = sorted_by_time(at_ms)
        who = who[order]
        # of ties the earlier session comes first; its own turns stand in their order already
        if any(batch.ids is not None for batch, _ in taken) and _out_of_order(at_ms, who >> _SESSION).any():
            who = who[np.lexsort((who >> _SESSION, at_ms))]
        return Due(at_ms, who, self._has_ends)

    def _name_sessions(self, taken: list[tuple[_Batch, slice]]) -> None:
        """Give ids to the sessions whose first utterance is among these turns, by time, then as drawn."""
        at_ms, session = [], []
        for batch, some in taken:
            opens = some.start + np.flatnonzero((batch.who[some] & (_TURNS << _TURN)) == 0)
            at_ms.append(batch.at_ms[opens])
            session.append(batch.who[opens] >> _SESSION)
        if not at_ms:
            return
        _, order = sorted_by_time(np.concatenate(at_ms))
        ids = np.empty(len(order), dtype=np.int64)
        ids[order] = self._ids + np.arange(len(order))
        self._ids += len(order)
        stops = np.cumsum([len(opens) for opens in session])
        for (batch, _), opens, own in zip(taken, session, np.split(ids, stops[:-1]), strict=True):
            assert batch.ids is not None
            batch.ids[opens] = own


def _named(batch: _Batch, some: slice) -> Ints:
    """Turns with the ids of their sessions."""
    who = batch.who[some]
    if batch.ids is None:
        return who
    named: Ints = (batch.ids[who >> _SESSION] << _SESSION) | (who & ((1 << _SESSION) - 1))
    return named


def _out_of_order(at_ms: Ints, session: Ints) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (at_ms[1:] == at_ms[:-1]) & (session[1:] < session[:-1])
    return found


def sorted_by_time(at_ms: Ints) -> tuple[Ints, Ints]:
    """The times in order, and the order of the places that they had: ties as they stood. int64 both.

    >>> times, order = sorted_by_time(np.array([30, 10, 30, 20]))
    >>> times.tolist(), order.tolist()
    ([10, 20, 30, 30], [1, 3, 0, 2])
    """
    if not len(at_ms):
        return at_ms, np.empty(0, dtype=np.int64)
    bits = len(at_ms).bit_length()
    begin = int(at_ms.min())
    if (int(at_ms.max()) - begin).bit_length() + bits > 63:
        order = np.argsort(at_ms, kind="stable")
        return at_ms[order], order
    # time and place in one integer: plain sorting is many times faster than sorting an index stably
    keys = at_ms - begin
    keys <<= bits
    keys |= np.arange(len(at_ms))
    keys.sort()
    order = keys & ((1 << bits) - 1)
    keys >>= bits
    keys += begin
    return keys, order
