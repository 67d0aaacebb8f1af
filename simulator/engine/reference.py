"""The model as a SimPy simulation, to be read beside docs/model.md: each banner names the rules it keeps.

What passes by itself (arrivals, timers, restarts) is a process; what has a fixed instant once it is known (a
translation settling, a job's end) is an event with a callback. Every event has its place among those of the
same instant (`simulator.model.order`). There is no randomness here: all draws are in the workload.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import simpy
from simpy.events import Event

from simulator.engine.recorder import Recorder
from simulator.engine.rows import Row, rows
from simulator.engine.state import Counts, Node, Sampler, Trail, extras, store_counts
from simulator.model.availability import AVAILABLE, MEMORY, Router
from simulator.model.invariants import check_swept
from simulator.model.order import Order, first_tick, place
from simulator.model.process import RULES
from simulator.workload import FAILS, HANGS, OK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simulator.config import Scenario
    from simulator.engine.history import History
    from simulator.model.pending_map import Request
    from simulator.model.session_table import SessionTable
    from simulator.workload import Workload

    Waiting = Generator[Event, Any, None]
    # A translation that was started: on which node, in which of its lives, for what, how it ends, its entry.
    Translation = tuple[Node, int, Row, int, Request[int] | None]

JOB_END, SETTLE, TIMEOUT = place(Order.JOB_END), place(Order.SETTLE), place(Order.TIMEOUT)
ROW, SAMPLE, WAIT_OVER = place(Order.ROW), place(Order.SAMPLE), place(Order.WAIT_OVER)


class At(Event):
    """An event at a known instant and place (T2), and what happens then, unless a process waits for it."""

    callbacks: list[Callable[[Any], None]]

    def __init__(
        self,
        env: simpy.Environment,
        at_ms: int,
        where: int,
        then: Callable[[At], None] | None = None,
        about: Any = None,
    ) -> None:
        # As in simpy.Timeout: triggered from the start, so Event.__init__ is written out.
        self.env = env
        self.callbacks = [] if then is None else [then]
        self._value = None
        self._ok = True
        self.at_ms = at_ms
        self.about = about
        env.schedule(self, where, at_ms - env.now)  # type: ignore[arg-type]


class Job:
    """A job that has been dispatched to a living process, and how it will end (A8)."""

    __slots__ = ("dispatched_ms", "elsewhere", "end_ms", "later", "lost", "node", "number", "served", "slot")

    def __init__(self, node: Node, number: int, dispatched_ms: int, row: Row) -> None:
        self.node, self.number, self.dispatched_ms = node, number, dispatched_ms
        self.later = row.turn > 0
        self.end_ms = dispatched_ms
        self.served = False  # else given up at its timeout
        self.lost = self.elsewhere = False  # what became of its session's context (S7)
        self.slot: At | None = None  # when it frees its slot


class Reference:
    """One run. `run` may be called once."""

    def __init__(self, workload: Workload, scenario: Scenario, sample_every_ms: int | str | None) -> None:
        self.workload, self.scenario = workload, scenario
        self.scheduler, self.process = scenario.scheduler, scenario.nodes.process
        self.job_timeout_ms = self.scheduler.job_timeout_ms
        self.pending_timeout_ms = self.scheduler.pending_timeout_ms
        self.gpu_serial = scenario.nodes.gpu == "serial"
        self.env = simpy.Environment()
        self.horizon_ms = scenario.horizon_ms
        self.baseline_at_ms = [int(at) for at in workload.baseline_at_ms]
        self.nodes = [
            Node(i, scenario, int(workload.baseline_bytes[i, 0])) for i in range(workload.node_count)
        ]
        self.views = [node.view for node in self.nodes]
        self.only = self.views[0] if len(self.views) == 1 else None
        self.outages = [  # per node: (start, end) in order
            list(zip(starts.tolist(), ends.tolist(), strict=True))
            for starts, ends in zip(workload.outage_start_ms, workload.outage_end_ms, strict=True)
        ]
        self.router = Router(self.scheduler.routing)
        # A node's timers in their order: one for each store, collections, the heartbeat.
        self.ranks = len(scenario.nodes.enabled_stores) + 2
        self.trails: dict[int, Trail] = {}
        self.queue: deque[At] = deque()  # each waits for the end of its patience; its value is the row
        self.dispatched = self.dispatched_before = 0  # jobs so far, and before this event
        # A job's end changes more than counts only where somebody may wait for its slot, or choose by load.
        self.slots_matter = len(self.nodes) > 1 or self.scheduler.jobs_per_node is not None
        self.counts = Counts()
        self.counts_at_warmup = self.counts.array()
        self.store_counts_at_warmup = store_counts(self.nodes)
        self.first_oom_ms = -1
        self.translation_timeout_ms = self._translation_timeout_ms()
        self.sample_every_ms = sample_every_ms
        self.sampler = None if sample_every_ms is None else Sampler(self.nodes[0])
        self.recorder = Recorder(
            scenario.horizon_ms,
            scenario.warmup_ms,
            [node.stores.footprints for node in self.nodes],
            [node.fixed_bytes for node in self.nodes],
        )

    def _translation_timeout_ms(self) -> int | None:
        for store in self.scenario.nodes.enabled_stores.values():
            if store.kind == "pending_map":
                return store.timeout_ms
        return None

    @property
    def now(self) -> int:
        """The present instant, in ms."""
        return cast("int", self.env.now)

    def run(self) -> History:
        """Run to the horizon and make the History."""
        self.env.process(self.edges())
        self.env.process(self.baselines())
        for node in self.nodes:
            self.start_timers(node)
        self.env.process(self.scans())
        for node in self.nodes:  # T2: before any event, every node sends a healthy heartbeat
            node.view.beat(0, node.fixed_bytes, healthy=True)
            self.refresh(node)
            self.levels(node, 0, 0)
        sampling = None
        if isinstance(self.sample_every_ms, int):
            sampling = self.env.process(self.samples(self.sample_every_ms))
        self.env.process(self.arrivals())
        self.env.run(until=self.horizon_ms)
        for node in self.nodes:
            self.catch_up(node, self.horizon_ms - 1)
        counted = {
            "store_names": tuple(self.nodes[0].stores.named),
            "first_oom_ms": self.first_oom_ms,
            "deaths": np.array([node.deaths for node in self.nodes], dtype=np.int64),
            "counters": self.counts.array(),
            "counters_at_warmup": self.counts_at_warmup,
            "in_flight_jobs": sum(len(node.jobs) for node in self.nodes),
            "waiting": len(self.queue),
            "store_counters": store_counts(self.nodes),
            "store_counters_at_warmup": self.store_counts_at_warmup,
            "baseline_final": np.array([node.baseline_bytes for node in self.nodes], dtype=np.int64),
            **{f"{name}_final": levels for name, levels in extras(self.nodes).items()},
        }
        history = self.recorder.history(**counted)
        if sampling is not None:  # the last sample may be due at the horizon, after that instant's timers
            self.env.run(until=sampling)
        return history if self.sampler is None else replace(history, samples=self.sampler.samples())

    # T1, B1, B2, B3 what is recorded, and when

    def edges(self) -> Waiting:
        """Close each bin before anything happens at its edge."""
        recorder = self.recorder
        edges = set(recorder.edges_ms)
        for at_ms in sorted({*edges, recorder.mid_ms} - {0, self.horizon_ms}):
            yield At(self.env, at_ms, place(Order.EDGE))
            if at_ms in edges:
                recorder.close_bin(at_ms)
            if at_ms == recorder.warmup_ms:
                for node in self.nodes:
                    self.catch_up(node, at_ms - 1)
                recorder.begin_statistics(at_ms)
                self.counts_at_warmup = self.counts.array()
                self.store_counts_at_warmup = store_counts(self.nodes)
            if at_ms == recorder.mid_ms:
                recorder.note_middle()

    def samples(self, every_ms: int) -> Waiting:
        """Look at a replay's node from time to time, after the timers due and before that instant's rows."""
        for at_ms in range(0, self.horizon_ms + 1, every_ms):
            yield At(self.env, at_ms, SAMPLE)
            if self.sampler is not None:
                self.sampler.look(at_ms)

    def levels(self, node: Node, now: int, ended_ms: int) -> None:
        """After an event: take down the node's levels, then see whether it lives on (T2, B4).

        Jobs that end by `ended_ms` have ended: now, or the ms before where this class comes before theirs.
        """
        fixed_bytes = node.fixed_bytes if node.resident is None else node.fixed_bytes + node.slack_bytes()
        stores_bytes = self.recorder.record(node.index, now, fixed_bytes)
        if stores_bytes > node.safe_bytes and node.dies(fixed_bytes + stores_bytes):
            self.die(node, ended_ms)

    # T3 periodic timers

    def start_timers(self, node: Node) -> None:
        """Start a node's sweeps and cleanups in config order, its collections, then its heartbeat."""
        stores = self.scenario.nodes.enabled_stores
        rank = self.ranks * node.index
        for name, config in stores.items():
            store: Any = node.stores.named[name]
            phase_ms = self.workload.phase_ms[name][node.index]
            if config.kind == "session_table" and config.sweep_every_ms is not None:
                action = self.sweep(node, store)
                self.env.process(self.every(node, rank, phase_ms, config.sweep_every_ms, action))
            elif config.kind in ("session_map", "ring_buffer") and config.cleanup.kind == "ttl":
                action = self.clean(node, store, config.cleanup.ttl_ms)
                self.env.process(self.every(node, rank, phase_ms, config.cleanup.every_ms, action))
            rank += 1
        if node.resident is not None:
            self.env.process(self.every(node, rank, 0, RULES.release_every_ms, self.collect(node)))
        phase_ms = self.workload.phase_ms["heartbeat"][node.index]
        self.env.process(
            self.every(node, rank + 1, phase_ms, self.scheduler.heartbeat_ms, lambda: self.heartbeat(node))
        )

    def every(
        self, node: Node, rank: int, phase_ms: Any, period_ms: Any, action: Callable[[], None]
    ) -> Waiting:
        """Act at the timer's ticks, which keep their grid through a restart, while the node is up."""
        where = place(Order.TIMER, rank)
        at_ms = first_tick(int(phase_ms), period_ms)
        while True:
            yield At(self.env, at_ms, where)
            if node.up:
                action()
            at_ms += period_ms

    def scans(self) -> Waiting:
        """A3: mark nodes offline whose last heartbeat is too old; after all nodes' timers."""
        period_ms = self.scheduler.scan_every_ms
        where = place(Order.TIMER, self.ranks * len(self.nodes))
        at_ms = first_tick(int(self.workload.phase_ms["scan"][0]), period_ms)
        while True:
            yield At(self.env, at_ms, where)
            for node in self.nodes:
                node.view.scan(at_ms)
                self.refresh(node)
            at_ms += period_ms

    # B3 collection

    def collect(self, node: Node) -> Callable[[], None]:
        """Make the action of a major collection, after which the heap gives pages back to the host."""

        def act() -> None:
            if node.resident is not None:
                node.resident.release()
            now = self.now
            self.levels(node, now, now)

        return act

    # S3 sweep

    def sweep(self, node: Node, table: SessionTable[int]) -> Callable[[], None]:
        """Make the action of a table's timer."""

        def act() -> None:
            now = self.now
            for session in table.sweep(now):
                if table is node.first_table:
                    self.context_gone(node, session)
                    node.stores.session_left(session)
            check_swept(table, now)
            self.levels(node, now, now)

        return act

    # M1 cleanup by age

    def clean(self, node: Node, store: Any, ttl_ms: Any) -> Callable[[], None]:
        """Make the action of the timer of a map or of ring buffers."""

        def act() -> None:
            now = self.now
            store.clean(now, ttl_ms)
            self.levels(node, now, now)

        return act

    # W1, W2, W3, W5 rows of the workload

    def arrivals(self) -> Waiting:
        """Let every row happen at its time."""
        env, horizon_ms = self.env, self.horizon_ms
        every_row = self.sampler is not None and self.sample_every_ms == "event"
        for row in rows(self.workload):
            if row.at_ms >= horizon_ms:
                return
            yield At(env, row.at_ms, ROW)
            if row.kind:
                self.end_session(row)
            else:
                self.arrive(row)
            if every_row and self.sampler is not None:
                self.sampler.look(row.at_ms)

    # S6 signalled end

    def end_session(self, row: Row) -> None:
        """Tell every node that is up."""
        for node in self.nodes:
            if node.up:
                node.stores.end_session(row.session)
                self.levels(node, row.at_ms, row.at_ms)

    # A5, A6 choosing a node, or waiting for one

    def arrive(self, row: Row) -> None:
        """Send an utterance to a node, or let it wait for one."""
        self.counts.utterances += 1
        self.dispatched_before = self.dispatched
        index = self.choose(row)
        if index is not None:
            self.dispatch(self.nodes[index], row, row.at_ms)
            return
        self.counts.no_node_on_arrival += 1
        self.queue.append(At(self.env, row.at_ms + self.pending_timeout_ms, WAIT_OVER, self.wait_over, row))

    def choose(self, row: Row) -> int | None:
        """Index of the node that gets this utterance now, or None."""
        if self.only is not None:
            return 0 if self.only.cause == AVAILABLE else None
        trail = self.trails.get(row.session)
        return self.router.choose(self.views, row.route, None if trail is None else trail.node)

    def drain(self) -> None:
        """Try the queue, first in first out, because a node may have become eligible."""
        while self.queue:
            wait = self.queue[0]
            index = self.choose(wait.about)
            if index is None:
                return
            self.queue.popleft()
            wait.callbacks.clear()
            self.dispatch(self.nodes[index], wait.about, self.now)

    def wait_over(self, wait: At) -> None:
        """Lose an utterance that has waited too long."""
        self.queue.popleft()
        self.counts.lost_pending_timeout += 1
        row: Row = wait.about
        if row.last:
            self.trails.pop(row.session, None)

    def trail(self, row: Row) -> Trail:
        """What is remembered of the utterance's session; nothing any more once this is its last utterance."""
        trail = self.trails.pop(row.session, None) if row.last else self.trails.get(row.session)
        if trail is None:
            trail = Trail()
            if not row.last:
                self.trails[row.session] = trail
        return trail

    # A8, A9 a job's life

    def dispatch(self, node: Node, row: Row, now: int) -> None:
        """Send a job to a node that the filter accepts, whether its process lives or not."""
        self.dispatched += 1
        trail = self.trail(row)
        trail.node = node.index
        give_up_ms = now + self.job_timeout_ms
        if not node.up:
            self.counts.lost_dead_node += 1
            self.take_slot(node, self.dispatched, give_up_ms)
            return
        job = Job(node, self.dispatched, now, row)
        job.lost, job.elsewhere = self.touch(node, row, trail, now)
        for ring in node.stores.rings:  # R1, R2
            ring.append(row.session, now, row.audio_ms)
        hung = self.translate(node, row, now)
        for kept in node.stores.maps:  # M1, M2
            kept.write(row.session, now, row)
        served_ms = now + row.service_ms
        if self.gpu_serial:  # A7
            served_ms = node.gpu_free_ms = max(now, node.gpu_free_ms) + row.service_ms
        job.served = served_ms <= give_up_ms and not (hung and self.scheduler.hangs_hold_slot)
        job.end_ms = served_ms if job.served else give_up_ms
        node.jobs[job.number] = job
        if self.slots_matter:
            job.slot = self.take_slot(node, job.number, job.end_ms, job)
        self.levels(node, now, now)

    def take_slot(self, node: Node, number: int, until_ms: int, job: Job | None = None) -> At:
        """Hold a slot, for a job at work or for a lost one that the scheduler does not know to be lost."""
        node.view.load += 1
        if node.view.load == node.view.jobs_per_node:
            self.refresh(node)
        return At(self.env, until_ms, JOB_END + number, self.free_slot, (node, job))

    def free_slot(self, event: At) -> None:
        """A job's time is over."""
        node, job = event.about
        if job is not None:
            self.ended(job)
        node.view.load -= 1
        if node.view.load + 1 == node.view.jobs_per_node:
            self.refresh(node)
        if self.queue:
            self.drain()

    def ended(self, job: Job) -> None:
        """Count a job that was served or given up."""
        del job.node.jobs[job.number]
        if not job.served:
            self.counts.lost_job_timeout += 1
            return
        self.counts.served += 1
        if job.later:
            self.counts.later_served += 1
            self.counts.context_lost += job.lost
            self.counts.context_elsewhere += job.elsewhere

    def catch_up(self, node: Node, until_ms: int) -> None:
        """Where nobody waits for slots a job's end is no event: count those that have ended by then.

        A job of this very event has not, even if its service takes no time.
        """
        if not self.slots_matter:
            jobs = [job for job in node.jobs.values() if job.end_ms <= until_ms]
            for job in jobs:
                if job.number <= self.dispatched_before or job.end_ms < self.now:
                    self.ended(job)

    # S1, S2, S4, S5, S7 touch

    def touch(self, node: Node, row: Row, trail: Trail, now: int) -> tuple[bool, bool]:
        """Touch the session in every table; returns whether its context was lost, and whether elsewhere."""
        session = row.session
        lost = elsewhere = False
        for table in node.stores.tables:
            if table is node.first_table:
                if session not in table:
                    lost = bool(trail.lost & node.bit)
                    elsewhere = not trail.had & node.bit and trail.had != 0
                    trail.had |= node.bit
                    trail.lost &= ~node.bit
                victim = table.touch(session, now, row)
                if victim is not None:
                    self.evicted(node, victim)
            else:
                table.touch(session, now, row)
        return lost, elsewhere

    def evicted(self, node: Node, victim: int) -> None:
        """Count an eviction from the first table, and whether the victim will speak again."""
        self.counts.evicted += 1
        self.counts.evicted_live += victim in self.trails
        self.context_gone(node, victim)
        node.stores.session_left(victim)

    def context_gone(self, node: Node, session: int) -> None:
        """Remember that the node has lost a session's entry, if that session will speak again."""
        trail = self.trails.get(session)
        if trail is not None:
            trail.lost |= node.bit

    # P1, P3, C1, C2, C3, C4, C5, W4 translation

    def translate(self, node: Node, row: Row, now: int) -> bool:
        """Look the text up or have it translated; returns whether a translation that hangs was started.

        A coalesced one opens no entry and leaves no instance behind, but its outcome comes all the same.
        """
        stores = node.stores
        outcome = row.outcome
        if self.outages[node.index] and self.in_outage(node, now):
            outcome = self.workload.outage_outcome
        if outcome != HANGS and row.cacheable and stores.caches:
            found = [cache.get(row.text, now) for cache in stores.caches]  # all are read
            if any(found):
                self.counts.cache_hits += 1
                if stores.hash_tables:
                    stores.translated(row)
                return False
            self.counts.cache_misses += 1
        pending, request = stores.pending, None
        coalesced = pending is not None and row.text in pending
        if coalesced and outcome == HANGS:
            return False
        if not coalesced:
            if pending is not None and outcome != HANGS and not row.latency_ms:
                request = pending.pass_through(row.text, row, ok=outcome == OK)
            elif pending is not None:
                request = pending.open(row.text, row)
            if request is not None:
                stores.share_audio(row, request)
            for instances in stores.per_job:
                instances.start(row)
        translation: Translation = (node, node.life, row, outcome, request)
        if outcome == HANGS:
            node.counted_outcome |= "hangs" in self.scheduler.degraded.counts
        elif row.latency_ms:
            At(self.env, now + row.latency_ms, SETTLE + self.dispatched, self.settle, translation)
        else:
            self.settled(translation, now)
        if pending is not None and request is not None and self.translation_timeout_ms is not None:
            until_ms = now + self.translation_timeout_ms
            in_time = outcome != HANGS and row.latency_ms <= self.translation_timeout_ms
            if not (in_time and pending.ends(ok=outcome == OK)):
                At(self.env, until_ms, TIMEOUT + self.dispatched, self.time_out, translation)
        return outcome == HANGS

    def settle(self, event: At) -> None:
        """A translation ends ok or fails, unless its process is gone or its request was aborted."""
        node, life, _, _, request = event.about
        if node.life == life and (request is None or not request.settled):
            self.settled(event.about, event.at_ms)
            self.levels(node, event.at_ms, event.at_ms - 1)

    # P2 settling

    def settled(self, translation: Translation, now: int) -> None:
        """Write the caches when it went well, and deal with the pending entry."""
        node, _, row, outcome, request = translation
        stores = node.stores
        if outcome == OK:
            if row.cacheable:
                for cache in stores.caches:
                    cache.set(row.text, now, row)
            if stores.hash_tables:
                stores.translated(row)
        elif outcome == FAILS:
            node.counted_outcome |= "fails" in self.scheduler.degraded.counts
        if request is not None and stores.pending is not None:
            stores.pending.settle(request, ok=outcome == OK)

    # P4 timeout

    def time_out(self, event: At) -> None:
        """A pending translation's time is over."""
        node, life, _, _, request = event.about
        if node.life == life and node.stores.pending.time_out(request):
            node.counted_outcome |= "timeouts" in self.scheduler.degraded.counts
            self.levels(node, event.at_ms, event.at_ms - 1)

    # W4 outages

    def in_outage(self, node: Node, now: int) -> bool:
        """Whether an outage covers this node now; its start belongs to it, its end does not."""
        spells, at = self.outages[node.index], node.outage
        while at < len(spells) and spells[at][1] <= now:
            at += 1
        node.outage = at
        return at < len(spells) and spells[at][0] <= now

    # A1, A4 heartbeat

    def heartbeat(self, node: Node) -> None:
        """Send a heartbeat, and try the queue."""
        self.dispatched_before = self.dispatched
        self.catch_up(node, self.now)
        self.beat(node)
        self.drain()

    def beat(self, node: Node) -> None:
        """Tell the scheduler the node's memory and health."""
        now = self.now
        in_outage = self.workload.outage_unhealthy and self.in_outage(node, now)
        healthy = not (node.counted_outcome or in_outage)
        node.counted_outcome = False
        node.view.beat(now, self.recorder.memory_bytes(node.index), healthy=healthy)
        self.refresh(node)

    # A2, A10 what the filter says

    def refresh(self, node: Node) -> None:
        """Work out the first cause anew; record a change, and start or stop the operator's watch (B5)."""
        view = node.view
        before, cause = view.cause, view.first_cause()
        view.cause = cause
        seen = (cause, view.memory_over, not node.up and cause == AVAILABLE)
        if seen != node.seen:
            node.seen = seen
            self.recorder.availability(node.index, self.now, cause, memory_over=seen[1], unnoticed=seen[2])
        if before != cause and self.process.operator_restart_ms is not None:
            if cause == MEMORY:
                node.operator = self.env.process(self.operator(node, self.process.operator_restart_ms))
            elif node.operator is not None:
                node.operator.interrupt()
                node.operator = None

    # B3 baseline

    def baselines(self) -> Waiting:
        """Step every host's baseline, node by node."""
        for step, at_ms in enumerate(self.baseline_at_ms[1:], start=1):
            yield At(self.env, at_ms, place(Order.BASELINE))
            for node in self.nodes:
                node.baseline_bytes = int(self.workload.baseline_bytes[node.index, step])
                node.weigh()
                self.levels(node, at_ms, at_ms - 1)

    # B4 death and return

    def die(self, node: Node, ended_ms: int) -> None:
        """The process is gone; nobody is told."""
        node.deaths += 1
        if self.first_oom_ms < 0:
            self.first_oom_ms = self.now
        self.lose(node, ended_ms)
        if self.process.restart_after_ms is not None:
            node.restarting = self.env.process(self.restart(node, self.process.restart_after_ms))

    def lose(self, node: Node, ended_ms: int) -> None:
        """Empty the stores, lose the jobs that had not ended by `ended_ms`, void what was under way."""
        now = self.now
        self.catch_up(node, ended_ms)
        self.recorder.dropped(node.index, now)
        for session in node.stores.clear():
            self.context_gone(node, session)
        for job in node.jobs.values():
            self.counts.lost_crash += 1
            if job.slot is not None:  # the scheduler does not know: the slot stays taken until the timeout
                job.slot.callbacks.clear()
                node.view.load -= 1
                self.take_slot(node, job.number, job.dispatched_ms + self.job_timeout_ms)
        node.jobs.clear()
        node.life += 1
        node.gpu_free_ms = 0
        node.counted_outcome = False
        if node.resident is not None:
            node.resident.clear()
        node.up = False
        node.weigh()
        self.levels(node, now, ended_ms)
        self.refresh(node)

    def restart(self, node: Node, after_ms: int) -> Waiting:
        """Come back after a death."""
        try:
            yield At(self.env, self.now + after_ms, place(Order.RESTART, 3 * node.index))
            self.starting(node)
            yield from self.warm_up(node)
        except simpy.Interrupt:  # the operator was quicker
            return

    def starting(self, node: Node) -> None:
        """The process has registered with the scheduler, which rejects it until its first heartbeat."""
        node.view.starting = True
        self.refresh(node)

    def warm_up(self, node: Node) -> Waiting:
        """Get ready, then be up and send a heartbeat at once; a host that is full kills it as soon."""
        up_ms = self.now + self.process.restart_warmup_ms
        yield At(self.env, up_ms, place(Order.RESTART, 3 * node.index + 1))
        node.restarting = None
        node.up = True
        node.weigh()
        self.recorder.record(node.index, up_ms, node.fixed_bytes)
        self.beat(node)
        self.levels(node, up_ms, up_ms)
        self.dispatched_before = self.dispatched
        self.drain()

    # B5 operator restart

    def operator(self, node: Node, after_ms: int) -> Waiting:
        """Restart a node that has been excluded for memory all the time."""
        try:
            yield At(self.env, self.now + after_ms, place(Order.RESTART, 3 * node.index + 2))
        except simpy.Interrupt:
            return
        node.operator = None
        self.dispatched_before = self.dispatched
        if node.restarting is not None:
            node.restarting.interrupt()
        self.lose(node, self.now)
        self.starting(node)
        node.restarting = self.env.process(self.warm_up(node))
