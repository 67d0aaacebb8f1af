"""What was fitted over what was seen: quantiles against quantiles, and starts over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .calibration import fits
from .charts import Chart, _heading, _style
from .palette import BLUE, GREY, VERMILLION

if TYPE_CHECKING:
    from ..logs.calibrate import Calibration
    from ..logs.fitting.fit import Fit, Sample

COLUMNS = 3
_POINTS = 200
_TIMES = ("gap", "audio", "service", "latency")


def calibration_chart(found: Calibration, title: str) -> Chart:
    """A panel of arrivals, then a QQ panel for each fitted family whose values were kept."""
    panels = [(key, fit, found.samples[key]) for key, fit in fits(found).items() if key in found.samples]
    rows = -(-(len(panels) + 1) // COLUMNS)
    with _style():
        figure = Chart(figsize=(9, 0.9 + 2.6 * rows), layout="constrained")
        grid = figure.add_gridspec(rows, COLUMNS)
        _starts(figure.add_subplot(grid[0, 0]), found)
        for i, (key, fit, data) in enumerate(panels, 1):
            _quantiles(figure.add_subplot(grid[i // COLUMNS, i % COLUMNS]), key, fit, data)
        _heading(figure, title, "quantiles seen against fitted ones: on the line, the family is right")
    return figure


def _starts(axes: Any, found: Calibration) -> None:
    """Sessions started so far, against what the fitted rates expect."""
    seen, fit = found.seen, found.arrivals
    if fit is None:
        return
    session_ms = (
        np.sort(seen.at_ms[np.unique(seen.session, return_index=True)[1]]) if len(seen) else seen.opened_ms
    )
    hours = (session_ms - seen.from_ms) / 3_600_000
    axes.plot(hours, np.arange(1, len(hours) + 1), color=GREY, linewidth=3)
    begins = [step.from_hour for step in fit.steps]
    edges = np.linspace(seen.from_ms, seen.to_ms, 500)
    hour = (edges // 3_600_000).astype(np.int64) % 24
    rates = np.array([step.rate for step in fit.steps])[np.searchsorted(begins, hour, side="right") - 1]
    expected = np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(edges) / 1000)])
    axes.plot((edges - seen.from_ms) / 3_600_000, expected, color=BLUE)
    axes.set_title("sessions started", loc="left")
    axes.set_xlabel("h")


def _quantiles(axes: Any, key: str, fit: Fit, data: Sample) -> None:
    name = key.rsplit(".", 1)[-1]
    order = np.argsort(data.values)
    values, weights = data.values[order], data.weights[order]
    reached = (np.cumsum(weights) - 0.5 * weights) / weights.sum()
    shares = np.linspace(0.5 / _POINTS, 1 - 0.5 / _POINTS, _POINTS)
    seen = np.interp(shares, reached, values)
    floor = float(fit.family.sf(fit.theta, np.array([data.from_]))[0]) if data.from_ > 0 else 1.0
    fitted = np.array([fit.family.quantile(fit.theta, float(1 - floor * (1 - share))) for share in shares])
    unit = 1000.0 if name in _TIMES else 1.0
    top = max(float(seen[-1]), float(fitted[-1])) / unit
    axes.plot([0, top], [0, top], color=GREY, linewidth=1)
    axes.plot(fitted / unit, seen / unit, ".", color=BLUE, markersize=3)
    far = np.abs(seen - fitted) > 0.1 * fitted
    axes.plot(fitted[far] / unit, seen[far] / unit, ".", color=VERMILLION, markersize=3)
    axes.set_title(f"{name}: {fit.family.name}", loc="left")
    axes.set_xlabel("fitted, s" if unit > 1 else "fitted")
    axes.set_ylabel("seen")
