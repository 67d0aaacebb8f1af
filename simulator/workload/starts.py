"""Session starts read from a file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_starts(path: str) -> NDArray[np.int64]:
    """Session starts from a text file: one whole number of ms a line, in order, a header line allowed.

    A name that ends in `.gz` is read as gzip. Raises ConfigError (E120) with the file and line.
    """
    opened = gzip.open if path.endswith(".gz") else open
    starts: list[int] = []
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                text = line.strip()
                whole = text.isascii() and text.isdigit()
                if not text or (number == 1 and not whole and not _is_number(text)):
                    continue
                if not whole or len(text) > 18:
                    raise _trouble(path, number, line, f"expected a whole number of ms, not `{text[:40]}`")
                if starts and int(text) < starts[-1]:
                    raise _trouble(path, number, line, f"{text} ms comes after {starts[-1]} ms: not in order")
                starts.append(int(text))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _trouble(path, 0, "", f"cannot read the arrivals in {Path(path).name}: {reason}") from None
    return np.array(starts, dtype=np.int64)


def _is_number(text: str) -> bool:
    """Whether this first line is a number, though not a good one, and so no header."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _trouble(path: str, line: int, source: str, message: str) -> ConfigError:
    place = Place(file=path, line=line, column=1 if line else 0, source=source.rstrip("\n"))
    return ConfigError([Problem("E120", message, place)])
