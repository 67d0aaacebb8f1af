"""The product's own engines on the peers' model R, and on a node with everything switched on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers.drawn import HANGS, Counts, Draws
from simulator.config import Scenario, load
from simulator.engine import COUNTERS, STORE_COUNTERS, History, simulate
from simulator.workload import Workload
from simulator.workload.build import WINDOW_ROWS
from simulator.workload.rows import Rows, no_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).resolve().parent


def scenario(name: str, hours: float, changed: Mapping[str, object] | None = None) -> Scenario:
    """`reduced` (model R) or `full` (one node with all six stores and availability) for so many hours."""
    return load(HERE / f"{name}.yaml", set={"horizon": f"{round(hours * 3_600_000)}ms", **(changed or {})})


@cache
def reduced(hours: float) -> Scenario:
    """Model R, loaded once."""
    return scenario("reduced", hours)


def workload_of(draws: Draws) -> Workload:
    """The peers' draws as a workload: what model R does not know (service, audio, …) is the same for all."""
    rows = no_rows(draws.utterances)
    hangs = draws.row_latency_ms == HANGS
    columns = {
        "at_ms": draws.row_at_ms,
        "session": draws.row_session,
        "turn": draws.row_turn,
        "last": draws.row_last,
        "text": np.arange(draws.utterances) + 2,
        "outcome": np.where(hangs, 2, 0).astype(np.int8),
        "latency_ms": np.where(hangs, 0, draws.row_latency_ms),
        "service_ms": np.full(draws.utterances, 2_600),
    }
    for name, column in columns.items():
        getattr(rows, name)[:] = column

    def windows() -> Iterator[Rows]:
        for low in range(0, len(rows), WINDOW_ROWS):
            yield rows.take(np.arange(low, min(low + WINDOW_ROWS, len(rows))))

    kept = list(windows())
    zero, none = np.zeros(1, np.int64), (np.empty(0, np.int64),)
    timers = dict.fromkeys(("sessions", "seen", "pending", "heartbeat", "scan"), zero)
    return Workload(
        horizon_ms=draws.horizon_ms,
        node_count=1,
        baseline_at_ms=zero,
        baseline_bytes=zero[np.newaxis],
        phase_ms=timers,
        outage_start_ms=none,
        outage_end_ms=none,
        outage_outcome=2,
        outage_unhealthy=False,
        draw=lambda: iter(kept),
        repeated_texts=0,
    )


def counts_of(history: History) -> Counts:
    """A History in the peers' terms."""
    at = {name: place for place, name in enumerate(history.store_names)}
    counter = dict(zip(COUNTERS, history.counters.tolist(), strict=True))
    table = dict(zip(STORE_COUNTERS, history.store_counters[0, at["sessions"]].tolist(), strict=True))
    final = history.entries_final[0].tolist()
    peak = history.entries_max[0].max(axis=1).tolist()
    area = history.entry_ms[0].sum(axis=1).tolist()
    sessions, seen, pending = at["sessions"], at["seen"], at["pending"]
    return Counts(
        counter["utterances"], table["inserted"], table["evicted"], table["expired"],
        final[sessions], final[seen], final[pending], peak[sessions], peak[pending],
        int(history.stores_bytes_max.max()), area[sessions], area[seen], area[pending],
    )  # fmt: skip


def run(engine: str, draws: Draws, workload: Workload) -> Counts:
    """Model R by one of the product's engines."""
    return counts_of(simulate(workload, reduced(draws.horizon_ms / 3_600_000), engine))
