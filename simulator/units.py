"""Quantities with units: durations, bytes, rates, shares and counts, read exactly and written back.

A quantity in a config is a number and a unit (`5min`, `480 kB`, `2/s`, `85 %`). Reading is exact
(`Fraction`, never a float on the way), and only then turned into whole milliseconds or bytes. A bare number
where a unit belongs is refused with the text to type instead.

kB is 1000 bytes and KiB 1024; a day is 24 hours.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MS_PER_UNIT: Final[Mapping[str, int]] = {
    "ms": 1,
    "s": 1_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
BYTES_PER_UNIT: Final[Mapping[str, int]] = {
    "B": 1,
    "kB": 1_000,
    "KB": 1_000,
    "MB": 1_000**2,
    "GB": 1_000**3,
    "TB": 1_000**4,
    "KiB": 1_024,
    "MiB": 1_024**2,
    "GiB": 1_024**3,
    "TiB": 1_024**4,
}
_OTHER_DURATIONS: Final[Mapping[str, str]] = {
    "m": "min", "mins": "min", "minute": "min", "minutes": "min", "M": "min",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "S": "s",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "H": "h",
    "day": "d", "days": "d", "D": "d", "msec": "ms", "millis": "ms", "milliseconds": "ms",
}  # fmt: skip
_OTHER_SIZES: Final[Mapping[str, str]] = {
    "b": "B", "byte": "B", "bytes": "B", "k": "kB", "K": "KiB", "kb": "kB", "kib": "KiB",
    "M": "MiB", "mb": "MB", "mib": "MiB", "G": "GiB", "g": "GiB", "gb": "GB", "gib": "GiB",
    "T": "TiB", "tb": "TB", "tib": "TiB",
}  # fmt: skip
_NUMBER: Final = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_BARE: Final = re.compile(_NUMBER)
_QUANTITY: Final = re.compile(rf"({_NUMBER})\s*([A-Za-zµ]+)")
_RATE: Final = re.compile(rf"({_NUMBER})\s*/\s*([A-Za-z]+)")
_SHARE: Final = re.compile(rf"({_NUMBER})\s*%")
_CHARS: Final = re.compile(rf"({_NUMBER})\s*(?:chars?|characters?)?")
LARGEST: Final = 2**62
"""The largest integer of ms or bytes that is accepted: it leaves int64 room for sums of two."""


class UnitError(ValueError):
    """A text that is not the quantity it should be.

    `message` says what was expected, `advice` the text to type ("" when there is nothing to suggest), and
    `kind` is `unit` (a unit is missing or unknown) or `range` (the number is outside what makes sense).
    """

    def __init__(self, message: str, advice: str = "", kind: str = "unit") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.kind = kind


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> Fraction:
    """Milliseconds, exactly, of a duration such as `30s`, `1.5h` or `1h 30min`.

    >>> parse_duration("5min"), parse_duration("1.08s"), parse_duration("1h 30min")
    (Fraction(300000, 1), Fraction(1080, 1), Fraction(5400000, 1))
    >>> parse_duration("30")
    Traceback (most recent call last):
        ...
    simulator.units.UnitError: expected a duration with a unit, such as 30s or 5min
    """
    expected = "expected a duration with a unit, such as 30s or 5min"
    stripped = text.strip()
    if _BARE.fullmatch(stripped):
        raise UnitError(expected, f"write `{stripped}s` if you mean seconds")
    parts = list(_QUANTITY.finditer(stripped))
    if not parts or _QUANTITY.sub("", stripped).strip():
        raise UnitError(f"{expected}, not `{text}`", _clock_help(stripped))
    for part in parts:
        _check_unit(part, MS_PER_UNIT, expected)
    if len(parts) > 1 and any("-" in part[1] for part in parts):
        raise UnitError(f"{expected}, not `{text}`")
    return sum((Fraction(part[1]) * MS_PER_UNIT[part[2]] for part in parts), Fraction(0))


@lru_cache(maxsize=4096)
def parse_bytes(text: str) -> Fraction:
    """Bytes, exactly, of a size such as `1400B`, `480 kB` or `16GiB`.

    >>> parse_bytes("480 kB"), parse_bytes("16GiB") == 16 * 1024**3
    (Fraction(480000, 1), True)
    >>> parse_bytes("2k")
    Traceback (most recent call last):
        ...
    simulator.units.UnitError: unknown unit `k`: expected a size with a unit, such as 300B, 480kB or 16GiB
    """
    expected = "expected a size with a unit, such as 300B, 480kB or 16GiB"
    stripped = text.strip()
    if _BARE.fullmatch(stripped):
        raise UnitError(expected, f"write `{stripped}B` if you mean bytes, `{stripped}MiB` for mebibytes")
    match = _QUANTITY.fullmatch(stripped)
    if match is None:
        raise UnitError(f"{expected}, not `{text}`")
    _check_unit(match, BYTES_PER_UNIT, expected)
    return Fraction(match[1]) * BYTES_PER_UNIT[match[2]]


@lru_cache(maxsize=4096)
def parse_rate(text: str) -> Fraction:
    """Events per second, exactly, of a rate such as `2/s`, `120/min` or `3/h`.

    >>> parse_rate("120/min"), parse_rate("0.1/s"), parse_rate("3/h")
    (Fraction(2, 1), Fraction(1, 10), Fraction(1, 1200))
    """
    expected = "expected a rate with a unit of time, such as 2/s or 120/min"
    stripped = text.strip()
    if _BARE.fullmatch(stripped):
        raise UnitError(expected, f"write `{stripped}/s` if you mean per second")
    match = _RATE.fullmatch(stripped)
    if match is None:
        raise UnitError(f"{expected}, not `{text}`")
    _check_unit(match, MS_PER_UNIT, expected, group=2)
    return Fraction(match[1]) * 1_000 / MS_PER_UNIT[match[2]]


@lru_cache(maxsize=4096)
def parse_share(text: str) -> Fraction:
    """A share between 0 and 1, exactly, of a percentage such as `85 %` or `0.5%`.

    >>> parse_share("85 %"), parse_share("0.5%")
    (Fraction(17, 20), Fraction(1, 200))
    >>> parse_share("120 %")
    Traceback (most recent call last):
        ...
    simulator.units.UnitError: a share lies between 0 % and 100 %, not 120 %
    """
    expected = "expected a share with a percent sign, such as 85 %"
    stripped = text.strip()
    if _BARE.fullmatch(stripped):
        number = Fraction(stripped)
        guess = f"write `{stripped} %`"
        if 0 < number <= 1:
            guess = f"write `{_plain(number * 100)} %` if you mean that share, `{stripped} %` otherwise"
        raise UnitError(expected, guess)
    match = _SHARE.fullmatch(stripped)
    if match is None:
        raise UnitError(f"{expected}, not `{text}`")
    share = Fraction(match[1]) / 100
    if not 0 <= share <= 1:
        raise UnitError(f"a share lies between 0 % and 100 %, not {stripped}", kind="range")
    return share


@lru_cache(maxsize=4096)
def parse_number(text: str) -> Fraction:
    """A plain number without a unit, exactly.

    >>> parse_number("1.5")
    Fraction(3, 2)
    """
    stripped = text.strip()
    if not _BARE.fullmatch(stripped):
        raise UnitError(f"expected a number, not `{text}`", _digits_help(stripped))
    return Fraction(stripped)


@lru_cache(maxsize=4096)
def parse_chars(text: str) -> Fraction:
    """A number of characters: `26`, or `26 chars`.

    >>> parse_chars("26"), parse_chars("26 chars")
    (Fraction(26, 1), Fraction(26, 1))
    """
    match = _CHARS.fullmatch(text.strip())
    if match is None:
        raise UnitError(f"expected a number of characters, such as 26, not `{text}`")
    return Fraction(match[1])


def round_whole(value: Fraction) -> int:
    """The nearest whole number, halves up.

    >>> round_whole(Fraction(5, 2)), round_whole(Fraction(107374182, 1))
    (3, 107374182)
    """
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def format_duration(ms: int | float) -> str:
    """The shortest exact text of whole milliseconds; a fraction of one is rounded to three digits.

    >>> format_duration(300_000), format_duration(5_400_000), format_duration(90_500), format_duration(0)
    ('5min', '1h 30min', '90.5s', '0s')
    """
    if ms != int(ms):
        return f"{_plain(Fraction(ms).limit_denominator(1000))}ms"
    ms = int(ms)
    if ms < 0:
        return f"-{format_duration(-ms)}"
    if ms == 0:
        return "0s"
    for name in ("d", "h", "min", "s"):
        if ms % MS_PER_UNIT[name] == 0:
            count = ms // MS_PER_UNIT[name]
            larger = {"h": "d", "min": "h", "s": "min"}.get(name)
            if larger and ms > MS_PER_UNIT[larger] and name != "s":
                whole, rest = divmod(ms, MS_PER_UNIT[larger])
                return f"{whole}{larger} {format_duration(rest)}"
            return f"{count}{name}"
    return f"{ms}ms" if ms < 1_000 else f"{_plain(Fraction(ms, 1000))}s"


def format_bytes_exact(size: int) -> str:
    """The shortest exact text of whole bytes, for writing a config.

    >>> format_bytes_exact(16 * 1024**3), format_bytes_exact(480_000), format_bytes_exact(1400)
    ('16GiB', '480kB', '1400B')
    """
    for name in ("TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"):
        if size and size % BYTES_PER_UNIT[name] == 0:
            return f"{size // BYTES_PER_UNIT[name]}{name}"
    return f"{size}B"


def format_bytes(size: int | float, digits: int = 3) -> str:
    """A size for people, in decimal units, to a number of significant digits.

    >>> format_bytes(1_910_400_000), format_bytes(480_000), format_bytes(812), format_bytes(-2_100_000)
    ('1.91 GB', '480 kB', '812 B', '-2.1 MB')
    """
    sign, amount = ("-", -size) if size < 0 else ("", size)
    for name in ("TB", "GB", "MB", "kB"):
        if amount >= BYTES_PER_UNIT[name] * 0.9995:
            return f"{sign}{_significant(amount / BYTES_PER_UNIT[name], digits)} {name}"
    return f"{sign}{_significant(amount, digits)} B"


def format_share(share: Fraction | float) -> str:
    """A share as a percentage, at most four decimals.

    >>> format_share(Fraction(17, 20)), format_share(0.001), format_share(Fraction(1, 3))
    ('85 %', '0.1 %', '33.3333 %')
    """
    return f"{_plain(Fraction(share).limit_denominator(10**9) * 100, 4)} %"


def format_rate(per_s: Fraction | float) -> str:
    """A rate in the unit of time that leaves the simplest number.

    >>> format_rate(Fraction(1, 10)), format_rate(Fraction(1, 1200)), format_rate(2)
    ('0.1/s', '3/h', '2/s')
    """
    rate = Fraction(per_s).limit_denominator(10**9)
    for decimals in (100, 1, 1000):
        for name in ("s", "min", "h", "d"):
            scaled = rate * MS_PER_UNIT[name] / 1000
            if (scaled * decimals).denominator == 1 and (decimals != 100 or name == "s"):
                return f"{_plain(scaled)}/{name}"
    return f"{_plain(rate, 6)}/s"


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that a misspelt one most likely means, or None.

    Besides small differences in spelling, a word that says too much or too little is recognised.

    >>> closest("sweep_evry", ["ttl", "sweep_every"]), closest("max_sessions", ["ttl", "max"])
    ('sweep_every', 'max')
    >>> closest("zebra", ["ttl"])
    """
    lowered = {name.lower(): name for name in reversed(known)}
    found = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if found:
        return lowered[found[0]]
    parts = set(re.split(r"[_\s-]+", word.lower()))
    overlapping = [name for name in lowered if name and _contains(parts, set(name.split("_")))]
    return lowered[max(overlapping, key=len)] if overlapping else None


