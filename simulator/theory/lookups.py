"""What a node's translation cache is asked for: rates by text, and what a miss costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..config.stores import LruCache
from .caches import hit_fraction, key_hits, zipf_rates
from .laws import below, cut_moment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config import Scenario
    from ..config.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Lookups:
    """Reads of one cache per ms: `rates` of texts that repeat, and `unique`, of texts that come once.

    A translation that hangs does not read (rule P1), nor does a text of an uncacheable length (C4). A text is
    set by `misses_per_set` misses on average (some fail), `delay_ms` after the last of them.
    """

    rates: NDArray[np.float64] = field(repr=False)
    unique: float
    size: int
    ttl_ms: float
    misses_per_set: float
    delay_ms: float

    @property
    def hits(self) -> float:
        """Hit fraction of all reads."""
        return hit_fraction(
            self.rates, self.size, self.ttl_ms, self.unique, self.misses_per_set, self.delay_ms
        )

    @property
    def hits_by_text(self) -> NDArray[np.float64]:
        """Hit fraction of each repeating text, float64[texts]."""
        return key_hits(self.rates, self.size, self.ttl_ms, self.unique, self.misses_per_set, self.delay_ms)


def lookups(scenario: Scenario, utterances_per_ms: float) -> Lookups | None:
    """The reads of the first shared cache of a node that so many utterances reach; None without one."""
    caches = [store for store in scenario.nodes.enabled_stores.values() if isinstance(store, LruCache)]
    if not caches or caches[0].instances == "per_job":
        return None
    said, translation = scenario.workload.utterances, scenario.workload.translation
    asked = utterances_per_ms * (1 - translation.hangs) * cacheable_share(said.text_length)
    fails = translation.fails / (1 - translation.hangs) if translation.hangs < 1 else 1.0
    return Lookups(
        rates=text_rates(scenario, asked),
        unique=asked * said.texts.unique,
        size=caches[0].max,
        ttl_ms=math.inf if caches[0].ttl_ms is None else float(caches[0].ttl_ms),
        misses_per_set=1 / (1 - fails) if fails < 1 else math.inf,
        delay_ms=cut_moment(translation.latency, math.inf),
    )


def text_rates(scenario: Scenario, utterances_per_ms: float) -> NDArray[np.float64]:
    """Rates per ms of the texts that repeat: each script has a list of its own, float64[texts]."""
    said = scenario.workload.utterances
    listed = utterances_per_ms * (1 - said.texts.unique)
    if listed <= 0:
        return np.zeros(0)
    scripts = [share for share in (said.two_byte, 1 - said.two_byte) if share > 0]
    exponent, distinct = said.texts.zipf_exponent, said.texts.zipf_distinct
    return np.concatenate([zipf_rates(exponent, distinct, listed * share) for share in scripts])


def cacheable_share(length: Distribution) -> float:
    """Share of texts of 3 to 500 characters (rule C4), lengths drawn as whole numbers of at least 1.

    >>> from ..config.distributions import Exponential
    >>> round(cacheable_share(Exponential(mean=25.0)), 4)                # e^(-2.5 / 25) - e^(-500.5 / 25)
    0.9048
    """
    return below(length, 0, 500.5 - 1e-9) - below(length, 0, 2.5 - 1e-9)
