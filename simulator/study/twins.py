"""Settings that must give equal runs: one is run and stands for the others.

Two kinds of certainty, no guess. Before any run: settings that differ only in what a run never looks at (a
store that is off, a clean-up that nothing calls). After one: caps on session tables at or above the most
entries that were ever held without an eviction, since a cap acts at no other place (rule S2).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from .provenance import canonical

if TYPE_CHECKING:
    from ..config import Scenario
    from .reduction import Reduction


@dataclass(frozen=True, slots=True)
class Essence:
    """What a run can depend on besides its workload's draws; equal essences, equal runs.

    `uncapped` is a digest of all but the session tables' `caps`, so that a thousand settings are quickly told
    apart. `from_start`: no warm-up, so that a run's counts speak of all of it.
    """

    uncapped: bytes
    caps: tuple[tuple[str, int | None], ...]
    from_start: bool


def essence(scenario: Scenario) -> Essence:
    """The essence of a scenario; half a millisecond, so once for each."""
    nodes = scenario.nodes
    told = scenario.workload.sessions.end_signalled > 0
    stores = {name: _as_it_acts(store, told=told) for name, store in nodes.enabled_stores.items()}
    caps = tuple((name, store.max) for name, store in stores.items() if store.kind == "session_table")
    stores |= {name: stores[name].model_copy(update={"max": None}) for name, _ in caps}
    parts = {
        "times": (scenario.horizon_ms, scenario.warmup_ms),
        "workload": scenario.workload,
        "nodes": nodes.model_copy(update={"stores": stores}),
        "order": tuple(stores),  # stores act in the order of the config
        "scheduler": scenario.scheduler,
    }
    digest = blake2b(canonical(parts).encode(), digest_size=16).digest()
    return Essence(digest, caps, scenario.warmup_ms == 0)


def stands_for(run: Reduction, its: Essence, other: Essence) -> bool:
    """Whether a run is, bit for bit, what a run of the other essence on the same workload would be."""
    if its == other:
        return True
    return (
        its.uncapped == other.uncapped
        and its.from_start
        and all(
            run.stores[name]["evicted"] == 0 and (cap is None or run.stores[name]["entries_peak"] <= cap)
            for name, cap in other.caps
        )
    )


def _as_it_acts(store: Any, *, told: bool) -> Any:
    """When no end is told, a store that is cleaned on a signalled end is a store that nothing cleans."""
    cleanup = getattr(store, "cleanup", None)
    if cleanup is None or cleanup.kind != "session_end" or told:
        return store
    return store.model_copy(update={"cleanup": cleanup.model_copy(update={"kind": "never"})})
