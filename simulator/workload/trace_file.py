"""The trace format: a CSV, perhaps gzipped, read in pieces and checked row by row."""

from __future__ import annotations

import difflib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..problems import ConfigError, Place, Problem
from .rows import FAILS, HANGS, OK, SESSION_END, UTTERANCE
from .trace_lines import UNREADABLE, open_text, place_of_row, unequal_row, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from pandas import DataFrame

    Ints = NDArray[np.int64]

REQUIRED = ("at_ms", "event", "session")
COLUMNS = (
    "at_ms", "event", "session", "text", "outcome", "latency_ms", "source_chars", "stored_chars",
    "stored_spaces", "target_chars", "two_byte", "key_chars", "key_two_byte", "context_chars", "audio_ms",
    "cacheable",
)  # fmt: skip
EVENTS = {"utterance": UTTERANCE, "session_end": SESSION_END}
OUTCOMES = {"ok": OK, "fails": FAILS, "hangs": HANGS}
_WORDS = ("event", "session", "text", "outcome")

FRAME_ROWS = 60_000
LARGEST = 2**53
"""Numbers below this are whole in a double too, in which pandas reads a column with empty cells."""


def read_frames(path: str, frame_rows: int = FRAME_ROWS) -> Iterator[Frame]:
    """The file in pieces.

    Raises ConfigError when it cannot be read (E110), is no trace (E101, E102, E112) or has odd rows (E122).
    """
    from pandas import read_csv
    from pandas.errors import ParserError, ParserWarning

    names = _read_header(path)
    before = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ParserWarning)
            reader: Any = read_csv(
                path,
                header=0,
                names=names,
                index_col=False,
                dtype=dict.fromkeys(_WORDS, object),
                keep_default_na=False,
                na_values=[""],
                chunksize=frame_rows,
                encoding="utf-8",
                skip_blank_lines=False,
            )
            with reader:
                for frame in reader:
                    yield Frame(path, before, frame.reset_index(drop=True))
                    before += len(frame)
    except (ParserError, ParserWarning) as error:
        raise unequal_row(path, len(names), str(error)) from None
    except UNREADABLE as error:
        raise unreadable(path, error) from None


