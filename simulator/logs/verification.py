"""What verifying finds: comparisons, changes, and a verdict on the whole, as frozen values with JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .courses import BIN_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Scenario
    from .courses import Floats, Sort
    from .holders import Exhaustion, Holder

Verdict = Literal["as predicted", "higher", "lower", "not as predicted", "cannot tell"]
Unit = Literal["percent", "entries", "bytes", "per hour"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can be held against a log: its name there and here, and how it is reduced."""

    name: str
    sort: Sort
    unit: Unit

    @property
    def label(self) -> str:
        """In words."""
        if self.sort == "rate":
            return f"{self.name.replace('_', ' ')} per hour"
        store, _, what = self.name.rpartition(".")
        if store == "memory_percent":
            return "memory of a node"
        if self.name in ("rss_bytes", "live_bytes"):
            text = {"rss_bytes": "resident memory", "live_bytes": "live heap"}[self.name]
        else:
            text = store if what == "entries" else f"{store} after a sweep"
        return f"{text}, growth per hour" if self.sort == "growth" else text


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

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, without the courses."""
        return {
            "name": self.quantity.name,
            "sort": self.quantity.sort,
            "unit": self.quantity.unit,
            **_numbers(self, "observed", "observed_low", "observed_high", "predicted", "low", "high"),
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity before and after. `low`, `high` bound the difference that two such logs would show."""

    quantity: Quantity
    observed: float
    observed_low: float
    observed_high: float
    predicted: float
    low: float
    high: float
    expects_change: bool
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.quantity.name,
            "sort": self.quantity.sort,
            "unit": self.quantity.unit,
            **_numbers(self, "observed", "observed_low", "observed_high", "predicted", "low", "high"),
            "expects_change": self.expects_change,
            "verdict": self.verdict,
        }


def _numbers(value: Any, *names: str) -> dict[str, float | None]:
    return {name: number if math.isfinite(number := getattr(value, name)) else None for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """One log against one setting.

    Attributes:
        setting: its name.
        scenario: as it was simulated: as long as the log.
        bins_ms: the first instant of each bin, since 1970.
        comparisons: in the order shown.
        holders: what holds a node's memory at the end, largest first; the last is everything else.
        memory_bytes: a node's memory at the end, the mean over nodes; `memory_observed`: whether the log
            says it.
        exhaustion: when it would be full.
        hidden: what the log cannot tell, and why.
        remarks: what else a reader should know.
    """

    setting: str
    scenario: Scenario
    bins_ms: Sequence[int]
    comparisons: tuple[Comparison, ...]
    holders: tuple[Holder, ...]
    memory_bytes: float
    memory_observed: bool
    exhaustion: Exhaustion
    hidden: tuple[str, ...]
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "setting": self.setting,
            "from_ms": self.bins_ms[0] if self.bins_ms else None,
            "to_ms": self.bins_ms[-1] + BIN_MS if self.bins_ms else None,
            "comparisons": [each.to_dict() for each in self.comparisons],
            "holders": [each.to_dict() for each in self.holders],
            "memory_bytes": self.memory_bytes,
            "memory_observed": self.memory_observed,
            "exhaustion": self.exhaustion.to_dict(),
            "hidden": list(self.hidden),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """A log against a config; with `after` also a log of the time after a change, and what changed."""

    name: str
    replications: int
    seed: int
    before: Verified
    after: Verified | None = None
    changes: tuple[Change, ...] = ()

    @property
    def verdict(self) -> Literal["as predicted", "not as predicted", "cannot tell"]:
        """Of the whole: of the change where there is one, else of the log."""
        if self.after is not None:
            verdicts = [change.verdict for change in self.changes]
            told = any(c.expects_change and c.verdict == "as predicted" for c in self.changes)
        else:
            verdicts = [each.verdict for each in self.before.comparisons]
            told = "as predicted" in verdicts
        if any(verdict in ("higher", "lower", "not as predicted") for verdict in verdicts):
            return "not as predicted"
        return "as predicted" if told else "cannot tell"

    def exit_code(self) -> int:
        """0 as predicted, 1 not, 3 cannot tell."""
        return {"as predicted": 0, "not as predicted": 1, "cannot tell": 3}[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        plain: dict[str, Any] = {
            "name": self.name,
            "replications": self.replications,
            "seed": self.seed,
            "verdict": self.verdict,
            "before" if self.after else "log": self.before.to_dict(),
        }
        if self.after is not None:
            plain["after"] = self.after.to_dict()
            plain["changes"] = [change.to_dict() for change in self.changes]
        return plain
