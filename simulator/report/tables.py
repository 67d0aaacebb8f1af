"""Tables as values, and their two renderings: aligned text for a terminal and Markdown.

A cell has a value and an interval. In a narrow terminal the interval stands under its value; where there is
room, and in Markdown, both share a line. A row with a `note` says something in words instead of cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .choice import extremes, telling_names
from .effects import same_reason
from .format import display_width, estimate, pad, quantity, wrap
from .labels import label
from .language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..statistics import Estimate
    from ..study import SettingResult
    from .profile import Profile

_NAME_WIDTHS = range(12, 35)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its unit, its interval without (empty when there is none); `quiet`: nothing differs."""

    value: str
    interval: str = ""
    quiet: bool = False

    @property
    def joined(self) -> str:
        """Both on one line."""
        return f"{self.value} {self.interval}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """A name with cells, or with a note in their place."""

    name: str
    cells: tuple[Cell, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Column heads (without the one over the names) and rows."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


# ---- what the tables hold ----


def comparison_table(profile: Profile, columns: int = 4, names: Sequence[str] = ()) -> Table:
    """The reference in absolute figures, every other setting as paired differences, or as a note.

    `names` are the results to show; by default up to `columns` that say something. Of many settings those are
    shown that change the first of them the most.
    """
    if not names:
        wanted = [verdict.name for verdict in profile.targets]
        names = telling_names(profile.settings, wanted, at_most=columns)
    horizon_ms = profile.reference.scenario.horizon_ms
    rows = [Row(profile.reference.name, tuple(result_cell(profile.reference, name) for name in names))]
    shown = extremes(profile.others, names[0])
    for setting in shown:
        verdict = profile.against(setting)
        if verdict.kind == "exactly_same":
            rows.append(
                Row(setting.name, note=say("exactly the same: {why}", why=same_reason(verdict.reasons)))
            )
        elif verdict.kind == "no_detectable_difference" and len(setting.replications) > 1:
            rows.append(Row(setting.name, note=_no_difference(setting, names[0])))
        else:
            rows.append(
                Row(setting.name, tuple(_difference_cell(setting, name, horizon_ms) for name in names))
            )
    if left_out := len(profile.others) - len(shown):
        rows.append(Row("…", note=left_out_note(left_out, label(names[0]).text)))
    return Table(tuple(label(name).short for name in names), tuple(rows))


def left_out_note(count: int, by: str) -> str:
    """What is said of settings that have no row."""
    return say("{count} more lie between these by {result}; all are in results.csv", count=count, result=by)


def result_cell(setting: SettingResult, name: str) -> Cell:
    """One result in absolute terms; times that no run reached are said so."""
    result = setting.kpis[name]
    if not name.startswith("time_to_") or label(name).unit != "ms":
        text = estimate(label(name).unit, result.mean, result.low, result.high)
        return Cell(text.value, text.interval)
    horizon_ms = setting.scenario.horizon_ms
    censored = _censored(result, horizon_ms)
    if censored == len(result.values):
        return Cell(say("not in {horizon}", horizon=quantity("ms", horizon_ms)))
    text = estimate("ms", result.mean, result.low, result.high)
    return Cell(f"≥ {text.value}", text.interval) if censored else Cell(text.value, text.interval)


def _censored(result: Estimate, horizon_ms: int) -> int:
    return sum(value >= horizon_ms for value in result.values)


def _difference_cell(setting: SettingResult, name: str, horizon_ms: int) -> Cell:
    if name.startswith("time_to_") and _censored(setting.kpis[name], horizon_ms) == len(setting.replications):
        return result_cell(setting, name)
    difference = setting.kpi_differences[name]
    if difference.exact_zero:
        return Cell(say("same"), quiet=True)
    text = estimate(label(name).unit, difference.mean, difference.low, difference.high, signed=True)
    if difference.detectable or not text.interval:
        return Cell(text.value, text.interval)
    return Cell("≈ 0", text.span, quiet=True)


def _no_difference(setting: SettingResult, name: str) -> str:
    difference = setting.kpi_differences[name]
    if difference.exact_zero:
        return say("no detectable difference ({result} the same in every run)", result=label(name).text)
    text = estimate(label(name).unit, difference.mean, difference.low, difference.high, signed=True)
    return say("no detectable difference {span}", span=text.span)


_RUN_ROWS = (
    "memory_bytes_peak",
    "headroom_bytes",
    "stores_bytes_peak",
    "stores_bytes_mean",
    "unavailable_fraction",
    "unavailable_memory_fraction",
    "unavailable_offline_fraction",
    "unavailable_degraded_fraction",
    "unavailable_starting_fraction",
    "unavailable_busy_fraction",
    "down_unnoticed_fraction",
    "unavailable_episodes_per_day",
    "unavailable_minutes_per_day",
    "no_node_time_fraction",
    "no_node_jobs_fraction",
    "no_node_episodes_per_day",
    "no_node_longest_ms",
    "jobs_lost_fraction",
    "time_to_unavailable_ms",
    "time_to_oom_ms",
    "time_to_exhaustion_days",
    "context_lost_fraction",
    "context_elsewhere_fraction",
    "evicted_live_fraction",
    "cache_hit_fraction",
)


def results_table(setting: SettingResult) -> Table:
    """A setting's results one below the other; what is zero in every run shares the last row."""
    rows, nothing = [], []
    for name in _RUN_ROWS:
        result = setting.kpis[name]
        if not any(result.values):
            nothing.append(label(name).text)
        elif result.mean == result.mean and result.mean != float("inf"):
            rows.append(Row(label(name).text, (result_cell(setting, name),)))
    if nothing:
        rows.append(Row(say("0 in every run"), note=say(", ").join(nothing)))
    return Table(("",), tuple(rows))


