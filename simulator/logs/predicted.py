"""What a config says a log would have shown: simulated replications, reduced as the log is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.narration import tell_run
from ..statistics.growth import growth_bytes_per_day
from ..workload import build_workload
from .courses import Courses
from .records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..config import Scenario

SIZES_EVERY_MS = 60_000


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


def predict(scenario: Scenario, replication: int, seed: int, within: tuple[int, int]) -> Predicted:
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
