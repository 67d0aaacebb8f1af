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
    found = []
    for name, whole in settings.items():
        fitting = [other for other, some in settings.items() if some and some < whole]
        # a part that is itself made of parts is no fix of its own
        single = [
            one for one in fitting if not _made_of(settings[one], [settings[o] for o in fitting if o != one])
        ]
        chosen: list[str] = []
        taken: set[str] = set()
        for one in sorted(single, key=lambda part: -len(settings[part])):
            paths = {path for path, _ in settings[one]}
            if not paths & taken:
                chosen.append(one)
                taken |= paths
        if len(chosen) > 1:
            found.append(Bundle(name, tuple(one for one in settings if one in chosen)))
    return found


def _made_of(whole: Changes, others: Sequence[Changes]) -> bool:
    """Whether some of the others, which share no path, make up the whole."""
    inside = [some for some in others if some < whole]
    return any(
        one | other == whole and not {p for p, _ in one} & {p for p, _ in other}
        for place, one in enumerate(inside)
        for other in inside[place + 1 :]
    )


def without(name: str, part: str) -> str:
    """What a setting is called when one of its parts is taken out."""
    return f"{name}, without {part}"
