"""Lines of recorded files: opening them, and finding the one that a message is about."""

from __future__ import annotations

import csv
import gzip
import zlib
from typing import TYPE_CHECKING, TextIO, cast

from ..problems import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREADABLE = (OSError, UnicodeDecodeError, EOFError, zlib.error)
"""What goes wrong with a file that is missing, broken, or no text."""


def open_text(path: str) -> TextIO:
    """The file as text; gzip when the name ends in `.gz`."""
    if path.endswith(".gz"):
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return open(path, encoding="utf-8-sig", newline="")


def place_of_row(path: str, number: int, column: str = "") -> Place:
    """Where the row of this number begins, from 1 for the header: quoted cells may run over several lines."""
    for row, (line, _, source) in enumerate(_rows(path), 1):
        if row == number:
            return Place(path, line, 1, path=column, source=source)
    return Place(path, number, 1, path=column)


def unequal_row(path: str, columns: int, message: str) -> ConfigError:
    """The first row that is longer than the header, or never ends."""
    place = Place(path)
    for line, cells, source in _rows(path):
        place = Place(path, line, 1, source=source)
        if cells > columns:
            return ConfigError([Problem("E122", f"{cells} cells under {columns} columns", place)])
    if "inside string" in message:
        advice = ('a quote inside a quoted cell is written twice: `""`',)
        return ConfigError([Problem("E122", "a quote is never closed", place, advice)])
    reason = message.removeprefix("Error tokenizing data. C error: ").strip()
    return ConfigError([Problem("E122", f"cannot read the rows: {reason}", Place(path))])


def unreadable(path: str, error: Exception, what: str = "trace") -> ConfigError:
    """Why a file cannot be read at all."""
    reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[0]
    return ConfigError([Problem("E110", f"cannot read the {what}: {reason}", Place(path))])


def _rows(path: str) -> Iterator[tuple[int, int, str]]:
    """Each row's first line, its number of cells, and that line's text; as far as the file can be read."""
    text: list[str] = []

    def remembered(lines: TextIO) -> Iterator[str]:
        for line in lines:
            text.append(line)
            yield line

    try:
        with open_text(path) as lines:
            reader = csv.reader(remembered(lines))
            begins = 1
            for row in reader:
                yield begins, len(row), text[0].rstrip("\r\n")
                text.clear()
                begins = reader.line_num + 1
    except (*UNREADABLE, csv.Error):
        return
