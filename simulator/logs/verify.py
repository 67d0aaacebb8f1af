"""Predicted against observed: does a log look as the config says, and did a change do what it was to do?

Every quantity is reduced to one number a log: a level's mean, a growing level's growth per hour, a rate. Its
prediction is the interval in which the number of one more log falls, from the spread of simulated
replications; the observed number's own interval is that of a block bootstrap over hours, or days for logs of
three days and more. All intervals of one table hold together at 95 % (Bonferroni).

Source: prediction interval for one future value, Hahn and Meeker (1991), Statistical Intervals, ch. 4.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..statistics.intervals import mean_and_variance, t_quantile
from .courses import BIN_MS, block_bootstrap, summary
from .holders import exhaustion, holders
from .predicted import predict
from .quantities import by_our_names, quantities
from .verification import Change, Comparison, Verification, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config import Scenario
    from .courses import Courses, Floats, Sort
    from .predicted import Predicted
    from .quantities import Log
    from .verification import Quantity, Verdict

LEVEL: Final = 0.95
RESOLUTION: Final = {"percent": 0.05, "entries": 0.5, "bytes": 1.0, "per hour": 0.0}
"""Half a unit of what a log can tell: a prediction without spread is no finer."""


def verify(
    name: str,
    before: Log,
    after: Log | None = None,
    *,
    replications: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Hold a log against its setting; and with `after`, the difference of the two against that predicted.

    Args:
        name: of the config.
        before: a log; it must have told something (`courses.first_ms` is not None).
        after: likewise the log after a change, or None.
        replications: how many to simulate of each setting, two at least.
        seed: of the draws.
        progress: called with replications done and planned.
    """
    logs = [before] if after is None else [before, after]
    planned = replications * len(logs)
    found: list[tuple[Verified, list[Predicted]]] = []
    for place, log in enumerate(logs):
        scenario, start_ms, within = _as_long_as(log)
        runs = []
        for replication in range(replications):
            runs.append(predict(scenario, replication, seed, within))
            by_our_names(runs[-1].courses, scenario)
            if progress is not None:
                progress(place * replications + replication + 1, planned)
        found.append((_verified(log, scenario, runs, start_ms), runs))
    changes = () if after is None else _changes(before, after, found[0], found[1])
    second = None if after is None else found[1][0]
    return Verification(name, replications, seed, found[0][0], second, changes)


def _as_long_as(log: Log) -> tuple[Scenario, int, tuple[int, int]]:
    """The scenario for the log's time; where that begins, since 1970; and the part that the log shows.

    With a daily profile of arrivals a run begins at midnight (UTC), else with the log.
    """
    courses, scenario = log.courses, log.scenario
    first_ms, last_ms = courses.first_ms, courses.last_ms
    if first_ms is None or last_ms is None:
        raise ValueError("the log told nothing")
    daily = type(scenario.workload.sessions.arrivals).__name__ == "ProfileArrivals"
    start_ms = first_ms - (first_ms % 86_400_000 if daily else first_ms % BIN_MS)
    horizon_ms = max(last_ms + 1 - start_ms, BIN_MS)
    changes: dict[str, Any] = {"horizon_ms": horizon_ms, "warmup_ms": 0}
    copy = scenario.model_copy(update=changes)
    copy.__dict__.pop("threshold_bytes", None)
    return copy, start_ms, (first_ms - start_ms, last_ms + 1 - start_ms)


