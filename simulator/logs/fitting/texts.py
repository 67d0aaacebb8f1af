"""Texts that are said again: the share said once, the list of the others, and how uneven it is.

A cache hides texts: what it answers is not asked of the translation service, and only what is asked is
logged. So a listed text counts only while no cache can hold it: from the cache's TTL after it was last asked
on a node until it is asked there again. Within those stretches each utterance is that text with a fixed
chance, whatever the cache's size and rule.

Which text has which rank is not known, and sorting them by their counts would make the tail look steeper than
it is. Each text's count is therefore taken as a mixture over all ranks (a composite likelihood), with bounds
from the variance of its score. Source: Varin, Reid and Firth, An overview of composite likelihood methods,
Statistica Sinica 21, 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special, stats

from .families import TIMES
from .fit import Fit, Z, fit_best, sample
from .outcomes import Share, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

TELLING_CHARS = 6
"""Shorter texts are alike by accident ("ok"): they are left out, which the fit of lengths accounts for."""

SIMULATED = 60
TURNS = 8
LEAST_TEXTS, LEAST_REPEATS = 10, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the translation service, in time order. Arrays of one length."""

    at_ms: Floats
    node: Ints
    text: Ints  # the same number for the same text
    chars: Ints
    two_byte: Flags
    settled_ms: Floats  # when the answer came; infinity: never


@dataclass(frozen=True, slots=True)
class TextFit:
    """Lengths, the share of utterances with a text of their own, and the list of the others.

    `exponent` is (value, low, high), None when too few texts repeat; `distinct` the texts seen to repeat per
    script, with what may have been missed; `repeats` how many utterances that rests on.
    """

    length: Fit
    unique: Share
    exponent: tuple[float, float, float] | None
    distinct: tuple[int, int, int] | None
    repeats: int


def fit_texts(
    asked: Asked,
    said_ms: Floats,
    said_node: Ints,
    said_two_byte: NDArray[np.int8],
    *,
    cache_ms: float,
    seed: int = 0,
) -> TextFit:
    """Fit lengths, the unique share, and Zipf's law.

    Args:
        asked: the translations asked for.
        said_ms: all utterances, in time order; those of cached texts too.
        said_node: where each was sent.
        said_two_byte: its session's script, -1 where no text of the session was seen.
        cache_ms: how long a cache may answer for a text; 0: nothing is cached.
        seed: of the simulated scores.

    Raises:
        ValueError: fewer than 2 different lengths.
    """
    text, first, count = np.unique(asked.text, return_index=True, return_counts=True)
    chars = asked.chars[first]
    telling = chars >= TELLING_CHARS
    length = fit_best(TIMES, sample(chars.astype(np.float64), whole=True, from_=TELLING_CHARS))
    long_enough = float(length.family.sf(length.theta, np.array([TELLING_CHARS - 0.5]))[0])
    two_byte = asked.two_byte[first]
    again = telling & (count > 1)
    once = float((telling & (count == 1)).sum())
    lists = []
    for script in (False, True):
        listed = again & (two_byte == script)
        if listed.sum() >= LEAST_TEXTS and count[listed].sum() >= LEAST_REPEATS:
            of_script = said_two_byte == script
            counted = _exposures(asked, text[listed], said_ms, said_node, of_script, cache_ms)
            lists.append(_fit_list(*counted, long_enough, seed))
    known = [each for each in lists if each is not None]
    once -= sum(each.once for each in known)
    exponent = distinct = None
    if known and len(known) == len(lists):
        weights = np.array([1 / each.variance for each in known])
        value = float(np.average([each.exponent for each in known], weights=weights))
        error = Z * float(weights.sum() ** -0.5)
        exponent = value, max(value - error, 0.0), value + error
        distinct = _distinct(known, long_enough)
    n = len(said_ms)
    unique = share(min(max(once, 0.0) / long_enough, float(n)), n)
    return TextFit(length, unique, exponent, distinct, int(count[again].sum()))


