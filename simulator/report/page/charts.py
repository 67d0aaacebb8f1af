"""The charts of the page: memory over time, what a peak is made of, who is out and why, what a setting costs.

Drawn smaller than a file's charts: a course over time has at most `POINTS` points, each the mean of its bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...names import CAUSES
from ..cases import Case, cases_of, settings_of
from ..charts import (
    Chart,
    Ends,
    _above,
    _bytes_unit,
    _cause_bars,
    _end_labels,
    _on,
    _readable,
    _style,
    _time_axis,
)
from ..choice import alike, in_sight
from ..format import quantity
from ..labels import label
from ..language import say
from ..layout import most_different, spread, steps, time
from ..palette import CAUSES as CAUSE_COLOURS
from ..palette import GREY, PALE, STORES, VERMILLION, store_colour
from .trade import Trade, group_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...study import SettingResult, Study
    from ..charts import Axes

WIDTH = 8.6
POINTS = 120


def over_time(study: Study, profile: str) -> Chart:
    """Memory of a node, the stores alone, and when nodes were out, for settings that look different."""
    cases = [_thinner(case) for case in cases_of(study, None, profile)]
    drawn = most_different(cases, [case.stores_mean.sum(axis=0) for case in cases])
    with _style():
        figure = Chart(figsize=(WIDTH, 4.8 + 0.24 * len(drawn)), layout="constrained")
        heights = [2.3, 1.9, 0.24 * len(drawn) + 0.2]
        host, stores, rug = figure.subplots(3, 1, sharex=True, height_ratios=heights)
        ends = [_host(host, drawn), _stores(stores, drawn), _rug(rug, drawn)]
        figure.draw_without_rendering()
        for axes, labels in ends:
            _end_labels(axes, [end for end in labels if end[1]])
    return figure


def peak(study: Study, profile: str) -> Chart:
    """What each setting's stores hold when memory is at its peak, store by store."""
    groups = alike(in_sight(settings_of(study, profile)))
    unit, divisor = _bytes_unit(max(sum(_held(group[0]).values()) for group in groups))
    with _style():
        figure = Chart(figsize=(WIDTH, 1.1 + 0.27 * len(groups)), layout="constrained")
        axes = figure.subplots()
        left = np.zeros(len(groups))
        everything = list(groups[0][0].scenario.nodes.stores)
        widest = max(sum(_held(group[0]).values()) for group in groups) / divisor
        for place, store in enumerate(everything):
            held = np.array([_held(group[0]).get(store, 0.0) / divisor for group in groups])
            colour = store_colour(place)
            if held.max() > 0.002 * widest:
                axes.barh(
                    range(len(groups)),
                    held,
                    left=left,
                    color=colour,
                    height=0.62,
                    label=store,
                    alpha=1.0 if place < len(STORES) else 0.45,
                )
                row = int(held.argmax())
                if held[row] > 0.012 * len(store) * widest:
                    axes.text(
                        left[row] + held[row] / 2, row, store,
                        ha="center", va="center", fontsize=7.5, color=_on(colour),
                    )  # fmt: skip
            left += held
        for row, group in enumerate(groups):
            text = quantity("bytes", float(sum(_held(group[0]).values())))
            axes.annotate(text, (left[row], row), (4, 0), textcoords="offset points", va="center", fontsize=8)
        axes.set_yticks(range(len(groups)), [group_name(group) for group in groups])
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.set_xlim(0, 1.12 * widest or 1.0)
        axes.set_xlabel(say("bytes of the stores at the memory peak, {unit}", unit=unit))
        axes.tick_params(axis="y", length=0)
        figure.legend(
            loc="outside upper left", ncols=4, frameon=False, fontsize=8, handlelength=1, handleheight=0.8
        )
    return figure


def causes(study: Study, profile: str) -> Chart:
    """Node time lost by first cause; below it the reference's worst replication, if any node was out."""
    cases = [_thinner(case) for case in cases_of(study, None, profile)]
    settings = settings_of(study, profile)
    worst = _most_out(settings[0])
    rows = [0.35 + 0.27 * len(cases)] + ([1.2] if worst else [])
    with _style():
        figure = Chart(figsize=(WIDTH, 0.35 * len(rows) + sum(rows)), layout="constrained")
        panels = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0]
        _cause_bars(panels[0], cases)
        if worst:
            ends = _worst(panels[1], settings[0], *worst)
            figure.draw_without_rendering()
            _end_labels(*ends)
    return figure


def trade_off(trades: Sequence[Trade]) -> Chart:
    """Peak memory against unavailability and lost context, with intervals; filled on the Pareto edge."""
    with _style():
        figure = Chart(figsize=(WIDTH, 3.5), layout="constrained")
        axes = figure.subplots(1, 2, sharex=True)
        unit, divisor = _bytes_unit(max(trade.memory.mean for trade in trades))
        for panel, name in zip(axes, ("unavailable_fraction", "context_lost_fraction"), strict=True):
            _scatter(panel, trades, name, divisor)
            panel.set_xlabel(f"{label('stores_bytes_peak').text}, {unit}")
        figure.draw_without_rendering()
        for panel, name in zip(axes, ("unavailable_fraction", "context_lost_fraction"), strict=True):
            _point_labels(panel, trades, name, divisor)
    return figure


