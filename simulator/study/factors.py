"""Which settings form a factorial, seen from what they change: no matter whether a grid made them or a hand.

Paths that always change together are one factor. A factor is crossed with the rest when each of its levels
meets every combination of the others; what is left over (named settings that are no factorial) is one more
factor, of as many levels as it has members.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config.designs import bundles
from ..config.overlays import shortest_endings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .results import SettingResult

Codes = tuple[int, ...]
"""The level of each setting, counted from 0 in order of appearance."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What is varied: its name, its levels as a reader says them, the paths behind it (none: by setting)."""

    name: str
    levels: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def from_to(self) -> tuple[str, str]:
        """The levels between which its effect is taken: the first and the last."""
        return self.levels[0], self.levels[-1]


@dataclass(frozen=True, slots=True)
class Factorial:
    """Settings that have every combination of their factors' levels: places in the profile by levels."""

    factors: tuple[Factor, ...]
    cells: Mapping[tuple[int, ...], int]


def factorials(settings: Sequence[SettingResult]) -> list[Factorial]:
    """The factorials in one profile: all of its settings, or each pair of fixes with both together."""
    whole = _whole([setting.name for setting in settings], [dict(setting.changes) for setting in settings])
    if whole is not None:
        return [whole]
    changes = {setting.name: frozenset(setting.changes) for setting in settings}
    places = {setting.name: place for place, setting in enumerate(settings)}
    reference = settings[0].name
    if changes[reference]:
        return []
    found = []
    for bundle in bundles(changes):
        both = frozenset[tuple[str, str]]().union(*(changes[part] for part in bundle.parts))
        if len(bundle.parts) != 2 or changes[bundle.name] != both:
            continue
        made = [
            Factor(part, (reference, part), tuple(path for path, _ in settings[places[part]].changes))
            for part in bundle.parts
        ]
        factors = _sweep_and_cap_first(made)
        one, other = (factor.name for factor in factors)
        cells = {(0, 0): reference, (1, 0): one, (0, 1): other, (1, 1): bundle.name}
        found.append(Factorial(tuple(factors), {levels: places[name] for levels, name in cells.items()}))
    return sorted(found, key=lambda one: not _is_sweep_and_cap(one.factors))


def _whole(names: Sequence[str], changes: Sequence[Mapping[str, str]]) -> Factorial | None:
    """All settings as one factorial of at least two factors, None when they are none."""
    groups = _groups(changes)
    crossed = [codes for codes in groups if _is_crossed(codes, [c for c in groups if c != codes], len(names))]
    rest = [codes for codes in groups if codes not in crossed]
    factors = {codes: _factor(codes, groups[codes], names, changes, groups) for codes in crossed}
    if rest:
        joined = _codes(list(zip(*rest, strict=True)))
        levels = _firsts(joined, [name.split(" · ")[0] for name in names])
        factors[joined] = Factor("setting", levels, ())
    if len(factors) < 2:
        return None
    in_order = _sweep_and_cap_first(factors.values())
    columns = [next(codes for codes, factor in factors.items() if factor is one) for one in in_order]
    cells = {levels: place for place, levels in enumerate(zip(*columns, strict=True))}
    return Factorial(tuple(in_order), cells)


def _groups(changes: Sequence[Mapping[str, str]]) -> dict[Codes, tuple[str, ...]]:
    """Paths by the way in which they divide the settings; those that are the same everywhere are left out."""
    groups: dict[Codes, tuple[str, ...]] = {}
    for path in dict.fromkeys(path for one in changes for path in one):
        codes = _codes([one.get(path) for one in changes])
        if max(codes) > 0:
            groups[codes] = (*groups.get(codes, ()), path)
    return groups


def _codes(values: Sequence[object]) -> Codes:
    known = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return tuple(known[value] for value in values)


def _is_crossed(codes: Codes, others: Sequence[Codes], count: int) -> bool:
    """Whether every level meets every combination of the others exactly once."""
    rests = list(zip(*others, strict=True)) if others else [()] * count
    return (max(codes) + 1) * len(set(rests)) == count == len(set(zip(codes, rests, strict=True)))


def _factor(
    codes: Codes,
    paths: tuple[str, ...],
    names: Sequence[str],
    changes: Sequence[Mapping[str, str]],
    groups: Mapping[Codes, tuple[str, ...]],
) -> Factor:
    """A factor by the setting that is nothing else, or by its path."""
    alone = [name for name, one in zip(names, changes, strict=True) if set(one) == set(paths)]
    if max(codes) == 1 and alone and not changes[0]:
        return Factor(alone[0], (names[0], alone[0]), paths)
    every = [tuple(path.split(".")) for others in groups.values() for path in others]
    labels = dict(zip(map(".".join, every), shortest_endings(every), strict=True))
    texts = [", ".join(one.get(path, names[0]) for path in paths) for one in changes]
    return Factor(", ".join(labels[path] for path in paths), _firsts(codes, texts), paths)


def _firsts(codes: Codes, texts: Sequence[str]) -> tuple[str, ...]:
    """The text of each level, where it first appears."""
    return tuple(texts[codes.index(level)] for level in range(max(codes) + 1))


def _sweep_and_cap_first(factors: Iterable[Factor]) -> list[Factor]:
    """The two knobs of a session table before anything else: they are what is asked about most."""
    return sorted(factors, key=_knob)


def _knob(factor: Factor) -> int:
    ends = {path.rsplit(".", 1)[-1] for path in factor.paths}
    return 0 if "sweep_every" in ends else 1 if "max" in ends else 2


def _is_sweep_and_cap(factors: Sequence[Factor]) -> bool:
    return [_knob(factor) for factor in factors[:2]] == [0, 1]
