"""Values of a path that are tried: their runs, by place, and how they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..statistics import Estimate
from .assembly import estimate_kpis, estimate_stores
from .execution import execute
from .search import Standing
from .targets import judge
from .warmup import find_warm_ups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Case
    from ..config.varied import Varied
    from .cluster import Cluster
    from .execution import Progress
    from .reduction import Reduction
    from .store import RunStore
    from .targets import TargetVerdict


NO_TIMELINES: frozenset[int] = frozenset()


class Trials:
    """Runs of the values that were tried so far, in each profile, all with the same draws."""

    def __init__(
        self,
        varied: Varied,
        seed: int,
        engine: str,
        workers: int | None,
        progress: Progress | None,
        runs: RunStore | None,
        cluster: Cluster | None,
    ) -> None:
        self.varied = varied
        self.ran = self.stored = self.deaths = 0
        self.workers = 1
        self._how = (seed, engine, workers, progress, cluster)
        self._runs = runs
        self._cases: dict[tuple[int, int], Case] = {}
        self._kept: dict[tuple[int, int], list[Reduction]] = {}
        self._warmup_ms: dict[int, int] = {}

    def run(self, profile: int, places: Sequence[int], count: int) -> None:
        """Try values with so many replications, those at once that share their arrivals.

        Raises KeyboardInterrupt on Ctrl-C, StudyError as `execute`, ConfigError for an impossible value.
        """
        seed, engine, workers, progress, cluster = self._how
        scenarios = [case.scenario for case in self._cases_at(profile, places)]
        known = {
            (index, replication): run
            for index, place in enumerate(places)
            for replication, run in enumerate(self._kept.get((profile, place), ()))
        }
        stored = self._runs.known(scenarios, count, seed, drawn=NO_TIMELINES) if self._runs else {}
        before = {**stored, **known}
        execution = execute(
            scenarios,
            count,
            seed=seed,
            engine=engine,
            workers=workers,
            progress=progress,
            drawn=NO_TIMELINES,
            known=before,
            finished=self._runs.keeper(scenarios, seed) if self._runs else None,
            cluster=cluster,
        )
        if execution.interrupted:
            raise KeyboardInterrupt
        self.stored += len(before) - len(known)
        self.ran += len(execution.reductions) - len(before)
        self.workers = max(self.workers, execution.workers)
        self.deaths += execution.deaths
        for index, place in enumerate(places):
            self._kept[profile, place] = [execution.reductions[index, number] for number in range(count)]

    def _cases_at(self, profile: int, places: Sequence[int]) -> list[Case]:
        """The cases of some values; `warmup: auto` is found among the first ones, and then is everyone's."""
        base = self.varied.experiment.cases[profile]
        new = [place for place in places if (profile, place) not in self._cases]
        cases = [self.varied.case(base, place) for place in new]
        if cases and base.scenario.warmup_auto:
            if profile not in self._warmup_ms:
                seed, engine, workers, progress, cluster = self._how
                settled, _ = find_warm_ups(
                    cases,
                    seed=seed,
                    engine=engine,
                    workers=workers,
                    progress=progress,
                    runs=self._runs,
                    cluster=cluster,
                )
                self._warmup_ms[profile] = settled[0].scenario.warmup_ms
            warmup_ms = self._warmup_ms[profile]
            cases = [replace(case, scenario=case.scenario.warmed_up(warmup_ms)) for case in cases]
        self._cases.update({(profile, place): case for place, case in zip(new, cases, strict=True)})
        return [self._cases[profile, place] for place in places]

    def results(self, profile: int, place: int) -> tuple[tuple[TargetVerdict, ...], dict[str, Estimate], int]:
        """A value's targets judged, its results, and the number of replications behind them."""
        case, runs = self._cases[profile, place], self._kept[profile, place]
        kpis, stores = estimate_kpis(case.scenario, runs), estimate_stores(runs)
        undefined = Estimate(float("nan"), float("nan"), float("nan"), 0, ())
        verdicts = []
        for target in case.scenario.targets:
            store, _, output = target.name.rpartition(".")
            estimate = stores.get(store, {}).get(output) if store else kpis.get(target.name)
            verdicts.append(
                judge(
                    target,
                    estimate or undefined,
                    profile=case.profile,
                    setting=case.setting,
                    horizon_ms=case.scenario.horizon_ms,
                )
            )
        return tuple(verdicts), kpis, len(runs)

    def standing(self, profile: int, place: int) -> Standing:
        """How a value stands with the replications that it has."""
        verdicts, _, _ = self.results(profile, place)
        missed = frozenset(i for i, verdict in enumerate(verdicts) if verdict.status == "missed")
        untold = frozenset(i for i, verdict in enumerate(verdicts) if verdict.status == "cannot tell")
        return Standing("missed" if missed else "cannot tell" if untold else "met", missed, untold)
