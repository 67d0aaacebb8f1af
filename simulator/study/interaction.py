"""Two factors together, cell by cell: what every combination of their levels does against the first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..statistics import paired_difference
from .factors import factorials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..statistics import PairedDifference
    from .factors import Factor, Factorial
    from .results import SettingResult

Levels = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interaction:
    """The first two factors of a factorial. `differences`: result -> levels -> paired, against (0, 0).

    `settings`: the name of the setting at these levels, where there is only one (no third factor).
    """

    first: Factor
    second: Factor
    differences: Mapping[str, Mapping[Levels, PairedDifference]]
    settings: Mapping[Levels, str]


def interactions_of(settings: Sequence[SettingResult], names: Sequence[str]) -> list[Interaction]:
    """One for each factorial in a profile, the sweep and the cap first where they are factors.

    A cell is the mean over the levels of all other factors, replication by replication, so that its interval
    is as narrow as common random numbers make it. Values that are not finite leave the result out.
    """
    return [_interaction(factorial, settings, names) for factorial in factorials(settings)]


def _interaction(
    factorial: Factorial, settings: Sequence[SettingResult], names: Sequence[str]
) -> Interaction:
    members: dict[Levels, list[SettingResult]] = {}
    for levels, place in factorial.cells.items():
        members.setdefault((levels[0], levels[1]), []).append(settings[place])
    differences = {}
    for name in names:
        means = {levels: _means(found, name) for levels, found in members.items()}
        if all(math.isfinite(value) for values in means.values() for value in values):
            differences[name] = {
                levels: paired_difference(values, means[0, 0]) for levels, values in sorted(means.items())
            }
    alone = {levels: found[0].name for levels, found in members.items() if len(found) == 1}
    return Interaction(factorial.factors[0], factorial.factors[1], differences, alone)


def _means(settings: Sequence[SettingResult], name: str) -> list[float]:
    rows = zip(*(setting.kpis[name].values for setting in settings), strict=True)
    return [math.fsum(row) / len(row) for row in rows]
