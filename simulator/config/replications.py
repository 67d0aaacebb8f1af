"""`replications: 100`, or `{until: {memory_bytes_peak: 2 %}, at_most: 500}`: as many as it takes.

A goal names a statistic of a result, as a target does, and how narrow its interval has to become: a share of
the result itself (`2 %`), or an amount in its unit (`50MB`). What is itself a share takes `{absolute: 1 %}`
when percentage points are meant.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from .. import names, units
from .part import Finding, ReadingError, trouble
from .quantities import count
from .targets import COMPARE, NAME, QUANTILE, Comparison, comparison_of, limit_of, unit_of_result
from .tree import describe

AT_LEAST, AT_MOST = 20, 500
EXAMPLE = "such as `{until: {memory_bytes_peak: 2 %}, at_most: 500}`"
_STATISTIC = re.compile(rf"(?:([A-Za-z][\w.]*)\s+)?{NAME}")
_CHANCE = re.compile(rf"[Pp]\s*\(\s*{NAME}\s*{COMPARE}\s*(.+?)\s*\)")
NO_INTERVAL = {"time_to_exhaustion_days": "it is a ratio of means; name what it is made of instead"}


class Precision(BaseModel):
    """How narrow the interval of one statistic of one result has to become.

    `statistic` is `mean`, `median`, `p95` and the like, or `P`: the share of replications in which `name`
    compares so with `limit`. `half_width` is in the result's unit, or a share of the estimate if `relative`.
    `text` is what was written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    statistic: str
    name: str
    half_width: float
    relative: bool
    comparison: Comparison | None = None
    limit: float | None = None
    text: str

    @property
    def quantile(self) -> float | None:
        """The quantile between 0 and 1 that `p95` or `median` asks for; None for `mean` and `P`."""
        if self.statistic == "median":
            return 0.5
        match = QUANTILE.fullmatch(self.statistic)
        return float(match[1]) / 100 if match else None

    @property
    def store(self) -> str | None:
        """The store that the name speaks of, or None."""
        return self.name.partition(".")[0] if "." in self.name else None


class Until(BaseModel):
    """Replications until every goal is reached in every setting: at least and at most so many."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    goals: tuple[Precision, ...]
    at_least: int = AT_LEAST
    at_most: int = AT_MOST


def read_replications(value: Any) -> int | Until:
    """A number, or a map with `until`. Errors: E102-E105, E124."""
    if isinstance(value, Until):
        return value
    if not isinstance(value, dict):
        return count(value)
    findings = _unknown_keys(value, ("until", "at_least", "at_most"), EXAMPLE)
    numbers: dict[str, int] = {}
    for name, default, least in (("at_least", AT_LEAST, 2), ("at_most", AT_MOST, 2)):
        try:
            numbers[name] = default if value.get(name) is None else count(value[name], least=least)
        except ReadingError as found:
            findings += [finding.under(name) for finding in found.findings]
    goals: list[Precision] = []
    wanted = value.get("until")
    if wanted is None:
        findings.append(Finding("E102", "`until` is missing", (f"say how precise, {EXAMPLE}",)))
    elif not isinstance(wanted, dict) or not wanted:
        found_text = "no goal" if wanted == {} else describe(wanted)
        findings.append(
            Finding("E104", f"expected results with widths, not {found_text}", (EXAMPLE,), ("until",))
        )
    else:
        for text, width in wanted.items():
            try:
                goals.append(read_precision(text, width))
            except ReadingError as found:
                findings += [finding.under("until", text) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    if numbers["at_most"] < numbers["at_least"]:
        numbers["at_least"] = numbers["at_most"]
    return Until(goals=tuple(goals), **numbers)


def read_precision(text: str, width: Any) -> Precision:
    """One goal. Errors: E124.

    >>> goal = read_precision("p95 memory_bytes_peak", "2 %")
    >>> goal.name, goal.quantile, goal.half_width, goal.relative
    ('memory_bytes_peak', 0.95, 0.02, True)
    """
    chance = _CHANCE.fullmatch(text.strip())
    if chance:
        name, comparison, limit_text = chance.groups()
        limit = limit_of(name, limit_text, None, None)
        half, _ = _width("fraction", width, relative=False)
        return Precision(statistic="P", name=name, half_width=half, relative=False,
                         comparison=comparison_of(comparison), limit=limit, text=text)  # fmt: skip
    match = _STATISTIC.fullmatch(text.strip())
    statistic = (match[1] or "mean") if match else ""
    if match is None or (statistic not in ("mean", "median") and not QUANTILE.fullmatch(statistic)):
        advice = "known: mean, median, p95 and other percentiles, P(…)"
        raise trouble("E124", f"`{text}` is not a statistic of a result", advice, on_key=True)
    name = match[2]
    try:
        unit = unit_of_result(name, None)
    except ReadingError as found:
        wrong = found.findings[0]
        raise trouble("E124", wrong.message, *wrong.advice, on_key=True) from None
    if name in NO_INTERVAL:
        raise trouble("E124", f"`{name}` cannot be waited for: {NO_INTERVAL[name]}", on_key=True)
    half, relative = _width(unit, width, relative=True)
    return Precision(statistic=statistic, name=name, half_width=half, relative=relative, text=text)


def _width(unit: names.Unit, width: Any, *, relative: bool) -> tuple[float, bool]:
    """The half-width and whether it is relative. `relative`: what a bare percentage means."""
    if isinstance(width, dict):
        findings = _unknown_keys(width, ("relative", "absolute"), "write `{absolute: 1 %}`")
        if not findings and len(width) != 1:
            findings = [
                Finding("E124", "a width is either relative or absolute", ("write `{absolute: 1 %}`",))
            ]
        if findings:
            raise ReadingError(*findings)
        kind, amount = next(iter(width.items()))
        try:
            return _width_of(unit, amount, relative=kind == "relative")
        except ReadingError as found:
            raise ReadingError(*(finding.under(kind) for finding in found.findings)) from None
    is_share = str(width).strip().endswith("%")
    return _width_of(unit, width, relative=relative and is_share)


def _width_of(unit: names.Unit, width: Any, *, relative: bool) -> tuple[float, bool]:
    if isinstance(width, dict | list):
        raise trouble("E124", f"expected a width, not {describe(width)}", "such as `2 %` or `50MB`")
    text = str(width).strip()
    try:
        half = float(units.parse_share(text)) if relative else limit_in(unit, text)
    except units.UnitError as error:
        raise trouble("E124", error.message, error.advice) from None
    if half <= 0:
        raise trouble("E124", "a width has to be more than 0", "such as `2 %`")
    return half, relative


def limit_in(unit: names.Unit, text: str) -> float:
    """An amount in the unit of a result; raises UnitError."""
    from .targets import read_limit

    if unit == "bytes" and text.endswith("%"):
        raise units.UnitError("expected a size with a unit, such as 50MB", "write `{relative: 2 %}`")
    return read_limit(unit, text, None)


def _unknown_keys(value: Mapping[str, Any], known: tuple[str, ...], otherwise: str) -> list[Finding]:
    found = []
    for name in value:
        if name not in known:
            near = units.closest(str(name), known)
            advice = f"did you mean `{near}`?" if near else otherwise
            found.append(Finding("E101", f"unknown key `{name}`", (advice,), (name,), on_key=True))
    return found


_NUMBER = {"type": "integer", "minimum": 2}
SCHEMA: dict[str, Any] = {
    "x-name": "replications",
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["until"],
            "properties": {
                "until": {"type": "object", "minProperties": 1, "additionalProperties": True},
                "at_least": _NUMBER,
                "at_most": _NUMBER,
            },
        },
    ],
}
