"""A run told event by event: the SimPy engine, saying what happens while it happens.

It is for what a History has no room for, such as the log lines of one replication. Nothing is done otherwise
than in `Reference`: the History of a told run is the same.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Protocol

from simulator.engine.reference import SAMPLE, At, Reference
from simulator.model.availability import MEMORY
from simulator.workload import HANGS, OK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simulator.config import Scenario
    from simulator.engine.history import History
    from simulator.engine.reference import Job, Translation
    from simulator.engine.rows import Row
    from simulator.engine.state import Node, Trail
    from simulator.model.session_table import SessionTable
    from simulator.workload import Workload


class Tell(Protocol):
    """Is told what happened, in no strict order: late by a heartbeat for ends of jobs, early for timeouts.

    `what` is one of, with its facts:

    - `opened` (row): a session's first utterance; `idle` (session): it has been silent for the idle limit
    - `excluded` (node, memory_bytes): a node rejected for memory while an utterance looks for one;
      `no_node` (causes, row): all were rejected; `waited` (row): and it has waited too long
    - `dispatched` (node, row); `served`, `given_up` (node, row, dispatched_ms): how that ended
    - `created` (node, row, entries), `evicted` (node, session), `swept` (node, sessions, entries): the first
      session table; `ended` (node, session, held): told of a session's end
    - `cleaned` (node, store, removed, entries): a cleanup by age that removed something
    - `asked`, `translated`, `failed`, `cached` (node, row), `timed_out` (node, row, timeout_ms): translations
    - `beat` (node, memory_bytes, load), `status` (node, before, after): the scheduler's view
    - `sizes` (node, stores, process_bytes): now and then, where that is asked for
    """

    def __call__(self, at_ms: int, what: str, /, node: int = -1, **facts: Any) -> None:
        """Take in one event."""


def tell_run(
    workload: Workload, scenario: Scenario, tell: Tell, sizes_every_ms: int | None = None
) -> History:
    """Run one replication with the reference engine, telling what happens; returns its History."""
    return _Told(workload, scenario, tell, sizes_every_ms).run()


class _Told(Reference):
    """The reference, overheard."""

    def __init__(
        self, workload: Workload, scenario: Scenario, tell: Tell, sizes_every_ms: int | None
    ) -> None:
        super().__init__(workload, scenario, None)
        self.tell = tell
        self.at_work: dict[int, tuple[Node, Row, int]] = {}  # by dispatch number: until its end is told
        self.status = ["registering"] * len(self.nodes)
        self.beaten_bytes = [0] * len(self.nodes)
        self.coalesced = False
        self.idle_limit_ms = scenario.workload.sessions.idle_limit_ms
        self.silent: deque[tuple[int, int]] = deque()  # when a session is given up, in order, and which
        self.over: set[int] = set()  # of these, sessions whose end came first
        if sizes_every_ms is not None:
            self.env.process(self.sizes(sizes_every_ms))

    def sizes(self, every_ms: int) -> Generator[Any, Any, None]:
        """Tell what every living node holds, from time to time."""
        for at_ms in range(0, self.horizon_ms, every_ms):
            yield At(self.env, at_ms, SAMPLE)
            for node in self.nodes:
                if node.up:
                    levels = {
                        name: (store.footprint.entries, store.footprint.bytes)
                        for name, store in node.stores.named.items()
                    }
                    held = node.base_bytes + node.slack_bytes() + sum(size for _, size in levels.values())
                    self.tell(at_ms, "sizes", node.index, stores=levels, process_bytes=held)

    def arrive(self, row: Row) -> None:
        """Tell what the scheduler sees of an utterance."""
        now = row.at_ms
        self.tell_idle(now)
        if row.turn == 0:
            self.tell(now, "opened", row=row)
        if row.last and self.idle_limit_ms is not None:
            self.silent.append((now + self.idle_limit_ms, row.session))
        for node, view in zip(self.nodes, self.views, strict=True):
            if view.cause == MEMORY:
                self.tell(now, "excluded", node.index, memory_bytes=self.beaten_bytes[node.index])
        before = self.counts.no_node_on_arrival
        super().arrive(row)
        if self.counts.no_node_on_arrival > before:
            self.tell(now, "no_node", causes=Counter(view.cause for view in self.views), row=row)

    def tell_idle(self, now: int) -> None:
        """Tell of sessions that have been silent for too long by now."""
        while self.silent and self.silent[0][0] <= now:
            due_ms, session = self.silent.popleft()
            if session in self.over:
                self.over.discard(session)
            else:
                self.tell(due_ms, "idle", session=session)

    def wait_over(self, wait: At) -> None:
        """Tell that an utterance has waited in vain."""
        self.tell(self.now, "waited", row=wait.about)
        super().wait_over(wait)

    def end_session(self, row: Row) -> None:
        """Tell what every node is told."""
        if self.idle_limit_ms is not None:
            self.over.add(row.session)
        for node in self.nodes:
            if node.up:
                held = node.first_table is not None and row.session in node.first_table
                self.tell(row.at_ms, "ended", node.index, session=row.session, held=held)
        super().end_session(row)

    # Jobs

    def dispatch(self, node: Node, row: Row, now: int) -> None:
        """Tell that a job was sent, unless nobody is there to get it."""
        if node.up:
            self.at_work[self.dispatched + 1] = (node, row, now)
            self.tell(now, "dispatched", node.index, row=row)
        else:
            self.tell(now + self.job_timeout_ms, "given_up", node.index, row=row, dispatched_ms=now)
        super().dispatch(node, row, now)

    def ended(self, job: Job) -> None:
        """Tell how a job ended."""
        super().ended(job)
        node, row, dispatched_ms = self.at_work.pop(job.number)
        what = "served" if job.served else "given_up"
        self.tell(job.end_ms, what, node.index, row=row, dispatched_ms=dispatched_ms)

    def lose(self, node: Node, ended_ms: int) -> None:
        """Tell of the jobs that die with their process: the scheduler waits for them in vain."""
        super().lose(node, ended_ms)
        for number in [number for number, (where, _, _) in self.at_work.items() if where is node]:
            _, row, since_ms = self.at_work.pop(number)
            over_ms = since_ms + self.job_timeout_ms
            self.tell(over_ms, "given_up", node.index, row=row, dispatched_ms=since_ms)

    # Stores

    def touch(self, node: Node, row: Row, trail: Trail, now: int) -> tuple[bool, bool]:
        """Tell of a session that is new to the first table."""
        table = node.first_table
        fresh = table is not None and row.session not in table
        context = super().touch(node, row, trail, now)
        if table is not None and fresh:
            self.tell(now, "created", node.index, row=row, entries=len(table))
        return context

    def evicted(self, node: Node, victim: int) -> None:
        """Tell of an eviction."""
        self.tell(self.now, "evicted", node.index, session=victim)
        super().evicted(node, victim)

    def sweep(self, node: Node, table: SessionTable[int]) -> Callable[[], None]:
        """Tell what a sweep of the first table removed."""
        act = super().sweep(node, table)
        if table is not node.first_table:
            return act

        def told() -> None:
            held, life = table.order, node.life
            act()
            if node.life == life and len(table) < len(held):
                gone = [session for session in held if session not in table]
                self.tell(self.now, "swept", node.index, sessions=gone, entries=len(table))

        return told

    def clean(self, node: Node, store: Any, ttl_ms: Any) -> Callable[[], None]:
        """Tell what a cleanup by age removed."""
        act = super().clean(node, store, ttl_ms)
        name = next(name for name, other in node.stores.named.items() if other is store)

        def told() -> None:
            before = store.footprint.entries
            act()
            left = store.footprint.entries
            if left < before:
                facts = {"store": name, "removed": before - left, "entries": left}
                self.tell(self.now, "cleaned", node.index, **facts)

        return told

    # Translations

    def translate(self, node: Node, row: Row, now: int) -> bool:
        """Tell what was asked of the translation service, or found in a cache."""
        pending = node.stores.pending
        self.coalesced = pending is not None and row.text in pending
        hits = self.counts.cache_hits
        hung = super().translate(node, row, now)
        if self.counts.cache_hits > hits:
            self.tell(now, "cached", node.index, row=row)
        elif not self.coalesced:
            self.tell(now, "asked", node.index, row=row)
        return hung

    def settled(self, translation: Translation, now: int) -> None:
        """Tell the outcome of a request; a coalesced utterance made none."""
        node, _, row, outcome, request = translation
        super().settled(translation, now)
        made_none = node.stores.pending is not None and request is None
        if (self.coalesced if row.latency_ms == 0 else made_none) or outcome == HANGS:
            return
        self.tell(now, "translated" if outcome == OK else "failed", node.index, row=row)

    def time_out(self, event: At) -> None:
        """Tell of a request that was aborted."""
        node, life, row, _, request = event.about
        open_before = node.life == life and not request.settled
        super().time_out(event)
        if open_before and request.settled:
            self.tell(self.now, "timed_out", node.index, row=row, timeout_ms=self.translation_timeout_ms)

    # The scheduler's view

    def beat(self, node: Node) -> None:
        """Tell what a heartbeat says."""
        memory_bytes = self.beaten_bytes[node.index] = self.recorder.memory_bytes(node.index)
        self.tell(self.now, "beat", node.index, memory_bytes=memory_bytes, load=node.view.load)
        super().beat(node)

    def refresh(self, node: Node) -> None:
        """Tell of a change of status; memory and load are no part of it."""
        super().refresh(node)
        view = node.view
        status = "ready"
        if view.starting:
            status = "registering"
        elif view.offline:
            status = "offline"
        elif view.degraded:
            status = "degraded"
        before = self.status[node.index]
        if before != status:
            self.status[node.index] = status
            self.tell(self.now, "status", node.index, before=before, after=status)
