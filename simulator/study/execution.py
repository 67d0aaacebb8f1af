"""Run cases x replications: one workload per replication and world, any number of processes, same results.

A task is one replication of all the cases that share a workload, so every setting meets the same arrivals
and a paired comparison never lacks one side. Results are keyed, not ordered by completion: the number of
workers cannot change them. Ctrl-C keeps the tasks that have finished; a store is given each run as it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .processes import pooled
from .reduction import Reduction, reduce_history
from .twins import Essence, essence, stands_for

if TYPE_CHECKING:
    from ..config import Scenario
    from .cluster import Cluster

Progress = Callable[[int, int], None]
"""Called with runs done and runs planned, after every finished task."""

Key = tuple[int, int]
"""Case index and replication."""

Wanted = Callable[[int, int], bool]
"""Whether a case (its index) is run in a replication."""

Finished = Callable[[Mapping[Key, Reduction]], None]
"""Called with runs that have just ended."""

CASES_AT_LEAST, CASES_AT_MOST = 8, 64
# Starting a process and importing the engine there costs a second or two; less work than this is done here.
POOL_PAYS_AFTER_S = 4.0
COMPILING_S = 15.0


@dataclass(frozen=True, slots=True)
class Execution:
    """What ran: a Reduction by (case index, replication), and whether Ctrl-C came before the end.

    `deaths`: how often worker processes ended from outside, and their tasks were run again.
    """

    reductions: Mapping[Key, Reduction]
    replications: int
    workers: int
    interrupted: bool
    deaths: int = 0

    def finished(self, cases: Sequence[int]) -> tuple[int, ...]:
        """The replications in which all of these cases have finished, in order."""
        return tuple(
            replication
            for replication in range(self.replications)
            if all((case, replication) in self.reductions for case in cases)
        )


@dataclass(frozen=True, slots=True)
class Task:
    """One replication of the cases (index, scenario) that share a workload, each with its essence.

    `drawn`: the cases that keep a timeline.
    """

    replication: int
    cases: tuple[tuple[int, Scenario], ...]
    essences: tuple[Essence, ...]
    drawn: frozenset[int]


def workload_key(scenario: Scenario) -> tuple[Any, ...]:
    """Everything a workload is drawn from besides seed and replication; equal keys, equal workloads."""
    nodes = scenario.nodes
    names = tuple(nodes.stores)  # each store's timers have a phase of their own
    return (scenario.workload, scenario.horizon_ms, nodes.count, nodes.baseline, nodes.phase, names)


def worlds(scenarios: Sequence[Scenario]) -> list[list[int]]:
    """Case indices grouped by workload, in order of first appearance."""
    groups: list[tuple[tuple[Any, ...], list[int]]] = []
    for index, scenario in enumerate(scenarios):
        key = workload_key(scenario)
        for known, members in groups:
            if known == key:
                members.append(index)
                break
        else:
            groups.append((key, [index]))
    return [members for _, members in groups]


def run_task(
    task: Task, seed: int | None, engine: str, finished: Finished | None = None
) -> dict[Key, Reduction]:
    """Draw the task's workload once; run, check and reduce every case that no earlier one stands for.

    `finished` is given each run as it ends.
    """
    from ..engine import check_invariants, simulate
    from ..workload import build_workload

    workload = build_workload(task.cases[0][1], task.replication, seed)
    if len(task.cases) > 1:
        workload = workload.keeping()
    reductions: dict[Key, Reduction] = {}
    ran: list[tuple[Essence, Reduction]] = []
    for (index, scenario), its in zip(task.cases, task.essences, strict=True):
        drawn = index in task.drawn
        run = next((twin for other, twin in ran if stands_for(twin, other, its)), None)
        if run is None or (drawn and run.timeline is None):
            history = simulate(workload, scenario, engine)
            check_invariants(history, scenario)
            run = reduce_history(history, scenario, timelines=drawn)
            ran.append((its, run))
        elif not drawn and run.timeline is not None:
            run = replace(run, timeline=None)
        reductions[index, task.replication] = run
        if finished is not None:
            finished({(index, task.replication): run})
    return reductions


def tasks_for(
    scenarios: Sequence[Scenario],
    replications: int,
    known: Container[Key],
    processes: int,
    drawn: frozenset[int] | None = None,
    wanted: Wanted | None = None,
) -> list[Task]:
    """All that is wanted and not known, in tasks, by replication; `drawn` keep a timeline (None: all).

    A world of many settings is divided, to be handed out evenly.
    """
    groups = worlds(scenarios)
    essences = [essence(scenario) for scenario in scenarios]
    kept = frozenset(range(len(scenarios))) if drawn is None else drawn
    at_most = min(max(len(scenarios) * replications // (2 * processes), CASES_AT_LEAST), CASES_AT_MOST)
    tasks = []
    for replication in range(replications):
        for world in groups:
            missing = [
                index
                for index in world
                if (index, replication) not in known and (wanted is None or wanted(index, replication))
            ]
            parts = -(-len(missing) // at_most)
            for part in range(parts):
                some = missing[len(missing) * part // parts : len(missing) * (part + 1) // parts]
                cases = tuple((index, scenarios[index]) for index in some)
                tasks.append(
                    Task(
                        replication, cases, tuple(essences[index] for index in some), kept.intersection(some)
                    )
                )
    return tasks


def execute(
    scenarios: Sequence[Scenario],
    replications: int,
    *,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    drawn: frozenset[int] | None = None,
    known: Mapping[Key, Reduction] | None = None,
    finished: Finished | None = None,
    cluster: Cluster | None = None,
    wanted: Wanted | None = None,
) -> Execution:
    """Run every scenario in every replication and keep the reductions.

    `seed` replaces the scenarios' own. `drawn` are the cases that keep a timeline (None: all). `workers` is a
    number of processes; None uses all cores when there is enough to do. With a `cluster` tasks run there
    instead. `known` holds runs that need not be repeated (a resumed study); `finished` is given every run as
    it ends, in the process that ran it (so it has to be picklable); of a cluster's runs, here, when their
    task ends. `wanted` says of a case and a replication whether they are run (None: all are).

    Raises KeyboardInterrupt only when nothing at all has finished; StudyError E304 when worker processes keep
    dying.
    """
    import joblib

    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    reductions = dict(known or {})
    processes = cluster.threads() if cluster is not None else workers or joblib.cpu_count()
    tasks = tasks_for(scenarios, replications, reductions, processes, drawn, wanted)
    processes = min(processes, max(len(tasks), 1))
    planned = len(reductions) + sum(len(task.cases) for task in tasks)
    how = (seed, engine)
    interrupted = False
    deaths: list[str] = []

    def keep(runs: Mapping[Key, Reduction]) -> None:
        reductions.update(runs)
        if progress is not None:
            progress(len(reductions), planned)

    try:
        if cluster is not None:
            with closing(cluster.run(tasks, how)) as elsewhere:
                for runs in elsewhere:
                    if finished is not None:
                        finished(runs)
                    keep(runs)
            tasks = []
        # Unless a number of processes was asked for, tasks run here until it is clear that a pool pays.
        seconds: list[float] = []
        for place, task in enumerate(tasks):
            if processes > 1 and (workers is not None or _pool_pays(seconds, len(tasks) - place)):
                with closing(pooled(tasks[place:], processes, (*how, finished), deaths.append)) as pool:
                    for runs in pool:
                        keep(runs)
                break
            started = time.perf_counter()
            keep(run_task(task, *how, finished))
            seconds.append(time.perf_counter() - started)
    except KeyboardInterrupt:
        if not reductions:
            raise
        interrupted = True
    return Execution(reductions, replications, processes, interrupted, len(deaths))


def _pool_pays(seconds: Sequence[float], tasks_left: int) -> bool:
    """Whether processes are worth starting, judged by the seconds that tasks took so far."""
    if not seconds or (len(seconds) == 1 and seconds[0] < COMPILING_S):
        return False  # most of the first one may have been the compiler
    return min(seconds) * tasks_left > POOL_PAYS_AFTER_S
