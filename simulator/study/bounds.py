"""Two bounding settings for a comparison: what no cleaning at all would cost, what the quickest could save.

After the Unbounded and Clairvoyant rows of Caffeine's cache simulator: a real setting is read between a world
in which nothing is ever cleaned and one in which everything goes the moment it may. Neither is a proposal.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from ..config import Case
from ..config.stores import Cleanup, PendingMap, SessionTable
from .compare import run_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Scenario
    from .execution import Progress
    from .results import SettingResult, Study

NO_CLEANUP, INSTANT_CLEANUP = "no cleanup at all", "instant cleanup"
SWEEP_MS = 1_000
"""How soon after its time to live an entry goes under instant cleanup."""
SLOWEST_SHARE = 0.999
"""Instant cleanup aborts a translation that takes longer than this share of those that answer."""


def bounding_study(study: Study, *, progress: Progress | None = None, **how: Any) -> Study:
    """The first setting of every profile of a study with its two bounds, on the same arrivals.

    `how` are the options of `run_cases` that change no result: engine, workers, store, client, resumed.

    Kept out of the study itself: they are no proposals, so no target and no verdict counts them.
    """
    references: dict[str, SettingResult] = {}
    for setting in study.settings:
        references.setdefault(setting.profile, setting)
    return run_cases(
        [case for reference in references.values() for case in bounding_cases(reference)],
        name=study.name,
        replications=study.replications,
        seed=study.seed,
        progress=progress,
        timelines=False,
        **how,
    )


def bounding_cases(reference: SettingResult) -> list[Case]:
    """A reference and the two bounds made from it; a name that is the reference's own is left out."""
    made = {reference.name: reference.scenario}
    for name, bound in ((NO_CLEANUP, no_cleanup), (INSTANT_CLEANUP, instant_cleanup)):
        made.setdefault(name, bound(reference.scenario))
    return [Case(reference.profile, name, scenario) for name, scenario in made.items()]


def no_cleanup(scenario: Scenario) -> Scenario:
    """The same without caps, expiry, clean-ups and timeouts.

    A cache keeps its cap (a cache without one is another thing), and outcomes still remove what they removed.
    """

    def bare(store: Any) -> dict[str, Any]:
        if isinstance(store, SessionTable):
            return {"max": None, "ttl_ms": None, "sweep_every_ms": None}
        if isinstance(store, PendingMap):
            return {"timeout_ms": None}
        return {"cleanup": Cleanup(kind="never")} if hasattr(store, "cleanup") else {}

    return _with_stores(scenario, bare)


def instant_cleanup(scenario: Scenario) -> Scenario:
    """The same with every clean-up at once.

    Nodes are told of every session's end and clear all of its state; what has outlived its time to live goes
    within a second; no cap evicts; a translation that is all but certain to hang is aborted; one cache serves
    a whole node.
    """
    # imported here: drawing workloads is not needed to name the bounds
    from ..workload.quantiles import quantile

    longest_ms = max(ceil(quantile(scenario.workload.translation.latency, SLOWEST_SHARE)), 1)

    def quick(store: Any) -> dict[str, Any]:
        if isinstance(store, SessionTable):
            return {"max": None, "sweep_every_ms": None if store.ttl_ms is None else SWEEP_MS}
        if isinstance(store, PendingMap):
            outcomes = frozenset(("success", "failure"))
            return {"removed_on": outcomes, "timeout_ms": longest_ms, "abort_on_timeout": True}
        if hasattr(store, "instances"):
            return {"instances": "shared"}
        return {"cleanup": Cleanup(kind="session_removed")} if hasattr(store, "cleanup") else {}

    told = scenario.workload.model_copy(
        update={"sessions": scenario.workload.sessions.model_copy(update={"end_signalled": 1.0})}
    )
    return _with_stores(scenario, quick).model_copy(update={"workload": told})


def _with_stores(scenario: Scenario, changes: Callable[[Any], dict[str, Any]]) -> Scenario:
    stores = {name: store.model_copy(update=changes(store)) for name, store in scenario.nodes.stores.items()}
    return scenario.model_copy(update={"nodes": scenario.nodes.model_copy(update={"stores": stores})})
