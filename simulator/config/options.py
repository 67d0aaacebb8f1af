"""`--set path=value`, and its Python form `set={path: value}`: the strongest changes of all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..problems import ConfigError, Place, Problem
from .merge import Change, changes_of
from .read import read_tree
from .tree import Branch, Node, Scalar, flow, from_values


def read_options(options: Mapping[str, Any] | Sequence[str] | None) -> tuple[Change, ...]:
    """Changes in the order given. Errors: E111 (not YAML), E120 (no `path=value`)."""
    if options is None:
        return ()
    if isinstance(options, str):
        options = [options]
    pairs = options.items() if isinstance(options, Mapping) else [_split(str(text)) for text in options]
    problems: list[Problem] = []
    changes: list[Change] = []
    for path, value in pairs:
        try:
            changes += _changes(str(path), value)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems, "--set")
    return tuple(changes)


def _split(text: str) -> tuple[str, Any]:
    """The path and the value, still text. A text without `=` has no value at all."""
    path, equals, value = text.partition("=")
    return (path, _Text(value)) if equals else (text, _Missing())


class _Text(str):
    """A value from the command line: YAML to be read."""


class _Missing:
    """No value."""


def _changes(path: str, value: Any) -> list[Change]:
    if not isinstance(value, _Text | _Missing):
        from_values(value, Place(option=f"--set {path}"))  # refuse what has no end before it is shown
    written = "" if isinstance(value, _Missing) else f"={value if isinstance(value, _Text) else flow(value)}"
    place = Place(option=f"--set {path}{written}")
    steps = tuple(step.strip() for step in path.strip().split("."))
    if isinstance(value, _Missing):
        raise ConfigError(
            [Problem("E120", "expected `path=value`", place, ("such as `--set nodes.count=8`",))]
        )
    if not all(steps):
        message = f"`{path.strip()}` is not a dotted path"
        raise ConfigError([Problem("E120", message, place, ("such as `nodes.count`",))])
    node = _read(value, place) if isinstance(value, _Text) else from_values(value, place)
    dotted = ".".join(steps)
    return changes_of(Branch({dotted: node}, {dotted: replace(place, path=dotted)}, place))


def _read(text: str, place: Place) -> Node:
    """The value as YAML; nothing at all is null, which removes the key."""
    if not text.strip():
        return Scalar("null", "null", place)
    try:
        return read_tree(str(text), "", option=place.option)  # the C parser takes no subclass of str
    except ConfigError as error:
        if any(problem.code == "E119" for problem in error.problems):
            return Scalar("null", "null", place)
        raise
