"""What the charts draw: settings that behaved alike as one case, nodes and replications as bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics.timeline import Timeline, timeline
from .choice import ROWS_AT_MOST, alike, extremes, telling_names
from .language import say
from .palette import REFERENCE, Look, looks
from .profile import idle_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config import Scenario
    from ..statistics import Estimate, PairedDifference
    from ..study import SettingResult, Study


@dataclass(frozen=True)
class Case:
    """One or more settings that behaved exactly alike. Arrays are over bins; `stores_mean` is (S, B)."""

    names: tuple[str, ...]
    profile: str
    look: Look
    scenario: Scenario | None
    kpis: Mapping[str, Estimate]
    replications: int
    edges_ms: NDArray[np.int64]
    store_names: tuple[str, ...]
    memory_low: NDArray[np.float64]
    memory_median: NDArray[np.float64]
    memory_high: NDArray[np.float64]
    base_mean: NDArray[np.float64]
    stores_mean: NDArray[np.float64]
    cause_share: NDArray[np.float64]

    @property
    def name(self) -> str:
        """All names: `as found = cap 500`."""
        return " = ".join(self.names)

    @property
    def short_name(self) -> str:
        """The first name, and how many more there are."""
        extra = len(self.names) - 1
        return say("{name} = {count} more", name=self.names[0], count=extra) if extra else self.names[0]

    @property
    def room_bytes(self) -> float | None:
        """What the threshold leaves for the stores of an average node; None without a threshold."""
        if self.scenario is None or self.scenario.threshold_bytes is None:
            return None
        return float(self.scenario.threshold_bytes - self.base_mean.mean())

    @property
    def colour(self) -> str:
        """The first setting's own colour."""
        return self.look.colour

    @property
    def store_order(self) -> tuple[int, ...]:
        """Place of each store among all stores of the config, on or off, so that a store keeps its colour."""
        if self.scenario is None:
            return tuple(range(len(self.store_names)))
        everything = list(self.scenario.nodes.stores)
        return tuple(everything.index(name) for name in self.store_names)


def cases_of(source: Any, scenario: Scenario | None, profile: str | None) -> list[Case]:
    """Cases of a Study's profile, of a Result, or of one setting's Histories or Timelines.

    Raises:
        ValueError: the study has no such profile, or kept no timelines.
    """
    if hasattr(source, "settings"):
        own = looks_of(source)
        settings = settings_of(source, profile)
        if len(settings) > ROWS_AT_MOST:  # of many only some keep their timelines
            settings = [setting for setting in settings if setting.timelines] or settings[:1]
        return [_case(group, own[group[0].name]) for group in alike(settings[:ROWS_AT_MOST])]
    if hasattr(source, "timelines"):
        return [_case([source], REFERENCE)]
    several = source if isinstance(source, Sequence) else [source]
    lines = [item if isinstance(item, Timeline) else timeline(item) for item in several]
    return [_reduce(lines, ("",), "", REFERENCE, scenario, {})]


def looks_of(study: Study) -> dict[str, Look]:
    """The look of every setting of a study, the same in all of its profiles."""
    names = dict.fromkeys(setting.name for setting in study.proposed)
    return looks(list(names), idle_settings(study))


def settings_of(study: Study, profile: str | None) -> list[SettingResult]:
    """A study's settings within one profile (default: the first); ValueError when it has no such profile."""
    profiles = list(dict.fromkeys(setting.profile for setting in study.settings))
    if profile is None:
        profile = profiles[0]
    if profile not in profiles:
        raise ValueError(f"no profile {profile!r} in this study; it has {', '.join(map(repr, profiles))}")
    return [setting for setting in study.proposed if setting.profile == profile]


def _case(group: Sequence[SettingResult], look: Look) -> Case:
    first = group[0]
    if not first.timelines:
        raise ValueError(
            "this study kept no timelines; run it again with timelines=True to draw it over time"
        )
    names = tuple(setting.name for setting in group)
    return _reduce(first.timelines, names, first.profile, look, first.scenario, first.kpis)


def _reduce(
    lines: Sequence[Timeline],
    names: tuple[str, ...],
    profile: str,
    look: Look,
    scenario: Scenario | None,
    kpis: Mapping[str, Estimate],
) -> Case:
    memory = np.concatenate([line.memory_bytes for line in lines]).astype(np.float64)
    low, median, high = np.quantile(memory, [0.05, 0.5, 0.95], axis=0)

    def mean(field: str) -> NDArray[np.float64]:
        stacked = np.stack([getattr(line, field) for line in lines]).astype(np.float64)
        result: NDArray[np.float64] = stacked.mean(axis=0)
        return result

    return Case(
        names=names,
        profile=profile,
        look=look,
        scenario=scenario,
        kpis=kpis,
        replications=len(lines),
        edges_ms=lines[0].edges_ms,
        store_names=lines[0].store_names,
        memory_low=low,
        memory_median=median,
        memory_high=high,
        base_mean=mean("base_bytes"),
        stores_mean=mean("stores_bytes"),
        cause_share=mean("cause_share"),
    )


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One setting's paired differences, with its look."""

    name: str
    look: Look
    differences: Mapping[str, PairedDifference]

    @property
    def changes(self) -> bool:
        """Whether any of the differences is detectable."""
        return any(difference.detectable for difference in self.differences.values())


@dataclass(frozen=True, slots=True)
class Effects:
    """What a comparison chart draws: results by column, settings by row; of many, `left_out` have none."""

    reference: str
    profile: str
    names: tuple[str, ...]
    rows: tuple[EffectRow, ...]
    left_out: int


def effects_of(study: Study, profile: str | None, names: Sequence[str] | None) -> Effects:
    """Paired differences of a profile's settings against its reference.

    Raises:
        ValueError: no such profile, or nothing to compare.
    """
    settings = settings_of(study, profile)
    if len(settings) < 2:
        raise ValueError("nothing to compare: the study has one setting")
    if names is None:
        names = telling_names(settings)
    own = looks_of(study)
    rows = [
        EffectRow(setting.name, own[setting.name], {name: setting.kpi_differences[name] for name in names})
        for setting in extremes(settings[1:], names[0])
    ]
    left_out = len(settings) - 1 - len(rows)
    return Effects(settings[0].name, settings[0].profile, tuple(names), tuple(rows), left_out)
