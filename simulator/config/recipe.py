"""Recipes: an experiment as plain values, from which the same cases come again without any of its files."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..problems import ConfigError, Place
from .cases import Plan, build, plan_of
from .files import compose_values
from .inputs import Inputs
from .load import Case, Experiment
from .options import read_options
from .overlays import Overlay
from .tree import Branch, from_values

OF_CASES = ("settings", "profiles", "grid")


def recipe_of(experiment: Experiment) -> dict[str, Any]:
    """Composed configs, what `--set` changed, and every case by its names and changes.

    Files that a config names (recorded arrivals) stay files.
    """
    recipe = {
        "configs": list(experiment.configs),
        "set": list(experiment.options),
        "cases": [
            {
                "config": case.config,
                "profile": case.profile,
                "setting": case.setting,
                "in_profile": [list(change) for change in case.changes[: len(case.changes) - len(case.own)]],
                "in_setting": [list(change) for change in case.own],
                **({"made": True} if case.made else {}),
            }
            for case in experiment.cases
        ],
    }
    if experiment.inputs is not None:
        recipe["inputs"] = experiment.inputs.to_dict()
    return recipe


def follow(recipe: Mapping[str, Any]) -> Experiment:
    """The experiment of a recipe.

    Raises:
        ConfigError: a file that it names is gone, or this version reads a config in another way.
        KeyError, TypeError, ValueError: it is no recipe.
    """
    configs = tuple(recipe["configs"])
    plans = [plan_again(config, recipe["set"]) for config in configs]
    cases = tuple(_case(one, plans[one["config"]]) for one in recipe["cases"])
    first = cases[0].scenario
    return Experiment(
        name=first.name,
        seed=first.seed,
        replications=first.replications,
        scenario=first,
        cases=cases,
        warnings=(),
        path="",
        configs=configs,
        options=tuple(recipe["set"]),
        inputs=Inputs.of_dict(recipe["inputs"]) if "inputs" in recipe else None,
    )


def plan_again(config: Mapping[str, Any], options: Sequence[str]) -> Plan:
    """The plan of a composed config and of what `--set` changed in it; cases are left out."""
    common = {key: value for key, value in config.items() if key not in OF_CASES}
    tree = from_values(common, Place())
    assert isinstance(tree, Branch)
    return plan_of(compose_values(tree), "", "unnamed", read_options(options))


def overlay_again(name: str, changes: Sequence[tuple[str, str]]) -> Overlay:
    """A profile or a setting from its name and its (path, text) changes."""
    return Overlay(name, read_options([f"{path}={text}" for path, text in changes]))


def _case(one: Mapping[str, Any], plan: Plan) -> Case:
    changes, own = (
        [(str(path), str(text)) for path, text in one[key]] for key in ("in_profile", "in_setting")
    )
    world, chosen = overlay_again(one["profile"], changes), overlay_again(one["setting"], own)
    scenario, _, problems = build(plan, world, chosen)
    if scenario is None:
        raise ConfigError(problems)
    own_changes, made = tuple(own), bool(one.get("made"))
    return Case(world.name, chosen.name, scenario, (*changes, *own), own_changes, one["config"], made)
