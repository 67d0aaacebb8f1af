"""Profiles, settings and the grid: named sets of changes."""

from dataclasses import dataclass
from itertools import product

from ..problems import Problem
from .merge import Change, changes_of
from .tree import Branch, Node, Scalar, Series, annotate, describe

MOST_CASES = 20_000


@dataclass(frozen=True, slots=True)
class Overlay:
    """A name and the changes it stands for."""

    name: str
    changes: tuple[Change, ...]


def overlays_of(node: Node | None, what: str, base: Branch) -> tuple[tuple[Overlay, ...], list[Problem]]:
    """The profiles or settings of a config, in order, and what is wrong with them."""
    if node is None:
        return (), []
    if not isinstance(node, Branch):
        message = f"expected a map of {what}s by name, not {describe(node)}"
        return (), [Problem("E104", message, node.place, (f"write `name of the {what}: {{path: value}}`",))]
    overlays, problems = [], []
    for name, body in node.items.items():
        if not isinstance(body, Branch):
            message = f"expected the changes of {what} `{name}`, not {describe(body)}"
            problems.append(Problem("E104", message, body.place, ("write `{}` for no change",)))
            continue
        noted = annotate(body, f"in {what} `{name}`")
        if isinstance(noted, Branch):
            overlays.append(Overlay(name, tuple(changes_of(noted))))
    return tuple(overlays), problems


def grid_overlays(
    node: Node | None, settings: tuple[Overlay, ...], base: Branch
) -> tuple[tuple[Overlay, ...], list[Problem]]:
    """The cells of the grid: every combination of its values, the last path fastest."""
    if node is None or (isinstance(node, Branch) and not node.items):
        return (), []
    if not isinstance(node, Branch):
        return (), [Problem("E104", f"expected paths with lists, not {describe(node)}", node.place)]
    axes: list[list[Change]] = []
    problems: list[Problem] = []
    taken = {change.path for setting in settings for change in setting.changes}
    for change in changes_of(node):
        if not isinstance(change.value, Series) or not change.value.items:
            message = f"expected a list of values, not {describe(change.value)}"
            problems.append(Problem("E104", message, change.place, ("write `[500, 1000]`",)))
            continue
        for other in taken:
            short = min(len(other), len(change.path))
            if other[:short] == change.path[:short]:
                message = f"`{'.'.join(change.path)}` is changed by the grid and by a setting"
                problems.append(Problem("E117", message, change.place, ("keep it in one of them",)))
                break
        axes.append([Change(change.path, annotate(v, "in the grid"), change.place) for v in change.value.items])
    cells = tuple(Overlay(_name(cell), tuple(cell)) for cell in product(*axes))
    return cells, problems


def _name(cell: tuple[Change, ...]) -> str:
    from .load import text_of_change

    return ", ".join(f"{change.path[-1]}={text_of_change(change)}" for change in cell)


__all__ = ["MOST_CASES", "Overlay", "Scalar", "grid_overlays", "overlays_of"]
