"""Main effects and two-factor interactions of a factorial, and slopes over a sample, with paired intervals.

Each replication gives every effect once, on the same arrivals; the values over the replications go through
Student's t. That takes no model of the errors, and common random numbers make the intervals narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..config.ranges import number_of
from ..statistics import PairedDifference, paired_difference
from ..statistics.intervals import holm
from .factors import Factor, Factorial, factorials
from .verdicts import HEADLINES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .results import SettingResult

Kind = Literal["main", "interaction", "slope"]
MOST_FACTORS = 12
"""With more factors than this, interactions are left out."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one factor does to a result, or two together beyond what each does.

    `main`: the mean over the cells at the factor's last level minus that at its first. `interaction`: half of
    what the first factor's effect changes by when the second goes from its first to its last level. `slope`:
    what a straight line through a sample changes by from the low to the high end of the factor; `explained`
    is then the share of the differences between settings that such lines explain. `holds`: significant by
    Holm's rule over all effects on this result. `at`: an interaction's two sides, the first factor's effect
    where the second is at its first level, and where it is at its last.
    """

    profile: str
    name: str
    kind: Kind
    factors: tuple[str, ...]
    levels: tuple[tuple[str, str], ...]
    difference: PairedDifference
    holds: bool
    explained: float | None = None
    at: tuple[PairedDifference, PairedDifference] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        plain = {
            "profile": self.profile,
            "name": self.name,
            "kind": self.kind,
            "factors": list(self.factors),
            "levels": [list(pair) for pair in self.levels],
            **self.difference.to_dict(),
            "holds": self.holds,
        }
        if self.at is not None:
            plain["at"] = [side.to_dict() for side in self.at]
        return plain if self.explained is None else {**plain, "explained": self.explained}


def effects_of(settings: Sequence[SettingResult], *, sampled: bool = False) -> list[Effect]:
    """The effects in one profile, by factorial, then result; none when its settings form no factorial.

    `sampled`: the settings are a sample over ranges after the reference.

    Source: Law, Simulation Modeling and Analysis, 5th ed., section 12.2: e_i is the average change of the
    response by factor i over all combinations of the others, e_ij half the difference between the average
    effect of i at the high and at the low level of j; intervals from the replications' own effects as there.
    With more than two levels the first and the last are compared. Multiplicity: Holm (1979).
    """
    if sampled:
        return _slopes(settings)
    found: list[Effect] = []
    for factorial in factorials(settings):
        for name in HEADLINES:
            found += _of_factorial(factorial, settings, name)
    return found


def _of_factorial(factorial: Factorial, settings: Sequence[SettingResult], name: str) -> list[Effect]:
    places = range(len(factorial.factors))
    groups: list[tuple[int, ...]] = [(place,) for place in places]
    if len(places) <= MOST_FACTORS:
        groups += combinations(places, 2)
    values = {levels: settings[place].kpis[name].values for levels, place in factorial.cells.items()}
    found = []
    for group in groups:
        plus, minus = _sides(factorial, group)
        chosen = tuple(factorial.factors[place] for place in group)
        who = " × ".join(factor.name for factor in chosen)
        difference = paired_difference(_means(values, plus), _means(values, minus), setting=who, reference="")
        sides = _at_ends(factorial, group, values) if len(group) == 2 else None
        found.append(replace(_effect(settings[0].profile, name, chosen, difference), at=sides))
    return _with_holm(found)


def _sides(
    factorial: Factorial, group: tuple[int, ...]
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The cells whose means are subtracted from one another.

    For an interaction these are the cells at (high, high) and (low, low), and the mixed ones: their means
    differ by ((hh - lh) - (hl - ll)) / 2.
    """
    last = {place: len(factorial.factors[place].levels) - 1 for place in group}
    plus: list[tuple[int, ...]] = []
    minus: list[tuple[int, ...]] = []
    for levels in factorial.cells:
        at = [levels[place] for place in group]
        if any(level not in (0, last[place]) for level, place in zip(at, group, strict=True)):
            continue
        highs = sum(level > 0 for level in at)
        (plus if (len(group) - highs) % 2 == 0 else minus).append(levels)
    return plus, minus


def _at_ends(
    factorial: Factorial, pair: tuple[int, ...], values: Mapping[tuple[int, ...], Sequence[float]]
) -> tuple[PairedDifference, PairedDifference]:
    """The effect of the first of two factors at the first and at the last level of the second."""
    first, second = pair
    last = [len(factor.levels) - 1 for factor in factorial.factors]

    def at(level: int) -> PairedDifference:
        there = [levels for levels in factorial.cells if levels[second] == level]
        high = [levels for levels in there if levels[first] == last[first]]
        low = [levels for levels in there if levels[first] == 0]
        return paired_difference(_means(values, high), _means(values, low))

    return at(0), at(last[second])


