"""A search for the cheapest value: each target's statistic over the values that were tried, and its limit."""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING, Any

from .charts import Chart, _heading, _style
from .format import quantity, scale
from .labels import label
from .palette import BLACK, GREEN, GREY, VERMILLION
from .targets import target_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..names import Unit
    from ..study.cheapest import Cheapest, Found, Tried
    from ..study.targets import TargetVerdict

_LOOKS = {"met": (GREEN, "o"), "missed": (VERMILLION, "X"), "cannot tell": (GREY, "s")}


def cheapest_chart(search: Cheapest) -> Chart:
    """A row of panels for each profile, one panel for each target; both axes as the values ask for."""
    targets = len(search.found[0].tried[0].targets)
    with _style():
        size = (max(6.5, 4.4 * targets), 0.9 + 2.9 * len(search.found))
        figure = Chart(figsize=size, layout="constrained")
        grid = figure.subplots(len(search.found), targets, squeeze=False)
        for found, row in zip(search.found, grid, strict=True):
            for number, axes in enumerate(row):
                _panel(axes, search, found, number)
        marks = "values tried: green meets a target, red misses it, grey cannot be told"
        _heading(figure, f"{search.name}: {search.path}", f"{marks}; dashed: the cheapest that meets all")
    return figure


def _panel(axes: Any, search: Cheapest, found: Found, number: int) -> None:
    first = found.tried[0].targets[number]
    unit: Unit = "fraction" if first.statistic == "P" else label(first.name).unit
    seen = [(tried.number, tried.targets[number]) for tried in found.tried]
    known = [(at, verdict) for at, verdict in seen if isfinite(verdict.value)]
    largest = max((abs(verdict.value) for _, verdict in known), default=0.0)
    divisor, name = scale(unit, max(largest, abs(first.bound)))
    for at, verdict in known:
        _point(axes, at, verdict, divisor)
    axes.axhline(first.bound / divisor, color=BLACK, linewidth=1)
    axes.annotate(
        f"limit {quantity(unit, first.bound)}",
        (1, first.bound / divisor),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
    )
    if found.value is not None:
        axes.axvline(found.at(found.value).number, color=GREEN, linewidth=1, linestyle=(0, (4, 2)))
        axes.annotate(
            found.value,
            (found.at(found.value).number, 1),
            xytext=(3, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="left",
            va="top",
            color=GREEN,
        )
    _ticks(axes, found.tried)
    if not any(verdict.value < 0 for _, verdict in known):
        axes.set_ylim(bottom=0)
    axes.set_title(" · ".join(part for part in (found.profile, target_text(first)) if part))
    axes.set_ylabel(name)
    axes.set_xlabel(search.path)


def _ticks(axes: Any, tried: Sequence[Tried]) -> None:
    """Values as they were written, where there is room; by ratios when they span a wide range."""
    wide = tried[0].number > 0 and tried[-1].number >= 4 * tried[0].number
    if wide:
        axes.set_xscale("log")
        axes.minorticks_off()
    at = [log(one.number) if wide else one.number for one in tried]
    shown: list[int] = []
    for place, here in enumerate(at):
        if not shown or here - at[shown[-1]] >= 0.12 * (at[-1] - at[0]):
            shown.append(place)
    axes.set_xticks([tried[place].number for place in shown], [tried[place].value for place in shown])


def _point(axes: Any, at: float, verdict: TargetVerdict, divisor: float) -> None:
    """A value with its interval: round and green when met, a cross when missed, a grey square untold."""
    colour, marker = _LOOKS[verdict.status]
    ends = [end if isfinite(end) else verdict.value for end in (verdict.low, verdict.high)]
    axes.plot([at, at], [end / divisor for end in ends], color=colour, linewidth=1.5)
    axes.plot([at], [verdict.value / divisor], marker, color=colour, markersize=5, clip_on=False)
