"""Where things go on a chart: who gets a panel, how labels keep their distance, the points of an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .cases import Case

_PANELS_AT_MOST = 6
_LOOKS_ALIKE = 0.02
"""Courses whose mean distance is below this share of the chart's height get one panel."""


def most_different(cases: Sequence[Case], courses: Sequence[NDArray[np.float64]]) -> list[Case]:
    """The reference and what looks unlike it and each other, in config order, `_PANELS_AT_MOST` in all."""
    alike = _LOOKS_ALIKE * max(float(course.max()) for course in courses)

    def apart(i: int, j: int) -> float:
        return float(np.abs(courses[i] - courses[j]).mean())

    chosen = [0]
    while len(chosen) < min(len(cases), _PANELS_AT_MOST):
        distance = [min(apart(i, j) for j in chosen) for i in range(len(cases))]
        furthest = int(np.argmax(distance))
        if distance[furthest] <= alike:
            break
        # the first setting that looks like it: `cap 500` rather than `all six`
        chosen.append(next(i for i in range(len(cases)) if i not in chosen and apart(i, furthest) <= alike))
    return [cases[i] for i in sorted(chosen)]


def layout(panels: int) -> tuple[int, int]:
    """Columns and rows for a number of panels."""
    columns = panels if panels <= 3 else 2 if panels == 4 else 3
    return columns, -(-panels // columns)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights at least `gap` apart, in order, each cluster centred on what its members wanted.

    >>> spread([1.0, 1.0, 5.0], 1.0, 0.0, 10.0)
    [0.5, 1.5, 5.0]
    """
    clusters: list[list[float]] = []
    for height in wanted:
        clusters.append([height])
        while len(clusters) > 1 and _foot(clusters[-1], gap) < _foot(clusters[-2], gap) + gap * len(
            clusters[-2]
        ):
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    placed = [_foot(cluster, gap) + i * gap for cluster in clusters for i in range(len(cluster))]
    for i in range(len(placed)):
        placed[i] = max(placed[i], low if i == 0 else placed[i - 1] + gap)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], high if i == len(placed) - 1 else placed[i + 1] - gap)
    return placed


def _foot(cluster: Sequence[float], gap: float) -> float:
    return sum(cluster) / len(cluster) - gap * (len(cluster) - 1) / 2


def steps(values: NDArray[Any]) -> NDArray[np.float64]:
    """Bin means at the two ends of the axis too, so that a line spans the whole run."""
    return np.concatenate([values[:1], values, values[-1:]]).astype(np.float64)


def time(edges_ms: NDArray[np.int64]) -> tuple[NDArray[np.float64], str]:
    """Start, bin centres and end, in hours or days, and the axis label."""
    centres = (edges_ms[:-1] + edges_ms[1:]) / 2
    points = np.concatenate([edges_ms[:1], centres, edges_ms[-1:]])
    for unit, width, least in (("days", 86_400_000, 73), ("h", 3_600_000, 4), ("min", 60_000, 1 / 30)):
        if edges_ms[-1] >= least * 3_600_000:
            return points / width, say("time, {unit}", unit=say(unit))
    return points / 1000, say("time, {unit}", unit="s")
