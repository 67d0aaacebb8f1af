"""Numbers and text as a reader sees them: units, true minus signs, digits that the interval supports.

A value and its interval share one unit and one number of decimals, taken from the interval's half-width, so
that no digit is shown that another run of the study would change.

>>> estimate("bytes", 1.912e9, 1.897e9, 1.927e9).joined
'1.91 GB [1.90, 1.93]'
>>> estimate("fraction", 0.346, 0.316, 0.376).joined
'35 % [32, 38]'
>>> estimate("bytes", -4.2e4, -2.1e5, 1.2e5, signed=True).span
'[−200, +100 kB]'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING

from .language import say

if TYPE_CHECKING:
    from ..names import Unit

MINUS = "\N{MINUS SIGN}"
_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "days": 86_400_000}
_DECIMALS_AT_MOST, _DECIMALS_OF_LITTLE = 3, 6
"""What is less than a thousandth of its unit has more, so that it does not read as nothing."""


@dataclass(frozen=True, slots=True)
class Text:
    """An estimate in words: value with its unit, interval without (empty when there is none), unit."""

    value: str
    interval: str
    unit: str

    @property
    def joined(self) -> str:
        """Value and interval on one line: ``1.91 GB [1.90, 1.93]``."""
        return f"{self.value} {self.interval}".rstrip()

    @property
    def span(self) -> str:
        """The interval with its unit inside, for sentences without a central value: ``[−0.2, +0.1 MB]``."""
        if not self.interval:
            return self.value
        return f"{self.interval[:-1]} {self.unit}]" if self.unit else self.interval


def scale(kind: Unit, magnitude: float) -> tuple[float, str]:
    """Divisor and unit that keep a value of this size readable.

    >>> scale("bytes", 2_203_000), scale("ms", 86_400_000)
    ((1000000.0, 'MB'), (3600000.0, 'h'))
    """
    if kind in ("bytes", "bytes_per_day"):
        rate = say(" a day") if kind == "bytes_per_day" else ""
        for divisor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if magnitude >= 0.9995 * divisor:
                return divisor, unit + rate
        return 1.0, "B" + rate
    if kind == "fraction":
        return 0.01, "%"
    if kind == "ms":
        limits = (("ms", 1_000), ("s", 120_000), ("min", 3_600_000), ("h", 72 * 3_600_000))
        for unit, limit in limits:
            if magnitude < limit or (unit == "h" and magnitude == limit):
                return float(_MS[unit]), unit
        return float(_MS["days"]), say("days")
    if kind == "days":
        if magnitude >= 730:
            return 365.25, say("years")
        return (1.0, say("days")) if magnitude >= 2 else (1 / 24, "h")
    return 1.0, {"minutes_per_day": say("min a day"), "per_day": say("a day")}.get(kind, "")


def _decimals(half: float, magnitude: float) -> int:
    """Decimals that a half-width supports: its leading digit, one more below 1.5, four figures at most."""
    places = 2 - floor(log10(magnitude)) if magnitude > 0 else 0
    if half > 0:
        exponent = floor(log10(half))
        lead = half / 10.0**exponent
        places = min(-exponent + (lead < 1.5), places + 1)
    return min(places, _DECIMALS_AT_MOST if magnitude >= 0.001 else _DECIMALS_OF_LITTLE)


def _number(value: float, decimals: int, signed: bool) -> str:
    rounded = round(value, decimals)
    body = f"{abs(rounded):,.{max(decimals, 0)}f}"
    if rounded < 0:
        return MINUS + body
    return f"+{body}" if signed and rounded > 0 else body


def estimate(kind: Unit, mean: float, low: float, high: float, *, signed: bool = False) -> Text:
    """Say an estimate and its interval in one unit, rounded to what the interval supports.

    Args:
        kind: the unit that the result's name ends in, as in :data:`simulator.names.KPIS`.
        mean: the estimate in its base unit.
        low: lower bound of its interval; not finite when there is none.
        high: upper bound; infinite for an open interval.
        signed: write a plus before positive numbers (differences).
    """
    if not isfinite(mean):
        said = "unknown" if mean != mean else "never" if kind in ("ms", "days") else "no limit"
        return Text(say(said), "", "")
    bounds = [bound for bound in (low, high) if isfinite(bound)]
    magnitude = max(abs(mean), *(abs(bound) for bound in bounds)) if bounds else abs(mean)
    divisor, unit = scale(kind, magnitude)
    sides = [abs(bound - mean) / divisor for bound in bounds]
    half = max(sides, default=0.0)
    if half <= 1e-9 * magnitude / divisor:  # every replication said the same, up to floating point
        half = 0.0
    if half == 0 or low != low or high != high:
        sign = "+" if signed and mean > 0 else ""
        return Text(sign + quantity(kind, mean), "", unit)
    short = min((side for side in sides if side > 0), default=half)
    lopsided = short < half / 3  # the short side says more of the digits then
    decimals = _decimals(short if lopsided else half, magnitude / divisor)
    most = _DECIMALS_AT_MOST if magnitude / divisor >= 0.001 else _DECIMALS_OF_LITTLE
    if not signed and half / 100 < abs(mean) / divisor < half:  # wide, but a value is not nothing
        decimals = max(decimals, min(-floor(log10(abs(mean) / divisor)), most))
    if unit == "B":
        decimals = min(decimals, 0)
    value = f"{_number(mean / divisor, decimals, signed)} {unit}".rstrip()
    ends = [_number(bound / divisor, decimals, signed) if isfinite(bound) else "…" for bound in (low, high)]
    return Text(value, f"[{ends[0]}, {ends[1]}]", unit)


def quantity(kind: Unit, value: float) -> str:
    """One exact value in words, three significant digits: ``24 h``, ``2.2 MB``.

    >>> quantity("ms", 86_400_000), quantity("bytes", 2_203_000), quantity("fraction", 0.001)
    ('24 h', '2.2 MB', '0.1 %')
    """
    divisor, unit = scale(kind, abs(value))
    scaled = value / divisor
    decimals = _decimals(0.0, abs(scaled))
    body = _number(scaled, max(decimals, 0), signed=False)
    if "." in body:
        body = body.rstrip("0").rstrip(".")
    return f"{body} {unit}".rstrip()


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal: wide East Asian characters take two, combining marks none.

    >>> display_width("as found"), display_width("清理音频")
    (8, 8)
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill a text with spaces to a display width; ``right`` aligns it to the right."""
    fill = " " * max(width - display_width(text), 0)
    return fill + text if right else text + fill


