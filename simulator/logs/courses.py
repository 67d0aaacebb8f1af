"""What records say over time, in bins of ten minutes: sizes, memory, and how often things happen.

The same reduction is applied to a real log and to the events of a simulated run, so that the two are held
against each other like with like: a size that is only written after sweeps is compared after sweeps.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from .records import Kind, Record

    Floats = NDArray[np.float64]

BIN_MS: Final = 600_000

Sort = Literal["level", "growth", "rate"]
"""A level's mean over time; how fast a level that nothing bounds grows, per hour; events per hour."""

RATES: Final[Mapping[Kind, tuple[str, str]]] = {
    "job_assigned": ("jobs", "node"),
    "session_created": ("sessions", "node debug"),
    "session_evicted": ("evicted", "node debug"),
    "cache_hit": ("cache_hits", "node debug"),
    "sweep": ("expired", "node"),
    "nmt_failed": ("translations_failed", "node"),
    "node_excluded": ("excluded", "scheduler"),
    "no_node": ("no_node", "scheduler"),
    "job_pending_timeout": ("waited_in_vain", "scheduler"),
    "job_timeout": ("given_up", "scheduler"),
}
"""Events that are counted: what they are called, and in which log they would be if they happened."""

AFTER_SWEEP: Final[Mapping[Kind, tuple[str, str]]] = {
    "sweep": ("aggregator_states", "total_sessions"),
    "last_text_sweep": ("middleware_last_sent_text", "remaining"),
    "dedup_sweep": ("dedup_last_sent_text", "remaining"),
}
"""Sizes that are only told after a sweep: the store by its name in the shipped configs, and the field."""


@dataclass(slots=True)
class Level:
    """One node's level: the sum and number of samples in each bin, the first and the last of all."""

    sums: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    counts: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    first: tuple[int, float] | None = None
    last: tuple[int, float] | None = None

    def add(self, at_ms: int, value: float) -> None:
        """Take in a sample."""
        place = at_ms // BIN_MS
        self.sums[place] += value
        self.counts[place] += 1
        if self.first is None or at_ms < self.first[0]:
            self.first = (at_ms, value)
        if self.last is None or at_ms >= self.last[0]:
            self.last = (at_ms, value)


class Courses:
    """Levels by name and node, rates by name; `within` (ms) leaves out what is not.

    `began_ms`: when the oldest process began that said so, a probe's; None when none did.
    """

    def __init__(self, within: tuple[int, int] | None = None) -> None:
        self.within = within
        # partials, so that what a worker process reduced can be sent back
        self.levels: defaultdict[str, defaultdict[str, Level]] = defaultdict(partial(defaultdict, Level))
        self.rates: defaultdict[str, defaultdict[int, float]] = defaultdict(partial(defaultdict, float))
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.began_ms: int | None = None

    def take(self, records: Iterable[Record]) -> None:
        """Take in records."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in one record."""
        at_ms, kind, node, _, _, fields = record
        if self.within is not None and not self.within[0] <= at_ms < self.within[1]:
            return
        if self.first_ms is None or at_ms < self.first_ms:
            self.first_ms = at_ms
        if self.last_ms is None or at_ms > self.last_ms:
            self.last_ms = at_ms
        if kind in RATES:
            count = fields.get("removed", 0.0) if kind == "sweep" else 1.0
            self.rates[RATES[kind][0]][at_ms // BIN_MS] += float(count)
        if kind in AFTER_SWEEP:
            store, told = AFTER_SWEEP[kind]
            if told in fields:
                self.levels[f"{store}.after_sweep"][node].add(at_ms, float(fields[told]))
        elif kind == "heartbeat":
            if "memory_percent" in fields:
                teller = "scheduler" if "running_jobs" in fields else "node"
                name = f"memory_percent.{teller}"
                self.levels[name][node].add(at_ms, float(fields["memory_percent"]))
        elif kind in ("sizes", "memory_analysis"):
            began_ms = at_ms - int(float(fields.get("uptime_ms", 0)))
            if "uptime_ms" in fields and (self.began_ms is None or began_ms < self.began_ms):
                self.began_ms = began_ms
            for name, value in fields.items():
                if name.endswith(".entries") or name in ("rss_bytes", "live_bytes"):
                    self.levels[name][f"{kind} {node}"].add(at_ms, float(value))
        elif kind == "pending_size" and "entries" in fields:
            self.levels["pending_translations.entries"][node].add(at_ms, float(fields["entries"]))

    def bins(self) -> range:
        """The bins that are wholly within what was taken in, or all if there is none such."""
        if self.first_ms is None or self.last_ms is None:
            return range(0)
        first, last = self.within or (self.first_ms, self.last_ms + 1)
        whole = range(-(-first // BIN_MS), last // BIN_MS)
        return whole or range(first // BIN_MS, last // BIN_MS + 1)

    def series(self, name: str, sort: Sort) -> Floats:
        """A quantity per bin, NaN where nothing was told; levels are means over nodes, rates per hour."""
        bins = self.bins()
        if sort == "rate":
            per_hour = 3_600_000 / BIN_MS
            return np.array([self.rates[name].get(place, 0.0) * per_hour for place in bins])
        per_node = [_course(level, bins) for level in self.nodes_of(name).values()]
        if not per_node:
            return np.full(len(bins), np.nan)
        told = np.array(per_node)
        known = np.isfinite(told)
        means = np.where(known, told, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.asarray(np.where(known.any(axis=0), means, np.nan), dtype=np.float64)

    def nodes_of(self, name: str) -> Mapping[str, Level]:
        """A level's nodes. Where probe and analyser both told, the probe is believed."""
        if name not in self.levels:
            return {}
        levels = self.levels[name]
        probed = {node: level for node, level in levels.items() if node.startswith("sizes ")}
        return probed or levels

    def ends(self, name: str) -> list[float]:
        """Each node's last value of a level."""
        return [level.last[1] for level in self.nodes_of(name).values() if level.last is not None]


def _course(level: Level, bins: Sequence[int]) -> Floats:
    counts = level.counts
    return np.array([level.sums[b] / counts[b] if counts.get(b) else np.nan for b in bins])


def summary(series: Floats, sort: Sort) -> float:
    """The one number of a series: its mean, or its growth per hour from the first bin told to the last."""
    told = np.flatnonzero(np.isfinite(series))
    if len(told) == 0 or (sort == "growth" and len(told) < 2):
        return float("nan")
    if sort == "growth":
        hours = (told[-1] - told[0]) * BIN_MS / 3_600_000
        return float(series[told[-1]] - series[told[0]]) / float(hours)
    return float(np.mean(series[told]))


def block_bootstrap(series: Floats, sort: Sort, block: int, draws: int = 2000, seed: int = 1) -> Floats:
    """`summary` of series put together from blocks of this one, drawn at random: how it might have been.

    Growth is that of steps from bin to bin. Blocks are circular, so that every bin counts alike.
    Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
    """
    values = series[np.isfinite(series)]
    if sort == "growth":
        values = np.diff(values) * 3_600_000 / BIN_MS
    n = len(values)
    if n < 2:
        return np.full(0, np.nan)
    size = min(block, max(n // 2, 1))
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, n, (draws, -(-n // size)))
    places = (starts[:, :, None] + np.arange(size)) % n
    return np.asarray(values[places.reshape(draws, -1)[:, :n]].mean(axis=1), dtype=np.float64)
