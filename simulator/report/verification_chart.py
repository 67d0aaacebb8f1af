"""A log drawn over its prediction: memory large, then a small panel for everything else that was compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..logs.courses import BIN_MS
from ..logs.verification import AMISS
from .charts import Chart, _heading, _style, _time_axis
from .fidelity_chart import _time
from .format import scale
from .palette import BLACK, BLUE, GREY, SKY, VERMILLION
from .verification import title

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..logs.comparison import Comparison
    from ..logs.verification import Verification, Verified

    Floats = NDArray[np.float64]

COLUMNS: Final = 3
_UNITS: Final = {"percent": "% of the host", "bytes": "", "entries": "entries", "per hour": "an hour"}


def verification_chart(found: Verification) -> Chart:
    """Band and line predicted, line observed. A change has the log before left of the log after."""
    logs = [found.before] if found.after is None else [found.before, found.after]
    if len(logs) == 1:
        return _one(found, logs[0])
    return _two(found, logs)


def _shown(log: Verified) -> list[Comparison]:
    """Each course once: a growing level's growth has the course of its level."""
    kept: dict[str, Comparison] = {}
    for each in log.comparisons:
        if each.quantity.sort == "rate" and not each.course.any() and each.verdict not in AMISS:
            continue
        before = kept.setdefault(_key(each), each)
        if before.verdict not in AMISS and each.verdict in AMISS:
            kept[_key(each)] = each
    return list(kept.values())


def _key(each: Comparison) -> str:
    return "memory" if each.quantity.unit == "percent" else each.quantity.name


def _one(found: Verification, log: Verified) -> Chart:
    shown = _shown(log)
    first = shown[0].quantity.unit == "percent" if shown else False
    small = shown[first:]
    rows = -(-len(small) // COLUMNS)
    heights = [2.4] * first + [1.5] * rows
    with _style():
        figure = Chart(figsize=(9, 0.9 + sum(heights)), layout="constrained")
        grid = figure.add_gridspec(max(len(heights), 1), COLUMNS, height_ratios=heights or [1])
        if first:
            _panel(figure.add_subplot(grid[0, :]), shown[0], log, _most(shown[0]))
        for i, each in enumerate(small):
            axes = figure.add_subplot(grid[first + i // COLUMNS, i % COLUMNS])
            _panel(axes, each, log, _most(each))
            if i + COLUMNS < len(small):
                axes.set_xlabel("")
        _heading(figure, title(found), _NOTE)
    return figure


_NOTE: Final = "black: the log · blue: mean of the predicted logs, and between their lowest and highest"


def _two(found: Verification, logs: list[Verified]) -> Chart:
    sides = [{_key(each): each for each in _shown(log)} for log in logs]
    keys = list(dict.fromkeys([*sides[0], *sides[1]]))
    heights = [2.2 if key == "memory" else 1.5 for key in keys]
    with _style():
        figure = Chart(figsize=(9, 0.9 + sum(heights)), layout="constrained")
        grid = figure.add_gridspec(max(len(keys), 1), 2, height_ratios=heights or [1])
        for row, key in enumerate(keys):
            pair: list[Any] = []
            most = max(_most(side[key]) for side in sides if key in side)
            for column, (side, log) in enumerate(zip(sides, logs, strict=True)):
                if key in side:
                    pair.append(figure.add_subplot(grid[row, column]))
                    _panel(pair[-1], side[key], log, most)
                    if row + 1 < len(keys):
                        pair[-1].set_xlabel("")
            tops = [axes.get_ylim() for axes in pair]
            for axes in pair:
                axes.set_ylim(min(low for low, _ in tops), max(high for _, high in tops))
        _heading(figure, title(found), f"before on the left, after on the right · {_NOTE}")
    return figure


def _parts(each: Comparison) -> list[Floats]:
    return [each.course, each.expected_low, each.expected, each.expected_high]


def _most(each: Comparison) -> float:
    return max((float(np.nanmax(part)) for part in _parts(each) if np.isfinite(part).any()), default=1.0)


def _panel(axes: Any, each: Comparison, log: Verified, most: float) -> None:
    """One quantity over the log's time; `most` is the highest value of all panels on this scale."""
    hours, time_label = _time(np.append(np.arange(len(each.course)) + 0.5, len(each.course)) * BIN_MS)
    wrong = each.verdict in AMISS
    of = each.quantity
    divisor, unit = scale("bytes", most) if of.unit == "bytes" else (1.0, _UNITS[of.unit])
    course, low, middle, high = (part / divisor for part in _parts(each))
    at = hours[:-1]
    axes.fill_between(at, low, high, color=SKY, alpha=0.35, lw=0)
    axes.plot(at, middle, color=BLUE, lw=1.1)
    axes.plot(at, course, color=VERMILLION if wrong else BLACK, lw=1.2, marker="." if len(at) < 8 else "")
    if of.unit == "percent":
        _around(axes, each, log)
    else:
        axes.set_ylim(0, 1.15 * max(most / divisor, 1e-9))
    axes.set_title(f"{of.label.removesuffix(' growth/h').removesuffix('/h')}\n", fontsize=8, color=BLACK)
    axes.annotate(
        f"{unit}: {each.verdict}", (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points",
        fontsize=7.5, color=VERMILLION if wrong else GREY,
    )  # fmt: skip
    axes.tick_params(labelsize=7.5)
    axes.locator_params(axis="y", nbins=4)
    _time_axis(axes, hours, time_label)


def _around(axes: Any, each: Comparison, log: Verified) -> None:
    """Memory is most of the baseline: the axis shows what lies between it and the threshold."""
    least = min(float(np.nanmin(part)) for part in _parts(each) if np.isfinite(part).any())
    top, threshold = _most(each), log.scenario.threshold_bytes
    if threshold is not None:
        limit = 100 * threshold / log.scenario.nodes.memory_bytes
        axes.axhline(limit, color=GREY, lw=0.9, ls=(0, (4, 3)))
        offset = {"xytext": (3, 2), "textcoords": "offset points"}
        axes.annotate("threshold", (0, limit), fontsize=7.5, color=GREY, **offset)
        top = max(top, limit)
    room = 0.15 * max(top - least, 1.0)
    axes.set_ylim(max(least - room, 0.0), min(top + room, 100.0))
