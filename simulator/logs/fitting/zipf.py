"""A list of texts by Zipf's law, of which some were seen: how uneven, and how long, with what is not known.

Which text has which rank is not known, and sorting texts by their counts would make the tail look steeper
than it is; how many were never seen is not known either. Both are therefore drawn along with the exponent and
the length, by a Markov chain over every arrangement of texts and blanks on ranks. The likelihood is that of
the counts: p^h exp(-p E) for a text that was asked h times in E utterances in which it could have been, which
holds whatever ended a stretch, a cache or the log.

Source: Green, Reversible jump Markov chain Monte Carlo computation, Biometrika 82(4), 1995 (moves between
lengths); Raftery, Inference for the binomial N parameter, Biometrika 75(2), 1988 (the prior 1/length).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WARM, KEPT = 400, 1_500
"""Turns of the chain that are thrown away, and turns that count."""

SWAPS, LENGTHS = 2, 3
"""How often in each turn ranks are exchanged, and another length is tried."""

MOST_BLANKS = 4
"""So many times the texts that were seen may be missing before a list is called unseen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one script's list.

    Attributes:
        hits: for each text that was asked at least twice, how often.
        exposed: in how many utterances it could have been asked.
        watched: the same for a text that was never seen.
        once: texts asked for just once, listed or not.
        said: utterances of the script, cached ones too.
    """

    hits: Floats
    exposed: Floats
    watched: float
    once: int
    said: int


@dataclass(frozen=True, slots=True)
class ListDraws:
    """Draws of what a list may be, arrays of one length.

    Attributes:
        exponent, distinct: of Zipf's law.
        unique: the share of utterances whose text is not of a list.
    """

    exponent: Floats
    distinct: Ints
    unique: Floats


def draw_lists(scripts: Sequence[Seen], telling: float, seed: int = 0) -> ListDraws | None:
    """Draw lists of one law that explain what was seen; None when most of a list may be unseen yet.

    Args:
        scripts: what was seen of each script's list; they share exponent and length.
        telling: the chance that a text is long enough to be told from others; shorter ones are not in `hits`.
        seed: of the chain, with what was seen.
    """
    return _Chain(scripts, telling, seed).run()


class _Chain:
    """Texts and blanks on ranks, one row a script; exponent, length, and the share that is listed."""

    def __init__(self, scripts: Sequence[Seen], telling: float, seed: int) -> None:
        self.scripts, self.telling = scripts, telling
        counts = [(len(each.hits), int(each.hits.sum())) for each in scripts]
        self.generator = np.random.default_rng([seed, *(number for pair in counts for number in pair)])
        longest = max(len(each.hits) for each in scripts)
        self.most = (1 + MOST_BLANKS) * longest
        self.log_rank = np.log(np.arange(1, self.most + 2))
        self.watched = np.array([[each.watched] for each in scripts], dtype=np.float64)
        self.once = sum(each.once for each in scripts)
        self.said = sum(each.said for each in scripts)
        self.distinct = min(round(longest / telling) + 2, self.most)
        self.exponent = 1.0
        # by rank: hits, exposure, and 1 for a text, all 0 for a blank
        self.items = np.zeros((3, len(scripts), self.distinct))
        for row, each in enumerate(scripts):
            order = np.argsort(-each.hits / each.exposed, kind="stable")
            self.items[0, row, : len(order)] = each.hits[order]
            self.items[1, row, : len(order)] = each.exposed[order]
            self.items[2, row, : len(order)] = 1
        self.listed = 1 - min(self.once / telling / self.said, 0.999)
        self.steps = [0.05, 2.0]
        self._at(self.exponent, self.distinct)

    def _law(self, exponent: float, distinct: int) -> tuple[Floats, Floats, Floats]:
        """By rank: the log chance that an utterance is that text, the chance, the log chance of a blank."""
        log_weight = -exponent * self.log_rank[:distinct]
        log_chance = log_weight + np.log(self.listed) - special.logsumexp(log_weight)
        chance = np.exp(log_chance)
        expected = chance * self.watched
        blank = np.log(self.telling * np.exp(-expected) * (1 + expected) + 1 - self.telling + 1e-300)
        return log_chance, chance, blank

    @staticmethod
    def _log_likelihood(items: Floats, law: tuple[Floats, Floats, Floats]) -> float:
        hits, exposed, text = items
        log_chance, chance, blank = law
        return float((hits * log_chance - chance * exposed + (1 - text) * blank).sum())

    def _at(self, exponent: float, distinct: int) -> None:
        self.exponent, self.distinct = exponent, distinct
        self.law = self._law(exponent, distinct)
        self.value = self._log_likelihood(self.items, self.law)

    def run(self) -> ListDraws | None:
        """The chain, with steps that suit it after the warm part."""
        draws = np.empty((KEPT, 3))
        accepted = np.zeros(2)
        for turn in range(WARM + KEPT):
            for _ in range(SWAPS):
                self._swap()
            self.value = self._log_likelihood(self.items, self.law)
            accepted[0] += self._move_exponent()
            accepted[1] += sum(self._move_distinct() for _ in range(LENGTHS)) / LENGTHS
            once = self._share_listed()
            if turn < WARM and turn % 50 == 49:
                for which, share in enumerate(accepted / 50):
                    self.steps[which] *= float(np.exp(share - 0.4))
                accepted[:] = 0
            if turn >= WARM:
                own = max(self.once - once, 0.0) / self.telling
                own = min(own, float(self.said))
                unique = self.generator.beta(own + 0.5, self.said - own + 0.5)
                draws[turn - WARM] = self.exponent, self.distinct, unique
        distinct = draws[:, 1]
        if np.quantile(distinct, 0.99) >= 0.99 * self.most or np.std(distinct) > np.mean(distinct) / 4:
            return None
        return ListDraws(draws[:, 0], distinct.astype(np.int64), draws[:, 2])

    def _swap(self) -> None:
        """Exchange the ranks of many pairs at once, each if it is as likely or by chance."""
        apart = 1 << int(self.generator.integers(max(self.distinct // 2, 2).bit_length()))
        apart = min(apart, self.distinct - 1)
        ranks = np.arange(int(self.generator.integers(apart)), self.distinct - apart)
        one = ranks[(ranks - ranks[:1]) // apart % 2 == 0]
        if not len(one):
            return
        other = one + apart
        here, there = self.items[:, :, one], self.items[:, :, other]
        hits, exposed, text = there - here
        log_chance, chance, blank = self.law
        gain = hits * (log_chance[one] - log_chance[other]) - exposed * (chance[one] - chance[other])
        gain -= text * (blank[:, one] - blank[:, other])
        rows, which = np.nonzero(np.log(self.generator.random(gain.shape)) < gain)
        self.items[:, rows, one[which]] = there[:, rows, which]
        self.items[:, rows, other[which]] = here[:, rows, which]

    def _move_exponent(self) -> bool:
        """A random walk, reflected at 0."""
        exponent = abs(self.exponent + self.steps[0] * self.generator.standard_normal())
        law = self._law(exponent, self.distinct)
        value = self._log_likelihood(self.items, law)
        if np.log(self.generator.random()) >= value - self.value:
            return False
        self.exponent, self.law, self.value = exponent, law, value
        return True

    def _move_distinct(self) -> bool:
        """Put some blanks in, or take some out, in every script; the ranks behind them move."""
        count = 1 + int(self.generator.exponential(self.steps[1]))
        rows = len(self.scripts)
        grows = self.generator.random() < 0.5
        distinct = self.distinct + (count if grows else -count)
        blanks = self.distinct - self.items[2].sum(axis=1)
        if distinct > self.most or distinct < 2 or (not grows and blanks.min() < count):
            return False
        items = np.zeros((3, rows, distinct))
        for row in range(rows):
            if grows:
                kept = np.ones(distinct, dtype=np.bool_)
                kept[self.generator.choice(distinct, count, replace=False)] = False
                items[:, row, kept] = self.items[:, row]
            else:
                free = np.flatnonzero(self.items[2, row] == 0)
                gone = self.generator.choice(free, count, replace=False)
                items[:, row] = np.delete(self.items[:, row], gone, axis=1)
        law = self._law(self.exponent, distinct)
        value = self._log_likelihood(items, law)
        longer, most_blanks = max(distinct, self.distinct), blanks + (count if grows else 0)
        ways = float((_log_choose(longer, count) - _log_choose(most_blanks, count)).sum())
        gain = value - self.value + (ways if grows else -ways) + np.log(self.distinct / distinct)
        if np.log(self.generator.random()) >= gain:
            return False
        self.items, self.law, self.value, self.distinct = items, law, value, distinct
        return True

    def _share_listed(self) -> float:
        """Draw how many listed texts were asked just once; what is left of those asked once is unique."""
        expected = self.law[1] * self.watched
        chance = np.exp(np.log(self.telling) + np.log(expected) - expected - self.law[2])
        blank = self.items[2] == 0
        once = float((self.generator.random(chance.shape) < chance * blank).sum())
        own = max(self.once - once, 0.0) / self.telling
        self.listed = 1 - min(own / self.said, 0.999)
        self._at(self.exponent, self.distinct)
        return once


def _log_choose(n: Floats | int, k: int) -> Floats:
    chosen: Floats = special.gammaln(np.asarray(n, dtype=np.float64) + 1) - special.gammaln(k + 1)
    return np.asarray(chosen - special.gammaln(np.asarray(n, dtype=np.float64) - k + 1))
