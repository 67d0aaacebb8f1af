"""Turns of sessions: when, whose, and which one, in two columns, so that there is little to put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

END, LAST, TWO_BYTE = 1, 2, 4
"""Flags in `Turns.who`: a signalled session end; no later utterance of the session; the session's script."""

TURN, SESSION = 3, 31
"""The bits of `Turns.who` from which on there is the turn and the session's id."""

TURNS = ((1 << SESSION) - 1) & ~((1 << TURN) - 1)
"""The bits of the turn."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Utterances and signalled ends. Arrays of one length."""

    at_ms: Ints
    who: Ints
    has_ends: bool  # whether there may be session ends among them

    @property
    def session(self) -> Ints:
        """Whose turn it is."""
        return self.who >> SESSION

    @property
    def turn(self) -> Ints:
        """0 for a session's first utterance."""
        return (self.who & TURNS) >> TURN

    @property
    def is_end(self) -> Flags:
        """Whether the row is a signalled session end."""
        return self._has(END) if self.has_ends else np.zeros(len(self.who), dtype=np.bool_)

    @property
    def last(self) -> Flags:
        """Whether no later utterance of the session exists."""
        return self._has(LAST)

    @property
    def two_byte(self) -> Flags:
        """The session's script."""
        return self._has(TWO_BYTE)

    def _has(self, flag: int) -> Flags:
        found: Flags = (self.who & flag) != 0
        return found
