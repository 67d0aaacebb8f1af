"""A replay in words, as CSV and as JSON; and how close it came to what was observed.

CSV and JSON come in pieces, so that millions of samples need not be one string.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from .format import MINUS, pad, quantity, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ..study.fidelity import Fidelity, LevelFit, MemoryFit
    from ..study.replay import Replay

PIECE = 10_000
"""Samples that are turned into text at once."""

_MEMORY = {"live_bytes": "live heap", "rss_bytes": "resident memory"}


def csv_pieces(found: Replay) -> Iterator[str]:
    """One row per sample: time, the stores' sum, the process, then every store's columns as STORE.NAME."""
    columns: dict[str, NDArray[np.int64]] = {
        "at_ms": found.at_ms,
        "live_bytes": found.live_bytes,
        "rss_bytes": found.rss_bytes,
    }
    for store, outputs in found.stores.items():
        columns |= {f"{store}.{name}": values for name, values in outputs.items()}
    yield ",".join(columns) + "\n"
    for start in range(0, len(found.at_ms), PIECE):
        some = np.column_stack([values[start : start + PIECE] for values in columns.values()])
        yield "".join(",".join(map(str, row)) + "\n" for row in some.tolist())


def json_pieces(found: Replay) -> Iterator[str]:
    """The same as columns: at_ms, stores, live_bytes, rss_bytes; a column on a line."""
    yield '{\n "at_ms": '
    yield from _listed(found.at_ms)
    yield ',\n "stores": {'
    for i, (store, columns) in enumerate(found.stores.items()):
        yield f'{"," if i else ""}\n  "{store}": {{'
        for j, (name, values) in enumerate(columns.items()):
            yield f'{"," if j else ""}\n   "{name}": '
            yield from _listed(values)
        yield "\n  }"
    yield '\n },\n "live_bytes": '
    yield from _listed(found.live_bytes)
    yield ',\n "rss_bytes": '
    yield from _listed(found.rss_bytes)
    yield "\n}\n"


def _listed(values: NDArray[np.int64]) -> Iterator[str]:
    yield "["
    for start in range(0, len(values), PIECE):
        yield (", " if start else "") + ", ".join(map(str, values[start : start + PIECE].tolist()))
    yield "]"


def replay_text(found: Replay, title: str) -> str:
    """Peaks and ends of every store and of the process, as a table."""
    samples = len(found.at_ms)
    if not samples:
        return f"{title}\n\n  no row is before the horizon of {quantity('ms', found.scenario.horizon_ms)}"
    rows: list[tuple[str, ...]] = [("", "entries peak", "at end", "bytes peak", "at end")]
    for store, columns in found.stores.items():
        counts = [f"{int(end(columns['entries'])):,}" for end in (np.max, _last)]
        sizes = [quantity("bytes", float(end(columns["bytes"]))) for end in (np.max, _last)]
        rows.append((store, *counts, *sizes))
    for name, values in (("all stores", found.live_bytes), ("process", found.rss_bytes)):
        rows.append((name, "", "", *(quantity("bytes", float(end(values))) for end in (np.max, _last))))
    lines = [title, "", *_aligned(rows)]
    if found.first_death_ms is not None:
        lines += ["", f"  the process died at {_at(found.first_death_ms)}: what came later found nobody"]
    return "\n".join(lines)


def _last(values: NDArray[np.int64]) -> float:
    return float(values[-1])


def fidelity_text(found: Fidelity, title: str, width: int = 80) -> str:
    """Predicted against observed: the counts, memory, and what was not compared."""
    lines = [title]
    if found.levels:
        equal = sum(level.equal for level in found.levels)
        every = (
            f"all {len(found.levels)}" if equal == len(found.levels) else f"{equal} of {len(found.levels)}"
        )
        lines += ["", f"  {every} levels equal at each of {len(found.at_ms):,} observations", ""]
        rows: list[tuple[str, ...]] = [("", "", "mean error", "largest", "first differs")]
        rows += [_level_row(level) for level in found.levels]
        lines += _aligned(rows, left=2, words=True)
    if found.memory:
        rows = [("", "peak", "observed", "error", "mean error", "largest error")]
        rows += [_memory_row(fit) for fit in found.memory]
        lines += ["", *_aligned(rows, words=True)]
    for place, remark in enumerate(found.remarks):
        lines += [""] * (place == 0) + wrap(f"note: {remark}", width, "  ", "    ")
    return "\n".join(lines)


def _level_row(level: LevelFit) -> tuple[str, ...]:
    if level.first_ms is None:
        return level.store, level.name, "0", "0", "never"
    how = f"{_at(level.first_ms)}: {level.first_predicted:,.0f}, observed {level.first_observed:,.0f}"
    return level.store, level.name, f"{level.mean_error:,.2f}", f"{level.max_error:,.0f}", how


def _memory_row(fit: MemoryFit) -> tuple[str, ...]:
    peaks = [quantity("bytes", value) for value in (fit.peak_predicted, fit.peak_observed)]
    if not isfinite(fit.max_error):
        return _MEMORY[fit.name], *peaks, _percent(fit.peak_error, signed=True), "unknown", ""
    worst = f"{_percent(fit.max_error)} ({_signed_bytes(fit.max_error_bytes)}) at {_at(fit.max_error_ms)}"
    return (
        _MEMORY[fit.name],
        *peaks,
        _percent(fit.peak_error, signed=True),
        _percent(fit.mean_error),
        worst,
    )


def _percent(share: float, *, signed: bool = False) -> str:
    if not isfinite(share):
        return "unknown"
    size = f"{abs(share) * 100:.2g}" if abs(share) < 0.1 else f"{abs(share) * 100:.0f}"
    sign = "" if not signed or float(size) == 0 else "+" if share > 0 else MINUS
    return f"{sign}{size} %"


def _signed_bytes(size: float) -> str:
    return f"{'+' if size > 0 else MINUS if size < 0 else ''}{quantity('bytes', abs(size))}"


def _at(ms: int) -> str:
    """An instant as hours, minutes and seconds, as exactly as it is.

    >>> _at(0), _at(720_000), _at(37_501), _at(4_020_000)
    ('0 s', '12 min', '37.501 s', '1 h 7 min')
    """
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    if rest or not parts:
        parts.append(f"{rest / 1000:g} s")
    return " ".join(parts)


def _aligned(rows: Sequence[Sequence[str]], left: int = 1, *, words: bool = False) -> list[str]:
    """Rows as lines; the first `left` columns stand to the left, and with `words` the last one too."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    last = len(widths) - 1 if words else len(widths)
    return [
        "  " + "  ".join(
            pad(cell, width, right=left <= i < last)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]  # fmt: skip


def fidelity_dict(found: Fidelity) -> dict[str, Any]:
    """The same for machines; times in ms, memory errors as shares, what is undefined as null."""
    stores: dict[str, dict[str, Any]] = {}
    for level in found.levels:
        stores.setdefault(level.store, {})[level.name] = {
            "mean_error": level.mean_error,
            "max_error": level.max_error,
            "first_divergence_ms": level.first_ms,
            "first_predicted": _plain(level.first_predicted),
            "first_observed": _plain(level.first_observed),
        }
    memory = {
        fit.name: {
            "peak_predicted": fit.peak_predicted,
            "peak_observed": fit.peak_observed,
            "peak_relative_error": _plain(fit.peak_error),
            "mean_relative_error": _plain(fit.mean_error),
            "max_relative_error": _plain(fit.max_error),
            "max_relative_error_bytes": _plain(fit.max_error_bytes),
            "max_relative_error_at_ms": fit.max_error_ms if fit.max_error_ms >= 0 else None,
        }
        for fit in found.memory
    }
    return {
        "observations": len(found.at_ms),
        "stores": stores,
        "memory": memory,
        "remarks": list(found.remarks),
    }


def fidelity_csv(found: Fidelity) -> str:
    """The same, one row per figure: store (empty for memory), name, figure, value."""
    plain = fidelity_dict(found)
    lines = ["store,name,figure,value"]
    groups = [*plain["stores"].items(), ("", plain["memory"])]
    for store, columns in groups:
        for name, figures in columns.items():
            for figure, value in figures.items():
                lines.append(f"{store},{name},{figure},{'' if value is None else repr(value)}")
    return "\n".join(lines) + "\n"


def _plain(value: float) -> float | None:
    return value if isfinite(value) else None