def _means(
    values: Mapping[tuple[int, ...], Sequence[float]], cells: Sequence[tuple[int, ...]]
) -> list[float]:
    """Replication by replication; sums are exact, so that equal cells give equal means."""
    rows = zip(*(values[cell] for cell in cells), strict=True)
    return [math.fsum(row) / len(row) if all(map(math.isfinite, row)) else _not_finite(row) for row in rows]


def _not_finite(row: Sequence[float]) -> float:
    return sum(row)  # inf, or NaN when there is one or infinities of both signs


def _effect(profile: str, name: str, chosen: tuple[Factor, ...], difference: PairedDifference) -> Effect:
    kind: Kind = "main" if len(chosen) == 1 else "interaction"
    names, levels = tuple(f.name for f in chosen), tuple(f.from_to for f in chosen)
    return Effect(profile, name, kind, names, levels, difference, holds=False)


def _with_holm(found: Sequence[Effect]) -> list[Effect]:
    kept = holm([effect.difference.p_value for effect in found])
    return [
        replace(effect, holds=keeps and effect.difference.detectable)
        for effect, keeps in zip(found, kept, strict=True)
    ]


# ---- samples ----


def _slopes(settings: Sequence[SettingResult]) -> list[Effect]:
    """Least squares in every replication: a line for each factor, a level for each named setting.

    Source: Kleijnen, Design and Analysis of Simulation Experiments, 2nd ed., section 2.2 (first-order
    polynomial metamodels); the intervals are over replications, and say nothing about a line that is wrong.
    """
    changes = [dict(setting.changes) for setting in settings]
    names = [setting.name.partition(" · ")[0] if " · " in setting.name else "" for setting in settings]
    sampled = _sampled(changes)
    rows = [place for place, one in enumerate(changes) if all(path in one for path in sampled)]
    if len(rows) < len(sampled) + 2:
        return []
    factors, columns = [], []
    for path in sampled:
        sizes, ends = _coded([changes[place][path] for place in rows])
        factors.append(Factor(path.rsplit(".", 1)[-1], ends, (path,)))
        columns.append(sizes)
    others = list(dict.fromkeys(names[place] for place in rows))[1:]
    columns += [[float(names[place] == other) for place in rows] for other in others]
    design = np.column_stack([np.ones(len(rows)), *columns])
    found: list[Effect] = []
    for name in HEADLINES:
        table = np.array([settings[place].kpis[name].values for place in rows])
        if not np.isfinite(table).all():
            continue
        fitted, *_ = np.linalg.lstsq(design, table, rcond=None)
        explained = _explained(table.mean(axis=1), design @ fitted.mean(axis=1))
        zeros = [0.0] * table.shape[1]
        of_name = [
            Effect(
                settings[0].profile,
                name,
                "slope",
                (factor.name,),
                (factor.from_to,),
                paired_difference(
                    _rounded(fitted[1 + place], table), zeros, setting=factor.name, reference=""
                ),
                holds=False,
                explained=explained,
            )
            for place, factor in enumerate(factors)
        ]
        found += _with_holm(of_name)
    return found


def _sampled(changes: Sequence[Mapping[str, str]]) -> list[str]:
    """The paths that the reference leaves alone and nearly all others change, each in its own way."""
    counts: dict[str, list[str]] = {}
    for one in changes:
        for path, text in one.items():
            counts.setdefault(path, []).append(text)
    most = max(map(len, counts.values()), default=0)
    return [path for path, texts in counts.items() if len(texts) == most and len(set(texts)) > 1]


def _coded(texts: Sequence[str]) -> tuple[list[float], tuple[str, str]]:
    """Values from 0 (lowest) to 1 (highest), and the ends; words count in order of appearance."""
    numbers = [number_of(text) for text in texts]
    order = list(dict.fromkeys(texts))
    size: Callable[[int], float] = (
        (lambda place: float(order.index(texts[place])))
        if None in numbers
        else (lambda place: numbers[place] or 0.0)
    )
    sizes = [size(place) for place in range(len(texts))]
    low, high = min(sizes), max(sizes)
    ends = texts[sizes.index(low)], texts[sizes.index(high)]
    return [(one - low) / (high - low) for one in sizes], ends


def _rounded(values: Any, table: Any) -> list[float]:
    """Slopes without the dust of floating point: what is less than 1e-9 of the values is nothing."""
    dust = 1e-9 * float(np.abs(table).max(initial=0.0))
    return [0.0 if abs(float(value)) <= dust else float(value) for value in values]


def _explained(means: Any, fitted: Any) -> float | None:
    total = float(((means - means.mean()) ** 2).sum())
    return None if total == 0 else 1 - float(((means - fitted) ** 2).sum()) / total