# ---- panels ----


def _host(axes: Axes, cases: Sequence[Case]) -> Ends:
    first = cases[0]
    hours, time_label = time(first.edges_ms)
    assert first.scenario is not None
    threshold = first.scenario.threshold_bytes
    top = max(float(case.memory_high.max()) for case in cases)
    top = max(top, first.scenario.nodes.memory_bytes)
    unit, divisor = _bytes_unit(top)
    base = steps(first.base_mean) / divisor
    axes.fill_between(hours, base, color=PALE, lw=0)
    said = say("everything else on the host, and the bare process")
    axes.text(0.01 * hours[-1], base[0] / 2, said, va="center")
    ends = []
    for case in reversed(cases):  # the reference last, on top
        low, high = steps(case.memory_low) / divisor, steps(case.memory_high) / divisor
        axes.fill_between(hours, low, high, color=case.colour, alpha=0.13, lw=0)
        _course(axes, hours, steps(case.memory_median) / divisor, case)
        ends.append((float(case.memory_median[-1]) / divisor, case.short_name, case.colour))
    if threshold is not None:
        axes.axhline(threshold / divisor, color=VERMILLION, lw=1, ls=(0, (5, 3)))
        text = say("threshold {size}", size=quantity("bytes", threshold))
        _above(axes, 0.01 * hours[-1], threshold / divisor, text, VERMILLION)
    axes.set_ylim(0, 1.08 * top / divisor)
    axes.set_ylabel(say("host memory, {unit}", unit=unit))
    _time_axis(axes, hours, time_label)
    axes.set_xlabel("")
    return axes, ends


def _stores(axes: Axes, cases: Sequence[Case]) -> Ends:
    hours, time_label = time(cases[0].edges_ms)
    totals = [case.stores_mean.sum(axis=0) for case in cases]
    top = max(float(total.max()) for total in totals)
    unit, divisor = _bytes_unit(top)
    ends = []
    for case, total in reversed(list(zip(cases, totals, strict=True))):
        _course(axes, hours, steps(total) / divisor, case)
        ends.append((float(total[-1]) / divisor, case.short_name, case.colour))
    room = cases[0].room_bytes
    if room is not None and 0 < room < 1.5 * top:
        axes.axhline(room / divisor, color=VERMILLION, lw=1, ls=(0, (5, 3)))
        text = say("room below the threshold {size}", size=quantity("bytes", room))
        _above(axes, 0.01 * hours[-1], room / divisor, text, VERMILLION)
        top = max(top, room)
    axes.set_ylim(0, 1.15 * top / divisor or 1.0)
    axes.set_ylabel(say("stores alone, {unit}", unit=unit))
    _time_axis(axes, hours, time_label)
    axes.set_xlabel("")
    return axes, ends


def _rug(axes: Axes, cases: Sequence[Case]) -> Ends:
    """One strip a setting, full where all nodes are out; busy is load and left out."""
    hours, time_label = time(cases[0].edges_ms)
    ends = []
    for row, case in enumerate(cases):
        out = steps(case.cause_share[1:].sum(axis=0) - case.cause_share[4])
        floor = len(cases) - 1 - row
        axes.axhline(floor, color=PALE, lw=0.6)
        if out.max() > 0:
            axes.fill_between(hours, floor, floor + 0.9 * out, color=VERMILLION, lw=0)
        ends.append((floor + 0.45, case.short_name, case.colour))
    axes.set_ylim(-0.05, len(cases))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylabel(say("nodes out"), rotation=0, ha="right", va="center")
    _time_axis(axes, hours, time_label)
    return axes, ends


def _course(axes: Axes, hours: NDArray[np.float64], values: NDArray[np.float64], case: Case) -> None:
    line = axes.plot(hours, values, color=case.colour, lw=1.6)[0]
    if case.look.dashes:
        line.set_dashes(case.look.dashes)


def _most_out(setting: SettingResult) -> tuple[int, float] | None:
    """Place of the replication with most node time out but busy, and that share; None when there is none."""
    total, busy = (setting.kpis[f"unavailable_{name}fraction"].values for name in ("", "busy_"))
    out = [a - b for a, b in zip(total, busy, strict=True)]
    place = int(np.argmax(out))
    return (place, out[place]) if out[place] > 1e-9 else None


