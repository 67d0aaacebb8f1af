"""compare: every setting of an experiment, in every profile, on the same arrivals."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config import Experiment, load_experiment
from ..config.inputs import read_inputs
from ..config.laid import with_inputs
from ..config.recipe import recipe_of
from .assembly import assemble_profile, by_profile, judge_targets
from .cluster import connected
from .designs import design_of
from .effects import effects_of
from .execution import Execution, execute
from .inputs import lay_out, with_input_uncertainty
from .packing import made_by
from .precision import attained, next_replications
from .provenance import now_text, record
from .ranking import ranking_of
from .results import SettingResult, Study
from .store import RunStore
from .verdicts import decide
from .warmup import find_warm_ups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from distributed import Client

    from ..config import Case
    from ..config.load import Options, Source
    from ..config.replications import Until
    from .execution import Key, Progress
    from .precision import Attained
    from .reduction import Reduction

DRAWN_AT_MOST = 40
"""Settings of a profile that keep their memory over time: nobody looks at a thousand courses."""

Resumed = Callable[[int, int | None], None]
"""Called with the replications that are stored, and those planned (None: until precise)."""


def compare(
    experiment: Source | Sequence[Source] | Experiment,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    set: Options = None,  # noqa: A002  (the config language's own word)
    setting: str | None = None,
    profile: str | None = None,
    timelines: bool = True,
    store: str | PathLike[str] | None = None,
    client: str | Client | None = None,
    resumed: Resumed | None = None,
    design: str | None = None,
    inputs: str | PathLike[str] | None = None,
) -> Study:
    """Run an experiment and compare each setting with the first of its profile, pair by pair.

    Args:
        experiment: a config's path, several paths, or a loaded Experiment.
        replications: instead of the config's.
        seed: instead of the config's.
        engine: auto, reference or compiled.
        workers: number of processes, by default as many as pay; results do not depend on it.
        progress: called with runs done and runs planned.
        set: overrides keys by dotted path.
        setting: keep only this setting.
        profile: keep only this profile.
        timelines: False keeps no memory over time (smaller, but nothing to draw). Otherwise at most
            DRAWN_AT_MOST settings of each profile keep theirs, evenly spread over them.
        store: a file in which runs are kept; those that it has already are not run again.
        client: runs on this Dask cluster: its scheduler's address, or a `distributed.Client`.
        resumed: called with the number of replications that the store has, and planned ones, if it has any.
        design: makes it a full study: which cells of the grid are run (`factorial`, `one-at-a-time`,
            `latin-hypercube`, `latin-hypercube:N`), and settings that are made of others are run without each
            of them. (A loaded Experiment has its cells.)
        inputs: a config that `calibrate` wrote, with its draws beside it: replications are divided over them,
            and every interval holds what the logs could not tell.

    Ctrl-C returns what has finished, as a Study with `interrupted` set.

    Raises:
        ConfigError: something is wrong in the config.
        StudyError: the store or the cluster cannot be used, or workers keep dying (E3xx).
        KeyboardInterrupt: no replication of any profile was complete.
    """
    loaded = _loaded(experiment, set, setting, profile, design)
    if inputs is not None:
        loaded = with_inputs(loaded, read_inputs(inputs))
    asked = {
        "replications": replications,
        "seed": seed,
        "setting": setting,
        "profile": profile,
        "design": design,
    }
    study = run_cases(
        loaded.cases,
        name=loaded.name,
        replications=loaded.replications if replications is None else replications,
        seed=loaded.seed if seed is None else seed,
        engine=engine,
        workers=workers,
        progress=progress,
        timelines=timelines,
        store=store,
        client=client,
        resumed=resumed,
        config=loaded.path,
        arguments={**loaded.asked, **{name: value for name, value in asked.items() if value is not None}},
        recipe=recipe_of(loaded),
        drawn_from=loaded if loaded.inputs is not None else None,
    )
    return study if design is None else analysed(study, design)


def analysed(study: Study, design: str) -> Study:
    """The study with the effects of its factors and its fixes ranked, profile by profile."""
    effects, ranking = [], []
    for name in study.profiles:
        settings = [setting for setting in study.settings if setting.profile == name]
        effects += effects_of(settings, sampled=design.startswith("latin-hypercube"))
        ranking += ranking_of(settings)
    return replace(study, effects=tuple(effects), ranking=tuple(ranking))


def _loaded(
    experiment: Source | Sequence[Source] | Experiment,
    options: Options,
    setting: str | None,
    profile: str | None,
    design: str | None,
) -> Experiment:
    if not isinstance(experiment, Experiment):
        cells = design_of(design or "factorial")
        return load_experiment(experiment, options, setting, profile, design=cells, ranked=design is not None)
    if options:
        raise ValueError("`set` applies to a config file; this experiment is already loaded")
    kept = tuple(
        case
        for case in experiment.cases
        if setting in (None, case.setting) and profile in (None, case.profile)
    )
    return replace(experiment, cases=kept)


def run_cases(
    cases: Sequence[Case],
    *,
    name: str,
    replications: int | Until,
    seed: int,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    timelines: bool = True,
    store: str | PathLike[str] | None = None,
    client: str | Client | None = None,
    resumed: Resumed | None = None,
    config: str = "",
    arguments: Mapping[str, Any] | None = None,
    recipe: Mapping[str, Any] | None = None,
    drawn_from: Experiment | None = None,
) -> Study:
    """Run cases and assemble their Study; what `run` and `compare` share.

    `drawn_from`: the experiment whose inputs are drawn. Raises ValueError when there is nothing to run,
    KeyboardInterrupt as `compare`.
    """
    if not cases:
        raise ValueError("nothing to run: no settings")
    if isinstance(replications, int) and replications < 1:
        raise ValueError(f"replications must be at least 1, not {replications}")
    started_at, started = now_text(), time.perf_counter()
    with (
        RunStore(store) if store is not None else nullcontext() as runs,
        connected(client) as cluster,
    ):
        cases, warm_ups = find_warm_ups(
            cases, seed=seed, engine=engine, workers=workers, progress=progress, runs=runs, cluster=cluster
        )
        layout = None if drawn_from is None else lay_out(drawn_from, cases, replications)
        scenarios = list(layout.scenarios) if layout else [case.scenario for case in cases]
        finished = runs.keeper(scenarios, seed) if runs else None
        most = replications if isinstance(replications, int) else replications.at_most
        drawn = _drawn(cases) if timelines else frozenset()
        if layout is not None:
            drawn = frozenset(place for place in range(len(scenarios)) if place % len(cases) in drawn)
        stored = runs.known(scenarios, most, seed, drawn=drawn) if runs else {}
        if stored and resumed is not None:
            before = Execution(stored, most, 0, interrupted=False)
            before = before if layout is None else layout.gathered(before)
            resumed(len(before.finished(range(len(cases)))), most if isinstance(replications, int) else None)

        def so_many(count: int, known: Mapping[Key, Reduction]) -> Execution:
            return execute(
                scenarios,
                count,
                seed=seed,
                engine=engine,
                workers=workers,
                progress=progress,
                drawn=drawn,
                known={**{key: run for key, run in stored.items() if key[1] < count}, **known},
                finished=finished,
                cluster=cluster,
                wanted=None if layout is None else layout.wanted,
            )

        execution, precision = _run(replications, cases, so_many)
    if layout is not None:
        execution = layout.gathered(execution)
    ran = execution.replications
    profiles = [assemble_profile(cases, indices, execution) for indices in by_profile(cases).values()]
    if layout is not None:
        used = layout.used
        profiles = [
            (tuple(with_input_uncertainty(setting, used) for setting in group), done)
            for group, done in profiles
        ]
    settings = tuple(setting for group, _ in profiles for setting in group)
    if not settings:
        raise KeyboardInterrupt
    return Study(
        name=name,
        seed=seed,
        replications=ran,
        horizon_ms=cases[0].scenario.horizon_ms,
        settings=settings,
        targets=judge_targets(_proposed(settings)),
        verdicts=tuple(verdict for group, _ in profiles if group for verdict in decide(_proposed(group))),
        provenance=record(
            [case.scenario for case in cases],
            config=config,
            seed=seed,
            replications=ran,
            engine=engine,
            workers=execution.workers,
            deaths=execution.deaths,
            arguments=arguments or {},
            recipe=recipe or {},
            code=made_by(),
            started_at=started_at,
            elapsed_s=time.perf_counter() - started,
        ),
        completeness=tuple(done for _, done in profiles),
        interrupted=execution.interrupted,
        precision=precision,
        warm_ups=warm_ups,
        inputs=None if layout is None else layout.used,
    )


def _drawn(cases: Sequence[Case]) -> frozenset[int]:
    """The cases that keep a timeline: the reference and, of many, some evenly spread over the plan."""
    return frozenset(
        index
        for members in by_profile(cases).values()
        for index in members[:: -(-len(members) // DRAWN_AT_MOST)]
    )


def _proposed(settings: Sequence[SettingResult]) -> list[SettingResult]:
    return [setting for setting in settings if not setting.made]


def _run(
    replications: int | Until,
    cases: Sequence[Case],
    so_many: Callable[[int, Mapping[Key, Reduction]], Execution],
) -> tuple[Execution, tuple[Attained, ...]]:
    """So many replications, or look by look until all goals are reached (or the cap, or Ctrl-C)."""
    if isinstance(replications, int):
        return so_many(replications, {}), ()
    size = next_replications(replications, (), 0)
    known: Mapping[Key, Reduction] = {}
    while True:
        assert size is not None
        execution = so_many(size, known)
        if execution.interrupted:
            return execution, ()
        precision = attained(replications, cases, execution.reductions, size)
        known, size = execution.reductions, next_replications(replications, precision, size)
        if size is None:
            return execution, precision
