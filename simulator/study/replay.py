"""replay: drive one node's stores with an explicit trace and read off counts and bytes over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import numpy as np
    from numpy.typing import NDArray

    from ..config import Scenario
    from ..engine.history import History

    Ints = NDArray[np.int64]

EXTRAS = {"ring_buffer": ("chunks", "base64_chars"), "pending_map": ("in_flight",)}
# what `event` mode adds to each store: its name in the answer, and the Samples' attribute
COUNTS = {"hits": "hits", "evictions": "evicted", "expiries": "expired"}


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What one node's stores held at K instants.

    Attributes:
        at_ms: when, [K].
        stores: by name, in config order: `entries`, `bytes`, what the kind has besides (`chunks`,
            `base64_chars`, `in_flight`), and in event mode `hits`, `evictions`, `expiries` so far, each [K].
        live_bytes: the stores' sum, [K].
        rss_bytes: the process, stores included, [K]; 0 while it is down.
        deaths: how often the process died.
        first_death_ms: when it did first, or None.
        rows_left_out: how many of the trace's rows lie at the horizon or after it, and had no effect.
        scenario: as it was run.
    """

    at_ms: Ints
    stores: Mapping[str, Mapping[str, Ints]]
    live_bytes: Ints
    rss_bytes: Ints
    deaths: int
    first_death_ms: int | None
    rows_left_out: int
    scenario: Scenario

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, by the names that `simulator replay --format json` prints."""
        return {
            "at_ms": self.at_ms.tolist(),
            "stores": {
                store: {name: values.tolist() for name, values in columns.items()}
                for store, columns in self.stores.items()
            },
            "live_bytes": self.live_bytes.tolist(),
            "rss_bytes": self.rss_bytes.tolist(),
        }


def replay(
    scenario: Scenario,
    trace: str | PathLike[str],
    every: int | Literal["event"],
    until: int | None = None,
    *,
    engine: str = "auto",
) -> Replay:
    """Replay a trace on one node and sample its stores.

    A trace says what reached the node, so no scheduler stands before it: whatever the scenario says of
    thresholds, job slots and outages, every row takes effect at its time.

    Args:
        scenario: the node; its first baseline is the mean one.
        trace: the file, read by `simulator.workload.read_trace`.
        every: a step in ms (samples at 0, step, ... up to the horizon, after the timers due by then and
            before that instant's rows), or "event" (after each row).
        until: replaces the scenario's horizon, in ms.
        engine: as for `simulate`.

    Raises:
        ConfigError: a trace that cannot be read, with file and line.
    """
    from ..engine import check_invariants, simulate
    from ..workload import read_trace

    alone = on_one_node(scenario, until)
    workload = read_trace(trace, alone)
    history = simulate(workload, alone, engine, sample_every_ms=every)
    check_invariants(history, alone)
    return _read_off(history, alone, workload.rows_left_out, counts=every == "event")


def on_one_node(scenario: Scenario, until: int | None) -> Scenario:
    """The scenario with a single node that takes every job, up to `until` (ms) when that is given."""
    from ..config.scheduler import Scheduler, Threshold

    horizon_ms = scenario.horizon_ms if until is None else until
    plain = Scheduler()
    open_door = plain.model_copy(
        update={
            "threshold": Threshold(rule="never"),
            "jobs_per_node": None,
            "offline_after_ms": horizon_ms,
        }
    )
    nodes = scenario.nodes.model_copy(update={"count": 1, "gpu": "off"})
    changes: dict[str, Any] = {"nodes": nodes, "scheduler": open_door, "horizon_ms": horizon_ms}
    if scenario.warmup_ms >= horizon_ms:
        changes["warmup_ms"] = 0
    alone = scenario.model_copy(update=changes)
    alone.__dict__.pop("threshold_bytes", None)  # a copy takes along what the original has worked out
    return alone


def _read_off(history: History, scenario: Scenario, rows_left_out: int, *, counts: bool) -> Replay:
    """The samples of a run, by the names of the answer."""
    samples = history.samples
    if samples is None:
        raise RuntimeError("the engine took no samples")
    stores: dict[str, dict[str, Ints]] = {}
    for place, name in enumerate(history.store_names):
        columns = {"entries": samples.entries[place], "bytes": samples.bytes[place]}
        for extra in EXTRAS.get(scenario.nodes.stores[name].kind, ()):
            columns[extra] = getattr(samples, extra)[place]
        if counts:
            columns |= {word: getattr(samples, attribute)[place] for word, attribute in COUNTS.items()}
        stores[name] = columns
    died = history.first_oom_ms
    return Replay(
        at_ms=samples.at_ms,
        stores=stores,
        live_bytes=samples.bytes.sum(axis=0),
        rss_bytes=samples.rss_bytes,
        deaths=int(history.deaths.sum()),
        first_death_ms=died if died >= 0 else None,
        rows_left_out=rows_left_out,
        scenario=scenario,
    )