def _worst(axes: Axes, setting: SettingResult, place: int, out: float) -> Ends:
    line = setting.timelines[place]
    factor = -(-line.cause_share.shape[-1] // POINTS)
    shares = _merged(line.cause_share.astype(np.float64), factor)
    hours, time_label = time(_edges(line.edges_ms, factor))
    layers = {c: steps(share) * 100 for c, share in zip(CAUSES, shares[1:], strict=True) if share.any()}
    if layers:
        axes.stackplot(hours, *layers.values(), colors=[CAUSE_COLOURS[cause] for cause in layers], lw=0)
    axes.set_ylim(0, 100)
    axes.set_ylabel(say("nodes, %"))
    axes.set_title(
        say(
            "{setting}: the replication with most time out (number {number}), {share} without busy",
            setting=setting.name,
            number=setting.replications[place] + 1,
            share=quantity("fraction", out),
        ),
        fontsize=9,
    )
    _time_axis(axes, hours, time_label)
    floor, ends = 0.0, []
    for cause, layer in layers.items():
        if layer.max() > 2:
            ends.append((floor + float(layer[-1]) / 2, say(cause), _readable(CAUSE_COLOURS[cause])))
        floor += float(layer[-1])
    return axes, ends


def _scatter(axes: Axes, trades: Sequence[Trade], name: str, divisor: float) -> None:
    for trade in trades:
        x, y = trade.memory, trade.result(name)
        spans = [[x.mean - x.low], [x.high - x.mean]], [[y.mean - y.low], [y.high - y.mean]]
        xerr, yerr = (np.nan_to_num(np.abs(np.array(span)), posinf=0.0) for span in spans)
        axes.errorbar(
            x.mean / divisor, 100 * y.mean, xerr=xerr / divisor, yerr=100 * yerr,
            fmt=trade.look.marker, ms=6, color=trade.look.colour, lw=1,
            mfc=trade.look.colour if trade.on_edge else "white", clip_on=False,
        )  # fmt: skip
    edge = sorted((t.memory.mean / divisor, 100 * t.result(name).mean) for t in trades if t.on_edge)
    stairs = [edge[0]]
    for right, lower in edge[1:]:
        if lower < stairs[-1][1]:
            stairs += [(right, stairs[-1][1]), (right, lower)]
    axes.plot(*zip(*stairs, strict=True), color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=0)
    highest = max(100 * trade.result(name).high for trade in trades if np.isfinite(trade.result(name).high))
    axes.set_ylim(0, max(1.1 * highest, 1.0))
    axes.set_xlim(0, 1.12 * max(trade.memory.mean for trade in trades) / divisor or 1.0)
    axes.set_title(say("{result}, %", result=label(name).text))


def _point_labels(axes: Axes, trades: Sequence[Trade], name: str, divisor: float) -> None:
    """Names in the right margin, each joined to its point by a thin line."""
    low, high = axes.get_ylim()
    gap = 10.5 * (high - low) / (axes.get_window_extent().height / axes.figure.dpi * 72)
    ordered = sorted(trades, key=lambda trade: (trade.result(name).mean, -trade.memory.mean))
    heights = spread([100 * trade.result(name).mean for trade in ordered], gap, low, high)
    edge = axes.get_xlim()[1]
    for at, trade in zip(heights, ordered, strict=True):
        point = (trade.memory.mean / divisor, 100 * trade.result(name).mean)
        axes.plot([point[0], edge], [point[1], at], color=PALE, lw=0.6, zorder=0, clip_on=False)
        axes.annotate(
            trade.name, (edge, at), (3, 0), textcoords="offset points", va="center", fontsize=7.5,
            color=trade.look.colour, annotation_clip=False,
        )  # fmt: skip


# ---- pieces ----


def _held(setting: SettingResult) -> dict[str, float]:
    return {store: outputs["bytes_at_memory_peak"].mean for store, outputs in setting.stores.items()}


def _thinner(case: Case) -> Case:
    """A case with no more bins than a page can show; the band keeps its lowest and highest bin."""
    from dataclasses import replace

    factor = -(-len(case.memory_median) // POINTS)
    if factor == 1:
        return case
    starts = np.arange(0, len(case.memory_median), factor)
    return replace(
        case,
        edges_ms=_edges(case.edges_ms, factor),
        memory_low=np.minimum.reduceat(case.memory_low, starts),
        memory_median=_merged(case.memory_median, factor),
        memory_high=np.maximum.reduceat(case.memory_high, starts),
        base_mean=_merged(case.base_mean, factor),
        stores_mean=_merged(case.stores_mean, factor),
        cause_share=_merged(case.cause_share, factor),
    )


def _edges(edges_ms: NDArray[np.int64], factor: int) -> NDArray[np.int64]:
    return np.append(edges_ms[:-1][::factor], edges_ms[-1])


def _merged(values: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Means of so many neighbouring bins (the last may be of fewer)."""
    starts = np.arange(0, values.shape[-1], factor)
    sizes = np.diff(np.append(starts, values.shape[-1]))
    merged: NDArray[np.float64] = np.add.reduceat(values, starts, axis=-1) / sizes
    return merged
