"""Draw a workload: sessions, what they say, and the hosts, one replication's worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrivals import open_arrivals
from .contents import ContentSource
from .hosts import draw_baseline, draw_phases
from .rows import FAILS, HANGS, Rows, Workload
from .sessions import SessionSource
from .streams import Streams
from .translations import draw_outages
from .waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import Scenario

WINDOW_ROWS = 90_000
"""About how many rows a window has: enough to hide the cost per call, few enough to stay in a cache."""

_LARGE_BYTES = 31 * 2**20
_WIDEST = 4  # a window never has more than so many times the rows it aims at, if it is longer than 1 ms


def build_workload(
    scenario: Scenario, replication: int = 0, seed: int | None = None, *, window_rows: int = WINDOW_ROWS
) -> Workload:
    """The workload of one replication, the same for every setting of its stores and scheduler.

    `seed` replaces the scenario's. `window_rows` is about how many rows are drawn and handed over at a time;
    it changes nothing else. Its windows raise ConfigError when a file of arrivals cannot be read.
    """
    streams = Streams(scenario.seed if seed is None else seed, replication)
    nodes, workload = scenario.nodes, scenario.workload
    texts = workload.utterances.texts
    baseline_at_ms, baseline_bytes = draw_baseline(nodes.baseline, nodes.count, scenario.horizon_ms, streams)
    outages = workload.translation.outages
    outage_start_ms, outage_end_ms = draw_outages(outages, nodes.count, scenario.horizon_ms, streams)
    return Workload(
        horizon_ms=scenario.horizon_ms,
        node_count=nodes.count,
        baseline_at_ms=baseline_at_ms,
        baseline_bytes=baseline_bytes,
        phase_ms=draw_phases(nodes.stores, nodes.count, streams, together=nodes.phase == "together"),
        outage_start_ms=outage_start_ms,
        outage_end_ms=outage_end_ms,
        outage_outcome=FAILS if outages is not None and outages.outcome == "fails" else HANGS,
        outage_unhealthy=outages is not None and outages.unhealthy,
        draw=lambda: _windows(scenario, streams, window_rows),
        repeated_texts=0 if texts.unique >= 1 else 2 * texts.zipf_distinct,
    )


def _windows(scenario: Scenario, streams: Streams, window_rows: int) -> Iterator[Rows]:
    """Rows in time order.

    A window ends where the next sessions start, so that it has about as many rows at any rate of arrivals.
    What waits beyond it is what the sessions of this moment have yet to say: memory does not grow with the
    horizon.
    """
    workload, horizon_ms = scenario.workload, scenario.horizon_ms
    starts = open_arrivals(workload.sessions.arrivals, streams, horizon_ms)
    sessions = SessionSource(workload.sessions, workload.utterances.two_byte, streams, horizon_ms)
    contents = ContentSource(workload, streams)
    sessions_at_once = max(int(window_rows / sessions.mean_turns), 1)
    waiting = Waiting(horizon_ms, splits=workload.sessions.idle_limit_ms is not None)
    # malloc takes from the system, page by page, what is larger than the largest array that was freed before
    np.empty(_LARGE_BYTES, dtype=np.uint8)
    from_ms = 0
    while from_ms < horizon_ms:
        start_ms, until_ms = starts.take(sessions_at_once)
        if len(start_ms):
            waiting.add(sessions.draw(start_ms))
        while from_ms < until_ms:
            stop_ms, most = until_ms, _WIDEST * window_rows
            while len(waiting) > most and stop_ms > from_ms + 1 and waiting.count_before(stop_ms) > most:
                stop_ms = (from_ms + stop_ms) // 2
            due = waiting.due(stop_ms)
            if len(due.at_ms):
                yield contents.fill(due)
            from_ms = stop_ms
