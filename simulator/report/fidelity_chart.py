"""A replay drawn over what was observed: memory, its error, and every level of every store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .charts import Chart, _bytes_unit, _end_labels, _heading, _style, _time_axis
from .format import MINUS, quantity
from .palette import BLACK, BLUE, GREY, PALE, VERMILLION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..study.fidelity import Fidelity, LevelFit, MemoryFit

COLUMNS = 3
_POINTS_AT_MOST = 4000
_NAMES = {"live_bytes": "live heap", "rss_bytes": "resident memory"}


def fidelity(found: Fidelity, title: str) -> Chart:
    """Predicted (blue) over observed (grey): memory and its error, then a small panel for each level."""
    rows = -(-len(found.levels) // COLUMNS)
    heights = [2.4, 1.1] * len(found.memory) + [1.35] * rows
    hours, time_label = _time(found.at_ms)
    ends: list[Any] = []
    with _style():
        figure = Chart(figsize=(9, 0.9 + sum(heights)), layout="constrained")
        grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights)
        for i, fit in enumerate(found.memory):
            ends.append(_memory_panel(figure.add_subplot(grid[2 * i, :]), fit, hours, time_label))
            _error_panel(figure.add_subplot(grid[2 * i + 1, :]), fit, hours, time_label)
        first = 2 * len(found.memory)
        for i, level in enumerate(found.levels):
            panel = figure.add_subplot(grid[first + i // COLUMNS, i % COLUMNS])
            bottom = i + COLUMNS >= len(found.levels)
            _level_panel(panel, level, hours, time_label, found.at_ms, bottom=bottom)
        equal = sum(level.equal for level in found.levels)
        levels = f"{equal} of {len(found.levels)} levels equal at " if found.levels else ""
        note = f"blue: predicted · grey: observed · {levels}{len(found.at_ms):,} observations"
        _heading(figure, title, note)
        figure.draw_without_rendering()
        for axes, labels in ends:
            _end_labels(axes, labels)
    return figure


def _time(at_ms: NDArray[np.int64]) -> tuple[NDArray[np.float64], str]:
    for unit, width, least in (("days", 86_400_000, 73), ("h", 3_600_000, 4), ("min", 60_000, 1 / 30)):
        if at_ms[-1] >= least * 3_600_000:
            return at_ms / width, f"time, {unit}"
    return at_ms / 1000, "time, s"


def _thin(*columns: NDArray[Any]) -> list[NDArray[Any]]:
    """Every so manyth point, so that millions of samples draw as fast as thousands."""
    step = max(1, len(columns[0]) // _POINTS_AT_MOST)
    return [column[::step] for column in columns]


def _memory_panel(axes: Any, fit: MemoryFit, hours: NDArray[np.float64], time_label: str) -> Any:
    unit, divisor = _bytes_unit(max(fit.peak_predicted, fit.peak_observed))
    at, predicted, observed = _thin(hours, fit.predicted / divisor, fit.observed / divisor)
    axes.plot(at, observed, color=GREY, lw=4.5, alpha=0.55, solid_capstyle="butt")
    axes.plot(at, predicted, color=BLUE, lw=1.3)
    axes.set_ylim(0, 1.1 * max(fit.peak_predicted, fit.peak_observed, 1.0) / divisor)
    axes.set_title(_NAMES[fit.name])
    axes.set_ylabel(unit)
    _time_axis(axes, hours, time_label)
    axes.set_xlabel("")
    return axes, [(float(predicted[-1]), "predicted", BLUE), (float(observed[-1]), "observed", GREY)]


def _error_panel(axes: Any, fit: MemoryFit, hours: NDArray[np.float64], time_label: str) -> None:
    """Relative error in percent; wild where next to nothing was observed, so it is cut at the axis."""
    seen = fit.observed > 0
    error = np.where(seen, fit.predicted / np.where(seen, fit.observed, 1.0) - 1.0, np.nan) * 100
    late = error[len(error) // 20 :]
    most = float(np.nanmax(np.abs(late))) if np.isfinite(late).any() else 0.0
    limit = next((step for step in (0.5, 1, 2, 5) if most <= step), 10)
    at, course = _thin(hours, error)
    axes.axhline(0, color=GREY, lw=0.8)
    axes.plot(at, np.clip(course, -limit, limit), color=BLUE, lw=1.1)
    axes.set_ylim(-limit, limit)
    axes.set_ylabel("error, %")
    axes.set_yticks([-limit, 0, limit], [f"{MINUS}{limit:g}", "0", f"+{limit:g}"])
    if np.isfinite(fit.max_error):
        text = f"mean {fit.mean_error:.2%}, largest {fit.max_error:.1%}".replace("%", " %")
        axes.set_title(
            f"error of the {_NAMES[fit.name]}: {text} ({quantity('bytes', abs(fit.max_error_bytes))})"
        )
    _time_axis(axes, hours, time_label)


def _level_panel(
    axes: Any, level: LevelFit, hours: NDArray[np.float64], time_label: str, at_ms: NDArray[np.int64],
    *, bottom: bool,
) -> None:  # fmt: skip
    top = max(float(np.nanmax(level.observed)), float(level.predicted.max()), 1.0)
    divisor, unit = (1e6, ", million") if top >= 1e6 else (1.0, "")
    at, predicted, observed = _thin(hours, level.predicted / divisor, level.observed / divisor)
    axes.plot(at, observed, color=PALE, lw=4, solid_capstyle="butt")
    axes.plot(at, predicted, color=BLUE, lw=1)
    axes.set_ylim(0, 1.15 * top / divisor)
    said, colour = "equal throughout", GREY
    if level.first_ms is not None:
        place = hours[int(np.searchsorted(at_ms, level.first_ms))]
        axes.axvline(place, color=VERMILLION, lw=0.9, ls=(0, (4, 3)))
        said, colour = f"up to {level.max_error:,.0f} off, from the dashed line on", VERMILLION
    axes.set_title(f"{level.store}\n", fontsize=8, color=BLACK)
    axes.annotate(
        f"{level.name.replace('_', ' ')}{unit}: {said}", (0, 1), (0, 4), xycoords="axes fraction",
        textcoords="offset points", fontsize=7.5, color=colour,
    )  # fmt: skip
    axes.tick_params(labelsize=7.5)
    axes.locator_params(axis="y", nbins=3, integer=divisor == 1.0)
    _time_axis(axes, hours, time_label)
    if not bottom:
        axes.set_xlabel("")
