"""Recorded traces: a CSV of utterances and session ends, as a workload for one node.

Only `at_ms`, `event` and `session` are required. A missing column, or an empty cell, takes its default:

| column | default |
|---|---|
| text | a text of its own |
| outcome, latency_ms | ok, 0 |
| source_chars, audio_ms | the config's mean |
| stored_chars | source_chars |
| stored_spaces | one for every six characters; none in a two-byte script |
| target_chars | by the config's `expansion` |
| two_byte, key_two_byte | 0, two_byte |
| key_chars | language pair and text, shortened beyond 100 characters |
| context_chars | 0 |
| cacheable | 3 to 500 source characters |
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .hosts import HEARTBEAT, SCAN
from .rows import HANGS, KEPT_BYTES, OK, UTTERANCE, Rows, Workload
from .texts import is_cacheable, key_length, spaces, target_length
from .trace_file import EVENTS, FRAME_ROWS, OUTCOMES, Frame, read_frames
from .waiting import sorted_by_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

    from ..config import Scenario

    Ints = NDArray[np.int64]


def read_trace(
    path: str | PathLike[str],
    scenario: Scenario,
    *,
    frame_rows: int = FRAME_ROWS,
    kept_bytes: int = KEPT_BYTES,
) -> Workload:
    """A workload of one node, timers at phase 0, from a trace (gzip when the name ends in `.gz`).

    Rows at one instant keep the file's order; rows from the horizon on are left out. The whole file is read
    and checked here, since only its end tells which row is a session's last. A trace of more than
    `kept_bytes` is not kept but read again, `frame_rows` at a time, so that it costs little memory: the names
    of its sessions, and 8 B for each text. Raises ConfigError with file and line for a row that makes no
    sense (E122), for a file that cannot be read (E110) and for one that is no trace (E101, E102, E112).
    """
    name = str(path)
    reader = _Reader(scenario)
    final = _Grown()
    texts = _Texts()
    kept: list[Rows] | None = []
    size = before = late = 0
    for rows in reader.read(name, frame_rows):
        spoken = rows.kind == UTTERANCE
        # of several rows of a session, the last one stays
        final.reach(reader.sessions.count)[rows.session[spoken]] = before + np.flatnonzero(spoken)
        texts.note(rows.text)
        before += len(rows)
        late += int(np.count_nonzero(rows.at_ms >= scenario.horizon_ms))
        size += rows.nbytes
        kept = None if kept is None or size > kept_bytes else [*kept, rows]
    final_row = final.reach(reader.sessions.count)
    repeated = texts.repeated()

    def again() -> Iterator[Rows]:
        read = iter(kept) if kept is not None else _Reader(scenario).read(name, frame_rows)
        return _before(scenario.horizon_ms, _complete(read, final_row, repeated))

    ready = list(again()) if kept is not None else None
    zero = np.zeros(1, dtype=np.int64)
    none = (np.empty(0, dtype=np.int64),)
    level = round(scenario.nodes.baseline.distribution.mean)
    return Workload(
        horizon_ms=scenario.horizon_ms,
        node_count=1,
        baseline_at_ms=zero,
        baseline_bytes=np.array([[level]], dtype=np.int64),
        phase_ms=dict.fromkeys((*scenario.nodes.stores, HEARTBEAT, SCAN), zero),
        outage_start_ms=none,
        outage_end_ms=none,
        outage_outcome=HANGS,
        outage_unhealthy=False,
        draw=again if ready is None else lambda: iter(ready),
        repeated_texts=len(repeated),
        rows_left_out=late,
    )


def _complete(read: Iterator[Rows], final_row: Ints, repeated: Ints) -> Iterator[Rows]:
    """Fill in what only the whole file tells: which row is its session's last, which texts come again."""
    before = 0
    for rows in read:
        number = before + np.arange(len(rows))
        yield replace(
            rows, last=number >= final_row[rows.session], text=_text_ids(rows.text, repeated, number)
        )
        before += len(rows)


def _before(horizon_ms: int, read: Iterator[Rows]) -> Iterator[Rows]:
    """The rows before the horizon."""
    for rows in read:
        cut = int(np.searchsorted(rows.at_ms, horizon_ms, side="left"))
        if cut:
            yield rows if cut == len(rows) else rows.take(np.arange(cut))
        if cut < len(rows):
            return


