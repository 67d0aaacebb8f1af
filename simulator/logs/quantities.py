"""A log, reduced, and what of it can be held against a config; what it hides is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..config import bound_of
from .comparison import Quantity
from .courses import RATES, Courses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config import Scenario
    from .courses import Sort
    from .records import Record, Troubles


@dataclass(frozen=True, slots=True)
class Log:
    """A log, reduced: its courses, what was read, and the setting that it is held against.

    `uptime_ms`: how long the nodes had been running when the log begins.
    """

    courses: Courses
    troubles: Troubles
    setting: str
    scenario: Scenario
    uptime_ms: int = 0


def read_courses(records: Iterable[Record], troubles: Troubles, setting: str, scenario: Scenario) -> Log:
    """Reduce a log's records."""
    courses = Courses()
    courses.take(records)
    return log_of(courses, troubles, setting, scenario)


def log_of(
    courses: Courses, troubles: Troubles, setting: str, scenario: Scenario, uptime_ms: int | None = None
) -> Log:
    """A log, its stores by the config's names. Without `uptime_ms` what a probe said counts, else none."""
    by_our_names(courses, scenario)
    if uptime_ms is None:
        first_ms, began_ms = courses.first_ms, courses.began_ms
        uptime_ms = 0 if first_ms is None or began_ms is None else max(first_ms - began_ms, 0)
    return Log(courses, troubles, setting, scenario, uptime_ms)


def split_at(records: Iterable[Record], at_ms: int) -> tuple[Courses, Courses]:
    """What was before an instant and what from it on."""
    before, after = Courses(), Courses()
    for record in records:
        (before if record.at_ms < at_ms else after).add(record)
    return before, after


def by_our_names(courses: Courses, scenario: Scenario) -> None:
    """Give stores the names that the config has for them: `aggregatorStates` is its `aggregator_states`."""
    stores = scenario.nodes.stores
    plain = {"".join(filter(str.isalnum, name)).lower(): name for name in stores}
    tables = [name for name, store in stores.items() if store.kind == "session_table"]
    for told in list(courses.levels):
        store, dot, what = told.rpartition(".")
        if not dot or store == "memory_percent":
            continue
        ours = plain.get("".join(filter(str.isalnum, store)).lower())
        if ours is None and store == "aggregator_states" and len(tables) == 1:
            ours = tables[0]
        if ours is not None and ours != store:
            courses.levels[f"{ours}.{what}"] = courses.levels.pop(told)


def switched_off(log: Log) -> list[str]:
    """Stores that the log tells of, and that the config has switched off."""
    stores = log.scenario.nodes.stores
    off = [name for name in stores if name not in log.scenario.nodes.enabled_stores]
    return [name for name in off if log.courses.nodes_of(f"{name}.entries")]


def quantities(log: Log) -> tuple[list[Quantity], list[str]]:
    """What this log can be held against, and what it hides."""
    courses, troubles = log.courses, log.troubles
    found: list[Quantity] = []
    hidden: list[str] = []
    tellers = [name for name in ("memory_percent.scheduler", "memory_percent.node") if courses.nodes_of(name)]
    if tellers:
        best = max(tellers, key=lambda name: int(np.isfinite(courses.series(name, "level")).sum()))
        found.append(Quantity(best, "level", "percent"))
        found.append(Quantity(best, "growth", "percent"))  # a leak that no store of the config explains
    else:
        hidden.append("no heartbeat: a node's memory is not in these logs (the scheduler's has it at info)")
    growing = {n for n in log.scenario.nodes.enabled_stores if bound_of(log.scenario, n) != "bounded"}
    sort: Sort = "growth" if growing else "level"
    found += [Quantity(n, sort, "bytes") for n in ("rss_bytes", "live_bytes") if courses.nodes_of(n)]
    unseen = []
    for store in log.scenario.nodes.enabled_stores:
        named = [f"{store}.entries", f"{store}.after_sweep"]
        size = next((name for name in named if courses.nodes_of(name)), None)
        if size is None:
            unseen.append(store)
        else:
            found.append(Quantity(size, "growth" if store in growing else "level", "entries"))
    found += [Quantity(f"{name}.entries", "level", "entries") for name in switched_off(log)]
    if unseen:
        hidden.append(f"no size of {', '.join(unseen)}: a probe or the memory analysis would write it")
    for name, where in RATES.values():
        source, _, debug = where.partition(" ")
        told = source in troubles.levels and not (debug and troubles.hides_debug("node"))
        if told or courses.rates.get(name):  # the latter also from a log that was mapped
            found.append(Quantity(name, "rate", "per hour"))
    if troubles.hides_debug("node"):
        hidden.append("level info: no line per session, so no creations, evictions and cache hits")
    if "scheduler" not in troubles.levels:
        hidden.append("no scheduler log: no exclusions, no waiting, no jobs given up")
    return found, hidden
