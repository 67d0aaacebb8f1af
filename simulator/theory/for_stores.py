"""What theory says of the stores beside session tables: growth, levels, hit fractions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..config.stores import LruCache, PendingMap, RingBuffer, SessionMap
from .for_tables import ENTRIES
from .lookups import lookups
from .prediction import Prediction, absent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.stores import Store
    from .leaks import Course
    from .view import View

MS_PER_DAY = 86_400_000
CAMPBELL = "Campbell's theorem: Last and Penrose (2017), proposition 2.7"
CHE = "Che, Tung and Wang (2002), eq. 6; Fricker, Robert and Roberts (2012)"


def predict_store(view: View, store: Store, found: Course) -> Iterator[Prediction]:
    """Every figure of a store that is no session table, given or refused."""
    if isinstance(store, SessionMap | RingBuffer):
        yield from _levels(view, found)
    elif isinstance(store, PendingMap) or (isinstance(store, LruCache) and store.instances == "per_job"):
        yield _growth(view, found)


def _levels(view: View, found: Course) -> Iterator[Prediction]:
    """Growth of what leaks, the level of what does not."""
    name = found.name
    if found.leaks:
        total = found.entries_at(view.scenario.horizon_ms) * view.nodes
        final = Prediction(
            name, "entries at the end", total, "count", "equals", f"{name}.entries_final", (), CAMPBELL
        )
        yield view.given(final if found.exact else final.loosened())
        yield _growth(view, found)
    elif found.reason:
        yield absent(name, ENTRIES, "count", f"{name}.entries_mean", found.reason, CAMPBELL)
    else:
        mean = Prediction(name, ENTRIES, found.level, "count", "about", f"{name}.entries_mean", (), CAMPBELL)
        yield view.given(mean)


def _growth(view: View, found: Course) -> Prediction:
    """Slope over the second half of the run, as results have it."""
    name, beside = found.name, f"{found.name}.growth_bytes_per_day"
    if found.reason:
        return absent(name, "growth a day", "bytes_per_day", beside, found.reason, CAMPBELL)
    end = view.scenario.horizon_ms
    gained = found.entries_at(end) - found.entries_at(end // 2)
    slope = gained / (end - end // 2) * MS_PER_DAY * found.entry_bytes
    growth = Prediction(name, "growth a day", slope, "bytes_per_day", "equals", beside, (), CAMPBELL)
    return view.given(growth if found.exact else growth.loosened())


def predict_hits(view: View) -> Prediction:
    """Hit fraction of the translation cache."""
    scenario = view.scenario
    caches = {n: s for n, s in scenario.nodes.enabled_stores.items() if isinstance(s, LruCache)}
    words, beside = "translation cache hits", "cache_hit_fraction"
    name = next(iter(caches), "translation_cache")

    def no(reason: str) -> Prediction:
        return absent(name, words, "fraction", beside, reason, CHE)

    if not caches:
        return no("there is no cache")
    if len(caches) > 1:
        return no("two caches in one node: what the first one answers, the second does not learn by")
    cache = caches[name]
    if cache.instances == "per_job":
        return Prediction(name, words, 0.0, "fraction", "equals", beside, (), "rule C5")
    if view.reason:
        return no(view.reason)
    if scenario.workload.translation.outages is not None:
        return no("outages make translations fail or hang together")
    reads = lookups(scenario, view.utterances_per_ms)
    if reads is None or reads.unique + float(reads.rates.sum()) <= 0:
        return no("nothing is ever looked up")
    if math.isinf(reads.misses_per_set):
        return Prediction(name, words, 0.0, "fraction", "equals", beside, (), "rule P1")
    slowest = 1 / (float(reads.rates.min()) if len(reads.rates) else reads.unique)
    if min(slowest, reads.ttl_ms) > scenario.horizon_ms / 3:
        return no("the run is short beside the time to live: the cache is still filling")
    value = reads.hits
    assumed = ("texts come independently of each other", "the cache starts full")
    return view.given(Prediction(name, words, value, "fraction", "about", beside, assumed, CHE))
