"""From reductions to a Study: estimates per setting, paired differences per profile, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import growing_stores
from ..statistics import (
    COLUMNS,
    STORE_COLUMNS,
    Estimate,
    PairedDifference,
    estimate_exhaustion,
    estimate_mean,
    estimate_share,
    paired_difference,
)
from .execution import workload_key
from .results import Completeness, SettingResult
from .targets import TargetVerdict, judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Case, Scenario
    from .execution import Execution
    from .reduction import Reduction


def estimate_kpis(scenario: Scenario, runs: Sequence[Reduction]) -> dict[str, Estimate]:
    """Estimates of a setting's results over its replications, by name.

    Means have t intervals within the possible values, `censored_fraction` Wilson's, and
    `time_to_exhaustion_days` Fieller's (mean room over mean growth of the stores that can grow for ever).
    """
    estimates = {}
    for name, column in COLUMNS.items():
        values = [run.kpis[name] for run in runs]
        if name == "censored_fraction":
            estimates[name] = estimate_share(values)
        elif name == "time_to_exhaustion_days":
            rooms, growths = [run.rooms for run in runs], [growth_by_store(run) for run in runs]
            estimates[name], _ = estimate_exhaustion(scenario, rooms, growths, growing_stores(scenario))
        else:
            estimates[name] = estimate_mean(values, within=column.within)
    return estimates


def growth_by_store(run: Reduction) -> dict[str, float]:
    """Each store's growth in one run, in bytes per node and day."""
    return {store: outputs["growth_bytes_per_day"] for store, outputs in run.stores.items()}


def estimate_stores(runs: Sequence[Reduction]) -> dict[str, dict[str, Estimate]]:
    """Estimates of every store's results over replications: store -> name -> estimate."""
    return {
        store: {
            name: estimate_mean([run.stores[store][name] for run in runs], within=STORE_COLUMNS[name].within)
            for name in outputs
        }
        for store, outputs in runs[0].stores.items()
    }


def by_profile(cases: Sequence[Case]) -> dict[str, list[int]]:
    """Case indices by profile, both in the order of the cases."""
    groups: dict[str, list[int]] = {}
    for index, case in enumerate(cases):
        groups.setdefault(case.profile, []).append(index)
    return groups


def assemble_profile(
    cases: Sequence[Case], indices: Sequence[int], execution: Execution
) -> tuple[tuple[SettingResult, ...], Completeness]:
    """One profile's settings, the first being the reference. No settings when no replication has finished.

    Only replications in which every setting of the profile finished count, so that all pairs are complete.
    """
    finished = execution.finished(indices)
    done = Completeness(cases[indices[0]].profile, len(finished), execution.replications)
    if not finished:
        return (), done
    reference_case = cases[indices[0]]
    reference_runs = [execution.reductions[indices[0], replication] for replication in finished]
    settings = []
    for place, index in enumerate(indices):
        case = cases[index]
        runs = [execution.reductions[index, replication] for replication in finished]
        same = [run.digest for run in runs] == [run.digest for run in reference_runs]
        names = (case.setting, reference_case.setting)
        settings.append(
            SettingResult(
                name=case.setting,
                profile=case.profile,
                scenario=case.scenario,
                replications=finished,
                kpis=estimate_kpis(case.scenario, runs),
                stores=estimate_stores(runs),
                kpi_differences=_kpi_differences(runs, reference_runs, names, same) if place else {},
                store_differences=_store_differences(runs, reference_runs, names, same) if place else {},
                exactly_same=same and place > 0,
                shares_workload=workload_key(case.scenario) == workload_key(reference_case.scenario),
                digests=tuple(run.digest for run in runs),
                rooms=tuple(run.rooms for run in runs),
                growths=tuple(growth_by_store(run) for run in runs),
                timelines=tuple(run.timeline for run in runs if run.timeline is not None),
                changes=case.own,
                made=case.made,
            )
        )
    return tuple(settings), done


def _kpi_differences(
    runs: Sequence[Reduction], reference: Sequence[Reduction], names: tuple[str, str], same: bool
) -> dict[str, PairedDifference]:
    return {
        name: paired_difference(
            [run.kpis[name] for run in runs],
            [run.kpis[name] for run in reference],
            setting=names[0],
            reference=names[1],
            identical=same,
        )
        for name in COLUMNS
    }


def _store_differences(
    runs: Sequence[Reduction], reference: Sequence[Reduction], names: tuple[str, str], same: bool
) -> dict[str, dict[str, PairedDifference]]:
    """Differences of every store that either side has; a store that is off counts as empty."""
    kinds: dict[str, Mapping[str, float]] = {**reference[0].stores, **runs[0].stores}
    return {
        store: {
            name: paired_difference(
                [run.stores.get(store, {}).get(name, 0.0) for run in runs],
                [run.stores.get(store, {}).get(name, 0.0) for run in reference],
                setting=names[0],
                reference=names[1],
                identical=same,
            )
            for name in outputs
        }
        for store, outputs in kinds.items()
    }


def judge_targets(settings: Sequence[SettingResult]) -> tuple[TargetVerdict, ...]:
    """Every setting's own targets, judged; a target on a store that the setting lacks is undefined there."""
    undefined = Estimate(float("nan"), float("nan"), float("nan"), 0, ())
    return tuple(
        judge(
            target,
            setting.estimate(target.name) or undefined,
            profile=setting.profile,
            setting=setting.name,
            horizon_ms=setting.scenario.horizon_ms,
        )
        for setting in settings
        for target in setting.scenario.targets
    )
