"""What the scheduler knows of a node, and whether it sends it jobs: rules A1 to A5.

Source: the modelled system's node status manager and dispatch filter of January 2026. All it knows of a
node's memory is the last heartbeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

AVAILABLE, STARTING, DEGRADED, OFFLINE, BUSY, MEMORY = range(6)
"""First cause of a rejection, in the order in which the filter looks (A2); 0 is none."""

EPISODE_CAUSES: Final = frozenset({STARTING, DEGRADED, OFFLINE, MEMORY})
"""Causes that make a node unavailable; `busy` passes in seconds and is reported on its own (A10)."""


class NodeView:
    """One node as the scheduler sees it.

    Attributes:
        load: jobs dispatched and not yet ended, by the scheduler's own count (A5).
        starting: its process has registered and has not yet sent a heartbeat.
        degraded, offline: marks set by heartbeats and scans.
        memory_over: the last heartbeat's memory was over the threshold.
        cause: the first cause for which the filter rejects it now, kept up to date by `refresh`.
    """

    __slots__ = (
        "cause",
        "consecutive",
        "degraded",
        "failures",
        "jobs_per_node",
        "last_beat_ms",
        "load",
        "memory_over",
        "offline",
        "offline_after_ms",
        "starting",
        "threshold_bytes",
        "unhealthy_run",
        "window",
    )

    def __init__(
        self,
        *,
        jobs_per_node: int | None,
        threshold_bytes: int | None,
        offline_after_ms: int,
        failures: int,
        window: int,
        consecutive: int,
    ) -> None:
        """Begin with a node that has never been heard of, but is taken for available.

        Args:
            jobs_per_node: load at which it is busy; None for never.
            threshold_bytes: most memory it may report; None to not look.
            offline_after_ms: age of the last heartbeat above which a scan marks it offline.
            failures: unhealthy beats among the last `window` that make it degraded (A4).
            window: how many beats that looks back.
            consecutive: unhealthy beats in a row that make it degraded.
        """
        self.jobs_per_node = float("inf") if jobs_per_node is None else jobs_per_node
        self.threshold_bytes = float("inf") if threshold_bytes is None else threshold_bytes
        self.offline_after_ms = offline_after_ms
        self.failures = failures
        self.window = window
        self.consecutive = consecutive
        self.load = 0
        self.last_beat_ms = 0
        self.unhealthy_run = 0
        self.starting = self.degraded = self.offline = self.memory_over = False
        self.cause = AVAILABLE

    def beat(self, now: int, memory_bytes: int, *, healthy: bool) -> None:
        """Take in a heartbeat (A1, A4).

        Only unhealthy beats are remembered, since a healthy one clears the history: of the last `window`
        beats the unhealthy ones are the current run, or the newest `window` of it.
        """
        self.last_beat_ms = now
        self.starting = self.offline = False
        self.memory_over = memory_bytes > self.threshold_bytes
        self.unhealthy_run = 0 if healthy else self.unhealthy_run + 1
        run = self.unhealthy_run
        self.degraded = run > 0 and (run >= self.consecutive or min(run, self.window) >= self.failures)

    def scan(self, now: int) -> None:
        """Mark the node offline when its last heartbeat is too old (A3)."""
        if now - self.last_beat_ms > self.offline_after_ms:
            self.offline = True

    def first_cause(self) -> int:
        """Ask the filter's questions in order; the first yes is the cause (A2)."""
        if self.starting:
            return STARTING
        if self.degraded:
            return DEGRADED
        if self.offline:
            return OFFLINE
        if self.load >= self.jobs_per_node:
            return BUSY
        if self.memory_over:
            return MEMORY
        return AVAILABLE


class Router:
    """Chooses among the eligible nodes (A5). One per run: `round_robin` remembers whose turn it is."""

    __slots__ = ("routing", "turn")

    def __init__(self, routing: str) -> None:
        """Route by `least_loaded`, `round_robin`, `random` or `sticky`."""
        self.routing = routing
        self.turn = 0

    def choose(self, views: Sequence[NodeView], drawn: float, last_node: int | None) -> int | None:
        """Index of the node that gets the job, or None when the filter rejects every node.

        Args:
            views: all nodes, by index.
            drawn: the utterance's own uniform number in [0, 1), for `random`.
            last_node: the node that last served the session, for `sticky`.
        """
        eligible = [index for index, view in enumerate(views) if view.cause == AVAILABLE]
        if not eligible:
            return None
        if self.routing == "random":
            return eligible[int(drawn * len(eligible))]
        if self.routing == "round_robin":
            chosen = next((index for index in eligible if index >= self.turn), eligible[0])
            self.turn = chosen + 1
            return chosen
        if self.routing == "sticky" and last_node is not None and views[last_node].cause == AVAILABLE:
            return last_node
        return min(eligible, key=lambda index: views[index].load)
