"""What a config says a log would have shown: simulated replications, reduced as the log is."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.narration import tell_run
from ..statistics.growth import growth_bytes_per_day
from ..study.processes import pooled
from ..workload import build_workload
from .courses import Courses
from .records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..config import Scenario
    from ..study.execution import Progress

    Within = tuple[int, int]

SIZES_EVERY_MS = 60_000
POOL_PAYS_AFTER_S = 4.0


@dataclass(frozen=True, slots=True)
class Predicted:
    """One replication as its log would show it.

    Attributes:
        courses: as for a log; stores by their names in the config.
        bytes_per_entry: each store's at the end, over all nodes; 0 where it has none.
        bytes_at_end: each store's at the end, per node.
        growth: bytes a day that each store gains, per node.
    """

    courses: Courses
    bytes_per_entry: Mapping[str, float]
    bytes_at_end: Mapping[str, float]
    growth: Mapping[str, float]


def predict_all(
    scenario: Scenario,
    replications: int,
    seed: int,
    within: Within,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Predicted]:
    """So many replications, in their order, in as many processes as pay.

    Raises StudyError E304 when worker processes keep dying.
    """
    import joblib

    how = (scenario, seed, within)
    found: dict[int, Predicted] = {}

    def keep(replication: int, run: Predicted) -> None:
        found[replication] = run
        if progress is not None:
            progress(len(found), replications)

    processes = min(workers or joblib.cpu_count(), replications)
    for replication in range(replications):
        started = time.perf_counter()
        if processes > 1 and (workers is not None or replication == 1):
            waiting = range(replication, replications)
            with closing(pooled(waiting, processes, how, lambda _: None, work=_predict_one)) as pool:
                for place, run in pool:
                    keep(place, run)
            break
        keep(*_predict_one(replication, *how))
        took = time.perf_counter() - started
        if took * (replications - 1) < POOL_PAYS_AFTER_S and workers is None:
            processes = 1
    return [found[replication] for replication in range(replications)]


def _predict_one(replication: int, scenario: Scenario, seed: int, within: Within) -> tuple[int, Predicted]:
    return replication, predict(scenario, replication, seed, within)


def predict(scenario: Scenario, replication: int, seed: int, within: Within) -> Predicted:
    """Simulate one replication and keep what a log would show of it, `within` (ms since its start)."""
    courses = Courses(within)
    teller = _Teller(courses, scenario)
    workload = build_workload(scenario, replication, seed)
    history = tell_run(workload, scenario, teller, SIZES_EVERY_MS)
    entries = history.entries_final.sum(axis=0).tolist()
    weights = history.bytes_final.sum(axis=0).tolist()
    names = history.store_names
    return Predicted(
        courses,
        {name: weight / count if count else 0.0 for name, weight, count in zip(names, weights, entries)},  # noqa: B905
        {name: weight / history.node_count for name, weight in zip(names, weights, strict=True)},
        growth_bytes_per_day(history),
    )


def weights_of(scenario: Scenario, stores: Sequence[str], seed: int) -> dict[str, float]:
    """Bytes per entry of stores that are switched off, from a run in which they are not."""
    pending = any(store.kind == "pending_map" for store in scenario.nodes.enabled_stores.values())
    kinds = {name: scenario.nodes.stores[name].kind for name in stores}
    stores = [name for name in stores if not (pending and kinds[name] == "pending_map")]  # one at most
    if not stores:
        return {}
    on = {name: scenario.nodes.stores[name].model_copy(update={"enabled": True}) for name in stores}
    nodes = scenario.nodes.model_copy(update={"stores": {**scenario.nodes.stores, **on}})
    copy = scenario.model_copy(update={"nodes": nodes})
    run = predict(copy, 0, seed, (0, copy.horizon_ms))
    return {name: run.bytes_per_entry[name] for name in stores}


class _Teller:
    """Turns the events of a run into the records that matter here."""

    def __init__(self, courses: Courses, scenario: Scenario) -> None:
        self.add: Callable[[Record], None] = courses.add
        self.total_bytes = scenario.nodes.memory_bytes
        self.tables = [n for n, s in scenario.nodes.enabled_stores.items() if s.kind == "session_table"]

    def __call__(self, at_ms: int, what: str, /, node: int = -1, **facts: Any) -> None:
        """Take in one event."""
        act = _ACTS.get(what)
        if act is not None:
            act(self, at_ms, f"node {node + 1}", facts)

    def event(self, at_ms: int, kind: Any, node: str, fields: dict[str, float | str] | None = None) -> None:
        """Add a record."""
        self.add(Record(at_ms, kind, node, "", "", fields or {}))

    def swept(self, at_ms: int, node: str, facts: dict[str, Any]) -> None:
        """A sweep of the first table."""
        counts: dict[str, float | str] = {
            "removed": float(len(facts["sessions"])),
            "total_sessions": float(facts["entries"]),
        }
        self.event(at_ms, "sweep", node, counts)

    def cleaned(self, at_ms: int, node: str, facts: dict[str, Any]) -> None:
        """A cleanup of one of the two maps whose sweeps are logged."""
        kinds = {"middleware_last_sent_text": "last_text_sweep", "dedup_last_sent_text": "dedup_sweep"}
        kind = kinds.get(facts["store"])
        if kind is not None:
            self.event(at_ms, kind, node, {"remaining": float(facts["entries"])})

    def beat(self, at_ms: int, node: str, facts: dict[str, Any]) -> None:
        """A heartbeat, as the node and as the scheduler log it."""
        percent = 100 * facts["memory_bytes"] / self.total_bytes
        self.event(at_ms, "heartbeat", node, {"memory_percent": percent, "running_jobs": 0.0})
        self.event(at_ms, "heartbeat", node, {"memory_percent": percent})

    def sizes(self, at_ms: int, node: str, facts: dict[str, Any]) -> None:
        """The stores' sizes."""
        fields: dict[str, float | str] = {
            f"{name}.entries": float(entries) for name, (entries, _) in facts["stores"].items()
        }
        fields["rss_bytes"] = float(facts["process_bytes"])
        fields["live_bytes"] = float(sum(size for _, size in facts["stores"].values()))
        self.event(at_ms, "sizes", node, fields)


def _same(kind: str) -> Callable[[_Teller, int, str, dict[str, Any]], None]:
    return lambda teller, at_ms, node, _: teller.event(at_ms, kind, node)


_ACTS: dict[str, Callable[[_Teller, int, str, dict[str, Any]], None]] = {
    "swept": _Teller.swept,
    "cleaned": _Teller.cleaned,
    "beat": _Teller.beat,
    "sizes": _Teller.sizes,
    "dispatched": _same("job_assigned"),
    "created": _same("session_created"),
    "evicted": _same("session_evicted"),
    "cached": _same("cache_hit"),
    "failed": _same("nmt_failed"),
    "timed_out": _same("nmt_failed"),
    "excluded": _same("node_excluded"),
    "no_node": _same("no_node"),
    "waited": _same("job_pending_timeout"),
    "given_up": _same("job_timeout"),
}
