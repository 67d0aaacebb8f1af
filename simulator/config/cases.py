"""From a composed config to its cases: profiles × settings × grid, and one checked scenario for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from .. import units
from ..problems import ConfigError, Place, Problem
from .designs import Design, full_factorial
from .diagnose import findings_of, problem_at
from .merge import Change, node_at, put, with_seed_stores
from .overlays import MOST_CASES, Overlay, grid_overlays, leave_one_out, overlays_of, too_many
from .paths import Changer, check_change
from .scenario import Scenario
from .tree import Branch, Node, Scalar, Series, plain, values

_CASE_KEYS = ("settings", "profiles", "grid")


@dataclass(frozen=True, slots=True)
class Plan:
    """A composed config before its cases are checked. `tree` is what is common to them."""

    tree: Branch
    shown: str
    name: str
    profiles: tuple[Overlay, ...]
    settings: tuple[Overlay, ...]
    options: tuple[Change, ...]
    resolved: Mapping[str, Any]


def plan_of(
    tree: Branch,
    shown: str,
    stem: str,
    options: tuple[Change, ...],
    design: Design = full_factorial,
    *,
    ranked: bool = False,
) -> Plan:
    """Separate a config's cases from what is common to them.

    Args:
        tree: the composed config.
        shown: its file as messages show it.
        stem: its name when it gives none.
        options: the changes of `--set`.
        design: which cells of the grid are run.
        ranked: add every setting that is made of others without each of them (when there is no grid).

    Raises:
        ConfigError: E101, E104, E105, E112, E117, E121.
    """
    given = node_at(tree, ("name",))
    name = given.text if isinstance(given, Scalar) and given.text.strip() else stem
    whole = with_seed_stores(tree)
    common = replace(whole, items={key: node for key, node in whole.items.items() if key not in _CASE_KEYS})
    profiles, wrong = overlays_of(tree.items.get("profiles"), "profile")
    settings, wrong_settings = overlays_of(tree.items.get("settings"), "setting")
    grid_place = tree.key_places.get("grid", tree.place)
    cells, wrong_grid = grid_overlays(tree.items.get("grid"), settings, grid_place, design)
    problems = [*wrong, *wrong_settings, *wrong_grid]
    if not problems and max(len(profiles), 1) * max(len(settings), 1) * max(len(cells), 1) > MOST_CASES:
        cases = max(len(profiles), 1) * max(len(settings), 1) * max(len(cells), 1)
        problems.append(too_many(cases, grid_place))
    if problems:
        raise ConfigError(problems, shown)
    if ranked and not cells:
        settings = (*settings, *leave_one_out(settings))
    named = settings or (Overlay(name, ()),)
    crossed = tuple(_cross(first, cell, bool(settings)) for first, cell in product(named, cells)) or named
    resolved = _resolved(whole, ())
    return Plan(common, shown, name, profiles or (Overlay("", ()),), crossed, options, resolved)


def build(plan: Plan, profile: Overlay, setting: Overlay) -> tuple[Scenario | None, Branch, list[Problem]]:
    """One case: its scenario, or None and what is wrong with it; and its tree, for places."""
    tree = plan.tree
    problems: list[Problem] = []
    layers: tuple[tuple[Changer, Sequence[Change]], ...] = (
        ("profile", profile.changes),
        ("setting", setting.changes),
        ("--set", plan.options),
    )
    for changer, changes in layers:
        for change in changes:
            wrong = check_change(change, changer, tree)
            if wrong is not None:
                problems.append(wrong)
                continue
            changed = put(tree, change.path, change.value, change.place)
            assert isinstance(changed, Branch)
            tree = changed
    data = plain(tree)
    data.setdefault("name", plan.name)
    try:
        scenario = Scenario.model_validate(data, by_alias=True, by_name=False)
    except ValueError as error:
        found = [problem_at(finding, tree, plan.shown) for finding in findings_of(error, Scenario)]
        return None, tree, problems + [_with_overridden(problem, plan.tree) for problem in found]
    return (None if problems else scenario), tree, problems


def choose(overlays: Sequence[Overlay], name: str | None, what: str, plan: Plan) -> Overlay:
    """The overlay of a name, or the first. Errors: E116 with the closest name."""
    if name is None:
        return overlays[0]
    for overlay in overlays:
        if overlay.name == name:
            return overlay
    known = [overlay.name for overlay in overlays if overlay.name]
    near = units.closest(name, known)
    if near:
        advice = f"did you mean `{near}`?"
    else:
        advice = f"{what}s: {', '.join(known)}" if known else f"it has no {what}s"
    raise ConfigError(
        [Problem("E116", f"there is no {what} `{name}`", Place(file=plan.shown), (advice,))], plan.shown
    )


def _cross(setting: Overlay, cell: Overlay, named: bool) -> Overlay:
    if not cell.changes:
        return setting
    name = f"{setting.name} · {cell.name}" if named else cell.name
    return Overlay(name, (*setting.changes, *cell.changes))


def _with_overridden(problem: Problem, file_tree: Branch) -> Problem:
    """Say what a value from a profile, a setting, the grid or an option stands in for."""
    place = problem.place
    if not (place.option or any(note.startswith("in ") for note in place.notes)):
        return problem
    old = node_at(file_tree, tuple(place.path.split(".")))
    if old is None or not old.place.line:
        return problem
    note = f"overrides {old.place.file}:{old.place.line}:{old.place.column}"
    return replace(problem, place=replace(place, notes=(*place.notes, note)))


def _resolved(node: Node, path: tuple[str, ...]) -> Any:
    """Plain values, with the files that a config names made relative to the working directory."""
    if isinstance(node, Branch):
        return {key: _resolved(value, (*path, key)) for key, value in node.items.items()}
    if isinstance(node, Series):
        return [_resolved(item, path) for item in node.items]
    names_file = bool(path) and path[-1].split(".")[-1] in ("trace", "empirical", "file")
    if names_file and node.kind == "text" and node.place.file:
        folder = Path(node.place.file).parent
        if (folder / node.text).is_file():
            return str(folder / node.text)
    return values(node)
