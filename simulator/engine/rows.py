"""Utterances and session ends one by one, from a workload's windows of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.workload import Workload

_SLICE = 4096  # rows turned into Python objects at a time, so that a wide window costs no memory


class Row(NamedTuple):
    """One row of the workload; the columns' meaning is in `simulator.workload`."""

    at_ms: int
    kind: int
    session: int
    turn: int
    last: bool
    text: int
    outcome: int
    latency_ms: int
    service_ms: int
    audio_ms: int
    source_chars: int
    stored_chars: int
    stored_spaces: int
    target_chars: int
    key_chars: int
    context_chars: int
    two_byte: bool
    key_two_byte: bool
    cacheable: bool
    route: float


def rows(workload: Workload) -> Iterator[Row]:
    """Every row of the workload, in its order."""
    for window in workload.windows():
        columns = [getattr(window, name) for name in Row._fields]
        for start in range(0, len(window), _SLICE):
            some = slice(start, start + _SLICE)
            yield from map(Row._make, zip(*(column[some].tolist() for column in columns), strict=True))
