"""Which results are worth a reader's column, which settings a row, and which behaved alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..study import SettingResult

_CANDIDATES = (
    "stores_bytes_peak",
    "unavailable_memory_fraction",
    "unavailable_offline_fraction",
    "jobs_lost_fraction",
    "context_lost_fraction",
    "time_to_unavailable_ms",
    "time_to_oom_ms",
    "unavailable_degraded_fraction",
    "unavailable_fraction",
    "no_node_time_fraction",
    "memory_bytes_peak",
)
"""In the order in which they are shown; the first always is."""


def telling_names(
    settings: Sequence[SettingResult], wanted: Iterable[str] = (), *, at_most: int = 4
) -> list[str]:
    """Results that say something here: named by a target, changed by a setting, or not zero to begin with.

    Args:
        settings: settings of one profile, the reference first.
        wanted: names in the targets.
        at_most: how many names to return; at least one always is.
    """
    wanted = set(wanted)
    scores = {name: _score(settings, name, name in wanted) for name in _CANDIDATES}
    scores[_CANDIDATES[0]] = 100
    best = sorted(_CANDIDATES, key=lambda name: -scores[name])[:at_most]
    return [name for name in _CANDIDATES if name in best and scores[name] > 0]


def _score(settings: Sequence[SettingResult], name: str, wanted: bool) -> int:
    changed = any(
        difference.detectable
        for setting in settings[1:]
        if (difference := setting.differences["kpis"].get(name)) is not None
    )
    seen = any(_happened(setting, name) for setting in settings)
    # unavailable_fraction is the sum of the causes: worth a column only when a cause of its own has none
    whole = name in ("unavailable_fraction", "memory_bytes_peak")
    return 0 if not seen else 1 + 4 * wanted + 3 * changed - 2 * whole


def _happened(setting: SettingResult, name: str) -> bool:
    """Whether there is anything to show: a time within the horizon, a share above zero."""
    result = setting.kpis[name]
    if name.startswith("time_to_"):
        return any(value < setting.scenario.horizon_ms for value in result.values)
    return result.mean == result.mean and result.mean > 0


ROWS_AT_MOST = 40
"""Settings that a table or a chart shows: more than that nobody reads, and results.csv has them all."""


def extremes(settings: Sequence[SettingResult], name: str) -> list[SettingResult]:
    """All settings when they are few, else those that change one result the most either way, in order.

    `settings` are those compared with a reference; an undefined difference counts as none.
    """
    if len(settings) <= ROWS_AT_MOST:
        return list(settings)

    def change(place: int) -> float:
        mean = settings[place].kpi_differences[name].mean
        return mean if mean == mean else 0.0

    low_first = sorted(range(len(settings)), key=change)
    chosen = {*low_first[: ROWS_AT_MOST // 2], *low_first[-(ROWS_AT_MOST // 2) :]}
    return [settings[place] for place in sorted(chosen)]


def in_sight(settings: Sequence[SettingResult]) -> list[SettingResult]:
    """The reference, which comes first, and of many others those that change the stores' peak the most."""
    return [settings[0], *extremes(settings[1:], _CANDIDATES[0])]


def alike(settings: Sequence[SettingResult]) -> list[list[SettingResult]]:
    """Settings grouped by equal results in every replication, in config order, the reference's first."""
    groups: dict[str, list[SettingResult]] = {}
    for setting in settings:
        kpis = [(name, result.values) for name, result in setting.kpis.items()]
        stores = [
            (store, name, result.values)
            for store, results in setting.stores.items()
            for name, result in results.items()
        ]
        groups.setdefault(repr((kpis, stores)), []).append(setting)  # repr: NaN equals NaN
    return list(groups.values())
