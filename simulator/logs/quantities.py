"""A log, reduced, and what of it can be held against a config; what it hides is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..config import bound_of
from .courses import RATES, Courses
from .verification import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config import Scenario
    from .courses import Sort
    from .records import Record, Troubles


@dataclass(frozen=True, slots=True)
class Log:
    """A log, reduced: its courses, what was read, and the setting that it is held against."""

    courses: Courses
    troubles: Troubles
    setting: str
    scenario: Scenario


def read_courses(records: Iterable[Record], troubles: Troubles, setting: str, scenario: Scenario) -> Log:
    """Reduce a log's records, its stores by the config's names."""
    courses = Courses()
    courses.take(records)
    by_our_names(courses, scenario)
    return Log(courses, troubles, setting, scenario)


def by_our_names(courses: Courses, scenario: Scenario) -> None:
    """Give stores the names that the config has for them: `aggregatorStates` is its `aggregator_states`."""
    stores = scenario.nodes.enabled_stores
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


def quantities(log: Log) -> tuple[list[Quantity], list[str]]:
    """What this log can be held against, and what it hides."""
    courses, troubles = log.courses, log.troubles
    found: list[Quantity] = []
    hidden: list[str] = []
    tellers = [name for name in ("memory_percent.scheduler", "memory_percent.node") if courses.nodes_of(name)]
    if tellers:
        best = max(tellers, key=lambda name: int(np.isfinite(courses.series(name, "level")).sum()))
        found.append(Quantity(best, "level", "percent"))
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
