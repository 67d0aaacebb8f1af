"""Sessions as a swept table sees them: how many have spoken within a window of time.

A session starts by a Poisson process, speaks K times with independent gaps, and is in a table while its last
utterance is recent enough. That makes the table an infinite-server queue: whatever the gaps, the number of
sessions that have spoken within a window is Poisson, with the mean below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .laws import count_moments, cut_moment, survival

if TYPE_CHECKING:
    from ..config.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Speech:
    """Sessions that start at `rate_per_ms`, with `later` utterances after the first on average.

    `later_pairs` is E[(K - 1)(K - 2)]; gaps in ms; `told` is the share of sessions whose end the node is
    told, one gap (at most the idle limit) after their last utterance.
    """

    rate_per_ms: float
    later: float
    later_pairs: float
    gap: Distribution
    idle_limit_ms: float = math.inf
    told: float = 0.0

    @classmethod
    def of(cls, rate_per_ms: float, count: Distribution, gap: Distribution, idle_limit_ms: float | None,
           told: float = 0.0) -> Speech:  # fmt: skip
        """From the laws of the config."""
        mean, pairs = count_moments(count)
        limit = math.inf if idle_limit_ms is None else float(idle_limit_ms)
        return cls(rate_per_ms, mean - 1, pairs, gap, limit, told)

    @property
    def sessions_per_ms(self) -> float:
        """Sessions as nodes see them: a gap beyond the idle limit starts another one."""
        return self.rate_per_ms * (1 + self.later * survival(self.gap, self.idle_limit_ms))

    @property
    def utterances_per_ms(self) -> float:
        """Utterances of all sessions."""
        return self.rate_per_ms * (1 + self.later)

    @property
    def later_share(self) -> float:
        """Share of utterances that are not their session's first, sessions as nodes see them."""
        return 1 - self.sessions_per_ms / self.utterances_per_ms

    @property
    def spoken_ms(self) -> float:
        """Mean time from a session's first utterance to its last, idle limit left out of account."""
        return self.later * cut_moment(self.gap, math.inf)


def sessions_in_window(speech: Speech, window_ms: float) -> float:
    """Mean number of sessions with an utterance in the last `window_ms`, long after the start.

    Each utterance keeps its session in for the window, or until the session's next one: rate · (window +
    (E[K] - 1) · E[min(gap, window)]). The number itself is Poisson. A session whose end is told leaves at its
    end; a gap beyond the idle limit ends one session and begins another.

    Source: the M/G/∞ queue, Takács, Introduction to the Theory of Queues, 1962, chapter 3.2, theorem 1, with
    the union of the windows after each utterance as service time; Campbell's theorem for the mean (Last and
    Penrose, Lectures on the Poisson Process, proposition 2.7).

    >>> from ..config.distributions import Constant, Exponential
    >>> sessions_in_window(Speech(0.001, 0.0, 0.0, Constant(value=1.0)), 300_000)      # one utterance each
    300.0
    >>> seldom = Speech(0.0001, 19.0, 722.0, Exponential(mean=6_000.0))
    >>> round(sessions_in_window(seldom, 300_000), 6)                                  # 0.1/s · (300 + 114) s
    41.4
    """
    limit = min(window_ms, speech.idle_limit_ms)
    split = survival(speech.gap, speech.idle_limit_ms) if speech.idle_limit_ms < math.inf else 0.0
    inside = cut_moment(speech.gap, limit) - limit * split  # a gap beyond the limit is an end
    untold = (1 - speech.told) + speech.later * split
    told_stay = cut_moment(speech.gap, limit) if speech.told > 0 else 0.0
    return speech.rate_per_ms * (window_ms * untold + speech.told * told_stay + speech.later * inside)


def missing_while_filling(speech: Speech, window_ms: float) -> float:
    """Session-milliseconds that a table lacks in all, because it started empty.

    The integral over time of (long-run mean - mean at that time): rate · E[∫ a over the ages a at which a
    session is in]. Divided by the run's length it is how far the run's average falls short. Told ends and
    idle limits are left out of account.

    Source: the transient M/G/∞ queue, Takács, as `sessions_in_window`: the mean at time t is rate · ∫₀ᵗ
    P(in at age a) da.

    >>> from ..config.distributions import Constant
    >>> missing_while_filling(Speech(0.001, 0.0, 0.0, Constant(value=1.0)), 300_000)   # rate · window² / 2
    45000000.0
    """
    gap, cut = cut_moment(speech.gap, math.inf), cut_moment(speech.gap, window_ms)
    ages = speech.later_pairs / 2 * gap * cut
    ages += speech.later * (cut_moment(speech.gap, window_ms, 2) / 2 + gap * window_ms)
    return speech.rate_per_ms * (ages + window_ms**2 / 2)


def sessions_in_window_at_random(speech: Speech, window_ms: float, nodes: int) -> float:
    """As `sessions_in_window` on one of `nodes` nodes, when each utterance goes to any of them by chance.

    For exponential gaps and a geometric number of utterances only. From a touch of this node on, the session
    either ends (chance 1/E[K] at each gap), or touches it again (chance 1/nodes at each utterance); the time
    to the first of the two is exponential.

    Source: competing exponentials; Feller, An Introduction to Probability Theory I, XVII.

    >>> from ..config.distributions import Exponential
    >>> seldom = Speech(0.0001, 19.0, 722.0, Exponential(mean=6_000.0))
    >>> [round(sessions_in_window_at_random(seldom, 300_000, nodes), 2) for nodes in (1, 4)]
    [41.4, 34.71]
    """
    mean = 1 + speech.later
    on = 1 - 1 / mean
    here = on / nodes
    rate = (1 / mean + here) / cut_moment(speech.gap, math.inf)
    again = here / (1 / mean + here)
    stay = window_ms * (1 - again) + again * -math.expm1(-rate * window_ms) / rate
    return speech.utterances_per_ms / nodes * stay


def found_gone(speech: Speech, ttl_ms: float, sweep_ms: float) -> float:
    """Chance that a session's next utterance finds its entry swept away.

    A sweep comes at a random time within a period after the entry has expired: the mean over u in (0, sweep]
    of P(gap > ttl + u). A gap beyond the idle limit is no later utterance.

    Source: rule S3; the sweep's phase is uniform (rule T3).

    >>> from ..config.distributions import Exponential
    >>> slow = Speech(0.001, 2.0, 2.0, Exponential(mean=100.0))
    >>> round(found_gone(slow, 100.0, 100.0), 4)                                       # (e^-1 - e^-2) / 1
    0.2325
    """
    limit = speech.idle_limit_ms
    reached = min(ttl_ms + sweep_ms, limit)
    if reached <= ttl_ms:
        return 0.0
    area = cut_moment(speech.gap, reached) - cut_moment(speech.gap, ttl_ms)
    if limit < math.inf:
        split = survival(speech.gap, limit)
        return (area - (reached - ttl_ms) * split) / sweep_ms / (1 - split) if split < 1 else 0.0
    return area / sweep_ms
