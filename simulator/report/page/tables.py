"""Tables as the page shows them: rows and cells that say nothing are grey, bounding rows stand apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..choice import alike, in_sight, telling_names
from ..labels import label
from ..language import say
from ..tables import Cell, Row, Table, comparison_table, left_out_note, result_cell
from .trade import group_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...statistics import Estimate
    from ..profile import Profile


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell with its class: `same` is grey."""

    value: str
    interval: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with its class: `first`, `same` (grey), `bound`."""

    name: str
    cells: tuple[ShownCell, ...]
    note: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """Column heads, without the one over the names, and rows."""

    heads: tuple[str, ...]
    rows: tuple[ShownRow, ...]


@dataclass(frozen=True, slots=True)
class Captioned:
    """A table with its caption, the head over its names, and how to read it (empty: no need)."""

    table: ShownTable
    caption: str
    first: str = ""
    how: str = ""


def shown(table: Table, kinds: Sequence[str] = ()) -> ShownTable:
    """A table for the page; `kinds` are classes of its rows, notes are grey unless they have one."""
    rows = []
    for place, row in enumerate(table.rows):
        kind = kinds[place] if place < len(kinds) else ""
        cells = tuple(ShownCell(c.value, c.interval, "same" if c.quiet else "") for c in row.cells)
        rows.append(ShownRow(row.name, cells, row.note, kind or ("same" if row.note else "")))
    return ShownTable(table.heads, tuple(rows))


def comparison(profile: Profile, bounds: Profile | None) -> ShownTable:
    """The reference in absolute figures, paired differences of the others and, below, of the two bounds."""
    wanted = [verdict.name for verdict in profile.targets]
    results = telling_names(profile.settings, wanted, at_most=6)
    table = comparison_table(profile, names=results)
    kinds = ["first", *("" for _ in table.rows[1:])]
    rows = list(table.rows)
    if bounds is not None:
        rows += comparison_table(bounds, names=results).rows[1:]
        kinds += ["bound" for _ in bounds.others]
    return shown(Table(table.heads, tuple(rows)), kinds)


_OUT = (
    "unavailable_episodes_per_day",
    "unavailable_minutes_per_day",
    "time_to_unavailable_ms",
    "no_node_episodes_per_day",
    "no_node_minutes_per_day",
    "no_node_longest_ms",
    "jobs_lost_fraction",
)


def outages(profile: Profile) -> ShownTable:
    """How often and how long nodes were out, settings that behaved alike as one row."""
    seen = in_sight(profile.settings)
    groups = alike(seen)
    results = [name for name in _OUT if any(any(group[0].kpis[name].values) for group in groups)]
    heads = [label(name).short for name in results]
    rows = []
    for group in groups:
        cells = [result_cell(group[0], name) for name in results]
        if "unavailable_minutes_per_day" in results:
            cells.insert(2, Cell(_mean_duration(group[0].kpis)))
        rows.append(Row(group_name(group), tuple(cells)))
    if left_out := len(profile.settings) - len(seen):
        rows.append(Row("…", note=left_out_note(left_out, label("stores_bytes_peak").text)))
    if "unavailable_minutes_per_day" in results:
        heads.insert(2, say("mean time out"))
    return shown(Table(tuple(heads), tuple(rows)), ["first"])


def _mean_duration(kpis: Mapping[str, Estimate]) -> str:
    from ..format import quantity

    minutes = kpis["unavailable_minutes_per_day"].mean
    episodes = kpis["unavailable_episodes_per_day"].mean
    return quantity("ms", minutes / episodes * 60_000) if episodes > 0 else "–"
