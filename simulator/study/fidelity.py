"""How close a replay comes to what a real node was seen to hold: store by store, and memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .replay import Replay

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

MEMORY = ("live_bytes", "rss_bytes")


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What a real node was seen to hold, at K instants in order.

    Attributes:
        at_ms: when, [K], counted from the start of the trace.
        stores: name -> column (`entries`, `bytes`, ...) -> values [K], NaN where nothing was noted.
        memory: `live_bytes`, `rss_bytes`, those that were noted, [K].
        remarks: what of the file is not compared, in words.
    """

    at_ms: Ints
    stores: Mapping[str, Mapping[str, Floats]]
    memory: Mapping[str, Floats]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LevelFit:
    """One column of one store. Errors are predicted minus observed, over all observations.

    Attributes:
        mean_error, max_error: of the absolute differences.
        first_ms: when the two first differ (`first_predicted`, `first_observed`), None when they never do.
        predicted, observed: the two courses, [K].
    """

    store: str
    name: str
    mean_error: float
    max_error: float
    first_ms: int | None
    first_predicted: float
    first_observed: float
    predicted: Floats = field(repr=False)
    observed: Floats = field(repr=False)

    @property
    def equal(self) -> bool:
        """Whether they agree at every observation."""
        return self.first_ms is None


@dataclass(frozen=True, slots=True, eq=False)
class MemoryFit:
    """Live heap or resident memory. Errors are predicted minus observed, as shares of what was observed.

    Attributes:
        peak_predicted, peak_observed, peak_error: the peaks, at whatever times they are.
        mean_error, max_error: of the absolute relative differences at each observation after the warm-up.
        max_error_bytes: the difference behind `max_error`, with its sign; `max_error_ms`: when.
        predicted, observed: the two courses, [K].
    """

    name: str
    peak_predicted: float
    peak_observed: float
    peak_error: float
    mean_error: float
    max_error: float
    max_error_bytes: float
    max_error_ms: int
    predicted: Floats = field(repr=False)
    observed: Floats = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Fidelity:
    """A replay against observations: K of them, those within the replay."""

    at_ms: Ints
    levels: tuple[LevelFit, ...]
    memory: tuple[MemoryFit, ...]
    remarks: tuple[str, ...]


def fidelity(predicted: Replay, observed: Observed) -> Fidelity:
    """Compare a replay with what was observed.

    Each observation is held against the replay's sample of that instant or, where there is none, against the
    last one before it. Relative errors of memory are taken after the scenario's warm-up, where something
    was observed.

    Raises:
        ValueError: the two have no time, or no store and no memory, in common.
    """
    at_ms, place, kept, remarks = _align(predicted.at_ms, observed.at_ms)
    levels = []
    for store, columns in observed.stores.items():
        ours = predicted.stores.get(store, {})
        for name, values in columns.items():
            if name in ours:
                levels.append(_fit_level(store, name, at_ms, ours[name][place], values[kept]))
    late = at_ms >= predicted.scenario.warmup_ms
    memory = [
        _fit_memory(name, at_ms, late, getattr(predicted, name)[place], observed.memory[name][kept])
        for name in MEMORY
        if name in observed.memory
    ]
    if not levels and not memory:
        raise ValueError("no store and no memory in common")
    return Fidelity(at_ms, tuple(levels), tuple(memory), (*observed.remarks, *remarks))


def _align(ours: Ints, theirs: Ints) -> tuple[Ints, Ints, NDArray[np.bool_], list[str]]:
    """The common instants, the place of each in the replay, which observations they are, and remarks."""
    if np.array_equal(ours, theirs):  # also where several rows share an instant
        every = np.ones(len(theirs), dtype=np.bool_)
        return theirs, np.arange(len(ours)), every, []
    place = np.searchsorted(ours, theirs, side="right") - 1
    step = int(np.diff(ours).max()) if len(ours) > 1 else 0
    kept = (place >= 0) & (theirs <= (ours[-1] + step if len(ours) else -1))
    if not kept.any():
        raise ValueError("no time in common")
    remarks = []
    if not kept.all():
        remarks.append(
            f"{int((~kept).sum()):,} of {len(theirs):,} observations are outside the replay's time"
        )
    between = int((ours[place[kept]] != theirs[kept]).sum())
    if between:
        remarks.append(
            f"{between:,} observations fall between two samples and are held against the one before; "
            "a smaller `--every` comes closer"
        )
    return theirs[kept], place[kept], kept, remarks


def _fit_level(store: str, name: str, at_ms: Ints, ours: Ints, theirs: Floats) -> LevelFit:
    seen = np.isfinite(theirs)
    predicted = ours.astype(np.float64)
    off = np.where(seen, np.abs(predicted - np.where(seen, theirs, 0.0)), 0.0)
    first = int(np.argmax(off > 0)) if (off > 0).any() else None
    return LevelFit(
        store,
        name,
        mean_error=float(off[seen].mean()) if seen.any() else 0.0,
        max_error=float(off.max(initial=0.0)),
        first_ms=None if first is None else int(at_ms[first]),
        first_predicted=float("nan") if first is None else float(predicted[first]),
        first_observed=float("nan") if first is None else float(theirs[first]),
        predicted=predicted,
        observed=theirs,
    )


def _fit_memory(name: str, at_ms: Ints, late: NDArray[np.bool_], ours: Ints, theirs: Floats) -> MemoryFit:
    predicted = ours.astype(np.float64)
    seen = np.isfinite(theirs)
    judged = np.flatnonzero(seen & late & (np.where(seen, theirs, 0.0) > 0))
    off = predicted[judged] - theirs[judged]
    relative = np.abs(off) / theirs[judged]
    worst = int(np.argmax(relative)) if len(judged) else None
    peak = float(predicted[seen].max(initial=0.0)), float(theirs[seen].max(initial=0.0))
    nothing = float("nan")
    return MemoryFit(
        name,
        *peak,
        peak_error=peak[0] / peak[1] - 1 if peak[1] > 0 else nothing,
        mean_error=nothing if worst is None else float(relative.mean()),
        max_error=nothing if worst is None else float(relative[worst]),
        max_error_bytes=nothing if worst is None else float(off[worst]),
        max_error_ms=-1 if worst is None else int(at_ms[judged[worst]]),
        predicted=predicted,
        observed=theirs,
    )
