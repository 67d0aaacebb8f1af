"""Charts of what matters: two factors together, and fixes alone beside what is lost without them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ..cases import EffectRow, looks_of
from ..charts import Chart, _end_labels, _forest, _signed_ticks, _style
from ..format import scale
from ..labels import label
from ..language import say
from ..palette import GREY, INK, PALE, REFERENCE
from .charts import WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...statistics import PairedDifference
    from ...study import Study
    from ...study.factors import Factor
    from ...study.interaction import Interaction
    from ...study.ranking import Ranked
    from ..charts import Axes, Ends
    from ..palette import Look

_DASHES: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))
_APART = 0.05
"""Lines are so far apart along the first factor, that bars do not hide one another."""


def interaction(study: Study, both: Interaction) -> Chart:
    """A panel for each result that two factors move: one along the axis, a line a level of the other."""
    looks = looks_of(study)
    with _style():
        figure = Chart(figsize=(WIDTH, 2.9), layout="constrained")
        panels = figure.subplots(1, len(both.differences), squeeze=False)[0]
        ends = [
            _cells(panel, both, name, differences, looks)
            for panel, (name, differences) in zip(panels, both.differences.items(), strict=True)
        ]
        figure.draw_without_rendering()
        for axes, labels in ends:
            _end_labels(axes, labels)
    return figure


def _cells(
    axes: Axes,
    both: Interaction,
    name: str,
    differences: Mapping[tuple[int, int], PairedDifference],
    looks: Mapping[str, Look],
) -> Ends:
    bounds = [x for d in differences.values() for x in (d.low, d.mean, d.high) if np.isfinite(x)]
    divisor, unit = scale(label(name).unit, max(map(abs, bounds), default=0.0) or 1.0)
    axes.axhline(0, color=PALE, lw=0.8, zorder=0)
    count = len(both.second.levels)
    ends = []
    for line in range(count):
        shift = _APART * (line - (count - 1) / 2)
        means = [differences[place, line].mean / divisor for place in range(len(both.first.levels))]
        drawn = axes.plot(np.arange(len(means)) + shift, means, color=GREY, lw=1.3, zorder=1)[0]
        if dashes := _DASHES[line % len(_DASHES)]:
            drawn.set_dashes(dashes)
        ends.append((means[-1], _level(both.second, line), INK))
    for place, line in product(range(len(both.first.levels)), range(count)):
        shift = _APART * (line - (count - 1) / 2)
        look = looks.get(both.settings.get((place, line), ""), REFERENCE)
        cell = differences[place, line]
        span = [[cell.mean - cell.low], [cell.high - cell.mean]] if np.isfinite(cell.low) else None
        axes.errorbar(
            place + shift, cell.mean / divisor, yerr=None if span is None else np.array(span) / divisor,
            fmt=look.marker, ms=5.5, color=look.colour, lw=1.4, zorder=2,
        )  # fmt: skip
    steps = range(len(both.first.levels))
    named = both.first.levels[-1] == both.first.name
    short = (say("without"), say("with")) if named else both.first.levels
    axes.set_xticks(steps, short)
    axes.set_xlim(-0.35, len(steps) - 0.8)
    axes.set_title(label(name).text)
    axes.set_ylabel(say("change, {unit}", unit=unit) if unit else say("change"))
    axes.set_xlabel(both.first.name)
    _signed_ticks(axes.yaxis, 5)
    return axes, ends


def _level(factor: Factor, place: int) -> str:
    """What a line is called: `without cap 500`, `cap 500`; of a path `max=500`."""
    if factor.levels[-1] == factor.name:
        return factor.name if place else say("without {factor}", factor=factor.name)
    return f"{factor.name}={factor.levels[place]}" if factor.paths else factor.levels[place]


def fixes(study: Study, ranked: Sequence[Ranked]) -> Chart:
    """What each fix does alone, and what is lost when it is taken out of all."""
    looks = looks_of(study)
    name = ranked[0].name
    with _style():
        figure = Chart(figsize=(WIDTH, 1.2 + 0.27 * len(ranked)), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for panel, title in zip(axes, ("alone", "taken out of all"), strict=True):
            rows = [
                EffectRow(one.fix, looks[one.fix], {name: one.alone if title == "alone" else one.lost})
                for one in ranked
            ]
            _forest(panel, name, rows)
            panel.set_title(say(title))
        axes[0].set_yticks(range(len(ranked)), [one.fix for one in ranked])
        for tick, one in zip(axes[0].get_yticklabels(), ranked, strict=True):
            moved = one.alone.detectable or one.lost.detectable
            tick.set_color(looks[one.fix].colour if moved else GREY)
        axes[0].set_ylim(len(ranked) - 0.4, -0.6)
    return figure