def _distinct(lists: Sequence[_List], long_enough: float) -> tuple[int, int, int]:
    """Texts in a script's list: those seen, too short to be told, and not yet seen twice."""
    weights = np.array([1 / (each.unseen + 1) for each in lists])
    value = float(np.average([each.distinct for each in lists], weights=weights))
    missed = float(np.average([each.unseen for each in lists], weights=weights)) + value * (1 - long_enough)
    error = Z * float(np.sqrt(missed + 0.25) / len(lists) ** 0.5)
    low = max(max(each.seen for each in lists), int(np.floor(value - error)))
    return max(round(value), low), low, int(np.ceil(value + error))


def _exposures(
    asked: Asked, texts: Ints, said_ms: Floats, said_node: Ints, of_script: Flags, cache_ms: float
) -> tuple[Floats, Floats]:
    """For each text how often it was asked while no cache could hold it, and in how many utterances."""
    index = np.searchsorted(texts, asked.text)
    index = np.minimum(index, len(texts) - 1)
    mine = texts[index] == asked.text
    seen, exposed = np.zeros(len(texts)), np.zeros(len(texts))
    for node in np.unique(said_node):
        times = said_ms[of_script & (said_node == node)]
        if not len(times):
            continue
        here = mine & (asked.node == node)
        order = np.lexsort((asked.at_ms[here], index[here]))
        place, at = index[here][order], asked.at_ms[here][order]
        over = asked.settled_ms[here][order] + cache_ms if cache_ms else at
        from_ms = times[0] - 1 + cache_ms
        # a stretch before each time it was asked, and one after the last
        begins_text = np.diff(place, prepend=-1) != 0
        previous = np.where(begins_text, from_ms, np.concatenate([[from_ms], over[:-1]]))
        lost = np.zeros(len(at), dtype=np.bool_)  # a request that never settles answers for its key for ever
        if cache_ms:
            hung = np.isinf(over).astype(np.int64)
            total = np.cumsum(hung) - hung
            lost = total > np.maximum.accumulate(np.where(begins_text, total, 0))
        until = np.searchsorted(times, at, side="left")  # utterances before this one
        since = np.searchsorted(times, np.minimum(previous, times[-1] + 1), side="right")
        fresh = (at > previous) & ~lost
        np.add.at(seen, place, fresh)
        np.add.at(exposed, place, np.where(fresh, until - since + 1, 0).clip(0))
        ends = np.flatnonzero(np.diff(place, append=-1) != 0)
        after = np.minimum(np.where(lost[ends], np.inf, over[ends]), times[-1] + 1)
        rest = len(times) - np.searchsorted(times, after, side="right")
        np.add.at(exposed, place[ends], rest)
        never = np.setdiff1d(np.arange(len(texts)), place)
        exposed[never] += len(times) - np.searchsorted(times, from_ms, side="right")
    return seen, exposed


@dataclass(frozen=True, slots=True)
class _List:
    """The repeated texts of one script: `unseen` were not asked for twice, `once` just once, as expected."""

    exponent: float
    variance: float
    seen: int
    distinct: float
    unseen: float
    once: float


def _fit_list(seen: Floats, exposed: Floats, long_enough: float, seed: int) -> _List | None:
    """Zipf's law and the length of the list, in turns; None when most of the list is still unseen.

    Source: Sanathanan, Estimating the size of a multinomial population, Annals of Mathematical Statistics
    43(1), 1972 (the conditional estimate: fit what was seen, given that it was, then add what was not).
    """
    least = len(seen) / long_enough
    kept = exposed > 0
    seen, exposed = seen[kept], exposed[kept]
    distinct = least
    for _ in range(TURNS):
        law = _Law(seen, exposed, round(distinct))
        theta = law.fit()
        often = law.mean(theta, float(exposed.max()))
        unseen = float((np.exp(-often) * (1 + often)).sum())
        if unseen > least / 2:
            return None
        before, distinct = distinct, least + unseen
        if abs(distinct - before) < 0.5:
            break
    once = float((often * np.exp(-often)).sum())
    return _List(float(theta[1]), law.variance(theta, seed), len(seen), distinct, unseen, once)


