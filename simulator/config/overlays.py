"""Profiles, settings and the grid: named sets of changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..problems import ConfigError, Place, Problem
from .designs import Axis, Cell, Design, axis_of_range, bundles, full_factorial, without
from .merge import Change, changes_of
from .ranges import read_range
from .tree import Branch, Node, Series, annotate, describe, flow, values

MOST_CASES = 20_000


@dataclass(frozen=True, slots=True)
class Overlay:
    """A name and the changes it stands for. `made`: nobody wrote it, it is run to rank the others."""

    name: str
    changes: tuple[Change, ...]
    made: bool = False


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
    node: Node | None, settings: Sequence[Overlay], grid_place: Place, design: Design = full_factorial
) -> tuple[tuple[Overlay, ...], list[Problem]]:
    """The cells of the grid that a design asks for (E101, E104, E105, E112, E117, E121)."""
    if node is None or (isinstance(node, Branch) and not node.items):
        return (), []
    if not isinstance(node, Branch):
        message = f"expected paths with lists of values, not {describe(node)}"
        return (), [Problem("E104", message, node.place, ("write `{nodes.count: [2, 4]}`",))]
    changes = changes_of(node)
    problems = _repeated(changes)
    taken = {change.path for setting in settings for change in setting.changes}
    axes: list[Axis] = []
    for change in changes:
        if any(_overlap(change.path, other) for other in taken):
            message = f"`{'.'.join(change.path)}` is changed by the grid and by a setting"
            problems.append(Problem("E117", message, change.place, ("keep it in one of them",)))
        try:
            axes.append(_axis(change))
        except ConfigError as error:
            problems += error.problems
    if problems:
        return (), problems
    cells = 1
    for axis in axes:
        cells *= len(axis.values)
    if design is full_factorial and cells > MOST_CASES:
        return (), [too_many(cells, grid_place)]
    labels = shortest_endings([axis.path for axis in axes])
    return tuple(_overlay(labels, axes, cell) for cell in design(axes)), []


def _axis(change: Change) -> Axis:
    """One path of the grid. Errors: E101, E104, E105, E112."""
    place, value = change.place, change.value
    if isinstance(value, Branch):
        found, steps = read_range(value, place)
        return axis_of_range(change.path, found, steps, value.place)
    if not isinstance(value, Series) or not value.items:
        given = "an empty one" if isinstance(value, Series) else describe(value)
        message = f"expected a list of values, not {given}"
        advice = ("write `[500, 1000]`, or a range: `{from: 100, to: 1000}`",)
        raise ConfigError([Problem("E104", message, place, advice)])
    texts = [flow(values(item)) for item in value.items]
    twice = {text for text in texts if texts.count(text) > 1}
    if twice:
        raise ConfigError([Problem("E112", f"`{text}` is in this list twice", value.place) for text in twice])
    return Axis(change.path, place, tuple(annotate(item, "in the grid") for item in value.items))


def _overlay(labels: Sequence[str], axes: Sequence[Axis], cell: Cell) -> Overlay:
    """A cell's name and changes; no name when it leaves everything as it is."""
    changed = [
        (label, Change(axis.path, value, axis.place))
        for label, axis, value in zip(labels, axes, cell, strict=True)
        if value is not None
    ]
    name = ", ".join(f"{label}={flow(values(change.value))}" for label, change in changed)
    return Overlay(name, tuple(change for _, change in changed))


def leave_one_out(settings: Sequence[Overlay]) -> tuple[Overlay, ...]:
    """Every setting that is made of others, without each of them, where no setting is that already."""
    written = {setting.name: written_changes(setting.changes) for setting in settings}
    known = set(written.values())
    by_name = {setting.name: setting for setting in settings}
    made: list[Overlay] = []
    for bundle in bundles(written):
        for part in bundle.parts:
            left = written[bundle.name] - written[part]
            if left in known:
                continue
            known.add(left)
            kept = [
                change
                for change in by_name[bundle.name].changes
                if (".".join(change.path), flow(values(change.value))) in left
            ]
            made.append(Overlay(without(bundle.name, part), tuple(kept), made=True))
    return tuple(made)


def written_changes(changes: Iterable[Change]) -> frozenset[tuple[str, str]]:
    """Changes as (path, text), to be compared."""
    return frozenset((".".join(change.path), flow(values(change.value))) for change in changes)


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


def shortest_endings(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The shortest endings by which the paths can be told apart."""
    for length in range(1, max(map(len, paths), default=1) + 1):
        labels = [".".join(path[-length:]) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    return [".".join(path) for path in paths]