class _Reader:
    """Reads a trace from its start: gives sessions ids by first appearance, texts hashes; counts turns."""

    def __init__(self, scenario: Scenario) -> None:
        utterances = scenario.workload.utterances
        self._mean_chars = round(utterances.text_length.mean)
        self._mean_audio_ms = round(utterances.audio.mean)
        self._expansion = scenario.workload.translation.expansion
        self.sessions = _Ids()
        self._turns = _Grown()

    def read(self, path: str, frame_rows: int) -> Iterator[Rows]:
        """The rows, frame by frame; `last` is still to be known."""
        reached = 0
        for frame in read_frames(path, frame_rows):
            if len(frame):
                rows = self._rows(frame, reached)
                reached = int(rows.at_ms[-1])
                yield rows

    def _rows(self, frame: Frame, reached: int) -> Rows:
        at_ms = frame.times(reached)
        kind = frame.words("event", EVENTS)
        sessions, session_names = frame.factorize("session")
        nameless = np.flatnonzero(sessions < 0)
        if len(nameless):
            frame.note(nameless, "session", "the session is missing")
        chars = frame.numbers("source_chars", self._mean_chars)
        two_byte = frame.flags("two_byte", np.zeros(len(frame), dtype=np.bool_))
        stored = frame.numbers("stored_chars", chars)
        texts, text_names = frame.factorize("text")
        columns: dict[str, Any] = {
            "outcome": frame.words("outcome", OUTCOMES, OK),
            "latency_ms": frame.numbers("latency_ms", 0),
            "audio_ms": frame.numbers("audio_ms", self._mean_audio_ms),
            "stored_spaces": frame.numbers("stored_spaces", spaces(stored, two_byte)),
            "target_chars": frame.numbers("target_chars", target_length(chars, two_byte, self._expansion)),
            "key_chars": frame.numbers("key_chars", key_length(chars)),
            "context_chars": frame.numbers("context_chars", 0),
            "key_two_byte": frame.flags("key_two_byte", two_byte),
            "cacheable": frame.flags("cacheable", is_cacheable(chars)),
        }
        frame.refuse()
        session = self.sessions.of(sessions, session_names)
        return Rows(
            at_ms=at_ms,
            kind=kind,
            session=session,
            turn=self._count_turns(session, kind),
            last=np.zeros(len(frame), dtype=np.bool_),
            text=np.array([*_hashes(text_names), -1], dtype=np.int64)[texts],
            service_ms=np.ones(len(frame), dtype=np.int64),
            source_chars=chars,
            stored_chars=stored,
            two_byte=two_byte,
            route=np.zeros(len(frame)),
            **columns,
        )

    def _count_turns(self, session: Ints, kind: NDArray[np.int8]) -> Ints:
        """How many utterances each row's session made before it."""
        so_far = self._turns.reach(self.sessions.count)
        _, order = sorted_by_time(session)  # session by session, each in the file's order
        mine, spoken = session[order], (kind[order] == UTTERANCE).astype(np.int64)
        earlier = np.cumsum(spoken) - spoken
        first = np.flatnonzero(np.diff(mine, prepend=-1))
        group = np.cumsum(np.diff(mine, prepend=-1) > 0) - 1
        turn = np.empty(len(session), dtype=np.int64)
        turn[order] = so_far[mine] + earlier - earlier[first][group]
        so_far += np.bincount(session, weights=kind == UTTERANCE, minlength=len(so_far)).astype(np.int64)
        return turn


def _hashes(names: list[str]) -> Ints:
    """63 bits of each text: with a million texts two of them share theirs once in ten million traces."""
    from pandas.util import hash_array

    return (hash_array(np.array(names, dtype=object), categorize=False) >> np.uint64(1)).astype(np.int64)


class _Texts:
    """Which texts are said more than once, by their hashes: only they need an id that is met again."""

    def __init__(self) -> None:
        self._once = self._more = np.zeros(0, dtype=np.int64)  # sorted; `_more` is within `_once`
        self._waiting: list[Ints] = []
        self._size = 0

    def note(self, hashes: Ints) -> None:
        """Take note of some texts; they are merged when they are many, so that each costs 8 B, once."""
        found, times = np.unique(hashes[hashes >= 0], return_counts=True)
        self._more = np.union1d(self._more, found[times > 1])
        self._waiting.append(found)
        self._size += len(found)
        if self._size > max(len(self._once), 1000):
            self._merge()

    def _merge(self) -> None:
        found, times = np.unique(np.concatenate([self._once, *self._waiting]), return_counts=True)
        self._more = np.union1d(self._more, found[times > 1])
        self._once = found
        self._waiting, self._size = [], 0

    def repeated(self) -> Ints:
        """The hashes of texts that were noted more than once, sorted; what was noted is forgotten."""
        self._merge()
        more, self._once, self._more = self._more, self._once[:0], self._more[:0]
        return more


def _text_ids(hashes: Ints, repeated: Ints, number: Ints) -> Ints:
    """Ids from 0 for texts that come again; below 0, by the row's number, for the rest and the nameless."""
    if not len(repeated):
        return -1 - number
    place = np.minimum(np.searchsorted(repeated, hashes), len(repeated) - 1)
    return np.where(repeated[place] == hashes, place, -1 - number)


class _Ids:
    """Dense ids for strings, by first appearance."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    @property
    def count(self) -> int:
        return len(self._known)

    def of(self, codes: NDArray[np.intp], names: list[str]) -> Ints:
        """The ids of `names[code]`; -1 for the code -1."""
        known = self._known
        return np.array([*(known.setdefault(name, len(known)) for name in names), -1], dtype=np.int64)[codes]


class _Grown:
    """An int64 array of zeros that grows at its end."""

    def __init__(self) -> None:
        self._all = np.zeros(1024, dtype=np.int64)

    def reach(self, count: int) -> Ints:
        """A view of the first `count` numbers."""
        if count > len(self._all):
            more = np.zeros(max(2 * len(self._all), count) - len(self._all), dtype=np.int64)
            self._all = np.concatenate([self._all, more])
        return self._all[:count]
