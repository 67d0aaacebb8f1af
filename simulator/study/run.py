"""run: one setting, several replications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..config import Case
from .compare import run_cases
from .results import Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from distributed import Client

    from ..config import Scenario
    from .compare import Resumed
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
    store: str | PathLike[str] | None = None,
    client: str | Client | None = None,
    resumed: Resumed | None = None,
    config: str = "",
    recipe: Mapping[str, Any] | None = None,
) -> Result:
    """Run one scenario and return its results with their bounds.

    `replications` and `seed` replace the scenario's own; `setting` and `profile` label the result, `config`
    and `recipe` go into its provenance; the rest is as in `compare`. Ctrl-C returns the replications that
    have finished.
    """
    asked = {
        "replications": replications,
        "seed": seed,
        "setting": setting or None,
        "profile": profile or None,
    }
    study = run_cases(
        [Case(profile, setting or scenario.name, scenario)],
        name=scenario.name,
        replications=scenario.replications if replications is None else replications,
        seed=scenario.seed if seed is None else seed,
        engine=engine,
        workers=workers,
        progress=progress,
        timelines=timelines,
        store=store,
        client=client,
        resumed=resumed,
        config=config,
        arguments={name: value for name, value in asked.items() if value is not None},
        recipe=recipe,
    )
    return Result(study)
