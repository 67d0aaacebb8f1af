"""replay: drive one node's stores with an explicit trace and read off counts and bytes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    from ..config import Scenario
    from ..engine.history import Samples

EXTRAS = {"ring_buffer": ("chunks", "base64_chars"), "pending_map": ("in_flight",)}
# what `event` mode adds to each store: its name in the answer, and the Samples' attribute
COUNTS = {"hits": "hits", "evictions": "evicted", "expiries": "expired"}


def replay(
    scenario: Scenario,
    trace: str | PathLike[str],
    every: int | Literal["event"],
    until: int | None = None,
    *,
    engine: str = "auto",
) -> dict[str, Any]:
    """Replay a trace on one node and sample its stores.

    `every` is a step in ms (samples at 0, step, ... up to the horizon, after the timers due by then and
    before that instant's rows) or "event" (after each row, with hits, evictions and expiries so far).
    `until` replaces the scenario's horizon, in ms. Returns `at_ms`, `stores` (name -> entries, bytes and
    the kind's extras), `live_bytes` (the stores' sum) and `rss_bytes`, all lists of the same length.
    """
    from ..engine import check_invariants, simulate
    from ..workload import read_trace

    alone = on_one_node(scenario, until)
    history = simulate(read_trace(trace, alone), alone, engine, sample_every_ms=every)
    check_invariants(history, alone)
    if history.samples is None:
        raise RuntimeError("the engine took no samples")
    return samples_to_dict(history.samples, history.store_names, alone, counts=every == "event")


def on_one_node(scenario: Scenario, until: int | None) -> Scenario:
    """The scenario with a single node, and with another horizon when `until` (ms) is given."""
    nodes = scenario.nodes.model_copy(update={"count": 1})
    changes: dict[str, Any] = {"nodes": nodes}
    if until is not None:
        changes["horizon_ms"] = until
    if until is not None and scenario.warmup_ms >= until:
        changes["warmup_ms"] = 0
    return scenario.model_copy(update=changes)


def samples_to_dict(
    samples: Samples, store_names: tuple[str, ...], scenario: Scenario, *, counts: bool
) -> dict[str, Any]:
    """Samples as the plain lists that JSON and CSV are written from."""
    stores: dict[str, dict[str, list[int]]] = {}
    for place, name in enumerate(store_names):

        def column(values: NDArray[Any], place: int = place) -> list[int]:
            listed: list[int] = values[place].tolist()
            return listed

        columns = {"entries": column(samples.entries), "bytes": column(samples.bytes)}
        for extra in EXTRAS.get(scenario.nodes.stores[name].kind, ()):
            columns[extra] = column(getattr(samples, extra))
        if counts:
            columns |= {word: column(getattr(samples, attribute)) for word, attribute in COUNTS.items()}
        stores[name] = columns
    return {
        "at_ms": samples.at_ms.tolist(),
        "stores": stores,
        "live_bytes": samples.bytes.sum(axis=0).tolist(),
        "rss_bytes": samples.rss_bytes.tolist(),
    }
