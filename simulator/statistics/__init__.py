"""Statistics: from one History per replication to estimates with bounds and paired differences."""

from __future__ import annotations

from .columns import COLUMNS, STORE_COLUMNS, Column, column
from .estimate import (
    Estimate,
    PairedDifference,
    estimate_mean,
    estimate_share,
    estimate_time_to_fill,
    paired_difference,
)
from .growth import (
    bound_of,
    estimate_exhaustion,
    growing_stores,
    growth_bytes_per_day,
    growth_towards,
    rooms_left,
)
from .outputs import kpis, store_outputs
from .timeline import Timeline, timeline

__all__ = [
    "COLUMNS",
    "STORE_COLUMNS",
    "Column",
    "Estimate",
    "PairedDifference",
    "Timeline",
    "bound_of",
    "column",
    "estimate_exhaustion",
    "estimate_mean",
    "estimate_share",
    "estimate_time_to_fill",
    "growing_stores",
    "growth_bytes_per_day",
    "growth_towards",
    "kpis",
    "paired_difference",
    "rooms_left",
    "store_outputs",
    "timeline",
]