class _Law:
    """The composite likelihood of counts under (log chance of the first rank, exponent)."""

    def __init__(self, seen: Floats, exposed: Floats, distinct: int) -> None:
        self.seen, self.exposed, self.distinct = seen, exposed, distinct
        self.log_rank = np.log(np.arange(1, distinct + 1))

    def mean(self, theta: Floats, exposed: float) -> Floats:
        """Expected counts by rank."""
        expected: Floats = np.exp(theta[0] - theta[1] * self.log_rank) * exposed
        return expected

    def parts(self, theta: Floats, counts: Floats) -> tuple[float, Floats]:
        """The log-likelihood of counts, and its gradient."""
        log_mean = theta[0] + np.log(self.exposed)[:, None] - theta[1] * self.log_rank
        mean = np.exp(log_mean)
        each = counts[:, None] * log_mean - mean
        top = each.max(axis=1, keepdims=True)
        weight = np.exp(each - top)
        total = weight.sum(axis=1, keepdims=True)
        pull = weight / total * (counts[:, None] - mean)
        # only texts that were seen at least twice are here
        none_or_once = np.exp(-mean) * (1 + mean)
        shown = (1 - none_or_once).sum(axis=1, keepdims=True) + 1e-300
        pull -= mean**2 * np.exp(-mean) / shown
        value = float((np.log(total) + top - np.log(shown)).sum())
        return value, np.array([pull.sum(), -(pull @ self.log_rank).sum()])

    def fit(self) -> Floats:
        """Where it is highest. Each frequent text fits some rank closely: there are many local maxima."""
        rate = float((self.seen / self.exposed).sum())
        begins = [
            np.array([np.log(rate / np.exp(-exponent * self.log_rank).sum()), exponent])
            for exponent in np.arange(0.0, 3.0, 0.05)
        ]
        begin = max(begins, key=lambda theta: self.parts(theta, self.seen)[0])
        simplex = begin + np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.02]])
        found = optimize.minimize(  # type: ignore[call-overload]
            lambda theta: -self.parts(theta, self.seen)[0],
            begin,
            method="Nelder-Mead",
            options={"initial_simplex": simplex},
        )
        theta: Floats = found.x
        return theta

    def variance(self, theta: Floats, seed: int) -> float:
        """Of the exponent: the simulated variance of the score, between two inverses of the curvature."""
        steps = np.eye(2) * 1e-4
        curvature = [
            (self.parts(theta + step, self.seen)[1] - self.parts(theta - step, self.seen)[1]) / 2e-4
            for step in steps
        ]
        generator = np.random.default_rng([seed, len(self.seen), int(self.seen.sum())])
        rank = np.empty(len(self.seen), dtype=np.int64)
        rank[np.argsort(-self.seen / self.exposed)] = (
            np.arange(len(self.seen)) * self.distinct // len(self.seen)
        )
        mean = np.exp(theta[0] - theta[1] * self.log_rank[rank]) * self.exposed
        scores = [self.parts(theta, _seen_twice(generator, mean))[1] for _ in range(SIMULATED)]
        inverse = np.linalg.pinv(np.array(curvature))
        return float((inverse @ np.cov(np.array(scores).T) @ inverse)[1, 1])


def _seen_twice(generator: np.random.Generator, mean: Floats) -> Floats:
    """Poisson counts, given that each is at least 2."""
    lowest = special.pdtr(1, mean)
    uniform = np.minimum(lowest + (1 - lowest) * generator.random(len(mean)), 1 - 1e-12)
    counts: Floats = np.maximum(stats.poisson.ppf(uniform, mean), 2.0)  # 2 where 1 is all but certain
    return counts