def _contains(one: set[str], other: set[str]) -> bool:
    return one <= other or other <= one


def _check_unit(match: re.Match[str], units: Mapping[str, int], expected: str, group: int = 2) -> None:
    """Refuse an unknown unit, naming the one that was probably meant."""
    unit = match[group]
    if unit in units:
        return
    meant = (_OTHER_SIZES if "B" in units else _OTHER_DURATIONS).get(unit)
    if meant is None:
        meant = next((name for name in units if name.lower() == unit.lower()), None)
    text = match[0].strip()
    help_text = f"write `{text[: len(text) - len(unit)]}{meant}`" if meant else f"units: {', '.join(units)}"
    raise UnitError(f"unknown unit `{unit}`: {expected}", help_text)


def _clock_help(text: str) -> str:
    if re.fullmatch(r"[0-9]+:[0-9]+(:[0-9]+)?", text):
        hours, minutes = text.split(":")[:2]
        return f"write `{int(hours)}h {int(minutes)}min` if you mean hours and minutes"
    return ""


def _digits_help(text: str) -> str:
    digits = re.sub(r"[_, ']", "", text)
    return f"write `{digits}`" if _BARE.fullmatch(digits) else ""


def _plain(value: Fraction, decimals: int = 9) -> str:
    """A decimal text without an exponent or trailing zeros."""
    scaled = round(value * 10**decimals)
    whole, rest = divmod(abs(scaled), 10**decimals)
    fraction = f"{rest:0{decimals}d}".rstrip("0")
    sign = "-" if scaled < 0 else ""
    return sign + str(whole) + ("." + fraction if fraction else "")


def _significant(value: float, digits: int) -> str:
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e" in text else text
