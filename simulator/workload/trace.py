"""Recorded traces: a CSV of utterances and session ends, read in windows, as a workload for one node.

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

import difflib
import gzip
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ..problems import ConfigError, Place, Problem
from .hosts import HEARTBEAT, SCAN
from .rows import FAILS, HANGS, OK, SESSION_END, UTTERANCE, Rows, Workload
from .texts import is_cacheable, key_length, spaces, target_length

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray
    from pandas import DataFrame

    from ..config import Scenario

    Ints = NDArray[np.int64]

REQUIRED = ("at_ms", "event", "session")
COLUMNS = (
    "at_ms", "event", "session", "text", "outcome", "latency_ms", "source_chars", "stored_chars",
    "stored_spaces", "target_chars", "two_byte", "key_chars", "key_two_byte", "context_chars", "audio_ms",
    "cacheable",
)  # fmt: skip
EVENTS = {"utterance": UTTERANCE, "session_end": SESSION_END}
OUTCOMES = {"ok": OK, "fails": FAILS, "hangs": HANGS}
_STRINGS = ("event", "session", "text", "outcome")
CHUNK_ROWS = 100_000


def read_trace(path: str | PathLike[str], scenario: Scenario) -> Workload:
    """A workload of one node, timers at phase 0, from a trace (gzip when the name ends in `.gz`).

    Rows at one instant keep the file's order; rows from the horizon on are left out. The file is read twice,
    in chunks, so that its length costs no memory: once to see which row is a session's last, then for the
    rows.
    Raises ConfigError with file and line for a row that makes no sense.
    """
    name = str(path)
    final_row = _final_rows(name)
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
        draw=lambda: _windows(name, scenario, final_row),
    )


def _chunks(path: str, columns: tuple[str, ...]) -> Iterator[tuple[int, DataFrame]]:
    """The file in pieces, with the number of rows before each; cells as strings where a string belongs."""
    from pandas import read_csv
    from pandas.errors import EmptyDataError, ParserError

    _check_header(path)
    before = 0
    try:
        reader: Any = read_csv(
            path,
            usecols=lambda name: name in columns,
            dtype=dict.fromkeys(_STRINGS, str),
            keep_default_na=False,
            na_values=[""],
            chunksize=CHUNK_ROWS,
            encoding="utf-8",
            skip_blank_lines=False,
        )
        with reader:
            for chunk in reader:
                yield before, chunk.reset_index(drop=True)
                before += len(chunk)
    except (ParserError, EmptyDataError, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise _trouble(path, 0, f"cannot read the trace: {_plain(error)}") from None


def _check_header(path: str) -> None:
    """Refuse a header without the required columns, or with names that are not columns of a trace."""
    opened = gzip.open if path.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            header = lines.readline().strip()
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise _trouble(path, 0, f"cannot read the trace: {_plain(error)}") from None
    names = [name.strip().strip('"') for name in header.split(",")]
    problems = []
    for name in names:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            advice = f"did you mean `{near[0]}`?" if near else f"a trace's columns are {', '.join(COLUMNS)}"
            problems.append(_problem(path, 1, f"unknown column `{name[:60]}`", advice))
    problems += [
        _problem(path, 1, f"the column `{name}` is missing", "the first line names the columns")
        for name in REQUIRED
        if name not in names
    ]
    doubles = sorted({name for name in names if names.count(name) > 1})
    problems += [_problem(path, 1, f"the column `{name}` is here twice") for name in doubles]
    if problems:
        raise ConfigError(problems)


def _final_rows(path: str) -> Ints:
    """Row numbers of each session's last utterance, sorted."""
    final: dict[str, int] = {}
    for before, chunk in _chunks(path, ("event", "session")):
        spoken = chunk[chunk["event"] == "utterance"]
        tail = spoken[~spoken["session"].duplicated(keep="last")]
        final.update(zip(tail["session"], (tail.index + before).tolist(), strict=True))
    return np.sort(np.fromiter(final.values(), dtype=np.int64, count=len(final)))


