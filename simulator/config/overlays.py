"""Profiles, settings and the grid: named sets of changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from ..problems import Place, Problem
from .merge import Change, changes_of
from .tree import Branch, Node, Series, annotate, describe, flow, values

MOST_CASES = 20_000


@dataclass(frozen=True, slots=True)
class Overlay:
    """A name and the changes it stands for."""

    name: str
    changes: tuple[Change, ...]


def overlays_of(node: Node | None, what: str) -> tuple[tuple[Overlay, ...], list[Problem]]:
    """The profiles or settings of a config, in order, and what is wrong with them (E104, E112)."""
    if node is None:
        return (), []
    if not isinstance(node, Branch):
        message = f"expected {what}s by name, not {describe(node)}"
        return (), [Problem("E104", message, node.place, (f"write `name of the {what}: {{path: value}}`",))]
    overlays: list[Overlay] = []
    problems: list[Problem] = []
    for name, body in node.items.items():
        if not isinstance(body, Branch):
            message = f"expected the changes of {what} `{name}`, not {describe(body)}"
            problems.append(Problem("E104", message, node.key_places[name], ("write `{}` for no change",)))
            continue
        noted = annotate(body, f"in {what} `{name}`")
        assert isinstance(noted, Branch)
        changes = changes_of(noted)
        problems += _repeated(changes)
        overlays.append(Overlay(name, tuple(changes)))
    return tuple(overlays), problems


def grid_overlays(
    node: Node | None, settings: Sequence[Overlay], grid_place: Place
) -> tuple[tuple[Overlay, ...], list[Problem]]:
    """The cells of the grid: every combination, the last path fastest (E104, E112, E117, E121)."""
    if node is None or (isinstance(node, Branch) and not node.items):
        return (), []
    if not isinstance(node, Branch):
        message = f"expected paths with lists of values, not {describe(node)}"
        return (), [Problem("E104", message, node.place, ("write `{nodes.count: [2, 4]}`",))]
    changes = changes_of(node)
    problems = _repeated(changes)
    taken = {change.path for setting in settings for change in setting.changes}
    axes: list[list[Change]] = []
    cells = 1
    for change in changes:
        place, path = change.place, ".".join(change.path)
        if not isinstance(change.value, Series) or not change.value.items:
            given = "an empty one" if isinstance(change.value, Series) else describe(change.value)
            message = f"expected a list of values, not {given}"
            problems.append(Problem("E104", message, place, ("write `[500, 1000]`",)))
            continue
        if any(_overlap(change.path, other) for other in taken):
            message = f"`{path}` is changed by the grid and by a setting"
            problems.append(Problem("E117", message, place, ("keep it in one of them",)))
        texts = [flow(values(value)) for value in change.value.items]
        for text in {text for text in texts if texts.count(text) > 1}:
            problems.append(Problem("E112", f"`{text}` is in this list twice", change.value.place))
        cells *= len(texts)
        axes.append(
            [Change(change.path, annotate(value, "in the grid"), place) for value in change.value.items]
        )
    if cells > MOST_CASES:
        problems.append(too_many(cells, grid_place))
    if problems:
        return (), problems
    labels = _labels([change.path for change in changes])
    return tuple(Overlay(_name(labels, cell), cell) for cell in product(*axes)), []


def too_many(cases: int, place: Place) -> Problem:
    """E121: more cases than anybody runs."""
    message = f"the grid makes {cases:,} cases, more than {MOST_CASES:,}"
    return Problem("E121", message, place, ("leave out values, or split it over several configs",))


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether one path leads to or into the other."""
    short = min(len(one), len(other))
    return tuple(one[:short]) == tuple(other[:short])


def _repeated(changes: Iterable[Change]) -> list[Problem]:
    """E112 for a path that is changed twice, once dotted and once nested."""
    seen: dict[tuple[str, ...], Change] = {}
    problems = []
    for change in changes:
        if change.path in seen:
            message = f"`{'.'.join(change.path)}` is changed twice"
            problems.append(
                Problem("E112", message, change.place, (f"first in line {seen[change.path].place.line}",))
            )
        seen[change.path] = change
    return problems


def _labels(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The shortest endings by which the paths can be told apart."""
    for length in range(1, max(map(len, paths), default=1) + 1):
        labels = [".".join(path[-length:]) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    return [".".join(path) for path in paths]


def _name(labels: Sequence[str], cell: Sequence[Change]) -> str:
    named = zip(labels, cell, strict=True)
    return ", ".join(f"{label}={flow(values(change.value))}" for label, change in named)
