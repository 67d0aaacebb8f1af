"""What is kept of one run: outputs, a digest of the whole History, room left, a timeline for charts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from ..statistics import Timeline, kpis, rooms_left, store_outputs, timeline

if TYPE_CHECKING:
    from ..config import Scenario
    from ..engine import History


@dataclass(frozen=True, slots=True)
class Reduction:
    """One setting in one replication. `rooms` are the bytes left below each limit at the end of the run."""

    kpis: dict[str, float]
    stores: dict[str, dict[str, float]]
    rooms: dict[str, float]
    digest: str
    timeline: Timeline | None


def reduce_history(history: History, scenario: Scenario, *, timelines: bool = True) -> Reduction:
    """Reduce a History to what a study keeps: about 20 kB with its timeline, 5 kB without."""
    return Reduction(
        kpis=kpis(history, scenario),
        stores=store_outputs(history, scenario),
        rooms=rooms_left(history, scenario),
        digest=digest(history),
        timeline=timeline(history) if timelines else None,
    )


def digest(history: History) -> str:
    """Fingerprint of everything in a History but its samples: equal digests mean equal runs, bit for bit."""
    hashed = blake2b(digest_size=16)
    for field in fields(history):
        if field.name == "samples":
            continue
        value = getattr(history, field.name)
        hashed.update(field.name.encode())
        if isinstance(value, np.ndarray):
            hashed.update(f"{value.dtype.str}{value.shape}".encode())
            hashed.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, tuple):
            hashed.update(repr(tuple(str(part) for part in value)).encode())
        else:
            hashed.update(repr(None if value is None else int(value)).encode())
    return hashed.hexdigest()
