"""From a workload and a scenario to a History: the SimPy engine, which is the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.history import COUNTERS, STORE_COUNTERS, History, Samples, first_difference

if TYPE_CHECKING:
    from simulator.config import Scenario
    from simulator.workload import Workload

__all__ = ["COUNTERS", "STORE_COUNTERS", "History", "Samples", "first_difference", "simulate"]


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
