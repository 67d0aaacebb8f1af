"""Replications until results are precise enough: the goals of `replications: {until: …}`, judged by look.

How many replications come next depends on the values so far and on nothing else, so that a study stops at the
same number on any number of workers, resumed or not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..statistics.estimate import finite_or_none
from ..statistics.stopping import Goal, Look, look, next_size
from .targets import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Case
    from ..config.replications import Precision, Until
    from .execution import Key
    from .reduction import Reduction


@dataclass(frozen=True, slots=True)
class Attained:
    """How precise one goal became, in the setting where it is furthest from being reached.

    `half_width` and `wanted` are in the result's unit (a share of replications for `P(…)`); `needed` is the
    total of replications that would do, None when no number is in sight. `goal` is what was written.
    """

    goal: str
    name: str
    statistic: str
    profile: str
    setting: str
    reached: bool
    estimate: float
    half_width: float
    wanted: float
    n: int
    at_most: int
    needed: int | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("estimate", "half_width", "wanted"):
            plain[name] = finite_or_none(plain[name])
        return plain


def attained(
    until: Until, cases: Sequence[Case], runs: Mapping[Key, Reduction], n: int
) -> tuple[Attained, ...]:
    """Every goal in its worst setting, from replications 0 … n - 1 of every case.

    A setting in which a result never exists (a store that is off, reads that never come) has no say in it.
    """
    found = []
    for precision in until.goals:
        worst: Attained | None = None
        for index, case in enumerate(cases):
            values = [value_of(precision, runs[index, replication]) for replication in range(n)]
            seen = look(values, goal_of(precision))
            if seen.n == 0:
                continue
            one = _attained(precision, case, seen, until.at_most)
            if worst is None or _distance(one) > _distance(worst):
                worst = one
        if worst is not None:
            found.append(worst)
    return tuple(found)


def _attained(precision: Precision, case: Case, seen: Look, at_most: int) -> Attained:
    return Attained(
        goal=precision.text,
        name=precision.name,
        statistic=precision.statistic,
        profile=case.profile,
        setting=case.setting,
        reached=seen.reached,
        estimate=seen.estimate,
        half_width=seen.half_width,
        wanted=seen.wanted,
        n=seen.n,
        at_most=at_most,
        needed=seen.needed,
    )


def _distance(one: Attained) -> float:
    """How far a goal is from being reached: above 1 it is not."""
    if one.half_width <= one.wanted:
        return one.half_width / one.wanted if one.wanted > 0 else 0.0
    return one.half_width / one.wanted if one.wanted > 0 else math.inf


def goal_of(precision: Precision) -> Goal:
    """The config's goal as statistics take it."""
    quantile = precision.quantile
    share = precision.statistic == "P" or precision.name == "censored_fraction"
    statistic: str | float = "share" if share else "mean" if quantile is None else quantile
    return Goal(precision.half_width, precision.relative, statistic)


def value_of(precision: Precision, run: Reduction) -> float:
    """What one replication says: the result, or whether it compares as asked; NaN when there is none."""
    store, _, output = precision.name.rpartition(".")
    value = run.stores.get(store, {}).get(output, math.nan) if store else run.kpis[output]
    if precision.comparison is None or math.isnan(value):
        return value
    assert precision.limit is not None
    return float(COMPARISONS[precision.comparison](value, precision.limit))


def next_replications(until: Until, found: Sequence[Attained], n: int) -> int | None:
    """Replications in all before the next look, None when it is time to stop."""
    looks = [Look(one.estimate, one.half_width, one.wanted, one.n, one.needed) for one in found]
    return next_size(looks, n, at_least=until.at_least, at_most=until.at_most)