_STORE_HEADS = {
    "entries_peak": "entries, peak",
    "bytes_peak": "bytes, peak",
    "growth_bytes_per_day": "growth a day",
    "bytes_at_memory_peak": "bytes at the memory peak",
}


def stores_table(setting: SettingResult, columns: int = 4) -> Table:
    """A setting's stores: entries and bytes at their own peaks, growth, bytes at the memory peak."""
    names = list(_STORE_HEADS)[:columns]
    rows = []
    for store, outputs in setting.stores.items():
        cells = []
        for name in names:
            result = outputs[name]
            text = estimate(label(f"{store}.{name}").unit, result.mean, result.low, result.high)
            cells.append(Cell(text.value.removesuffix(say(" a day")), text.interval))
        rows.append(Row(store, tuple(cells)))
    return Table(tuple(say(_STORE_HEADS[name]) for name in names), tuple(rows))


# ---- renderings ----


def to_text(table: Table, width: int, indent: str = "  ") -> list[str]:
    """Aligned lines no wider than `width` where names and cells allow it; none without rows."""
    if not table.rows:
        return []
    room = width - len(indent)
    name_width = _name_width(table, lines=1)
    heads, widths = _columns(table, stacked=False)
    spare = room - sum(column + 2 for column in widths)
    if name_width <= spare:
        longest = max(display_width(row.name) for row in table.rows)
        name_width = max(name_width, min(longest, spare, room // 2 - 2, _NAME_WIDTHS[-1]))
        return _lines(table, name_width, widths, heads, room, indent, stacked=False)
    heads, widths = _columns(table, stacked=True)
    return _lines(table, _name_width(table, lines=2), widths, heads, room, indent, stacked=True)


def _columns(table: Table, *, stacked: bool) -> tuple[list[list[str]], list[int]]:
    """Heads broken into lines, and widths, of the columns."""
    heads, widths = [], []
    for i, head in enumerate(table.heads):
        cells = [text for row in table.rows if row.cells for text in _levels(row.cells[i], stacked)]
        least = max((display_width(text) for text in cells), default=0)
        heads.append(wrap(head, max(least, *(display_width(word) for word in head.split(" ")), 8)))
        widths.append(max(least, *(display_width(line) for line in heads[-1])))
    return heads, widths


def _levels(cell: Cell, stacked: bool) -> tuple[str, ...]:
    return (cell.value, cell.interval) if stacked else (cell.joined,)


def _name_width(table: Table, lines: int) -> int:
    """Width at which every name with cells fits on so many lines."""
    names = [row.name for row in table.rows if row.cells] or [row.name for row in table.rows]
    return next(
        (width for width in _NAME_WIDTHS if all(_fits(name, width, lines) for name in names)),
        _NAME_WIDTHS[-1],
    )


def _fits(name: str, width: int, lines: int) -> bool:
    """Whether a name takes no more lines than this, and none of its Latin words is cut."""
    broken = wrap(name, width)
    cut = any(len(word) > width for word in name.split(" ") if word.isascii())
    return len(broken) <= lines and not cut


def _lines(
    table: Table,
    name_width: int,
    widths: Sequence[int],
    heads: Sequence[Sequence[str]],
    room: int,
    indent: str,
    *,
    stacked: bool,
) -> list[str]:
    out = []
    depth = max((len(head) for head in heads), default=0)
    for level in range(depth):
        texts = [head[level - depth + len(head)] if level >= depth - len(head) else "" for head in heads]
        out.append(_line("", texts, name_width, widths, indent))
    for row in table.rows:
        if row.note:
            out += _note_lines(row, name_width, room, indent)
            continue
        names = wrap(row.name, name_width)
        levels = [_levels(cell, stacked) for cell in row.cells]
        count = max(len(names), 2 if stacked and any(cell.interval for cell in row.cells) else 1)
        for level in range(count):
            name = names[level] if level < len(names) else ""
            texts = [cell[level] if level < len(cell) else "" for cell in levels]
            out.append(_line(name, texts, name_width, widths, indent))
    return [line for line in out if line.strip()]


def _line(name: str, texts: Sequence[str], name_width: int, widths: Sequence[int], indent: str) -> str:
    cells = "".join("  " + pad(text, width, right=True) for text, width in zip(texts, widths, strict=True))
    return f"{indent}{pad(name, name_width)}{cells}".rstrip()


def _note_lines(row: Row, name_width: int, room: int, indent: str) -> list[str]:
    """Name and note side by side; a long name pushes its note to the right, a very long one below."""
    start = max(name_width, display_width(row.name)) + 2
    if start > room // 2:
        return [indent + row.name, *wrap(row.note, room, indent + "    ")]
    first, *rest = wrap(row.note, room - start)
    again = (
        [" " * (name_width + 2) + line for line in wrap(" ".join(rest), room - name_width - 2)]
        if rest
        else []
    )
    return [indent + pad(row.name, start) + first, *(indent + line for line in again)]


def to_markdown(table: Table, first_head: str = "") -> list[str]:
    """A Markdown table; notes span no columns there, so they stand in the first cell of their row."""

    def cells(texts: Sequence[str]) -> str:
        return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"

    lines = [
        cells([first_head, *(head or "mean and 95 % interval" for head in table.heads)]),
        "|---|" + "---:|" * len(table.heads),
    ]
    for row in table.rows:
        texts = (
            [row.note] + [""] * (len(table.heads) - 1) if row.note else [cell.joined for cell in row.cells]
        )
        lines.append(cells([row.name, *texts]))
    return lines
