"""All fixes but one: run beside a study that is made of fixes, to say what each is worth among the others.

Kept out of the study itself, as the bounds are: nobody proposes them; no target and no verdict counts them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config.designs import bundles, without
from ..config.recipe import follow, recipe_of
from .compare import run_cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Experiment
    from .execution import Progress
    from .results import Study

FEWEST_FIXES = 3
"""Two fixes and both together are a factorial: leaving one out is the other alone."""


def omitting_study(
    experiment: Experiment, study: Study, *, progress: Progress | None = None, **how: Any
) -> Study | None:
    """The first setting of every profile and its bundles of fixes less one each; None when there are none.

    `how` are the options of `run_cases` that change no result: engine, workers, store, client, resumed.

    Raises:
        StudyError: the store or the cluster cannot be used.
    """
    recipe = recipe_of(experiment)
    kept: list[Mapping[str, Any]] = []
    for profile in dict.fromkeys(case["profile"] for case in recipe["cases"]):
        cases = [case for case in recipe["cases"] if case["profile"] == profile]
        left_out = (
            [] if any(recipe["configs"][case["config"]].get("grid") for case in cases) else _omitted(cases)
        )
        kept += [cases[0], *left_out] if left_out else []
    if not kept:
        return None
    return run_cases(
        follow({**recipe, "cases": kept}).cases,
        name=study.name,
        replications=study.replications,
        seed=study.seed,
        progress=progress,
        timelines=False,
        **how,
    )


def _omitted(cases: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The cases that are missing from one profile, as a recipe has them."""
    changes = {case["setting"]: frozenset(map(tuple, case["in_setting"])) for case in cases}
    by_name = {case["setting"]: case for case in cases}
    known = set(changes.values())
    made: list[Mapping[str, Any]] = []
    for bundle in bundles(changes):
        for part in bundle.parts if len(bundle.parts) >= FEWEST_FIXES else ():
            left = changes[bundle.name] - changes[part]
            if left in known:
                continue
            known.add(left)
            own = [change for change in by_name[bundle.name]["in_setting"] if tuple(change) in left]
            made.append({**by_name[bundle.name], "setting": without(bundle.name, part), "in_setting": own})
    return made


def proposals(study: Study) -> Study:
    """A full plan without the settings that only leave a fix out: nobody proposes them."""
    names = {setting.name for setting in study.settings}
    gone = {without(name, part) for name in names for part in names} & names
    if not gone:
        return study

    def stay(items: Sequence[Any], name: str) -> tuple[Any, ...]:
        return tuple(item for item in items if getattr(item, name) not in gone)

    return replace(
        study,
        settings=stay(study.settings, "name"),
        targets=stay(study.targets, "setting"),
        verdicts=stay(study.verdicts, "setting"),
    )
