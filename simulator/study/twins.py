"""Settings that must give equal runs: one is run and stands for the others.

Two kinds of certainty, no guess. Before any run: settings that differ only in what a run never looks at (a
store that is off, a clean-up that nothing calls). After one: caps on session tables at or above the most
entries that were ever held without an eviction, since a cap acts at no other place (rule S2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..config import Scenario
    from .reduction import Reduction


def essence(scenario: Scenario) -> tuple[Any, ...]:
    """What a run can depend on besides its workload's draws; equal essences, equal runs."""
    nodes = scenario.nodes
    told = scenario.workload.sessions.end_signalled > 0
    stores = {name: _as_it_acts(store, told=told) for name, store in nodes.enabled_stores.items()}
    times = (scenario.horizon_ms, scenario.warmup_ms)
    # order matters: stores act in the order of the config
    return (
        *times,
        scenario.workload,
        nodes.model_copy(update={"stores": stores}),
        tuple(stores),
        scenario.scheduler,
    )


def stands_for(run: Reduction, scenario: Scenario, other: Scenario) -> bool:
    """Whether a run of `scenario` is, bit for bit, what a run of `other` on the same workload would be."""
    if essence(scenario) == essence(other):
        return True
    if scenario.warmup_ms or essence(_uncapped(scenario)) != essence(_uncapped(other)):
        return False  # with a warm-up the counts say nothing about the time before it
    return all(
        run.stores[name]["evicted"] == 0 and (cap is None or run.stores[name]["entries_peak"] <= cap)
        for name, cap in _caps(other).items()
    )


def _as_it_acts(store: Any, *, told: bool) -> Any:
    """When no end is told, a store that is cleaned on a signalled end is a store that nothing cleans."""
    cleanup = getattr(store, "cleanup", None)
    if cleanup is None or cleanup.kind != "session_end" or told:
        return store
    return store.model_copy(update={"cleanup": cleanup.model_copy(update={"kind": "never"})})


def _caps(scenario: Scenario) -> dict[str, int | None]:
    tables = scenario.nodes.enabled_stores.items()
    return {name: store.max for name, store in tables if store.kind == "session_table"}


def _uncapped(scenario: Scenario) -> Scenario:
    stores = dict(scenario.nodes.stores)
    for name in _caps(scenario):
        stores[name] = stores[name].model_copy(update={"max": None})
    return scenario.model_copy(update={"nodes": scenario.nodes.model_copy(update={"stores": stores})})
