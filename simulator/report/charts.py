"""Charts: memory over time, availability by cause, settings compared. The only home of matplotlib.

Each function takes what the reader has in hand (a History, a Timeline, several of either, a Result or a
Study) and returns a matplotlib Figure that a notebook shows and `render` turns into a file. Every axis has
its unit, memory starts at zero, lines carry their names at their ends, and settings that behaved alike are
drawn once under all their names.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, filterwarnings

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from ..names import CAUSES
from .cases import Case, EffectRow, cases_of, effects_of, settings_of
from .choice import ROWS_AT_MOST
from .format import MINUS, estimate, quantity, scale, wrap
from .labels import label
from .language import say
from .layout import layout, most_different, spread, steps, time
from .palette import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    INK,
    PALE,
    SKY,
    VERMILLION,
    YELLOW,
    store_colour,
)
from .palette import CAUSES as CAUSE_COLOURS
from .profile import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes as Axes
    from numpy.typing import NDArray

    from ..config import Scenario
    from ..names import Unit
    from ..statistics import PairedDifference
    from .palette import Look

FONTS = [
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "sans-serif",
]
"""Latin first, then the Chinese faces of the common systems; in an SVG the browser picks from the list."""

_STYLE: Any = {
    "font.family": FONTS,
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "simulator",
    "figure.dpi": 110,
    "savefig.dpi": 144,
}
_LEAST_SHARE = 0.05
"""Axes of node time span at least 5 %, so that a thousandth does not look like everything."""


class Chart(Figure):
    """A Figure that shows itself in a notebook, in the house style and without pyplot."""

    def _repr_png_(self) -> bytes:
        return render(self, "png")

    def _ipython_display_(self) -> None:
        # once pyplot's inline backend is there, IPython would draw every Figure its own way
        shown = import_module("IPython.display")
        shown.display(shown.Image(data=self._repr_png_()))


@contextmanager
def _style() -> Iterator[None]:
    """The house style; silent about fonts of other systems and about glyphs that no font here has."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with rc_context(_STYLE), catch_warnings():
            filterwarnings("ignore", message="Glyph .* missing from")
            yield
    finally:
        logger.setLevel(level)


def render(figure: Figure, kind: str) -> bytes:
    """A figure as `svg` or `png`; the same figure gives the same bytes."""
    buffer = BytesIO()
    with _style():
        _settle(figure)
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return buffer.getvalue()


