"""Targets: `mean unavailable_memory_fraction <= 0.1 %`, `P(no_node_minutes_per_day <= 1) >= 95 %`.

A target compares a statistic over the replications of one result with a limit. Names come from
`simulator.names`; a store's output is addressed as `STORE.NAME`. A limit has the unit of the name; a share of
a size is a share of a node's memory.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from .. import names, units
from .part import Finding, ReadingError, trouble
from .tree import describe

Comparison = Literal["<=", ">=", "<", ">"]
_OPPOSITE: Mapping[str, Comparison] = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}
COMPARE = r"(<=|>=|<|>|≤|≥|==|=)"
NAME = r"([A-Za-z_][\w.]*)"
_STATISTIC = re.compile(rf"([A-Za-z][\w.]*)\s+{NAME}\s*{COMPARE}\s*(.+)")
_CHANCE = re.compile(rf"[Pp]\s*\(\s*{NAME}\s*{COMPARE}\s*(.+?)\s*\)\s*{COMPARE}\s*(.+)")
QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
EXAMPLE = "such as `mean jobs_lost_fraction <= 0.1 %` or `P(no_node_minutes_per_day <= 1) >= 95 %`"


class Target(BaseModel):
    """A condition on a result. `limit` is in the unit of the name; `text` is what was written.

    `statistic` is `mean`, `median`, `p5` and the like, or `P`; then `probability` is the share of
    replications that has to satisfy the comparison. `P(x > a) <= 5 %` is kept as `P(x <= a) >= 95 %`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    statistic: str
    name: str
    comparison: Comparison
    limit: float
    probability: float | None = None
    text: str

    @property
    def quantile(self) -> float | None:
        """The quantile between 0 and 1 that `p5` or `median` asks for; None for `mean` and `P`."""
        if self.statistic == "median":
            return 0.5
        match = QUANTILE.fullmatch(self.statistic)
        return float(match[1]) / 100 if match else None

    @property
    def store(self) -> str | None:
        """The store that the name speaks of, or None."""
        return self.name.partition(".")[0] if "." in self.name else None


def read_targets(
    value: Any, memory_bytes: int | None, store_kinds: Mapping[str, str] | None
) -> tuple[Target, ...]:
    """A list of targets (one alone will do). `None` for what is unknown because of other errors."""
    listed = value if isinstance(value, list | tuple) else [value]
    targets: list[Target] = []
    findings: list[Finding] = []
    for index, item in enumerate(listed):
        path = (index,) if isinstance(value, list | tuple) else ()
        try:
            targets.append(item if isinstance(item, Target) else read_target(item, memory_bytes, store_kinds))
        except ReadingError as found:
            findings += [finding.under(*path) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    return tuple(targets)


def read_target(
    value: Any, memory_bytes: int | None = None, store_kinds: Mapping[str, str] | None = None
) -> Target:
    """One target. Errors: E115.

    >>> target = read_target("p5 time_to_unavailable_ms >= 24h")
    >>> target.name, target.comparison, target.limit, target.quantile
    ('time_to_unavailable_ms', '>=', 86400000.0, 0.05)
    """
    if isinstance(value, dict | list):
        raise trouble("E115", f"expected a target, not {describe(value)}", EXAMPLE)
    text = " ".join(str(value).split())
    chance = _CHANCE.fullmatch(text)
    if chance:
        name, comparison, limit_text, outer, share_text = chance.groups()
        inner = comparison_of(comparison)
        try:
            share = float(units.parse_share(share_text))
        except units.UnitError as error:
            raise trouble("E115", f"in a target, {error.message}", error.advice) from None
        if comparison_of(outer) in ("<=", "<"):
            inner, share = _OPPOSITE[inner], 1 - share
        limit = limit_of(name, limit_text, memory_bytes, store_kinds)
        return Target(statistic="P", name=name, comparison=inner, limit=limit, probability=share, text=text)
    match = _STATISTIC.fullmatch(text)
    if match is None:
        raise trouble("E115", f"`{text}` is not a target", EXAMPLE)
    statistic, name, comparison, limit_text = match.groups()
    if statistic not in ("mean", "median") and not QUANTILE.fullmatch(statistic):
        near = units.closest(statistic, ("mean", "median", "p5", "p95"))
        advice = (
            f"did you mean `{near}`?" if near else "known: mean, median, p5, p95 and other percentiles, P(…)"
        )
        raise trouble("E115", f"`{statistic}` is not a statistic", advice)
    limit = limit_of(name, limit_text, memory_bytes, store_kinds)
    return Target(
        statistic=statistic, name=name, comparison=comparison_of(comparison), limit=limit, text=text
    )


def comparison_of(text: str) -> Comparison:
    """A comparison sign. Errors: E115."""
    known: Mapping[str, Comparison] = {"<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=", "<": "<", ">": ">"}
    if text not in known:
        raise trouble("E115", f"a target compares with <= or >=, not {text}")
    return known[text]


def limit_of(name: str, text: str, memory_bytes: int | None, store_kinds: Mapping[str, str] | None) -> float:
    """The limit in the unit of the name. Errors: E115."""
    unit = unit_of_result(name, store_kinds)
    try:
        return read_limit(unit, text, memory_bytes)
    except units.UnitError as error:
        raise trouble("E115", f"the limit of {name}: {error.message}", error.advice) from None


def read_limit(unit: names.Unit, text: str, memory_bytes: int | None) -> float:
    """An amount in a result's unit. Raises UnitError."""
    if unit == "bytes":
        if text.endswith("%"):
            return float(units.parse_share(text) * (memory_bytes or 0))
        return float(units.parse_bytes(text))
    if unit == "bytes_per_day":
        return float(units.parse_bytes(re.sub(r"\s*/\s*d(ay)?$", "", text)))
    if unit == "fraction":
        return float(units.parse_share(text))
    if unit == "ms":
        return float(units.parse_duration(text))
    if unit in ("days", "minutes_per_day") and re.search(r"[a-z]", text):
        per = 86_400_000 if unit == "days" else 60_000
        return float(units.parse_duration(re.sub(r"\s*/\s*d(ay)?$", "", text)) / per)
    if unit == "per_day":
        text = re.sub(r"\s*/\s*d(ay)?$", "", text)
    return float(units.parse_number(text))


def unit_of_result(name: str, store_kinds: Mapping[str, str] | None) -> names.Unit:
    """The unit of a result. Errors: E115 with the closest known name."""
    store, dot, output = name.partition(".")
    if not dot:
        unit = names.unit_of(name)
        if unit is not None:
            return unit
        per_store = names.unit_of(name, store=True) is not None
        advice = f"write the store before it, such as `aggregator_states.{name}`" if per_store else ""
        near = units.closest(name, tuple(names.KPIS))
        raise trouble(
            "E115", f"there is no result `{name}`", advice or (f"did you mean `{near}`?" if near else "")
        )
    if store_kinds is not None and store not in store_kinds:
        near = units.closest(store, tuple(store_kinds))
        advice = f"did you mean `{near}.{output}`?" if near else f"stores: {', '.join(store_kinds)}"
        raise trouble("E115", f"there is no store `{store}`", advice)
    extras: Mapping[str, names.Unit] = names.STORE_EXTRAS.get((store_kinds or {}).get(store, ""), {})
    known = [*names.STORE_OUTPUTS, *extras]
    unit = names.unit_of(output, store=True) if output in known else None
    if unit is None:
        near = units.closest(output, known)
        advice = f"did you mean `{store}.{near}`?" if near else f"known: {', '.join(known)}"
        raise trouble("E115", f"a store has no result `{output}`", advice)
    return unit
