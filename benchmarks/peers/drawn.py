"""Model R and its draws: what every peer reads, and the counts on which peers must agree.

Model R is one node with an integer-millisecond clock. Sessions arrive by a Poisson process (1/s) and utter
a geometric number of times (mean 40) with exponential gaps (mean 6 s). Every utterance touches a session
table (cap 500, TTL 300 s, swept each 60 s, least recently used out), writes one map that nothing cleans,
and opens a pending translation that settles after a lognormal latency (mean 1.1 s) or, once in a hundred,
never. All levels are integrated over time exactly, and their running peaks are kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

CAP, TTL_MS, SWEEP_MS = 500, 300_000, 60_000
SESSION_BYTES, MAP_BYTES, PENDING_BYTES = 1_400, 250, 2_000
HANGS = -1
"""The latency that stands for a translation that never settles."""


@dataclass(frozen=True)
class Draws:
    """One replication of model R's workload, by session and by time.

    `start_ms` [sessions] sorted; `offset` [sessions + 1] points into the per-utterance columns `gap_ms` (to
    the next utterance of the session; unused for its last) and `latency_ms` (`HANGS` when it never settles).
    `row_*` are the utterances before the horizon in time order, ties by session: time, session, position in
    the session, whether the session is done with it, and latency.
    """

    horizon_ms: int
    start_ms: Ints
    offset: Ints
    gap_ms: npt.NDArray[np.int32]
    latency_ms: npt.NDArray[np.int32]
    row_at_ms: Ints
    row_session: Ints
    row_turn: Ints
    row_last: npt.NDArray[np.bool_]
    row_latency_ms: Ints

    @property
    def utterances(self) -> int:
        return len(self.row_at_ms)


@dataclass(frozen=True)
class Counts:
    """What a run of model R yields; integers, so that peers can be compared exactly."""

    utterances: int
    inserted: int
    evicted: int
    expired: int
    table_final: int
    map_final: int
    pending_final: int
    table_peak: int
    pending_peak: int
    bytes_peak: int
    table_entry_ms: int
    map_entry_ms: int
    pending_entry_ms: int

    def differences(self, other: Counts, relative: float = 0.0) -> list[str]:
        """Name the counts in which `other` is further away than `relative` allows."""
        mine, theirs = asdict(self), asdict(other)
        return [
            f"{name}: {mine[name]} != {theirs[name]}"
            for name in mine
            if abs(mine[name] - theirs[name]) > relative * max(1, abs(mine[name]))
        ]


def draw(hours: float, seed: int = 7, *, per_s: float = 1.0, mean_utterances: float = 40.0) -> Draws:
    """Draw model R's workload with NumPy."""
    horizon_ms = round(hours * 3_600_000)
    random = np.random.default_rng(seed)
    expected = horizon_ms / 1000 * per_s
    intervals = random.exponential(1000 / per_s, int(expected + 6 * expected**0.5 + 50))
    start_ms = np.cumsum(intervals).astype(np.int64)
    start_ms = start_ms[start_ms < horizon_ms]
    length = random.geometric(1 / mean_utterances, len(start_ms))
    offset = np.concatenate([[0], np.cumsum(length)])
    total = int(offset[-1])
    gap_ms = random.exponential(6000.0, total).astype(np.int32)
    sigma = 0.2577
    latency_ms = random.lognormal(np.log(1100.0) - sigma**2 / 2, sigma, total).astype(np.int32)
    latency_ms[random.random(total) < 0.01] = HANGS
    session = np.repeat(np.arange(len(start_ms)), length)
    elapsed = np.cumsum(gap_ms, dtype=np.int64) - gap_ms
    at_ms = start_ms[session] + elapsed - elapsed[offset[:-1]][session]
    turn = np.arange(total) - offset[:-1][session]
    last = np.zeros(total, dtype=np.bool_)
    last[offset[1:] - 1] = True
    order = np.flatnonzero(at_ms < horizon_ms)
    order = order[np.lexsort((turn[order], session[order], at_ms[order]))]
    return Draws(
        horizon_ms, start_ms, offset, gap_ms, latency_ms,
        at_ms[order], session[order], turn[order], last[order], latency_ms[order].astype(np.int64),
    )  # fmt: skip