class Frame:
    """Some rows of the file. Each column comes out checked, with defaults where it is empty or missing.

    What is wrong is noted, one problem a column; `refuse` raises all of it when the columns have been read.
    """

    def __init__(self, path: str, before: int, frame: DataFrame) -> None:
        self.path, self.before = path, before
        self._problems: list[Problem] = []
        blank = frame["at_ms"].isna()
        if blank.any():  # a line with nothing in it, as at the end of a file that an editor saved
            frame = frame[~frame.isna().all(axis=1)]
        self._numbers = before + frame.index.to_numpy() + 2  # the header is row 1
        self._frame = frame

    def __len__(self) -> int:
        return len(self._frame)

    def note(self, rows: Ints, column: str, message: str, advice: str = "") -> None:
        """Note what is wrong with the first of these rows of the piece, and how many are like it."""
        place = place_of_row(self.path, int(self._numbers[rows[0]]), column)
        help_ = [advice] if advice else []
        if len(rows) > 1:
            help_.append(f"{len(rows) - 1:,} more below {'is' if len(rows) == 2 else 'are'} wrong here too")
        self._problems.append(Problem("E122", message, place, tuple(help_)))

    def refuse(self) -> None:
        """Raise ConfigError when anything was wrong."""
        if self._problems:
            raise ConfigError(self._problems, self.path)

    def times(self, reached: int) -> Ints:
        """The instants, which do not go back behind each other or `reached`."""
        at_ms, bad = self._whole("at_ms", None)
        read = np.flatnonzero(~bad)
        earlier = np.concatenate([[reached], at_ms[read]])[:-1]
        back = np.flatnonzero(at_ms[read] < earlier)
        if len(back):
            message = f"at_ms goes back from {earlier[back[0]]} to {at_ms[read[back[0]]]}"
            self.note(read[back], "at_ms", message, "sort the rows by time")
        return at_ms

    def numbers(self, name: str, default: Ints | int | None = None) -> Ints:
        """A column of whole numbers from 0 up. Without a default, every row needs one."""
        return self._whole(name, default)[0]

    def _whole(self, name: str, default: Ints | int | None) -> tuple[Ints, NDArray[np.bool_]]:
        """The same, and which rows are wrong: they are noted and read as 0."""
        from pandas import to_numeric

        right = np.zeros(len(self), dtype=np.bool_)

        if name not in self._frame:
            if default is None:
                raise TypeError(f"no column {name} and no default")
            return np.broadcast_to(np.asarray(default, dtype=np.int64), len(self)).copy(), right
        cells = self._frame[name]
        if cells.dtype == np.int64:
            whole = cells.to_numpy()
            if not len(whole) or (whole.min() >= 0 and whole.max() < LARGEST):
                return np.ascontiguousarray(whole), right
        values = np.asarray(to_numeric(cells, errors="coerce"), dtype=np.float64)
        empty = cells.isna().to_numpy()
        bad = ~empty & ~((values >= 0) & (values < LARGEST) & (values == np.floor(values)))
        if default is None:
            bad |= empty
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            said = "nothing" if empty[row] else f"`{_shown(cells.iloc[row])}`"
            self.note(np.flatnonzero(bad), name, f"expected a whole number from 0 up in `{name}`, not {said}")
        read = np.where(bad, 0, np.nan_to_num(values))
        filled: Ints = np.where(empty, 0 if default is None else default, read).astype(np.int64)
        return filled, bad

    def flags(self, name: str, default: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A column of 0 and 1."""
        values = self.numbers(name, default.astype(np.int64))
        bad = np.flatnonzero(values > 1)
        if len(bad):
            self.note(bad, name, f"expected 0 or 1 in `{name}`, not {values[bad[0]]}")
        return values.astype(np.bool_)

    def words(self, name: str, known: Mapping[str, int], default: int | None = None) -> NDArray[np.int8]:
        """A column of words, as their numbers. Without a default, every row needs one."""
        if name not in self._frame and default is not None:
            return np.full(len(self), default, dtype=np.int8)
        codes, found = self.factorize(name)
        # the last place is that of empty cells, which have the code -1
        numbers = [known.get(word, -1) for word in found] + [-1 if default is None else default]
        column = np.array(numbers, dtype=np.int8)[codes]
        bad = np.flatnonzero(column < 0)
        if len(bad):
            row = int(bad[0])
            advice = f"write one of {', '.join(known)}"
            if codes[row] < 0:
                self.note(bad, name, f"`{name}` is empty", advice)
            else:
                word = found[codes[row]]
                near = difflib.get_close_matches(word, list(known), n=1)
                advice = f"did you mean `{near[0]}`?" if near else advice
                self.note(bad, name, f"unknown {name} `{_shown(word)}`", advice)
        return column

    def factorize(self, name: str) -> tuple[NDArray[np.intp], list[str]]:
        """A column of strings as numbers into a list by first appearance; -1 where a cell is empty."""
        from pandas import factorize

        if name not in self._frame:
            return np.full(len(self), -1), []
        codes, found = factorize(self._frame[name].to_numpy(dtype=object))
        return codes, found.tolist()


def _read_header(path: str) -> list[str]:
    """The names of the columns. Refuses names that are no columns of a trace, or twice, and missing ones."""
    try:
        with open_text(path) as lines:
            header = lines.readline().rstrip("\r\n")
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    if not header.strip():
        advice = "a trace begins with them, such as `at_ms,event,session`"
        raise ConfigError([Problem("E119", "the first line names no columns", Place(path, 1, 1), (advice,))])
    names = [name.strip().strip('"') for name in header.split(",")]
    place = Place(path, 1, 1, source=header)
    problems = []
    for name in names:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            advice = f"did you mean `{near[0]}`?" if near else f"a trace has {', '.join(COLUMNS)}"
            problems.append(Problem("E101", f"unknown column `{_shown(name)}`", place, (advice,)))
    for name in REQUIRED:
        if name not in names:
            advice = "the first line names the columns, such as `at_ms,event,session`"
            problems.append(Problem("E102", f"the column `{name}` is missing", place, (advice,)))
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [Problem("E112", f"the column `{_shown(name)}` is here twice", place) for name in twice]
    if problems:
        raise ConfigError(problems)
    return names


def _shown(value: object) -> str:
    # a column with empty cells is read as doubles
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
