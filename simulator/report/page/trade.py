"""Memory, unavailability and lost context against each other: the settings that no other one beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..cases import looks_of
from ..choice import alike, in_sight
from ..language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...statistics import Estimate
    from ...study import SettingResult, Study
    from ..palette import Look
    from ..profile import Profile

OBJECTIVES = ("stores_bytes_peak", "unavailable_fraction", "context_lost_fraction")
"""Results of which less is better."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Settings that behaved exactly alike, as one point; `on_edge` when no other beats it in all three."""

    name: str
    look: Look
    setting: SettingResult
    on_edge: bool

    @property
    def memory(self) -> Estimate:
        """The stores' peak."""
        return self.setting.kpis["stores_bytes_peak"]

    def result(self, name: str) -> Estimate:
        """Any result of the setting."""
        return self.setting.kpis[name]


def group_name(group: Sequence[SettingResult]) -> str:
    """The first name, and how many more settings behaved exactly like it."""
    extra = len(group) - 1
    return group[0].name if not extra else say("{name} = {count} more", name=group[0].name, count=extra)


def trades_of(profile: Profile, study: Study) -> list[Trade]:
    """Every group of settings as a point, in config order; of many settings those in sight or on the edge."""
    groups = alike(profile.settings)
    points = [_point(group[0]) for group in groups]
    own = looks_of(study)
    found = [
        Trade(group_name(group), own[group[0].name], group[0], not any(_beats(o, point) for o in points))
        for group, point in zip(groups, points, strict=True)
    ]
    seen = {setting.name for setting in in_sight(profile.settings)}
    return [trade for trade in found if trade.on_edge or trade.setting.name in seen]


def _point(setting: SettingResult) -> tuple[float, ...]:
    return tuple(setting.kpis[name].mean for name in OBJECTIVES)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether a point is nowhere worse and somewhere better (Pareto); an undefined result beats nothing.

    >>> _beats((1, 2, 0), (1, 3, 0)), _beats((1, 2, 1), (1, 3, 0))
    (True, False)
    """
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other
