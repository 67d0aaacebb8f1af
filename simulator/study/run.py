"""run: one setting, several replications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import Case
from .compare import run_cases
from .results import Result

if TYPE_CHECKING:
    from ..config import Scenario
    from .execution import Progress


def run(
    scenario: Scenario,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    setting: str = "",
    profile: str = "",
    timelines: bool = True,
    config: str = "",
) -> Result:
    """Run one scenario and return its results with their bounds.

    `replications` and `seed` replace the scenario's own; `setting` and `profile` label the result; the rest
    is as in `compare`. Ctrl-C returns the replications that have finished.
    """
    study = run_cases(
        [Case(profile, setting or scenario.name, scenario)],
        name=scenario.name,
        replications=scenario.replications if replications is None else replications,
        seed=scenario.seed if seed is None else seed,
        engine=engine,
        workers=workers,
        progress=progress,
        timelines=timelines,
        config=config,
        arguments={"replications": replications, "seed": seed, "setting": setting, "profile": profile},
    )
    return Result(study)