def _verified(log: Log, scenario: Scenario, runs: Sequence[Predicted], start_ms: int) -> Verified:
    listed, hidden = quantities(log)
    listed = [each for each in listed if any(_told(run.courses, each) for run in runs)]
    level = 1 - (1 - LEVEL) / max(len(listed), 1)
    comparisons = tuple(_compare(log, each, runs, level) for each in listed)
    memory = next((each for each in comparisons if each.quantity.unit == "percent"), None)
    total = scenario.nodes.memory_bytes
    teller = "memory_percent.scheduler" if memory is None else memory.quantity.name
    sources = [run.courses for run in runs] if memory is None else [log.courses]
    ends = [end for courses in sources for end in courses.ends(teller)]
    memory_bytes = total * float(np.mean(ends)) / 100 if ends else float("nan")
    return Verified(
        log.setting,
        scenario,
        [place * BIN_MS for place in log.courses.bins()],
        comparisons,
        holders(log.courses, scenario, runs, memory_bytes),
        memory_bytes,
        memory is not None,
        exhaustion(log.courses, memory, scenario, runs, memory_bytes, _block(log.courses)),
        tuple(hidden),
        tuple(_remarks(log, scenario, start_ms)),
    )


def _told(courses: Courses, quantity: Quantity) -> bool:
    return quantity.sort == "rate" or bool(courses.nodes_of(quantity.name))


def _block(courses: Courses) -> int:
    """Bins in a block: an hour's, or a day's for a log of three days."""
    hours = len(courses.bins()) * BIN_MS / 3_600_000
    return (24 if hours >= 72 else 1) * 3_600_000 // BIN_MS


def _compare(log: Log, quantity: Quantity, runs: Sequence[Predicted], level: float) -> Comparison:
    """One quantity's number, its interval and its prediction."""
    course = log.courses.series(quantity.name, quantity.sort)
    courses = np.array([_fit(run.courses.series(quantity.name, quantity.sort), len(course)) for run in runs])
    observed = summary(course, quantity.sort)
    drawn = block_bootstrap(course, quantity.sort, _block(log.courses))
    values = _values(runs, quantity)
    mean, low, high = _prediction(values, quantity, level, len(course))
    verdict: Verdict = "as predicted"
    if not all(map(math.isfinite, (observed, low, high))):
        verdict = "cannot tell"
    elif not low <= observed <= high:
        verdict = "higher" if observed > high else "lower"
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else (np.nan, np.nan)
    known = np.isfinite(courses)
    counted = np.maximum(known.sum(axis=0), 1)
    seen = known.any(axis=0)
    blank = np.nan
    return Comparison(
        quantity, observed, float(ends[0]), float(ends[1]), mean, low, high, verdict,
        course=course,
        expected_low=np.where(seen, np.where(known, courses, np.inf).min(axis=0), blank),
        expected=np.where(seen, np.where(known, courses, 0.0).sum(axis=0) / counted, blank),
        expected_high=np.where(seen, np.where(known, courses, -np.inf).max(axis=0), blank),
    )  # fmt: skip


def _fit(values: Floats, length: int) -> Floats:
    """A run's bins laid beside the log's: the log may begin or end within one."""
    return np.concatenate([values[:length], np.full(max(length - len(values), 0), np.nan)])


def _values(runs: Sequence[Predicted], quantity: Quantity) -> list[float]:
    found = [summary(run.courses.series(quantity.name, quantity.sort), quantity.sort) for run in runs]
    return [value for value in found if math.isfinite(value)]


def _prediction(
    values: Sequence[float], quantity: Quantity, level: float, bins: int
) -> tuple[float, float, float]:
    """Mean, and the interval of one more value: Student's t, or for what never happened how often it may.

    If none of R runs had an event, one more has k or more with chance (R + 1)^-k at most.
    """
    n = len(values)
    mean, variance = mean_and_variance(values)
    if n < 2:
        return mean, math.nan, math.nan
    half = max(t_quantile(n, level) * math.sqrt(variance * (1 + 1 / n)), RESOLUTION[quantity.unit])
    low, high = mean - half, mean + half
    if quantity.sort == "rate" and max(values) == 0:
        events = math.ceil(-math.log(1 - level) / math.log(n + 1)) - 1
        high = events * 3_600_000 / BIN_MS / bins
    return mean, low if quantity.sort == "growth" else max(low, 0.0), high


