"""Inputs laid over an experiment: as they probably are, or as one of their draws has them.

A draw changes the composed config before profiles, settings and `--set` do, as if the file had said it: what
they say of the same key wins, in every draw.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..problems import ConfigError
from .inputs import Inputs, wrong
from .load import Case, Experiment
from .recipe import follow, recipe_of


def with_inputs(experiment: Experiment, inputs: Inputs) -> Experiment:
    """The experiment with the inputs as they probably are, and their draws to run it with.

    Raises:
        ConfigError: E129 when the config has no such store, or cannot take the values.
    """
    for config in experiment.configs:
        stores = config.get("nodes", {}).get("stores", {})
        for path in inputs.point:
            store = path.removeprefix("nodes.stores.").split(".")[0]
            if path.startswith("nodes.stores.") and store not in stores:
                advice = f"its stores: {', '.join(stores)}" if stores else "it has no stores"
                message = f"the inputs have `{path}`, and {experiment.path or 'the config'} no such store"
                raise wrong(inputs.file, 0, message, advice)
    laid = _laid(experiment, inputs.point, f"{inputs.file}, its config")
    return replace(
        experiment,
        cases=laid.cases,
        configs=laid.configs,
        scenario=laid.cases[0].scenario,
        replications=laid.cases[0].scenario.replications,
        inputs=inputs,
    )


def drawn_cases(experiment: Experiment, number: int) -> tuple[Case, ...]:
    """The experiment's cases with draw `number` (from 0) of its inputs. Raises ConfigError E129."""
    assert experiment.inputs is not None
    inputs = experiment.inputs
    return _laid(experiment, inputs.draws[number], f"{inputs.file}:{number + 1}").cases


def _laid(experiment: Experiment, over: Mapping[str, Any], where: str) -> Experiment:
    recipe = recipe_of(experiment)
    recipe["configs"] = [_put_all(config, over) for config in recipe["configs"]]
    recipe.pop("inputs", None)
    try:
        return follow(recipe)
    except ConfigError as error:
        first = error.problems[0]
        path = f"`{first.place.path}`: " if first.place.path else ""
        name = experiment.path or "the config"
        raise wrong(where, 0, f"not with {name}: {path}{first.message}", *first.help) from None


def _put_all(config: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values with others put in their places; what is put replaces all that was there."""
    whole: dict[str, Any] = json.loads(json.dumps(config))
    for path, value in over.items():
        *above, name = path.split(".")
        part = whole
        for key in above:
            if not isinstance(part.get(key), dict):
                part[key] = {}
            part = part[key]
        part[name] = value
    return whole
