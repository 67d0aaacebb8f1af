"""How long sessions go on and how long they pause, where a session's end is never seen.

A session that has been silent for c when the log ends has either said all (it made n utterances) or pauses
for longer than c: its likelihood is P(K = n) + P(K > n) S(c). One that was under way when the log began is
known to have made more than the u utterances before: everything is divided by P(K > u). Together with the
pauses that were seen whole, this tells both distributions from each other, as long as most sessions fall
silent for much longer than a pause. Source: the likelihood of a cure model, Maller and Zhou, Survival
Analysis with Long-Term Survivors, 1996, with the left truncation of Klein and Moeschberger, Survival
Analysis, 2nd ed., 2003, 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .families import COUNTS, TIMES, Family, chance
from .fit import Fit, beginning, choose, fit_best, log_likelihood, maximise, misfit, sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SessionFits:
    """Utterances a session and pauses, and how many sessions may still have been talking."""

    utterances: Fit
    gap: Fit
    open_sessions: float


def fit_sessions(
    count: Ints,
    before: Ints,
    silent_ms: Floats,
    gap_ms: Floats,
    *,
    counts: Sequence[Family] = COUNTS,
    gaps: Sequence[Family] = TIMES,
) -> SessionFits:
    """Fit both by joint maximum likelihood.

    Args:
        count: utterances of each session until the log ends, those before the log too.
        before: how many of them were before the log began.
        silent_ms: from the last utterance to the end of the log.
        gap_ms: pauses seen whole.
        counts: families of the number of utterances.
        gaps: families of the pauses.

    Raises:
        ValueError: fewer than 2 sessions or pauses that differ.
    """
    if len(count) < 2 or len(np.unique(gap_ms)) < 2:
        raise ValueError("fewer than 2 sessions with pauses")
    pauses = sample(gap_ms)
    gap = fit_best(gaps, pauses)
    # only a few sessions near the log's end are in doubt; the others are alike when they said as much
    with np.errstate(under="ignore"):
        doubtful = gap.family.sf(gap.theta, np.maximum(silent_ms, 0.5)) > 1e-12
    over = sample(count[~doubtful].astype(np.float64), whole=True)
    left, left_counts = np.unique(before[before > 0].astype(np.float64), return_counts=True)
    open_count, open_silent = count[doubtful].astype(np.float64), np.maximum(silent_ms[doubtful], 0.5)

    def together(family: Family, theta: Floats) -> float:
        here, there = theta[: family.numbers], theta[family.numbers :]
        total = log_likelihood(family, here, over) + log_likelihood(gap.family, there, pauses)
        with np.errstate(all="ignore"):
            if len(open_count):
                stopped = chance(family, here, open_count)
                goes_on = family.sf(here, open_count + 0.5)
                both = stopped + goes_on * gap.family.sf(there, open_silent)
                total += float(np.log(both).sum())
            if len(left):
                total -= float(
                    (np.log(family.sf(here, np.asarray(left + 0.5, dtype=np.float64))) * left_counts).sum()
                )
        return total if np.isfinite(total) else -1e300

    everything = sample(count.astype(np.float64), whole=True)
    fits, joint = [], {}
    for family in counts:
        start = [*beginning(family, everything).tolist(), *gap.theta.tolist()]
        theta, covariance, best = maximise(partial(together, family), np.array(start, dtype=np.float64))
        k = family.numbers
        joint[family.name] = theta, covariance
        fits.append(Fit(family, theta[:k], covariance[:k, :k], best, len(count), len(open_count)))
    chosen = choose(fits)
    theta, covariance = joint[chosen.family.name]
    k = chosen.family.numbers
    chosen = replace(chosen, misfit=misfit(chosen, over) if over.n > 1 else None)
    gap = replace(gap, theta=theta[k:], covariance=covariance[k:, k:], cut=len(open_count))
    return SessionFits(chosen, gap, float(len(open_count)))