class _Ids:
    """Dense ids for strings, in order of first appearance."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, values: Any) -> Ints:
        from pandas import factorize

        codes, names = factorize(values)
        known = self._known
        table = np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)
        return table[codes] if len(table) else np.zeros(0, dtype=np.int64)


def _windows(path: str, scenario: Scenario, final_row: Ints) -> Iterator[Rows]:
    sessions, texts = _Ids(), _Ids()
    turns: dict[int, int] = {}
    reached = 0
    for before, chunk in _chunks(path, COLUMNS):
        reader = _Chunk(path, before, chunk, scenario)
        at_ms = reader.times(reached)
        if not len(at_ms):
            continue
        reached = int(at_ms[-1])
        rows = reader.rows(at_ms, sessions, texts, turns, final_row)
        yield rows.take(rows.at_ms < scenario.horizon_ms)
        if reached >= scenario.horizon_ms:
            return


class _Chunk:
    """Some rows of the file, on their way to columns."""

    def __init__(self, path: str, before: int, frame: DataFrame, scenario: Scenario) -> None:
        self.path, self.before, self.frame, self.scenario = path, before, frame, scenario

    def fail(self, row: int, message: str, advice: str = "") -> ConfigError:
        """A problem in this row of the chunk; the header is line 1."""
        return _trouble(self.path, self.before + row + 2, message, advice)

    def times(self, reached: int) -> Ints:
        """The instants, which must not go back."""
        at_ms = self.numbers("at_ms", None)
        back = np.flatnonzero(np.diff(at_ms, prepend=reached) < 0)
        if len(back):
            row = int(back[0])
            earlier = reached if row == 0 else int(at_ms[row - 1])
            raise self.fail(
                row, f"at_ms goes back from {earlier} to {int(at_ms[row])}", "sort the trace by time"
            )
        return at_ms

    def numbers(self, name: str, default: Ints | int | None) -> Ints:
        """A column of whole numbers ≥ 0; empty cells take the default, or are refused where there is none."""
        from pandas import to_numeric

        if name not in self.frame:
            assert default is not None
            return np.broadcast_to(np.asarray(default, dtype=np.int64), len(self.frame)).copy()
        cells = self.frame[name]
        values = to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
        empty = cells.isna().to_numpy()
        bad = ~empty & ~((values >= 0) & (values < 2**53) & (values == np.floor(values)))
        if default is None:
            bad |= empty
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            said = "nothing" if empty[row] else f"`{cells.iloc[row]}`"
            raise self.fail(row, f"expected a whole number from 0 up in `{name}`, not {said}")
        return np.where(empty, 0 if default is None else default, np.nan_to_num(values)).astype(np.int64)

    def flags(self, name: str, default: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A column of 0 and 1."""
        values = self.numbers(name, default.astype(np.int64))
        bad = np.flatnonzero(values > 1)
        if len(bad):
            raise self.fail(int(bad[0]), f"expected 0 or 1 in `{name}`, not {int(values[bad[0]])}")
        return values.astype(np.bool_)

    def words(self, name: str, known: dict[str, int], default: str | None) -> NDArray[np.int8]:
        """A column of words, as their numbers."""
        if name not in self.frame and default is not None:
            return np.full(len(self.frame), known[default], dtype=np.int8)
        cells = self.frame[name]
        numbers = (cells if default is None else cells.fillna(default)).map(known)
        bad = np.flatnonzero(numbers.isna().to_numpy())
        if len(bad):
            row = int(bad[0])
            cell = cells.iloc[row]
            near = difflib.get_close_matches(str(cell), list(known), n=1)
            advice = f"did you mean `{near[0]}`?" if near else f"write one of {', '.join(known)}"
            said = f"`{cell}`" if isinstance(cell, str) else "nothing"
            raise self.fail(row, f"unknown {name} {said}", advice)
        return np.asarray(numbers, dtype=np.int8)

    def rows(self, at_ms: Ints, sessions: _Ids, texts: _Ids, turns: dict[int, int], final_row: Ints) -> Rows:
        """All columns of the chunk."""
        kind = self.words("event", EVENTS, None)
        nameless = np.flatnonzero(self.frame["session"].isna().to_numpy())
        if len(nameless):
            raise self.fail(int(nameless[0]), "the session is missing")
        session = sessions.of(self.frame["session"])
        source = self.numbers("source_chars", round(self.scenario.workload.utterances.text_length.mean))
        two_byte = self.flags("two_byte", np.zeros(len(source), dtype=np.bool_))
        stored = self.numbers("stored_chars", source)
        expansion = self.scenario.workload.translation.expansion
        number = self.before + np.arange(len(source))
        return Rows(
            at_ms=at_ms,
            kind=kind,
            session=session,
            turn=_count_turns(session, kind, turns),
            last=np.isin(number, final_row, assume_unique=True),
            text=self._texts(texts, number),
            outcome=self.words("outcome", OUTCOMES, "ok"),
            latency_ms=self.numbers("latency_ms", 0),
            service_ms=np.ones(len(source), dtype=np.int64),
            audio_ms=self.numbers("audio_ms", round(self.scenario.workload.utterances.audio.mean)),
            source_chars=source,
            stored_chars=stored,
            stored_spaces=self.numbers("stored_spaces", spaces(stored, two_byte)),
            target_chars=self.numbers("target_chars", target_length(source, two_byte, expansion)),
            key_chars=self.numbers("key_chars", key_length(source)),
            context_chars=self.numbers("context_chars", 0),
            two_byte=two_byte,
            key_two_byte=self.flags("key_two_byte", two_byte),
            cacheable=self.flags("cacheable", is_cacheable(source)),
            route=np.zeros(len(source)),
        )

    def _texts(self, texts: _Ids, number: Ints) -> Ints:
        """Ids of named texts from 0 up; a row without a text has one of its own, below 0."""
        if "text" not in self.frame:
            return -1 - number
        cells = self.frame["text"]
        empty = cells.isna().to_numpy()
        return np.where(empty, -1 - number, texts.of(cells.fillna("")))


def _count_turns(session: Ints, kind: NDArray[np.int8], turns: dict[int, int]) -> Ints:
    """Each row's number within its session; only utterances count."""
    counted = np.empty(len(session), dtype=np.int64)
    for row, (who, what) in enumerate(zip(session.tolist(), kind.tolist(), strict=True)):
        turn = counted[row] = turns.get(who, 0)
        if what == UTTERANCE:
            turns[who] = turn + 1
    return counted


def _plain(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).strip().splitlines()[0]


def _problem(path: str, line: int, message: str, advice: str = "") -> Problem:
    place = Place(file=path, line=line, column=1 if line else 0)
    return Problem("E121", message, place, (advice,) if advice else ())


def _trouble(path: str, line: int, message: str, advice: str = "") -> ConfigError:
    return ConfigError([_problem(path, line, message, advice)])
