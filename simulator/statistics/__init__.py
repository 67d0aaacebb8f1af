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
from .outputs import kpis, store_outputs

__all__ = [
    "COLUMNS",
    "STORE_COLUMNS",
    "Column",
    "Estimate",
    "PairedDifference",
    "column",
    "estimate_mean",
    "estimate_share",
    "estimate_time_to_fill",
    "kpis",
    "paired_difference",
    "store_outputs",
]