_TOGETHER = re.compile(r"(?<=\d) (?=(?:%|[kMGT]?B|ms|s|min|h|days|years)(?!\w))")
"""The space between a number and its unit, at which no line breaks."""
_GLUE = "\N{NO-BREAK SPACE}"


def wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """Break a text at spaces into lines no wider than `width` columns.

    Numbers stay with their units and intervals whole; a word that is too long (Chinese has no spaces) is cut.
    """
    hanging = indent if hanging is None else hanging
    text = re.sub(r"\[[^\]]{,40}\]", lambda found: found[0].replace(" ", _GLUE), _TOGETHER.sub(_GLUE, text))
    lines, line = [], indent
    for place, word in enumerate(text.split(" ")):
        gap = " " if place else ""
        if place and display_width(line + gap + word) > width:
            lines.append(line)
            line, gap = hanging, ""
        while display_width(word) > width - display_width(hanging):
            cut = _fitting(word, width - display_width(line + gap))
            if cut == 0:
                break
            lines.append(line + gap + word[:cut])
            line, gap, word = hanging, "", word[cut:]
        line += gap + word
    return [done.replace(_GLUE, " ") for done in [*lines, line]]


def _fitting(word: str, room: int) -> int:
    """How many characters of a word fit into so many columns."""
    count = 0
    while count < len(word) and display_width(word[: count + 1]) <= room:
        count += 1
    return count


def listed(names: list[str]) -> str:
    """Join names as a sentence does.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) < 2:
        return "".join(names)
    return say("{names} and {name}", names=say(", ").join(names[:-1]), name=names[-1])