def _settle(figure: Figure) -> None:
    """Lay the figure out once and round where its axes are: the solver's last digits vary from run to run."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    for axes in figure.axes:
        left, bottom, width, height = (round(float(edge), 4) for edge in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))
    figure.set_layout_engine("none")


def memory(source: Any, scenario: Scenario | None = None, *, profile: str | None = None) -> Figure:
    """Memory of a node over time: the whole host with its threshold above, the stores alone below.

    Args:
        source: History, Timeline, a sequence of either (replications of one setting), Result or Study.
        scenario: where the threshold and host memory are read for a bare History.
        profile: which profile of a Study (default: the first).

    The upper panel has the median over nodes and replications and their 5-95 % band. The lower panels magnify
    the stores, stacked, on one scale for all settings.
    """
    cases = cases_of(source, scenario, profile)
    drawn = most_different(cases, [case.stores_mean.sum(axis=0) for case in cases])
    columns, rows = layout(len(drawn))
    with _style():
        figure = Chart(figsize=(9, 3.7 + 2.4 * rows), layout="constrained")
        grid = figure.add_gridspec(1 + rows, columns, height_ratios=[1.45] + [1] * rows)
        ends = [_host_panel(figure.add_subplot(grid[0, :]), drawn)]
        top = max(float(case.stores_mean.sum(axis=0).max()) for case in drawn)
        room = drawn[0].room_bytes
        if room is not None and top < room < 2 * top:
            top = room
        for i, case in enumerate(drawn):
            panel = figure.add_subplot(grid[1 + i // columns, i % columns])
            ends.append(_stores_panel(panel, case, top, first=i % columns == 0, alone=len(drawn) == 1))
        only = f"{drawn[0].short_name} · " if len(drawn) == 1 and drawn[0].names[0] else ""
        note = f"{only}median and 5–95 % of all nodes, {_runs(drawn[0])}{_of_many(source, profile)}"
        _finish(figure, "Memory of a node over time", note, cases, drawn, ends)
    return figure


def availability(source: Any, scenario: Scenario | None = None, *, profile: str | None = None) -> Figure:
    """Share of node time in which the dispatch filter rejects a node, by its first cause, over time.

    Takes what `memory` takes. With several settings, a bar for each (whole run after warm-up, with the
    interval of the total) stands above the courses over time.
    """
    cases = cases_of(source, scenario, profile)
    drawn = most_different(cases, [case.cause_share[1:].sum(axis=0) for case in cases])
    columns, rows = layout(len(drawn))
    bars = len(cases) > 1
    heights = ([0.5 + 0.26 * len(cases)] if bars else []) + [2.0] * rows
    with _style():
        figure = Chart(figsize=(9, 1.1 + sum(heights)), layout="constrained")
        grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
        if bars:
            _cause_bars(figure.add_subplot(grid[0, :]), cases)
        top = max(_LEAST_SHARE, max(float(case.cause_share[1:].sum(axis=0).max()) for case in drawn))
        ends = []
        for i, case in enumerate(drawn):
            panel = figure.add_subplot(grid[int(bars) + i // columns, i % columns])
            ends.append(_cause_panel(panel, case, top, first=i % columns == 0, alone=not bars))
        title = "Node time in which the scheduler rejects a node, by first cause"
        _finish(
            figure,
            title,
            f"mean of all nodes, {_runs(cases[0])}{_of_many(source, profile)}",
            cases,
            drawn,
            ends,
        )
    return figure


def comparison(
    study: Any, *, profile: str | None = None, names: Sequence[str] | None = None, titled: bool = True
) -> Figure:
    """What each setting changes against the reference: paired differences with 95 % intervals.

    Grey where nothing is detectable, a hollow ring where the outcome was the same in every replication.

    Args:
        study: a Study.
        profile: which profile (default: the first).
        names: result names, one column each (default: those in which something differs, four at most).
        titled: False where the page around it has the title.
    """
    effects = effects_of(study, profile, names)
    with _style():
        size = (max(5.0, 2.4 + 2.2 * len(effects.names)), 1.6 + 0.27 * len(effects.rows))
        figure = Chart(figsize=size, layout="constrained")
        axes = figure.subplots(1, len(effects.names), sharey=True, squeeze=False)[0]
        for panel, name in zip(axes, effects.names, strict=True):
            _forest(panel, name, effects.rows)
        axes[0].set_yticks(range(len(effects.rows)), [row.name for row in effects.rows])
        for tick, row in zip(axes[0].get_yticklabels(), effects.rows, strict=True):
            tick.set_color(row.look.colour if row.changes else GREY)
        axes[0].set_ylim(len(effects.rows) - 0.4, -0.6)
        if not titled:
            return figure
        _heading(
            figure,
            f"What changes against “{effects.reference}”{_within(effects.profile)}",
            "paired differences on the same arrivals, 95 % intervals · grey: nothing detectable · "
            "ring: exactly the same"
            + (f" · {effects.left_out:,} more lie between these" if effects.left_out else ""),
        )
    return figure


# ---- panels ----

Ends = tuple["Axes", list[tuple[float, str, str]]]
"""Names to write at the right end of a panel: (height, name, colour) each."""


def _host_panel(axes: Axes, cases: Sequence[Case]) -> Ends:
    first, alone = cases[0], len(cases) == 1
    hours, time_label = time(first.edges_ms)
    top = max(float(case.memory_high.max()) for case in cases)
    threshold = None
    if first.scenario is not None:
        threshold = first.scenario.threshold_bytes
        top = max(top, first.scenario.nodes.memory_bytes)
    unit, divisor = _bytes_unit(top)
    base = steps(first.base_mean) / divisor
    axes.fill_between(hours, base, color=PALE, lw=0)
    axes.text(0.01 * hours[-1], base[0] / 2, "everything else on the host, and the bare process", va="center")
    if alone:
        layers = [steps(row) / divisor for row in first.stores_mean]
        colours = [store_colour(place) for place in first.store_order]
        for i, colour in enumerate(colours):
            floor = base + sum(layers[:i])
            axes.fill_between(hours, floor, floor + layers[i], color=colour, alpha=0.6, lw=0)
    ends = []
    for case in reversed(cases):  # the reference last, on top
        low, high = steps(case.memory_low) / divisor, steps(case.memory_high) / divisor
        axes.fill_between(hours, low, high, color=case.colour, alpha=0.13, lw=0)
        middle = steps(case.memory_median) / divisor
        line = axes.plot(hours, middle, color=case.colour, lw=1.6)[0]
        if case.look.dashes:
            line.set_dashes(case.look.dashes)
        ends.append((float(middle[-1]), "" if alone else case.short_name, case.colour))
    if threshold is not None:
        axes.axhline(threshold / divisor, color=VERMILLION, lw=1, ls=(0, (5, 3)))
        text = f"threshold {quantity('bytes', threshold)}"
        _above(axes, 0.01 * hours[-1], threshold / divisor, text, VERMILLION)
    axes.set_ylim(0, 1.08 * top / divisor)
    axes.set_ylabel(f"memory of the host, {unit}")
    _time_axis(axes, hours, time_label)
    return axes, ends


def _stores_panel(axes: Axes, case: Case, top: float, *, first: bool, alone: bool) -> Ends:
    hours, time_label = time(case.edges_ms)
    unit, divisor = _bytes_unit(top)
    layers = [steps(row) / divisor for row in case.stores_mean]
    colours = [store_colour(place) for place in case.store_order]
    limit = 1.12 * top / divisor if top > 0 else 1.0
    axes.stackplot(hours, *layers, colors=colours, lw=0)
    axes.set_ylim(0, limit)
    room = case.room_bytes
    if room is not None and 0 < room <= top:
        axes.axhline(room / divisor, color=VERMILLION, lw=1, ls=(0, (5, 3)))
        if first:
            text = f"room below the threshold {quantity('bytes', room)}"
            axes.text(
                0.99 * hours[-1],
                room / divisor,
                text,
                color=VERMILLION,
                ha="right",
                va="bottom",
                fontsize=7.5,
            )
    floor = np.zeros(len(hours))
    ends, seen = [], []
    for name, layer, colour in zip(case.store_names, layers, colours, strict=True):
        if layer.max() > 0.02 * limit:
            ends.append((float(floor[-1] + layer[-1] / 2), name, _readable(colour)))
            seen.append((float(layer.max()), name))
        if not alone and layer[-1] > 0.09 * limit:
            axes.text(
                0.98 * hours[-1], floor[-1] + layer[-1] / 2, name,
                ha="right", va="center", fontsize=7, color=_on(colour),
            )  # fmt: skip
        floor = floor + layer
    peak = f"at most {quantity('bytes', float(case.stores_mean.sum(axis=0).max()))}"
    if alone:
        axes.set_title(f"stores alone, {peak}", fontsize=9)
    else:
        names = [name for _, name in sorted(seen, reverse=True)]
        shown = ", ".join(names[:1]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        _panel_title(axes, case, f"{peak}{': ' if shown else ''}{shown}")
    if first:
        axes.set_ylabel(f"stores alone, {unit}")
    _time_axis(axes, hours, time_label)
    return axes, ends if alone else []


def _cause_panel(axes: Axes, case: Case, top: float, *, first: bool, alone: bool) -> Ends:
    hours, time_label = time(case.edges_ms)
    layers = [steps(share) * 100 for share in case.cause_share[1:]]
    axes.stackplot(hours, *layers, colors=[CAUSE_COLOURS[cause] for cause in CAUSES], lw=0)
    limit = min(100.0, 105 * top)
    axes.set_ylim(0, limit)
    floor, ends, said = 0.0, [], []
    widths = np.diff(case.edges_ms)
    for i, (cause, layer) in enumerate(zip(CAUSES, layers, strict=True)):
        if layer.max() > 0.02 * limit:
            ends.append((floor + float(layer[-1]) / 2, cause, _readable(CAUSE_COLOURS[cause])))
        share = float(np.average(case.cause_share[1 + i], weights=widths))
        if share > 0:
            said.append((share, f"{cause} {quantity('fraction', float(f'{share:.2g}'))}"))
        floor += float(layer[-1])
    if not alone:
        _panel_title(
            axes, case, ", ".join(text for _, text in sorted(said, reverse=True)[:2]) or "never rejected"
        )
    if first:
        axes.set_ylabel("of node time, %")
    _time_axis(axes, hours, time_label)
    return axes, ends if alone else []


def _cause_bars(axes: Axes, cases: Sequence[Case]) -> None:
    left = np.zeros(len(cases))
    widest = max(case.kpis["unavailable_fraction"].mean for case in cases) * 100
    for cause in CAUSES:
        share = np.array([case.kpis[f"unavailable_{cause}_fraction"].mean * 100 for case in cases])
        colour = CAUSE_COLOURS[cause]
        axes.barh(range(len(cases)), share, left=left, color=colour, height=0.62)
        row = int(share.argmax())
        if share[row] > 0.08 * widest:
            middle = left[row] + share[row] / 2
            axes.text(middle, row, say(cause), ha="center", va="center", fontsize=8, color=_on(colour))
        left += share
    for row, case in enumerate(cases):
        total = case.kpis["unavailable_fraction"]
        text = estimate("fraction", total.mean, total.low, total.high).joined
        axes.annotate(text, (left[row], row), (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(cases)), [case.short_name for case in cases])
    for tick, case in zip(axes.get_yticklabels(), cases, strict=True):
        tick.set_color(case.colour)
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.set_xlim(0, max(widest * 1.3, 100 * _LEAST_SHARE))
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= 100])
    axes.set_xlabel(say("of node time, whole run, %"))
    axes.tick_params(axis="y", length=0)


def _forest(axes: Axes, name: str, rows: Sequence[EffectRow]) -> None:
    unit = label(name).unit
    shown = [row.differences[name] for row in rows]
    bounds = [x for d in shown for x in (d.low, d.mean, d.high) if np.isfinite(x)]
    low, high = min(0.0, *bounds, 0.0), max(0.0, *bounds, 0.0)
    extent = max(-low, high) or 1.0
    divisor, unit_name = scale(unit, extent)
    axes.axvline(0, color=GREY, lw=0.8)
    for place, (row, difference) in enumerate(zip(rows, shown, strict=True)):
        if difference.exact_zero:
            axes.plot(0, place, "o", mfc="white", mec=GREY, ms=5)
        elif np.isfinite(difference.mean):
            _whisker(axes, place, difference, row.look, divisor, unit, (low + high) / 2)
    room = 0.3 * (high - low) or 1.0
    axes.set_xlim((low - room) / divisor, (high + room) / divisor)
    axes.set_title(label(name).text)
    axes.set_xlabel(say("difference, {unit}", unit=unit_name) if unit_name else say("difference"))
    _signed_ticks(axes.xaxis, 4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _whisker(
    axes: Axes,
    place: int,
    difference: PairedDifference,
    look: Look,
    divisor: float,
    unit: Unit,
    middle: float,
) -> None:
    """Point, interval and, when detectable, the value on the side where there is room."""
    mean, low, high = difference.mean, difference.low, difference.high
    ink = look.colour if difference.detectable else GREY
    ends = [bound if np.isfinite(bound) else mean for bound in (low, high)]
    axes.plot([end / divisor for end in ends], [place, place], color=ink, lw=1.8, solid_capstyle="butt")
    axes.plot(mean / divisor, place, look.marker, color=ink, ms=5)
    if difference.detectable:
        left = mean > middle
        axes.annotate(
            estimate(unit, mean, low, high, signed=True).value,
            (ends[0 if left else 1] / divisor, place),
            (-6 if left else 6, 0),
            textcoords="offset points",
            va="center",
            ha="right" if left else "left",
            fontsize=8,
            color=ink,
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )


# ---- pieces ----


def _finish(
    figure: Figure, title: str, note: str, cases: Sequence[Case], drawn: Sequence[Case], ends: Sequence[Ends]
) -> None:
    """Heading, names at line ends (once the layout is known), and which settings have no panel."""
    _heading(figure, f"{title}{_within(cases[0].profile)}", note)
    these = "this" if len(drawn) == 1 else "one of these"
    left_out = [case.name for case in cases if case not in drawn]
    notes = [f"exactly alike: {case.name}" for case in drawn if len(case.names) > 1]
    notes += [f"not drawn, looking like {these}: {names(left_out, 12)}"] if left_out else []
    if notes:
        lines = [line for note in notes for line in wrap(note, 130, hanging="    ")]
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8)
    figure.draw_without_rendering()
    for axes, labels in ends:
        _end_labels(axes, [end for end in labels if end[1]])


def _heading(figure: Figure, title: str, note: str) -> None:
    figure.suptitle(f"{title}\n", x=0.01, ha="left", fontsize=11)
    inches = figure.get_figheight()
    figure.text(0.01, 1 - 0.28 / inches, note, ha="left", va="top", fontsize=8.5, color=GREY)


def _panel_title(axes: Axes, case: Case, note: str) -> None:
    # a long name must not take the room of the panel itself
    axes.set_title(f"{case.short_name}\n", color=case.colour, fontsize=9).set_in_layout(False)
    axes.annotate(
        note, (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", fontsize=7.5, color=INK
    ).set_in_layout(False)


def _signed_ticks(axis: Any, count: int) -> None:
    """At most so many steps, with their signs: an axis of differences."""
    axis.set_major_locator(MaxNLocator(count))
    axis.set_major_formatter(
        FuncFormatter(
            lambda value, _: (
                f"{value:+.9f}".rstrip("0").rstrip(".").replace("-", MINUS) if abs(value) > 5e-10 else "0"
            )
        )
    )


def _above(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(text, (x, y), (0, 3), textcoords="offset points", color=colour)


def _end_labels(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names at the right end of a panel, each as near to its line as the others allow."""
    low, high = axes.get_ylim()
    gap = 11.5 * (high - low) / (axes.get_window_extent().height / axes.figure.dpi * 72)
    ordered = sorted(ends, key=lambda end: end[0])
    heights = spread([y for y, _, _ in ordered], gap, low, high)
    for at, (_, name, colour) in zip(heights, ordered, strict=True):
        axes.annotate(
            name, (axes.get_xlim()[1], at), (5, 0), textcoords="offset points", va="center", color=colour,
            annotation_clip=False,
        )  # fmt: skip


