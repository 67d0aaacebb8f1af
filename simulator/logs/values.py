"""Values out of a decoded line: by path, in our units, or a reason why not."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .messages import Unit
    from .records import TroubleKind

EARLIEST_MS: Final = 946_684_800_000  # 2000-01-01
LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01
LARGEST: Final = 2.0**53
LONGEST_ID: Final = 200
LONGEST_TEXT: Final = 4000

Found = Any
Missing: Final = object()
"""What `at_path` answers where there is nothing: a line may lack what an era did not write."""

_DEBUG_FORMATTED = re.compile(r"Some\((.*)\)")
_NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?([eE][-+]?\d+)?\s*")


class WrongValueError(ValueError):
    """A value that is not what it should be; `kind` says in which way."""

    def __init__(self, kind: TroubleKind, said: str) -> None:
        super().__init__(said)
        self.kind = kind


def decoded(raw: bytes) -> dict[str, Any]:
    """A line that is a JSON object, or why it is none."""
    head = raw[:120].decode("utf-8", "replace")
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        kinds: dict[str, TroubleKind] = {"depth": "too_deep", "infinity": "huge_number"}
        found = [kind for word, kind in kinds.items() if word in error.msg]
        raise WrongValueError(found[0] if found else "half_line", head) from None
    if not isinstance(line, dict):
        raise WrongValueError("half_line", head)
    return line


def at_path(line: Any, path: tuple[str, ...]) -> Found:
    """The value below these keys, or `Missing`."""
    for key in path:
        if not isinstance(line, dict) or key not in line:
            return Missing
        line = line[key]
    return line


def number(value: Any) -> float:
    """A number of any sign, also one in a text, also as Rust's debug format writes it (`Some(12.0)`).

    >>> number(3), number("0.06"), number("Some(12.0)")
    (3.0, 0.06, 12.0)
    """
    if isinstance(value, str):
        inner = _DEBUG_FORMATTED.fullmatch(value)
        text = inner[1] if inner else value
        if not _NUMBER.fullmatch(text) or len(text) > 400:
            raise WrongValueError("wrong_value", f"`{value[:40]}` is not a number")
        value = float(text)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        said = "null" if value is None else type(value).__name__
        raise WrongValueError("wrong_value", f"{said} where a number belongs")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongValueError("huge_number", "a number that is not finite")
    if not -LARGEST <= value <= LARGEST:
        raise WrongValueError("huge_number", f"{str(value)[:40]} is beyond 2^53")
    return float(value)


def _positive(value: Any) -> float:
    found = number(value)
    if found < 0:
        raise WrongValueError("wrong_value", f"{found:g} is below zero")
    return found


def _count(value: Any) -> float:
    found = _positive(value)
    if found != int(found):
        raise WrongValueError("wrong_value", f"{found:g} is not a whole number")
    return found


def _percent(value: Any) -> float:
    found = _positive(value)
    if found > 100:
        raise WrongValueError("wrong_value", f"{found:g} is above 100 %")
    return found


def _yes_or_no(value: Any) -> float:
    if value in (0, 1):  # True and False are 1 and 0
        return float(value)
    raise WrongValueError("wrong_value", f"`{str(value)[:40]}` is neither true nor false")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValueError("wrong_value", f"{type(value).__name__} where a text belongs")
    return value[:LONGEST_TEXT]


READERS: Final[dict[Unit, Callable[[Any], float | str]]] = {
    "ms": _positive,
    "s": _positive,
    "bytes": _count,
    "MiB": lambda value: _positive(value) * 2**20,
    "characters": _count,
    "percent": _percent,
    "count": _count,
    "text": _text,
    "yes or no": _yes_or_no,
}
"""How a value in each unit is read; each raises WrongValueError."""


def identity(value: Any) -> str:
    """An id: a text, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID:
        raise WrongValueError("wrong_value", "an id is missing, empty or too long")
    return value


def time_ms(value: Any, unit_ms: float = 1.0) -> int:
    """An instant in ms since 1970: a number in so many ms, or a date in ISO 8601 (UTC unless it says).

    >>> time_ms("2026-01-01T00:06:05.120334Z"), time_ms(1767225965.12, 1000)
    (1767225965120, 1767225965120)
    """
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            when = datetime.fromisoformat(value)
            at = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000
        else:
            at = number(value) * unit_ms
    except (ValueError, OverflowError, OSError):
        raise WrongValueError("no_time", f"`{str(value)[:40]}` is no time") from None
    if not EARLIEST_MS <= at < LATEST_MS:
        raise WrongValueError("no_time", f"`{str(value)[:40]}` is not between 2000 and 2100")
    return int(at + 1e-3)  # a float may stand a hair before its ms


def has_key_twice(raw: bytes, line: Any) -> bool:
    """Whether an object in this line, decoded as `line`, has a key twice.

    Counting colons after quotes is a sure sign when it agrees with the keys kept; else the line is looked at
    anew.
    """
    colons = raw.count(b'":')
    if colons == len(line) or colons == _keys(line):
        return False
    found = False

    def look(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        listed = list(pairs)
        kept = dict(listed)
        found = found or len(kept) < len(listed)
        return kept

    try:
        json.loads(raw, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return found


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(part) for part in value.values() if isinstance(part, dict | list))
    if isinstance(value, list):
        return sum(_keys(part) for part in value if isinstance(part, dict | list))
    return 0
