"""How fast each store grows that nothing empties: entries and bytes per node and ms.

A store either settles (`level_bytes` on average) or leaks (`entries_per_ms`, each of `entry_bytes` on
average), or there is no closed form for it (`reason`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..config import bound_of
from ..config.stores import LruCache, PendingMap, RingBuffer, SessionMap, SessionTable
from .caches import characteristic_time
from .for_tables import entries_on_average, swept
from .laws import below, cut_moment
from .lookups import lookups, text_rates
from .swept_table import over_a_sweep

if TYPE_CHECKING:
    from ..config.distributions import Distribution
    from ..config.stores import Store
    from .view import View

PCM_BYTES_PER_MS = 32
"""16 kHz, 16 bits, one channel (rule W3)."""
BASE64_CHARS_PER_MS = 128 / 3
_POINTS = 400


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a store on one node. Either `entries_per_ms` is positive, or it settles at `level`.

    `entry_bytes` is the mean size of an entry in the document footprint; `level` is in entries. `exact`:
    whether entries are a Poisson number with this rate. `delay_ms` is how much later than its session's start
    an entry comes, on average: at first there are fewer. `stuck` are rates of keys that stick once each
    (translations that hang with a repeating text).
    """

    name: str
    entries_per_ms: float = 0.0
    entry_bytes: float = 0.0
    level: float = 0.0
    exact: bool = True
    delay_ms: float = 0.0
    stuck: tuple[float, ...] = field(default=(), repr=False)
    reason: str = ""

    @property
    def leaks(self) -> bool:
        """Whether it grows for ever."""
        return self.entries_per_ms > 0 and not self.reason

    def entries_at(self, time_ms: float) -> float:
        """Mean entries after so long."""
        sticking = float(np.sum(-np.expm1(-np.array(self.stuck) * time_ms))) if self.stuck else 0.0
        delayed = self.delay_ms * -math.expm1(-time_ms / self.delay_ms) if self.delay_ms > 0 else 0.0
        return self.level + self.entries_per_ms * (time_ms - delayed) + sticking

    def mean_bytes(self, from_ms: float, to_ms: float) -> float:
        """Bytes averaged over a time, on one node."""
        spread = over_a_sweep(lambda since: self.entries_at(from_ms + since), to_ms - from_ms)
        return self.entry_bytes * spread


def courses(view: View) -> tuple[Course, ...]:
    """The course of every enabled store, in config order."""
    scenario = view.scenario
    if scenario.nodes.footprint != "document":
        reason = "footprint v8: bytes depend on the contents"
        return tuple(Course(name, reason=reason) for name in scenario.nodes.enabled_stores)
    if view.reason:
        return tuple(Course(name, reason=view.reason) for name in scenario.nodes.enabled_stores)
    return tuple(course(view, name, store) for name, store in scenario.nodes.enabled_stores.items())


def course(view: View, name: str, store: Store) -> Course:
    """The course of one store (document footprint, sessions that a `Speech` describes)."""
    if isinstance(store, SessionTable):
        table = swept(view, name, store)
        if isinstance(table, str):
            return Course(name, reason=table)
        return Course(name, entry_bytes=store.entry_bytes, level=entries_on_average(table), exact=False)
    if isinstance(store, LruCache):
        return _cache(view, name, store)
    if isinstance(store, PendingMap):
        return _pending(view, name, store)
    return _per_session(view, name, store)


def _per_session(view: View, name: str, store: SessionMap | RingBuffer) -> Course:
    endless = bound_of(view.scenario, name) == "unbounded"
    size, reason = _entry_bytes(view, store, endless)
    per_job = isinstance(store, SessionMap) and store.growth == "per_job"
    rate = view.utterances_per_ms if per_job else view.first_touches_per_ms
    if endless:
        delay = view.utterance_delay_ms if per_job else 0.0
        return Course(
            name, rate, size, exact=view.spread == "one" and delay == 0, delay_ms=delay, reason=reason
        )
    if reason:
        return Course(name, reason=reason)
    if store.cleanup.kind == "ttl":
        assert store.cleanup.ttl_ms is not None
        assert store.cleanup.every_ms is not None
        if per_job:
            return Course(name, 0.0, size, rate * (store.cleanup.ttl_ms + store.cleanup.every_ms / 2))
        if view.spread_reason:
            return Course(name, reason=view.spread_reason)
        ttl = store.cleanup.ttl_ms
        level = over_a_sweep(lambda since: view.in_window(ttl + since), store.cleanup.every_ms)
        return Course(name, 0.0, size, level)
    if store.cleanup.kind == "session_removed" and not per_job:
        tables = {n: s for n, s in view.scenario.nodes.enabled_stores.items() if isinstance(s, SessionTable)}
        if tables:
            followed = course(view, *next(iter(tables.items())))
            return Course(name, 0.0, size, followed.level, False, reason=followed.reason)
    return Course(name, reason="its cleanup leaves some entries behind: no closed form")


