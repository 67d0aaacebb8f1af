"""`warmup: auto`: where the stores of a world have filled, found from a few pilot replications.

The mean course of every store over the pilots goes through MSER-5; the longest cut of all stores and settings
of a profile becomes the warm-up of all of them, so that paired comparisons cover the same time. The pilots
are ordinary replications without a warm-up, kept in the study's store like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics.steady import mser
from .assembly import by_profile
from .execution import execute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Case, Scenario
    from .cluster import Cluster
    from .execution import Execution, Progress
    from .reduction import Reduction
    from .store import RunStore

PILOTS = 5
"""Replications whose mean course is looked at; five, as Hoad, Robinson and Davies (2010) recommend."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The warm-up of a profile: in ms, the setting and store that took longest, and whether to believe it.

    `reliable` is False when a course had not settled in the first half of the run; `reason` says so.
    """

    profile: str
    warmup_ms: int
    setting: str
    store: str
    reliable: bool
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def find_warm_ups(
    cases: Sequence[Case],
    *,
    seed: int,
    engine: str,
    workers: int | None,
    progress: Progress | None,
    runs: RunStore | None,
    cluster: Cluster | None = None,
) -> tuple[list[Case], tuple[WarmUp, ...]]:
    """The cases with the warm-ups that they ask for, and how those were found. Ctrl-C goes through.

    Cases that say a duration are left alone; when none says `auto`, nothing is run.
    """
    asking = [index for index, case in enumerate(cases) if case.scenario.warmup_auto]
    if not asking:
        return list(cases), ()
    pilots = [cases[index].scenario.warmed_up(0) for index in asking]
    execution = execute(
        pilots,
        PILOTS,
        seed=seed,
        engine=engine,
        workers=workers,
        progress=progress,
        known=runs.known(pilots, PILOTS, seed) if runs else None,
        finished=runs.keeper(pilots, seed) if runs else None,
        cluster=cluster,
    )
    if execution.interrupted:
        raise KeyboardInterrupt
    settled = list(cases)
    found = []
    for profile, members in by_profile([cases[index] for index in asking]).items():
        warm_up = _longest(profile, [(cases[asking[place]], place) for place in members], execution)
        found.append(warm_up)
        for place in members:
            case = cases[asking[place]]
            settled[asking[place]] = replace(case, scenario=case.scenario.warmed_up(warm_up.warmup_ms))
    return settled, tuple(found)


def _longest(profile: str, members: Sequence[tuple[Case, int]], execution: Execution) -> WarmUp:
    """The longest cut of a profile. One that is not reliable counts, and is said."""
    best = WarmUp(profile, 0, members[0][0].setting, "", True, "")
    for case, place in members:
        pilots = [execution.reductions[place, replication] for replication in range(PILOTS)]
        for one in _cuts(profile, case, pilots):
            longer = one.warmup_ms > best.warmup_ms
            if (best.reliable and not one.reliable) or (longer and best.reliable == one.reliable):
                best = one
    return best


def _cuts(profile: str, case: Case, pilots: Sequence[Reduction]) -> list[WarmUp]:
    """The cut of each store's mean course over the pilots."""
    lines = [run.timeline for run in pilots if run.timeline is not None]
    edges = lines[0].edges_ms
    found = []
    for place, store in enumerate(lines[0].store_names):
        course = np.mean([line.stores_bytes[place].astype(np.float64) for line in lines], axis=0)
        cut = mser(course)
        warmup_ms = _whole_ms(case.scenario, int(edges[cut.discard]))
        found.append(WarmUp(profile, warmup_ms, case.setting, store, cut.reliable, cut.reason))
    return found


def _whole_ms(scenario: Scenario, warmup_ms: int) -> int:
    """A warm-up that leaves something to measure."""
    return min(warmup_ms, scenario.horizon_ms - 1)
