"""One quantity of a log against its prediction, and of two logs against the predicted change, as values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..statistics.estimate import finite_or_none

if TYPE_CHECKING:
    from .courses import Floats, Sort

Verdict = Literal["as predicted", "higher", "lower", "not as predicted", "cannot tell"]
Unit = Literal["percent", "entries", "bytes", "per hour"]

_WORDS = {
    "memory_percent": "memory of a node",
    "rss_bytes": "resident memory",
    "live_bytes": "live heap",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can be held against a log: its name there and here, and how it is reduced."""

    name: str
    sort: Sort
    unit: Unit

    @property
    def store(self) -> str:
        """The store whose size this is, or ""."""
        return self.name.rpartition(".")[0] if self.unit == "entries" else ""

    @property
    def label(self) -> str:
        """In words, short enough for a table."""
        if self.sort == "rate":
            return f"{self.name.replace('_', ' ')}/h"
        first = self.name.partition(".")[0]
        text = _WORDS.get(first, first)
        text += " after a sweep" if self.name.endswith(".after_sweep") else ""
        return f"{text} growth/h" if self.sort == "growth" else text


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One quantity of one log. `low`, `high` bound where a log of this config would be.

    Attributes:
        observed_low, observed_high: of the observed number, by block bootstrap; NaN where it is too short.
        course, expected_low, expected, expected_high: per bin, for drawing: the log's, and over replications
            the lowest, the mean and the highest.
    """

    quantity: Quantity
    observed: float
    observed_low: float
    observed_high: float
    predicted: float
    low: float
    high: float
    verdict: Verdict
    course: Floats = field(repr=False)
    expected_low: Floats = field(repr=False)
    expected: Floats = field(repr=False)
    expected_high: Floats = field(repr=False)

    @property
    def factor(self) -> float:
        """Observed over predicted; NaN where that says nothing."""
        return self.observed / self.predicted if self.predicted > 0 and self.observed >= 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, without the courses."""
        return {**_plain(self), "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity before and after. `low`, `high` bound the difference that two such logs would show.

    `was`, `became`: the two logs' numbers, of which `observed` is the difference.
    """

    quantity: Quantity
    was: float
    became: float
    observed_low: float
    observed_high: float
    predicted: float
    low: float
    high: float
    expects_change: bool
    verdict: Verdict

    @property
    def observed(self) -> float:
        """The difference, later minus earlier."""
        return self.became - self.was

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **_plain(self),
            "was": finite_or_none(self.was),
            "became": finite_or_none(self.became),
            "expects_change": self.expects_change,
            "verdict": self.verdict,
        }


def _plain(value: Comparison | Change) -> dict[str, Any]:
    names = ("observed", "observed_low", "observed_high", "predicted", "low", "high")
    return {
        "name": value.quantity.name,
        "sort": value.quantity.sort,
        "unit": value.quantity.unit,
        **{name: finite_or_none(getattr(value, name)) for name in names},
    }
