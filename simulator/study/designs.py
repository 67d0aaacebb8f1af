"""Designs by name: full factorial, one factor at a time, Latin hypercube."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..config.designs import full_factorial, one_at_a_time
from ..config.tree import flow, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.designs import Axis, Cell, Design

NAMES = ("factorial", "one-at-a-time", "latin-hypercube")
POINTS_PER_AXIS = 10
"""Points of a sample unless said otherwise. Source: Loeppky, Sacks and Welch (2009), Technometrics 51."""
MOST_POINTS = 5_000
SEED = 7
"""The sample is the same whatever the study's seed: what is run is one thing, what arrives another."""


def design_of(text: str) -> Design:
    """The design of a name: `factorial`, `one-at-a-time`, `latin-hypercube` or `latin-hypercube:N`.

    Raises ValueError with what to write instead.
    """
    name, colon, count = text.partition(":")
    if name == "latin-hypercube":
        if not colon:
            return LatinHypercube(None)
        if not count.isdecimal() or not 2 <= int(count) <= MOST_POINTS:
            raise ValueError(f"takes 2 to {MOST_POINTS:,} points, as in latin-hypercube:100, not `{text}`")
        return LatinHypercube(int(count))
    if text in NAMES:
        return full_factorial if text == "factorial" else one_at_a_time
    raise ValueError(f"takes {', '.join(NAMES[:-1])} or {NAMES[-1]}:N, not `{text}`")


class LatinHypercube:
    """A sample that spreads over every axis: each of N equal parts of each axis has one point.

    Lists of values are cut into equal parts. The setting as it is comes first, to be compared with.

    Source: McKay, Beckman and Conover (1979), Technometrics 21, p. 239; spread further by random swaps that
    lower the centred discrepancy (scipy.stats.qmc).
    """

    def __init__(self, points: int | None) -> None:
        self.points = points

    def __call__(self, axes: Sequence[Axis]) -> list[Cell]:
        """The cells; points that come out equal are one."""
        from scipy.stats import qmc

        sampler = qmc.LatinHypercube(len(axes), optimization="random-cd", rng=np.random.default_rng(SEED))
        shares = sampler.random(self.points or POINTS_PER_AXIS * len(axes))
        cells = {
            tuple(flow(values(value)) for value in cell): cell
            for cell in (
                tuple(axis.at(float(share)) for axis, share in zip(axes, row, strict=True)) for row in shares
            )
        }
        return [(None,) * len(axes), *cells.values()]