def _entry_bytes(view: View, store: SessionMap | RingBuffer, endless: bool) -> tuple[float, str]:
    """Mean bytes of an entry that is no longer touched, and why there is no form for it."""
    if isinstance(store, SessionMap):
        return store.entry_bytes, ""
    if not endless:
        return 0.0, "the audio of a session that still speaks has no closed form"
    if not view.simple:
        return 0.0, "audio kept needs exponential gaps and a geometric number of utterances"
    audio = view.scenario.workload.utterances.audio
    gap = view.scenario.workload.sessions.gap
    nodes = 1 if view.spread == "sticky" else view.nodes
    kept = audio_kept_ms(audio, store.span_ms, store.keep_ms, 1 + view.later, gap.mean, nodes)
    return kept * PCM_BYTES_PER_MS, ""


def audio_kept_ms(
    audio: Distribution, span_ms: float, keep_ms: float, count: float, gap_ms: float, nodes: int = 1
) -> float:
    """Audio that a ring buffer keeps of a session after its last utterance there, in ms, on average.

    The last chunk (unless it is longer than the span), and those before that started within `keep` and fit
    into the span with it. Looking back from an utterance, those before it on the same node are a Poisson
    stream of rate c / (nodes · gap) that ends at rate (1 - c) / gap, c = 1 - 1 / count. Exponential gaps, a
    geometric number of utterances, nodes met by chance.

    Source: rule R1; competing exponentials as in `speech.sessions_in_window_at_random`.

    >>> from ..config.distributions import Constant
    >>> audio_kept_ms(Constant(value=5_000.0), 15_000, 10_000, 1.0, 6_000.0)          # its only chunk
    5000.0
    >>> round(audio_kept_ms(Constant(value=5_000.0), 15_000, 10_000, 1e9, 5_000.0), -2) # and 10 s / 5 s more
    15000.0
    """
    on = 1 - 1 / count
    edges = np.linspace(0.0, span_ms, _POINTS + 1)
    reached = np.array([below(audio, 0, edge) for edge in edges.tolist()])
    reached[0] = 0.0
    weights, middles = np.diff(reached), (edges[:-1] + edges[1:]) / 2
    back = np.minimum(keep_ms, span_ms - middles)
    if on < 1 - 1e-12:
        earlier = on / nodes / (1 - on) * -np.expm1(-(1 - on) * back / gap_ms)
    else:
        earlier = back / gap_ms / nodes
    mean_audio = cut_moment(audio, math.inf)
    return below(audio, 1, span_ms) + mean_audio * float(weights @ earlier)


def _pending(view: View, name: str, store: PendingMap) -> Course:
    """Translations that hang (or fail and stay), beside those under way (rules P1-P4)."""
    workload = view.scenario.workload
    translation, texts = workload.translation, workload.utterances.texts
    if translation.outages is not None:
        return Course(name, reason="outages make translations fail or hang together")
    size = float(store.entry_bytes)
    if store.retains_audio:
        size += cut_moment(workload.utterances.audio, math.inf) * BASE64_CHARS_PER_MS
    stays = translation.hangs + (0.0 if "failure" in store.removed_on else translation.fails)
    if store.timeout_ms is not None:
        if not store.abort_on_timeout and translation.hangs > 0:
            # the key is free again and the request stays: each hang adds one, whatever its text
            hung, delay = view.utterances_per_ms * translation.hangs, view.utterance_delay_ms
            return Course(name, hung, size, exact=False, delay_ms=delay)
        return Course(name, reason="a time-out and aborted requests keep it small: no closed form is needed")
    if view.utterances_per_ms * stays <= 0:
        return Course(name, reason="nothing stays in it")
    # a text that repeats sticks once, and fails only where the cache does not answer
    cache = lookups(view.scenario, view.utterances_per_ms)
    said = text_rates(view.scenario, view.utterances_per_ms)
    missed = 1 - cache.hits_by_text if cache is not None and len(said) else 1.0
    stuck = said * (translation.hangs + (stays - translation.hangs) * missed)
    rate = view.utterances_per_ms * stays * texts.unique
    delay = view.utterance_delay_ms
    return Course(name, rate, size, exact=False, delay_ms=delay, stuck=tuple(stuck.tolist()))


def _cache(view: View, name: str, store: LruCache) -> Course:
    if store.instances == "per_job":
        size, delay = float(store.instance_bytes), view.utterance_delay_ms
        return Course(name, view.utterances_per_ms, size, exact=False, delay_ms=delay)
    reads = lookups(view.scenario, view.utterances_per_ms)
    if reads is None:
        return Course(name, reason="another cache answers first")
    full_after = characteristic_time(reads.rates, store.max, reads.unique)
    if full_after > view.scenario.horizon_ms / 3:
        return Course(name, reason="the run ends before the cache is full")
    return Course(name, entry_bytes=store.entry_bytes, level=store.max, exact=False)
