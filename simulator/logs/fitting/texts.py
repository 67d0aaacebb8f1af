"""Texts that are said again: the share said once, the list of the others, and how uneven it is.

A cache hides texts: what it answers is not asked of the translation service, and only what is asked is
logged. So a listed text counts only while nothing can answer for it: from the end of its request, and of the
cache's TTL if that went well, until it is asked again on that node. Within those stretches each utterance is
that text with a fixed chance, whatever the cache's size and rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .families import TIMES
from .fit import Fit, fit_best, sample
from .outcomes import Share, share
from .zipf import ListDraws, Seen, draw_lists

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

TELLING_CHARS = 6
"""Shorter texts are alike by accident ("ok"): they are left out, which the fit of lengths accounts for."""

LEAST_TEXTS, LEAST_REPEATS = 10, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the translation service, in time order. Arrays of one length."""

    at_ms: Floats
    node: Ints
    text: Ints  # the same number for the same text
    chars: Ints
    two_byte: Flags
    free_ms: Floats  # when it may be asked again: no cache or request answers for it; infinity: never


@dataclass(frozen=True, slots=True)
class TextFit:
    """Lengths, the share of utterances with a text of their own, and the list of the others.

    `exponent` and `distinct`, the list's length in each script, are (value, low, high); they are None, and
    `unique` is only an upper bound, when too few texts repeat. `lists` are draws of the three together,
    `repeats` how many requests that rests on.
    """

    length: Fit
    unique: Share
    exponent: tuple[float, float, float] | None
    distinct: tuple[int, int, int] | None
    repeats: int
    lists: ListDraws | None = None


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
        seed: of the draws of lists.

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
    repeats = int(count[again].sum())
    scripts = []
    for script in (False, True):
        listed, of_script = again & (two_byte == script), said_two_byte == script
        if listed.sum() >= LEAST_TEXTS and count[listed].sum() >= LEAST_REPEATS:
            hits, exposed, watched = _exposures(asked, text[listed], said_ms, said_node, of_script, cache_ms)
            twice = hits >= 2  # what is left is as good as unseen
            once = int((telling & (count == 1) & (two_byte == script)).sum())
            scripts.append(Seen(hits[twice], exposed[twice], watched, once, int(of_script.sum())))
    lists = draw_lists(scripts, long_enough, seed) if scripts else None
    if lists is None:
        n = len(said_ms)
        unique = share(min(float((telling & (count == 1)).sum()) / long_enough, float(n)), n)
        return TextFit(length, unique, None, None, repeats)
    exponent, distinct, own = (_bounds(each) for each in (lists.exponent, lists.distinct, lists.unique))
    said = float(sum(each.said for each in scripts))
    return TextFit(
        length=length,
        unique=Share(own[0] * said, said, *own),
        exponent=exponent,
        distinct=(round(distinct[0]), int(np.floor(distinct[1])), int(np.ceil(distinct[2]))),
        repeats=repeats,
        lists=lists,
    )


def _bounds(draws: Floats | Ints) -> tuple[float, float, float]:
    """The mean of draws, with what leaves out 2.5 % of them on either side."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(np.mean(draws)), float(low), float(high)


def _exposures(
    asked: Asked, texts: Ints, said_ms: Floats, said_node: Ints, of_script: Flags, cache_ms: float
) -> tuple[Floats, Floats, float]:
    """How often each text was asked while nothing could answer for it, in how many utterances, of all."""
    index = np.searchsorted(texts, asked.text)
    index = np.minimum(index, len(texts) - 1)
    mine = texts[index] == asked.text
    seen, exposed, watched = np.zeros(len(texts)), np.zeros(len(texts)), 0.0
    for node in np.unique(said_node):
        times = said_ms[of_script & (said_node == node)]
        if not len(times):
            continue
        here = mine & (asked.node == node)
        order = np.lexsort((asked.at_ms[here], index[here]))
        place, at = index[here][order], asked.at_ms[here][order]
        over = asked.free_ms[here][order]
        from_ms = times[0] - 1 + cache_ms  # a cache may be full when the log begins
        watched += len(times) - np.searchsorted(times, from_ms, side="right")
        # a stretch before each time it was asked, and one after the last
        begins_text = np.diff(place, prepend=-1) != 0
        previous = np.where(begins_text, from_ms, np.concatenate([[from_ms], over[:-1]]))
        hung = np.isinf(over).astype(np.int64)  # a request that never settles answers for its key for ever
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
    return seen, exposed, float(watched)
