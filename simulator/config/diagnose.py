"""From validation errors to findings, and from findings to problems with a place."""

import re
from dataclasses import replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .. import units
from ..problems import Place, Problem
from .part import Finding, Part, ReadingError
from .syntax import space_after_colon
from .tree import Branch, Node, Scalar, Series, describe

Path = tuple[str | int, ...]
FILE_KEYS = ("extends", "settings", "profiles", "grid")
"""Keys of a file beside those of a scenario."""


def findings_of(error: ValueError, model: type[BaseModel]) -> list[Finding]:
    """What is wrong, in our words, from what a model's validation raised."""
    if isinstance(error, ReadingError):
        return list(error.findings)
    if not isinstance(error, ValidationError):
        return [Finding("E105", str(error))]
    found: list[Finding] = []
    for detail in error.errors(include_url=False):
        found += _findings(detail, model)
    return found


def _findings(detail: ErrorDetails, model: type[BaseModel]) -> list[Finding]:
    path: Path = tuple(detail["loc"])
    kind = detail["type"]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, ReadingError):
        return [finding.under(*path) for finding in cause.findings]
    if kind == "missing":
        return [Finding("E102", f"`{path[-1]}` is missing", (), path[:-1])]
    if kind == "extra_forbidden":
        return [_unknown_key(path, model)]
    if kind in ("model_type", "dict_type", "mapping_type", "model_attributes_type"):
        return [_not_a_map(detail["input"], path, model)]
    if kind == "literal_error":
        return [_not_a_choice(detail, path)]
    return [
        Finding("E104", f"{describe(detail['input'])} does not fit here: {detail['msg'].lower()}", (), path)
    ]


def _unknown_key(path: Path, model: type[BaseModel]) -> Finding:
    name = str(path[-1])
    known = keys_at(model, path[:-1]) + (
        list(FILE_KEYS) if len(path) == 1 and "horizon" in keys_at(model, ()) else []
    )
    near = units.closest(name, known)
    if name == "<<":
        advice = "maps are merged with `extends`"
    elif near:
        advice = f"did you mean `{near}`?"
    else:
        advice = f"known here: {', '.join(known)}" if known else ""
    return Finding(
        "E101", f"unknown key `{name}`", tuple(filter(None, (space_after_colon(name) or advice,))), path, True
    )


def _not_a_map(value: Any, path: Path, model: type[BaseModel]) -> Finding:
    known = keys_at(model, path)
    advice = space_after_colon(str(value)) if isinstance(value, Scalar) else ""
    if not advice and known:
        advice = f"keys: {', '.join(known)}"
    return Finding("E104", f"expected a map, not {describe(value)}", tuple(filter(None, (advice,))), path)


def _not_a_choice(detail: ErrorDetails, path: Path) -> Finding:
    known = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    value = str(detail["input"])
    near = units.closest(value, known)
    advice = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
    return Finding("E106", f"`{value}` is not a value of `{path[-1]}`", (advice,), path)


def part_of(annotation: Any) -> type[Part] | None:
    """The map behind a field's annotation, if it is one whose keys merge."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    if get_origin(annotation) is not None and type(None) not in get_args(annotation):
        return next((part for part in map(part_of, get_args(annotation)) if part), None)
    return None


def dotted(path: Path) -> str:
    """A path as it is shown.

    >>> dotted(("targets", 0)), dotted(("nodes", "count"))
    ('targets[0]', 'nodes.count')
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model's fields by the keys of the config language."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys known at a path below a model, [] where they are not fixed."""
    current: type[BaseModel] | None = model
    for step in path:
        field = fields_of(current).get(str(step)) if current is not None else None
        current = _model_in(field.annotation) if field is not None else None
    return list(fields_of(current)) if current is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    found = [part for part in map(_model_in, get_args(annotation)) if part is not None]
    return found[0] if len(found) == 1 else None


def _changed_within(node: Node) -> Place | None:
    """Where a part of a value was changed by `--set`: that is what the reader has just typed."""
    if isinstance(node, Scalar):
        return node.place if node.place.option else None
    parts = node.items.values() if isinstance(node, Branch) else node.items
    return next((place for part in parts if (place := _changed_within(part)) is not None), None)


def problem_at(finding: Finding, tree: Node, root: str) -> Problem:
    """A finding with the place of its culprit in the tree. `root` is the file the user named."""
    node, place, reached = tree, tree.place, 0
    for step in finding.path:
        if isinstance(node, Branch) and str(step) in node.items:
            place = node.key_places[str(step)]
            node = node.items[str(step)]
        elif isinstance(node, Series) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            break
        reached += 1
    if not (place.file or place.option):  # a default: all there is to show is the file that left it out
        place = Place(file=root)
    whole_path = dotted(finding.path)
    at_value = not finding.on_key and reached == len(finding.path)
    if at_value and (isinstance(node, Scalar) or node.place.source == place.source):
        place = node.place
    if at_value and not place.option:
        place = _changed_within(node) or place
    notes = place.notes
    if place.file and root and place.file != root and not place.option:
        notes = (*notes, f"through extends of {root}")
    return Problem(
        finding.code, finding.message, replace(place, path=whole_path, notes=notes), finding.advice
    )
