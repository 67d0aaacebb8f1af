"""Results as OpenMetrics text, for Prometheus and Grafana: how a study came out, or a prediction over time.

Base units only: bytes, seconds, ratios; a name ends in its unit. `to_openmetrics` has one sample for each
result, without time stamps; it is also valid in the older Prometheus text format, so it has gauges alone (a
mean of counts is no counter). `over_time` has time stamps, and counters.

Source: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf, isnan
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..names import CAUSES, KPIS, STORE_EXTRAS, STORE_OUTPUTS, Unit
from ..statistics import COLUMNS, STORE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ..statistics import Estimate, PairedDifference, Timeline
    from ..study import SettingResult, Study

Kind = Literal["gauge", "counter"]
PREFIX = "simulator_"
BASE: Mapping[Unit, tuple[str, float]] = {
    "bytes": ("bytes", 1.0),
    "bytes_per_day": ("bytes_per_second", 1 / 86_400),
    "fraction": ("ratio", 1.0),
    "per_day": ("per_second", 1 / 86_400),
    "ms": ("seconds", 0.001),
    "days": ("seconds", 86_400.0),
    "count": ("", 1.0),
}
"""Base unit of a result's unit (empty: a number has none), and what a value is multiplied by."""
SAID_OTHERWISE = ("unavailable_minutes_per_day", "no_node_minutes_per_day")
"""Shares of time in minutes a day: as ratios they stand here already, or follow from those that do."""
STATUSES = ("met", "missed", "cannot tell")


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family: its name without the suffix of counters, its base unit and what it means."""

    name: str
    unit: str
    meaning: str
    kind: Kind = "gauge"

    def head(self) -> str:
        """The lines before its samples."""
        lines = [f"# HELP {self.name} {_help(self.meaning)}", f"# TYPE {self.name} {self.kind}"]
        if self.unit:
            lines.append(f"# UNIT {self.name} {self.unit}")
        return "".join(f"{line}\n" for line in lines)

    def sample(self, labels: Mapping[str, str], value: float, at_s: float | None = None) -> str:
        """One sample; labels that are empty are left out, as they mean the same."""
        pairs = ",".join(f'{name}="{_escape(text)}"' for name, text in labels.items() if text)
        stamp = "" if at_s is None else f" {_number(at_s)}"
        total = "_total" if self.kind == "counter" else ""
        braced = f"{{{pairs}}}" if pairs else ""
        return f"{self.name}{total}{braced} {_number(value)}{stamp}\n"


def family(name: str, unit: Unit, meaning: str, *, store: bool = False, difference: bool = False) -> Family:
    """The family of a result: its unit taken out of the middle of its name and put last, in base units.

    >>> family("memory_bytes_peak", "bytes", "").name, family("no_node_longest_ms", "ms", "").name
    ('simulator_memory_peak_bytes', 'simulator_no_node_longest_seconds')
    >>> family("growth_bytes_per_day", "bytes_per_day", "", store=True).name
    'simulator_store_growth_bytes_per_second'
    """
    base = BASE[unit][0]
    stem = f"_{name}_".replace(f"_{unit}_", "_").strip("_") if unit != "count" else name
    parts = [PREFIX + "store" * store, "difference" * difference, stem, base]
    return Family("_".join(part.strip("_") for part in parts if part.strip("_")), base, meaning)


def to_openmetrics(study: Study) -> str:
    """A study as OpenMetrics text."""
    return "".join(openmetrics_pieces(study))


def openmetrics_pieces(study: Study) -> Iterator[str]:
    """The same piece by piece: every family with its samples, each an estimate's mean, low or high.

    What is undefined has no sample; what never happens is +Inf.
    """
    seconds = Family(f"{PREFIX}horizon_seconds", "seconds", "Simulated time of one replication")
    yield seconds.head() + seconds.sample({}, study.horizon_ms / 1000)
    count = Family(f"{PREFIX}replications", "", "Replications that the estimates are made from")
    yield count.head()
    yield "".join(count.sample(_labels(each), len(each.replications)) for each in study.settings)
    for difference in (False, True):
        about = "setting minus reference, paired: " * difference
        for name, unit in KPIS.items():
            if name not in SAID_OTHERWISE:
                one = family(name, unit, about + COLUMNS[name].meaning, difference=difference)
                yield from _filled(one, unit, _kpis(study, name, difference))
        extras = {name: unit for each in STORE_EXTRAS.values() for name, unit in each.items()}
        for name, unit in (STORE_OUTPUTS | extras).items():
            meaning = about + STORE_COLUMNS[name].meaning
            one = family(name, unit, meaning, store=True, difference=difference)
            yield from _filled(one, unit, _stores(study, name, difference))
    yield from _targets(study)
    yield "# EOF\n"


Found = tuple[dict[str, str], "Estimate | PairedDifference"]


def _kpis(study: Study, name: str, difference: bool) -> Iterator[Found]:
    for setting in study.settings:
        results = setting.kpi_differences if difference else setting.kpis
        if name in results:
            yield _labels(setting), results[name]


def _stores(study: Study, name: str, difference: bool) -> Iterator[Found]:
    for setting in study.settings:
        for store, results in (setting.store_differences if difference else setting.stores).items():
            if name in results:
                yield _labels(setting) | {"store": store}, results[name]


def _filled(one: Family, unit: Unit, found: Iterable[Found]) -> Iterator[str]:
    """A family, unless nothing in it is defined."""
    factor, empty = BASE[unit][1], True
    for labels, result in found:
        values = {"mean": result.mean, "low": result.low, "high": result.high}
        samples = "".join(
            one.sample(labels | {"estimate": which}, value * factor)
            for which, value in values.items()
            if not isnan(value)
        )
        if samples:
            yield (one.head() if empty else "") + samples
            empty = False


def _targets(study: Study) -> Iterator[str]:
    """One sample for each status, 1 where it is so: what PromQL can ask for."""
    if not study.targets:
        return
    one = Family(f"{PREFIX}target_status", "", "What is known of a target: 1 where it is so")
    yield one.head()
    for verdict in study.targets:
        labels = {"profile": verdict.profile, "setting": verdict.setting, "target": verdict.target}
        yield "".join(
            one.sample(labels | {"status": status}, float(verdict.status == status)) for status in STATUSES
        )


def _labels(setting: SettingResult) -> dict[str, str]:
    return {"profile": setting.profile, "setting": setting.name}


# ---- over time ----

BAND: Mapping[str, float] = {"p5": 0.05, "median": 0.5, "p95": 0.95}
COUNTED = ("inserted", "evicted", "expired", "removed")


def over_time(setting: SettingResult, start_s: float = 0.0) -> Iterator[str]:
    """A setting's prediction over simulated time, which begins at `start_s` seconds of Unix time.

    Samples are means over the time since the sample before; `quantity` says which of the median and the 5 %
    and 95 % quantiles over replications (for a node's memory: over nodes too). Counters are known at three
    instants: start, end of the warm-up, end.

    Raises:
        ValueError: the setting kept no timelines.
    """
    if not setting.timelines:
        raise ValueError("this study kept no timelines: run it again with timelines=True")
    lines, labels = setting.timelines, _labels(setting)
    at_s = [start_s + edge / 1000 for edge in lines[0].edges_ms[1:].tolist()]
    yield from _memory(setting, lines, labels, at_s)
    for field, stem, unit, meaning in (
        ("stores_bytes", "store_bytes", "bytes", "Bytes that a store holds, mean over nodes"),
        ("stores_entries", "store_entries", "entries", "Entries that a store holds, mean over nodes"),
    ):
        one = Family(PREFIX + stem, unit, meaning)
        yield one.head()
        courses = np.stack([getattr(line, field) for line in lines]).astype(np.float64)
        for place, store in enumerate(lines[0].store_names):
            yield from _band(one, labels | {"store": store}, courses[:, place], at_s)
    yield from _availability(lines, labels, at_s)
    yield from _counters(setting, labels, start_s)
    yield "# EOF\n"


def _memory(
    setting: SettingResult, lines: Sequence[Timeline], labels: dict[str, str], at_s: Sequence[float]
) -> Iterator[str]:
    one = Family(f"{PREFIX}node_memory_bytes", "bytes", "Memory of a node: baseline and process")
    yield one.head()
    nodes = np.concatenate([line.memory_bytes for line in lines]).astype(np.float64)
    yield from _band(one, labels, nodes, at_s)
    base = Family(f"{PREFIX}node_baseline_bytes", "bytes", "Memory of a node without its stores, mean")
    yield base.head()
    yield _course(base, labels, _mean(lines, "base_bytes"), at_s)
    threshold = setting.scenario.threshold_bytes
    if threshold is not None:
        one = Family(f"{PREFIX}node_threshold_bytes", "bytes", "Memory above which a node gets no jobs")
        yield one.head()
        yield _course(one, labels, np.full(len(at_s), float(threshold)), at_s)


def _availability(lines: Sequence[Timeline], labels: dict[str, str], at_s: Sequence[float]) -> Iterator[str]:
    shares = _mean(lines, "cause_share")
    one = Family(
        f"{PREFIX}node_unavailable_ratio", "ratio", "Share of node time rejected, by first cause, mean"
    )
    yield one.head()
    for place, cause in enumerate(CAUSES):
        yield _course(one, labels | {"cause": cause}, shares[1 + place], at_s)
    none = Family(f"{PREFIX}no_node_ratio", "ratio", "Share of time in which every node is rejected, mean")
    yield none.head()
    yield _course(none, labels, _mean(lines, "no_node_share"), at_s)


def _counters(setting: SettingResult, labels: dict[str, str], start_s: float) -> Iterator[str]:
    """Counts since the end of the warm-up, means over replications."""
    instants = sorted({0, setting.scenario.warmup_ms})
    end_s = start_s + setting.scenario.horizon_ms / 1000
    for name in COUNTED:
        meaning = f"{STORE_COLUMNS[name].meaning}; mean over replications"
        one = Family(f"{PREFIX}store_{name}_entries", "entries", meaning, "counter")
        yield one.head()
        for store, results in setting.stores.items():
            own = labels | {"store": store}
            yield "".join(one.sample(own, 0.0, start_s + at / 1000) for at in instants)
            yield one.sample(own, results[name].mean, end_s)


def _band(
    one: Family, labels: dict[str, str], courses: NDArray[np.float64], at_s: Sequence[float]
) -> Iterator[str]:
    """Quantiles over the first axis of (courses, bins)."""
    levels = np.quantile(courses, list(BAND.values()), axis=0)
    for which, level in zip(BAND, levels, strict=True):
        yield _course(one, labels | {"quantity": which}, level, at_s)


def _mean(lines: Sequence[Timeline], field: str) -> NDArray[np.float64]:
    """Mean over replications of one of a Timeline's arrays."""
    mean: NDArray[np.float64] = np.stack([getattr(line, field) for line in lines]).astype(np.float64).mean(0)
    return mean


def _course(one: Family, labels: dict[str, str], values: NDArray[np.float64], at_s: Sequence[float]) -> str:
    return "".join(one.sample(labels, value, at) for value, at in zip(values.tolist(), at_s, strict=True))


# ---- words and numbers ----


def _number(value: float) -> str:
    """A number as both formats read it."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _escape(text: str) -> str:
    r"""A label's value.

    >>> print(_escape('a "b"\\c'))
    a \"b\"\\c
    """
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return _escape(text[:1].upper() + text[1:])
