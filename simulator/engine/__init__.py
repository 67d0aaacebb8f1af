"""From a workload and a scenario to a History: the SimPy engine, which is the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.history import COUNTERS, STORE_COUNTERS, History, Samples, first_difference
from simulator.model.invariants import BrokenInvariantError, broken

if TYPE_CHECKING:
    from simulator.config import Scenario
    from simulator.workload import Workload

__all__ = [
    "COUNTERS",
    "STORE_COUNTERS",
    "History",
    "Samples",
    "check_invariants",
    "first_difference",
    "simulate",
]


def simulate(
    workload: Workload, scenario: Scenario, engine: str = "auto", sample_every_ms: int | str | None = None
) -> History:
    """Run one replication.

    Args:
        workload: what happens to the nodes, drawn or read beforehand.
        scenario: the setting; `horizon_ms` and `node_count` must be the workload's.
        engine: `reference`, or `auto`.
        sample_every_ms: for a replay (one node): also look at the stores at 0 and every so many ms, up to and
            including the horizon; `"event"` looks after every row.

    Raises:
        ValueError: an engine that does not exist, or a workload made for other nodes.
    """
    if engine not in ("auto", "reference"):
        raise ValueError(f"unknown engine {engine!r}: auto or reference")
    if workload.node_count != scenario.nodes.count:
        raise ValueError(
            f"the workload is for {workload.node_count} nodes, the scenario has {scenario.nodes.count}"
        )
    from simulator.engine.reference import Reference

    return Reference(workload, scenario, sample_every_ms).run()


def check_invariants(history: History, scenario: Scenario | None = None) -> None:
    """Check what holds after every run; with the scenario also its caps.

    Raises:
        BrokenInvariantError: what does not hold, all of it.
    """
    stores = {} if scenario is None else scenario.nodes.enabled_stores
    shared = {name: store for name, store in stores.items() if getattr(store, "instances", "") != "per_job"}
    caps = {name: cap for name, store in shared.items() if (cap := getattr(store, "max", None)) is not None}
    if found := broken(history, caps):
        raise BrokenInvariantError("; ".join(found))
