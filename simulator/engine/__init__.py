"""From a workload and a scenario to a History: the SimPy engine, which is the model, or its compiled twin."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from simulator.engine.history import COUNTERS, STORE_COUNTERS, History, Samples, first_difference
from simulator.model.invariants import BrokenInvariantError, broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.config import Scenario
    from simulator.workload import Workload

__all__ = [
    "COUNTERS",
    "STORE_COUNTERS",
    "History",
    "Samples",
    "check_invariants",
    "compiles_first",
    "first_difference",
    "keeps_machine_code",
    "not_compiled",
    "simulate",
]


def simulate(
    workload: Workload, scenario: Scenario, engine: str = "auto", sample_every_ms: int | str | None = None
) -> History:
    """Run one replication.

    Args:
        workload: what happens to the nodes, drawn or read beforehand.
        scenario: the setting; `horizon_ms` and `node_count` must be the workload's.
        engine: `reference`, `compiled` (the same History, a hundred times as fast), or `auto`: compiled where
            numba is installed and the scenario has nothing that only the reference knows.
        sample_every_ms: for a replay (one node): also look at the stores at 0 and every so many ms, up to and
            including the horizon; `"event"` looks after every row.

    Raises:
        ValueError: an engine that does not exist or cannot run this, or a workload made for other nodes.
    """
    if engine not in ("auto", "reference", "compiled"):
        raise ValueError(f"unknown engine {engine!r}: auto, reference or compiled")
    if workload.node_count != scenario.nodes.count:
        raise ValueError(
            f"the workload is for {workload.node_count} nodes, the scenario has {scenario.nodes.count}"
        )
    why_not = None if engine == "reference" else not_compiled(scenario)
    if engine == "compiled" and why_not is not None:
        raise ValueError(f"the compiled engine cannot run this: {why_not}")
    if engine == "reference" or why_not is not None:
        from simulator.engine.reference import Reference

        return Reference(workload, scenario, sample_every_ms).run()
    from simulator.engine.compiled import run

    return run(workload, scenario, sample_every_ms)


def not_compiled(scenario: Scenario) -> str | None:
    """Why only the reference can run a scenario, in words; None when the compiled engine can."""
    if (broken := _without_numba()) is not None:
        return broken
    from simulator.engine.compiled import unsupported

    return unsupported(scenario)


def compiles_first(scenarios: Sequence[Scenario], sample_every_ms: int | str | None = None) -> bool:
    """Whether compiled runs of these have to wait for the compiler first, as after an installation."""
    if _without_numba() is not None:
        return False
    from simulator.engine.compiled import waits_for_compiler

    return waits_for_compiler(scenarios, sample_every_ms)


def keeps_machine_code() -> bool:
    """Whether what is compiled is there for the next command too: it needs a folder that can be written."""
    from simulator.engine.compiled import is_kept

    return is_kept()


def _without_numba() -> str | None:
    """Why numba cannot be used, in words; None when it can."""
    if find_spec("numba") is None:
        return "numba is not installed"
    try:
        import simulator.engine.compiled  # noqa: F401
    except ImportError as error:  # it refuses a NumPy that it does not know, for one
        return f"numba cannot be used: {error}"
    return None


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
