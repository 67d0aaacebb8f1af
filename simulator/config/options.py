"""`--set path=value`, and its Python form `set={path: value}`: the strongest changes of all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..problems import ConfigError, Place, Problem
from .merge import Change
from .read import read_tree
from .tree import Node, Scalar, from_values


def read_options(options: Mapping[str, Any] | Sequence[str] | None) -> tuple[Change, ...]:
    """Changes in the order given. Errors: E111 (not YAML), E120 (no `path=value`)."""
    if options is None:
        return ()
    if isinstance(options, str):
        options = [options]
    if isinstance(options, Mapping):
        return tuple(_from_python(str(path), value) for path, value in options.items())
    problems: list[Problem] = []
    changes: list[Change] = []
    for text in options:
        try:
            changes.append(_from_text(str(text)))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems, "--set")
    return tuple(changes)


def _from_text(text: str) -> Change:
    option = f"--set {text}"
    place = Place(option=option)
    path, equals, value_text = text.partition("=")
    steps = tuple(step.strip() for step in path.strip().split("."))
    if not equals or not all(steps):
        message = "expected `path=value`" if not equals else f"`{path.strip()}` is not a dotted path"
        advice = "such as `--set nodes.count=8`"
        raise ConfigError([Problem("E120", message, place, (advice,))])
    value: Node = Scalar("null", "null", place) if not value_text.strip() else _value(value_text, option)
    return Change(steps, value, replace(place, path=".".join(steps)))


def _value(text: str, option: str) -> Node:
    try:
        return read_tree(text, "", option=option)
    except ConfigError as error:
        if any(problem.code == "E119" for problem in error.problems):
            return Scalar("null", "null", Place(option=option))
        raise


def _from_python(path: str, value: Any) -> Change:
    from .load import flow

    place = Place(option=f"--set {path}={flow(value)}")
    steps = tuple(step.strip() for step in path.split("."))
    if not all(steps):
        raise ConfigError([Problem("E120", f"`{path}` is not a dotted path", place, ("such as nodes.count",))])
    return Change(steps, from_values(value, place), place)
