"""simulator compare: the settings of a config, or several configs, on the same arrivals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .exits import UsageError, complain, suggestion
from .study import Wish, deliver, execute, prepare, scale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..config import Experiment


def compare_settings(
    configs: Sequence[Path], wanted: Sequence[str], profile: str | None, inputs: Path | None, wish: Wish
) -> int:
    """Compare every setting with the first of its profile and print the answer."""
    from ..config import load_experiment
    from ..config.inputs import draws_for, read_inputs
    from ..config.laid import with_inputs
    from ..study import compare

    paths = configs[0] if len(configs) == 1 else list(configs)
    experiment = keep_settings(load_experiment(paths, set=wish.set, profile=profile), wanted)
    if inputs is not None:
        experiment = with_inputs(experiment, read_inputs(inputs))
        asked = experiment.replications if wish.replications is None else wish.replications
        if isinstance(asked, int):  # said now, not after the warm-up was looked for
            draws_for(asked, experiment.inputs.draws if experiment.inputs else ())
    prepare(experiment, experiment.settings, wish)
    if len(experiment.settings) == 1 and not wish.quiet:
        complain(f"note: {experiment.path} has one setting · name several configs, or give it `settings:`")
    study, seconds = execute(
        wish,
        experiment.name,
        [case.scenario for case in experiment.cases],
        lambda progress: compare(
            experiment,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            **scale(wish),
        ),
    )
    return deliver(study, wish, seconds)


def keep_settings(experiment: Experiment, wanted: Sequence[str]) -> Experiment:
    """The experiment with its reference and the wanted settings only (all when none is named)."""
    names = experiment.settings
    for name in wanted:
        if name not in names:
            near = suggestion(name, names) or f" · there are {', '.join(names)}"
            raise UsageError(f"--setting: no setting is called {name}{near}")
    if not wanted:
        return experiment
    kept = {names[0], *wanted}
    cases = tuple(case for case in experiment.cases if case.setting in kept)
    return replace(experiment, cases=cases, asked={**experiment.asked, "settings": list(wanted)})