def _time_axis(axes: Axes, hours: NDArray[np.float64], time_label: str) -> None:
    last = float(hours[-1])
    sixtieths = time_label.endswith(("min", "s"))
    steps = (1, 2, 5, 10, 15, 30, 60) if sixtieths else (0.25, 0.5, 1, 2, 3, 4, 6, 12, 24)
    axes.xaxis.set_major_locator(MultipleLocator(next((s for s in steps if last / s <= 8.5), last / 6)))
    axes.set_xlim(0, last)
    axes.set_xlabel(time_label)


def _bytes_unit(most: float) -> tuple[str, float]:
    divisor, unit = scale("bytes", most)
    return unit, divisor


def _on(fill: str) -> str:
    """Ink that can be read on a fill."""
    return "white" if fill in (BLACK, VERMILLION, BLUE, GREEN) else INK


def _readable(colour: str) -> str:
    """Pale fills need a darker label."""
    return INK if colour in (PALE, YELLOW, SKY) else colour


def _within(profile: str) -> str:
    return f" · {profile}" if profile else ""


def _of_many(source: Any, profile: str | None) -> str:
    """What is said when a study has more settings than a chart."""
    settings = settings_of(source, profile) if hasattr(source, "settings") else []
    drawn = sum(bool(setting.timelines) for setting in settings)
    return f" · {drawn} of {len(settings):,} settings" if len(settings) > ROWS_AT_MOST else ""


def _runs(case: Case) -> str:
    return f"{case.replications} replications" if case.replications > 1 else "one replication"
