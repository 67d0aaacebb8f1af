"""Designs: which combinations of the grid's values are run; and all fixes but one.

A design is a function from the grid's axes to its cells. The full factorial is the language's own; a study
may ask for one factor at a time, or bring a sampling design of its own (this room draws nothing at random).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..problems import Place
from .ranges import Range, evenly
from .tree import Node, Scalar, annotate, resolve_kind

Path = tuple[str, ...]
Changes = frozenset[tuple[str, str]]
"""What a setting changes: (path, text) pairs."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One path of the grid: its listed values, or its range and what stands for it in a factorial."""

    path: Path
    place: Place
    values: tuple[Node, ...]
    range: Range | None = None

    def at(self, share: float) -> Node:
        """The value so far up the axis; a list is cut into equal parts."""
        if self.range is not None:
            return scalar(self.range.at(share), self.place)
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


Cell = tuple[Node | None, ...]
"""One value for each axis; None leaves what the setting has."""
Design = Callable[[Sequence[Axis]], Sequence[Cell]]


def axis_of_range(path: Path, values: Range, steps: int, place: Place) -> Axis:
    """An axis over a range."""
    return Axis(path, place, tuple(scalar(text, place) for text in evenly(values, steps)), values)


def scalar(text: str, place: Place) -> Node:
    """A value of the grid that a design has made."""
    return annotate(Scalar(text, resolve_kind(text, plain=True), place), "in the grid")


def full_factorial(axes: Sequence[Axis]) -> list[Cell]:
    """Every combination, the last axis fastest."""
    return list(product(*(axis.values for axis in axes)))


def one_at_a_time(axes: Sequence[Axis]) -> list[Cell]:
    """The setting as it is, then every value of every axis with the others left as they are."""
    nothing: list[Node | None] = [None] * len(axes)
    cells: list[Cell] = [tuple(nothing)]
    for place, axis in enumerate(axes):
        cells += [(*nothing[:place], value, *nothing[place + 1 :]) for value in axis.values]
    return cells


@dataclass(frozen=True, slots=True)
class Bundle:
    """A setting that does what several others do, each alone: `parts` by name, disjoint, at least two."""

    name: str
    parts: tuple[str, ...]


def bundles(settings: Mapping[str, Changes]) -> list[Bundle]:
    """The settings that hold the changes of at least two others that have no path in common.

    Where parts overlap (a timeout; the timeout with an abort) the larger one counts.

    >>> made = {"a": frozenset({("p", "1")}), "b": frozenset({("q", "2")})}
    >>> bundles({"as found": frozenset(), **made, "all": made["a"] | made["b"]})
    [Bundle(name='all', parts=('a', 'b'))]
    """
    inside = {
        name: [other for other, some in settings.items() if some and some < whole]
        for name, whole in settings.items()
    }
    # a setting that is made of others is no fix of its own
    single = {name for name in settings if len(_apart(inside[name], settings)) < 2}
    found = []
    for name in settings:
        parts = _apart([other for other in inside[name] if other in single], settings)
        if len(parts) > 1:
            found.append(Bundle(name, tuple(other for other in settings if other in parts)))
    return found


def _apart(names: Sequence[str], settings: Mapping[str, Changes]) -> list[str]:
    """Of these settings as many as have no path in common, larger ones first."""
    chosen: list[str] = []
    taken: set[str] = set()
    for name in sorted(names, key=lambda one: -len(settings[one])):
        paths = {path for path, _ in settings[name]}
        if not paths & taken:
            chosen.append(name)
            taken |= paths
    return chosen


def without(name: str, part: str) -> str:
    """What a setting is called when one of its parts is taken out."""
    return f"{name}, without {part}"
