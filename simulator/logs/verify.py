"""Predicted against observed: does a log look as the config says, and did a change do what it was to do?

Every quantity is reduced to one number a log: a level's mean, its growth per hour, a rate. Its prediction is
the interval in which the number of one more log falls, from the spread of simulated replications; the
observed number's own interval is that of a block bootstrap over hours, or days for logs of three days and
more. All intervals of one table hold together at 95 % (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .compare import compare, difference
from .courses import BIN_MS
from .holders import exhaustion, holders
from .predicted import predict_all, weights_of
from .quantities import by_our_names, quantities, switched_off
from .verification import Verification, Verified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Scenario
    from ..study.execution import Progress
    from .comparison import Change, Quantity
    from .courses import Courses
    from .predicted import Predicted
    from .quantities import Log

LEVEL: Final = 0.95
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What a config says of a log's time.

    Attributes:
        scenario: as it was simulated: as long as the nodes had run when the log ends.
        start_ms: where that begins, since 1970.
        runs: the replications, reduced as the log is.
        weights: bytes per entry of stores that are switched off and of which the log tells.
    """

    scenario: Scenario
    start_ms: int
    runs: list[Predicted]
    weights: Mapping[str, float]


def verify(
    name: str,
    before: Log,
    after: Log | None = None,
    *,
    replications: int,
    seed: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Hold a log against its setting; and with `after`, the difference of the two against that predicted.

    Args:
        name: of the config.
        before: a log; it must have told something (`courses.first_ms` is not None).
        after: likewise the log after a change, or None.
        replications: how many to simulate of each setting, two at least.
        seed: of the draws.
        workers: processes; None for as many as pay. The result does not depend on it.
        progress: called with replications done and planned.
    """
    logs = [before] if after is None else [before, after]
    expected = []
    for place, log in enumerate(logs):

        def told(done: int, planned: int, place: int = place) -> None:
            if progress is not None:
                progress(place * planned + done, planned * len(logs))

        expected.append(expect(log, replications, seed, workers, told))
    return judge(name, seed, list(zip(logs, expected, strict=True)))


def expect(
    log: Log, replications: int, seed: int, workers: int | None = None, progress: Progress | None = None
) -> Expected:
    """Simulate a log's time, so many replications."""
    scenario, start_ms, within = _as_long_as(log)
    runs = predict_all(scenario, replications, seed, within, workers=workers, progress=progress)
    for run in runs:
        by_our_names(run.courses, scenario)
    return Expected(scenario, start_ms, runs, weights_of(scenario, switched_off(log), seed))


def judge(name: str, seed: int, sides: Sequence[tuple[Log, Expected]]) -> Verification:
    """Hold one log, or one before and one after a change, against what is expected of each."""
    found = [_verified(log, expected) for log, expected in sides]
    replications = len(sides[0][1].runs)
    if len(sides) == 1:
        return Verification(name, replications, seed, found[0])
    return Verification(name, replications, seed, found[0], found[1], _changes(sides, found))


def _as_long_as(log: Log) -> tuple[Scenario, int, tuple[int, int]]:
    """The scenario for the nodes' time; where that begins, since 1970; and the part that the log shows.

    With a daily profile of arrivals a run begins at a midnight (UTC), else with the nodes.
    """
    scenario = log.scenario
    first_ms, last_ms = log.courses.first_ms, log.courses.last_ms
    if first_ms is None or last_ms is None:
        raise ValueError("the log told nothing")
    daily = type(scenario.workload.sessions.arrivals).__name__ == "ProfileArrivals"
    began_ms = first_ms - log.uptime_ms
    start_ms = began_ms - began_ms % (DAY_MS if daily else BIN_MS)
    horizon_ms = max(last_ms + 1 - start_ms, BIN_MS)
    changes: dict[str, Any] = {"horizon_ms": horizon_ms, "warmup_ms": 0}
    copy = scenario.model_copy(update=changes)
    copy.__dict__.pop("threshold_bytes", None)
    return copy, start_ms, (first_ms - start_ms, last_ms + 1 - start_ms)


def _verified(log: Log, expected: Expected) -> Verified:
    scenario, runs = expected.scenario, expected.runs
    listed, hidden = quantities(log)
    off = expected.weights
    listed = [each for each in listed if each.store in off or any(_told(run, each) for run in runs)]
    level = 1 - (1 - LEVEL) / max(len(listed), 1)
    comparisons = tuple(compare(log.courses, each, runs, level) for each in listed)
    memory = next((each for each in comparisons if each.quantity.unit == "percent"), None)
    teller = "memory_percent.scheduler" if memory is None else memory.quantity.name
    total = scenario.nodes.memory_bytes
    predicted_bytes = _end_bytes([run.courses for run in runs], teller, total)
    memory_bytes = predicted_bytes if memory is None else _end_bytes([log.courses], teller, total)
    return Verified(
        log.setting,
        scenario,
        log.courses.first_ms or 0,
        log.courses.last_ms or 0,
        comparisons,
        holders(log.courses, scenario, runs, memory_bytes, predicted_bytes, off),
        memory_bytes,
        memory is not None,
        exhaustion(log.courses, memory, scenario, runs, memory_bytes),
        tuple(hidden),
        tuple(_remarks(log, scenario, expected.start_ms)),
    )


def _told(run: Predicted, quantity: Quantity) -> bool:
    return quantity.sort == "rate" or bool(run.courses.nodes_of(quantity.name))


def _end_bytes(courses: Sequence[Courses], teller: str, total_bytes: int) -> float:
    """A node's memory at the end: the mean over nodes; NaN where nobody told."""
    ends = [end for each in courses for end in each.ends(teller)]
    return total_bytes * float(np.mean(ends)) / 100 if ends else float("nan")


def _changes(sides: Sequence[tuple[Log, Expected]], found: Sequence[Verified]) -> tuple[Change, ...]:
    """Every quantity that both logs told, later minus earlier."""
    both = [
        (one, two)
        for two in found[1].comparisons
        for one in found[0].comparisons
        if _same(one.quantity, two.quantity)
    ]
    level = 1 - (1 - LEVEL) / max(len(both), 1)
    courses = [log.courses for log, _ in sides]
    runs = [expected.runs for _, expected in sides]
    return tuple(
        difference((courses[0], one, runs[0]), (courses[1], two, runs[1]), level) for one, two in both
    )


def _same(one: Quantity, two: Quantity) -> bool:
    """Memory is one quantity whoever tells it; a store that no longer grows is the same store."""
    if "percent" in (one.unit, two.unit):
        return (one.unit, one.sort) == (two.unit, two.sort)
    return one.name == two.name


def _remarks(log: Log, scenario: Scenario, start_ms: int) -> list[str]:
    found = []
    kept = log.courses
    names = {node for name in kept.levels for node in kept.nodes_of(name)}
    for prefix in ("node-", "sizes "):
        count = sum(node.startswith(prefix) for node in names)
        if count and count != scenario.nodes.count:
            nodes = f"{count} node{'s' * (count != 1)}"
            found.append(f"the log tells of {nodes}, the config has {scenario.nodes.count}")
            break
    told = [name.removesuffix(".entries") for name in kept.levels if name.endswith(".entries")]
    if others := [name for name in told if name not in scenario.nodes.stores]:
        found.append(f"the log tells of {', '.join(others)}, which the config does not have")
    began_ms = (kept.first_ms or 0) - log.uptime_ms
    if log.uptime_ms:
        found.append(f"the nodes had been running for {log.uptime_ms / 3_600_000:,.1f} h when the log begins")
    if began_ms - start_ms >= BIN_MS:
        found.append("the runs begin at midnight UTC, for the arrivals' daily profile")
    return found
