"""Run cases x replications: one workload per replication and world, any number of processes, same results.

A task is one replication of all the cases that share a workload, so every setting meets the same arrivals
and a paired comparison never lacks one side. Results are keyed, not ordered by completion: the number of
workers cannot change them. Ctrl-C keeps the tasks that have finished.
"""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .reduction import Reduction, reduce_history
from .twins import stands_for

if TYPE_CHECKING:
    from ..config import Scenario

Progress = Callable[[int, int], None]
"""Called with runs done and runs planned, after every finished task."""

Key = tuple[int, int]
"""Case index and replication."""

# Starting a process and importing the engine there costs a second or two; less work than this is done here.
POOL_PAYS_AFTER_S = 4.0
COMPILING_S = 15.0


@dataclass(frozen=True, slots=True)
class Execution:
    """What ran: a Reduction by (case index, replication), and whether Ctrl-C came before the end."""

    reductions: Mapping[Key, Reduction]
    replications: int
    workers: int
    interrupted: bool

    def finished(self, cases: Sequence[int]) -> tuple[int, ...]:
        """The replications in which all of these cases have finished, in order."""
        return tuple(
            replication
            for replication in range(self.replications)
            if all((case, replication) in self.reductions for case in cases)
        )


@dataclass(frozen=True, slots=True)
class Task:
    """One replication of the cases (index, scenario) that share a workload."""

    replication: int
    cases: tuple[tuple[int, Scenario], ...]


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


def run_task(task: Task, seed: int | None, engine: str, timelines: bool = True) -> dict[Key, Reduction]:
    """Draw the task's workload once; run, check and reduce every case that no earlier one stands for."""
    from ..engine import check_invariants, simulate
    from ..workload import build_workload

    workload = build_workload(task.cases[0][1], task.replication, seed)
    if len(task.cases) > 1:
        workload = workload.keeping()
    reductions: dict[Key, Reduction] = {}
    ran: list[tuple[Scenario, Reduction]] = []
    for index, scenario in task.cases:
        twin = next((run for other, run in ran if stands_for(run, other, scenario)), None)
        if twin is None:
            history = simulate(workload, scenario, engine)
            check_invariants(history, scenario)
            twin = reduce_history(history, scenario, timelines=timelines)
            ran.append((scenario, twin))
        reductions[index, task.replication] = twin
    return reductions


def _run_in_process(task: Task, seed: int | None, engine: str, timelines: bool) -> dict[Key, Reduction]:
    # Ctrl-C reaches the whole process group; only the parent decides what it means
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return run_task(task, seed, engine, timelines)


def execute(
    scenarios: Sequence[Scenario],
    replications: int,
    *,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    timelines: bool = True,
    known: Mapping[Key, Reduction] | None = None,
    finished: Callable[[Mapping[Key, Reduction]], None] | None = None,
) -> Execution:
    """Run every scenario in every replication and keep the reductions.

    `seed` replaces the scenarios' own. `workers` is a number of processes; None uses all cores when there is
    enough to do. `known` holds runs that need not be repeated (a resumed study); `finished` is given the runs
    of every task as it ends, before `progress` is called.

    Raises KeyboardInterrupt only when nothing at all has finished.
    """
    import joblib

    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    reductions = dict(known or {})
    tasks = [
        Task(replication, missing)
        for replication in range(replications)
        for world in worlds(scenarios)
        if (missing := tuple((i, scenarios[i]) for i in world if (i, replication) not in reductions))
    ]
    planned = len(scenarios) * replications
    processes = min(workers or joblib.cpu_count(), max(len(tasks), 1))
    interrupted = False

    def keep(runs: Mapping[Key, Reduction]) -> None:
        if finished is not None:
            finished(runs)
        reductions.update(runs)
        if progress is not None:
            progress(len(reductions), planned)

    try:
        # Unless a number of processes was asked for, tasks run here until it is clear that a pool pays.
        seconds: list[float] = []
        for place, task in enumerate(tasks):
            if processes > 1 and (workers is not None or _pool_pays(seconds, len(tasks) - place)):
                with closing(_pooled(tasks[place:], processes, seed, engine, timelines)) as pooled:
                    for runs in pooled:
                        keep(runs)
                break
            started = time.perf_counter()
            keep(run_task(task, seed, engine, timelines))
            seconds.append(time.perf_counter() - started)
    except KeyboardInterrupt:
        if not reductions:
            raise
        interrupted = True
    return Execution(reductions, replications, processes, interrupted)


def _pool_pays(seconds: Sequence[float], tasks_left: int) -> bool:
    """Whether processes are worth starting, judged by the seconds that tasks took so far."""
    if not seconds or (len(seconds) == 1 and seconds[0] < COMPILING_S):
        return False  # most of the first one may have been the compiler
    return min(seconds) * tasks_left > POOL_PAYS_AFTER_S


def _pooled(
    tasks: Sequence[Task], processes: int, seed: int | None, engine: str, timelines: bool
) -> Generator[Mapping[Key, Reduction], None, None]:
    import joblib
    from joblib.externals.loky import get_reusable_executor

    pool = joblib.Parallel(n_jobs=processes, backend="loky", batch_size=1, return_as="generator_unordered")
    results = pool(joblib.delayed(_run_in_process)(task, seed, engine, timelines) for task in tasks)
    try:
        for runs in results:  # noqa: UP028  (closing must not reach joblib's generator before the warning is off)
            yield runs
    except (GeneratorExit, KeyboardInterrupt):
        # nobody waits for what the processes are at: do not leave them working
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        raise
