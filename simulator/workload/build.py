"""Draw a workload: sessions, what they say, and the hosts, one replication's worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrivals import open_arrivals
from .hosts import draw_baseline, draw_phases
from .rows import FAILS, HANGS, SESSION_END, Rows, Workload, concatenate, no_rows
from .sampling import Sampler
from .sessions import SessionSource
from .streams import Streams
from .texts import TextSource, is_cacheable, key_length, spaces, target_length
from .translations import TranslationSource, draw_outages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..config import Scenario

WINDOW_ROWS = 60_000
"""About how many rows a window has: enough to hide the cost per call, few enough to stay in a cache."""

_FIRST_WINDOW_MS = 60_000


def build_workload(
    scenario: Scenario, replication: int = 0, seed: int | None = None, *, window_ms: int | None = None
) -> Workload:
    """The workload of one replication, the same for every setting of its stores and scheduler.

    `seed` replaces the scenario's. `window_ms` fixes the length of the windows in which rows are drawn and
    handed over; it changes nothing else. Raises ConfigError when a file of arrivals cannot be read.
    """
    streams = Streams(scenario.seed if seed is None else seed, replication)
    nodes, workload = scenario.nodes, scenario.workload
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
        draw=lambda: _windows(scenario, streams, window_ms),
    )


def _windows(scenario: Scenario, streams: Streams, window_ms: int | None) -> Iterator[Rows]:
    """Rows in time order. What a session says later than its window waits in `later`, by session and turn."""
    starts = open_arrivals(scenario.workload.sessions.arrivals, streams)
    source = RowSource(scenario, streams)
    later = no_rows()
    from_ms, length_ms = 0, window_ms or _FIRST_WINDOW_MS
    while from_ms < scenario.horizon_ms:
        until_ms = min(from_ms + length_ms, scenario.horizon_ms)
        drawn = source.draw(starts.until(until_ms), scenario.horizon_ms)
        pool = concatenate([later, drawn]) if len(later) else drawn
        due = pool.at_ms < until_ms
        later = pool.take(~due)
        window = _in_time_order(pool.take(due), from_ms)
        if len(window):
            yield window
        if window_ms is None:
            # the next window's length aims at WINDOW_ROWS; no draw depends on it
            length_ms = max(1000, min(4 * length_ms, length_ms * WINDOW_ROWS // max(len(window), 1)))
        from_ms = until_ms


def _in_time_order(rows: Rows, from_ms: int) -> Rows:
    """Sort by time, ties as they stand (by session, then turn): time and place packed in one integer."""
    bits = max(len(rows).bit_length(), 1)
    keys = (rows.at_ms - from_ms) << bits | np.arange(len(rows))
    keys.sort()
    return rows.take(keys & ((1 << bits) - 1))


class RowSource:
    """Turns session starts into rows, session by session and turn by turn."""

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        utterances, self._expansion = scenario.workload.utterances, scenario.workload.translation.expansion
        self._sessions = SessionSource(scenario.workload.sessions, streams)
        self._texts = TextSource(utterances, streams)
        self._translations = TranslationSource(scenario.workload.translation, streams)
        self._audio = Sampler(utterances.audio, streams, "audio")
        self._service = Sampler(utterances.service, streams, "service")
        self._route = streams.stream("route")

    def draw(self, start_ms: NDArray[np.int64], horizon_ms: int) -> Rows:
        """All rows before the horizon of the sessions that start at these instants, session by session."""
        turns = self._sessions.draw(start_ms)
        two_byte = self._texts.scripts(len(start_ms))[turns.owner]
        n = len(turns.at_ms)
        text, chars = self._texts.draw(two_byte)
        outcome, latency_ms = self._translations.draw(n)
        rows = Rows(
            at_ms=turns.at_ms,
            kind=np.zeros(n, dtype=np.int8),
            session=turns.session,
            turn=turns.turn,
            last=turns.last,
            text=text,
            outcome=outcome,
            latency_ms=latency_ms,
            service_ms=self._service.draw_whole(n, least=1),
            audio_ms=self._audio.draw_whole(n),
            source_chars=chars,
            stored_chars=chars,
            stored_spaces=spaces(chars, two_byte),
            target_chars=target_length(chars, two_byte, self._expansion),
            key_chars=key_length(chars),
            context_chars=np.zeros(n, dtype=np.int64),  # the modelled system passes no context to its cache
            two_byte=two_byte,
            key_two_byte=two_byte,
            cacheable=is_cacheable(chars),
            route=self._route.random(n),
        )
        if len(turns.end_at):
            rows = _with_ends(rows, turns.end_at, turns.end_ms)
        return rows.take(rows.at_ms < horizon_ms)


def _with_ends(rows: Rows, end_at: NDArray[np.int64], end_ms: NDArray[np.int64]) -> Rows:
    """Put a session end behind the utterances at these places."""
    ends = no_rows(len(end_at))
    ends.at_ms[:] = end_ms
    ends.kind[:] = SESSION_END
    ends.session[:] = rows.session[end_at]
    ends.turn[:] = rows.turn[end_at] + 1
    places = np.concatenate([np.arange(len(rows)) * 2, end_at * 2 + 1])
    return concatenate([rows, ends]).take(np.argsort(places, kind="stable"))
