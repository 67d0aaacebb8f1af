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
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

TELLING_CHARS = 6
"""Shorter texts are alike by accident ("ok"): they are left out, which the fit of lengths accounts for."""

SIMULATED = 60


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
    per_script = [int((again & (two_byte == script)).sum()) for script in (False, True)]
    exponent = distinct = None
    most = max(per_script)
    if most >= 10 and count[again].sum() >= 100:
        distinct = _distinct(most, long_enough)
        found = []
        for script in (False, True):
            listed = again & (two_byte == script)
            if listed.sum() < max(10, most / 2):
                continue
            seen, exposed = _exposures(
                asked, text[listed], said_ms, said_node, said_two_byte == script, cache_ms
            )
            s, variance, once_only = _zipf(seen, exposed, distinct[0], seed)
            found.append((s, variance))
            once -= once_only
        if found:
            weights = np.array([1 / variance for _, variance in found])
            s = float(np.average([s for s, _ in found], weights=weights))
            error = Z * float(weights.sum() ** -0.5)
            exponent = s, max(s - error, 0.0), s + error
    n = len(said_ms)
    unique = share(min(max(once, 0.0) / long_enough, float(n)), n)
    return TextFit(length, unique, exponent, distinct, int(count[again].sum()))


def _distinct(most: int, long_enough: float) -> tuple[int, int, int]:
    """Texts in the list of one script, given those seen that are long enough."""
    value = round(most / long_enough)
    high = most + int(special.bdtrik(0.975, value + 5, 1 - long_enough)) if long_enough < 1 else most
    return value, most, max(high, value)


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


def _zipf(seen: Floats, exposed: Floats, distinct: int, seed: int) -> tuple[float, float, float]:
    """Exponent, its variance, and the expected number of listed texts that were asked just once."""
    kept = exposed > 0
    seen, exposed = seen[kept], exposed[kept]
    log_rank = np.log(np.arange(1, distinct + 1))

    def parts(theta: Floats, counts: Floats) -> tuple[float, Floats]:
        log_mean = theta[0] + np.log(exposed)[:, None] - theta[1] * log_rank
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
        return value, np.array([pull.sum(), -(pull @ log_rank).sum()])

    # each frequent text fits some rank closely, so that there are many local maxima: look at all of them
    rate = float((seen / exposed).sum())
    begins = [
        np.array([np.log(rate / np.exp(-exponent * log_rank).sum()), exponent])
        for exponent in np.arange(0.0, 3.0, 0.05)
    ]
    begin = max(begins, key=lambda theta: parts(theta, seen)[0])
    simplex = begin + np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.02]])
    found = optimize.minimize(  # type: ignore[call-overload]
        lambda theta: -parts(theta, seen)[0],
        begin,
        method="Nelder-Mead",
        options={"initial_simplex": simplex},
    )
    theta = found.x
    steps = np.eye(2) * 1e-4
    hessian = np.array(
        [(parts(theta + step, seen)[1] - parts(theta - step, seen)[1]) / 2e-4 for step in steps]
    )
    generator = np.random.default_rng([seed, len(seen), int(seen.sum())])
    order = np.argsort(-seen / exposed)
    rank = np.empty(len(seen), dtype=np.int64)
    rank[order] = np.arange(len(seen)) * distinct // len(seen)
    mean = np.exp(theta[0] - theta[1] * log_rank[rank]) * exposed
    scores = np.array([parts(theta, _seen_twice(generator, mean))[1] for _ in range(SIMULATED)])
    inverse = np.linalg.pinv(hessian)
    covariance = inverse @ np.cov(scores.T) @ inverse
    often = np.exp(theta[0] - theta[1] * log_rank) * float(np.median(exposed))
    return float(theta[1]), float(covariance[1, 1]), float((often * np.exp(-often)).sum())


def _seen_twice(generator: np.random.Generator, mean: Floats) -> Floats:
    """Poisson counts, given that each is at least 2."""
    lowest = special.pdtr(1, mean)
    uniform = lowest + (1 - lowest) * generator.random(len(mean))
    counts: Floats = np.maximum(stats.poisson.ppf(uniform, mean), 2.0)
    return counts
