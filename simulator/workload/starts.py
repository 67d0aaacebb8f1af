"""Session starts read from a file: a list of times, or a trace of which each session's first row counts."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem
from .trace_lines import UNREADABLE, open_text, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_DIGITS = 18  # a longer number of ms does not fit 64 bits, and is older than the universe


def read_starts(path: str) -> NDArray[np.int64]:
    """Session starts in ms, int64, from a CSV in order of time; gzip when its name ends in `.gz`.

    One whole number of ms a line, perhaps under a header; or, with a header that names `at_ms` and `session`,
    a trace. Raises ConfigError with file and line (E110: unreadable; E122: a line that makes no sense).
    """
    starts: list[int] = []
    try:
        with open_text(path) as lines:
            for number, row in _starting_rows(csv.reader(lines)):
                text = row.strip()
                if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
                    raise _trouble(path, number, f"expected a whole number of ms, not `{text[:40]}`")
                if starts and int(text) < starts[-1]:
                    raise _trouble(path, number, f"{text} ms comes after {starts[-1]} ms: not in order")
                starts.append(int(text))
    except (*UNREADABLE, csv.Error) as error:
        raise unreadable(path, error, "session starts") from None
    return np.array(starts, dtype=np.int64)


def _starting_rows(rows: Iterator[list[str]]) -> Iterator[tuple[int, str]]:
    """Line numbers and times of the rows that start a session."""
    at = who = None
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if not any(row):
            continue
        if number == 1 and not _is_number(row[0]):
            names = [name.strip() for name in row]
            at = names.index("at_ms") if "at_ms" in names else 0
            who = names.index("session") if {"at_ms", "session"} <= set(names) else None
            continue
        if who is not None:
            session = row[who] if who < len(row) else ""
            if session in seen:
                continue
            seen.add(session)
        place = at or 0
        yield number, row[place] if place < len(row) else ""


def _is_number(text: str) -> bool:
    """Whether a first line is a number, though perhaps not a good one, and so no header."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _trouble(path: str, line: int, message: str) -> ConfigError:
    return ConfigError([Problem("E122", message, Place(path, line, 1))])