def _changes(
    before: Log, after: Log, was: tuple[Verified, list[Predicted]], now: tuple[Verified, list[Predicted]]
) -> tuple[Change, ...]:
    """Every quantity that both logs told, later minus earlier."""
    earlier = {_key(each.quantity): each for each in was[0].comparisons}
    pairs = [(earlier[_key(e.quantity)], e) for e in now[0].comparisons if _key(e.quantity) in earlier]
    level = 1 - (1 - LEVEL) / max(len(pairs), 1)
    return tuple(_change(one, two, before, after, was[1], now[1], level) for one, two in pairs)


def _key(quantity: Quantity) -> str:
    return "memory" if quantity.unit == "percent" else quantity.name


def _change(
    one: Comparison,
    two: Comparison,
    before: Log,
    after: Log,
    runs_before: Sequence[Predicted],
    runs_after: Sequence[Predicted],
    level: float,
) -> Change:
    sort: Sort = "level" if "level" in (one.quantity.sort, two.quantity.sort) else one.quantity.sort
    quantity = replace(two.quantity, sort=sort)
    sides: list[tuple[float, Floats, list[float]]] = []
    for each, log, runs in ((one, before, runs_before), (two, after, runs_after)):
        asked = replace(each.quantity, sort=sort)
        series = log.courses.series(asked.name, sort)
        drawn = block_bootstrap(series, sort, _block(log.courses), seed=len(sides) + 1)
        sides.append((summary(series, sort), drawn, _values(runs, asked)))
    (first, drawn_1, values_1), (second, drawn_2, values_2) = sides
    observed = second - first
    ends = (math.nan, math.nan)
    if len(drawn_1) and len(drawn_2):
        low, high = np.quantile(drawn_2 - drawn_1, [(1 - level) / 2, (1 + level) / 2])
        ends = (float(low), float(high))
    if min(len(values_1), len(values_2)) < 2 or not math.isfinite(observed):
        return Change(quantity, observed, *ends, math.nan, math.nan, math.nan, False, "cannot tell")
    (mean_1, var_1), (mean_2, var_2) = mean_and_variance(values_1), mean_and_variance(values_2)
    n = min(len(values_1), len(values_2))
    expected = mean_2 - mean_1
    half = t_quantile(n, level) * math.sqrt((var_1 + var_2) * (1 + 1 / n))
    half = max(half, RESOLUTION[quantity.unit])
    paired = [b - a for a, b in zip(values_1, values_2, strict=False)]
    spread = t_quantile(n, level) * math.sqrt(mean_and_variance(paired)[1] / n)
    expects = abs(expected) > max(spread, RESOLUTION[quantity.unit])
    inside = expected - half <= observed <= expected + half
    verdict: Verdict
    if not inside:
        verdict = "not as predicted"
    elif not expects:
        verdict = "as predicted"
    else:
        verdict = "as predicted" if (ends[0] > 0 or ends[1] < 0) else "cannot tell"
    return Change(quantity, observed, *ends, expected, expected - half, expected + half, expects, verdict)


def _remarks(log: Log, scenario: Scenario, start_ms: int) -> list[str]:
    found = []
    kept = log.courses
    names = {node for name in kept.levels for node in kept.nodes_of(name)}
    for prefix in ("node-", "sizes "):
        count = sum(node.startswith(prefix) for node in names)
        if count and count != scenario.nodes.count:
            found.append(f"the log tells of {count} nodes, the config has {scenario.nodes.count}")
            break
    if start_ms % 86_400_000 == 0 and scenario.horizon_ms > 86_400_000:
        found.append("the runs begin at midnight UTC, for the arrivals' daily profile")
    troubles = log.troubles
    if troubles.count("clock_back"):
        example = troubles.found["clock_back"]
        found.append(f"the clock went back {example.count:,} times, first at {example.where}")
    return found
