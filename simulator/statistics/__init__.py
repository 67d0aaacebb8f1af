"""Statistics: from one History per replication to estimates with bounds and paired differences."""

from __future__ import annotations

from .columns import COLUMNS, STORE_COLUMNS, Column, column
from .control import Controlled, controlled_mean
from .estimate import (
    Estimate,
    PairedDifference,
    estimate_mean,
    estimate_share,
    estimate_time_to_fill,
    paired_difference,
)
from .growth import (
    estimate_exhaustion,
    growth_bytes_per_day,
    growth_towards,
    rooms_left,
)
from .outputs import kpis, store_outputs
from .selection import Selection, select_best
from .steady import BatchMeans, Truncation, mser, overlapping_batch_means
from .stopping import Goal, Look, look, next_size, replications_to_tell
from .survival import Survival, first_passage, kaplan_meier
from .timeline import Timeline, timeline
from .tolerance import ToleranceBound, tolerance_bound, tolerance_size

__all__ = [
    "COLUMNS",
    "STORE_COLUMNS",
    "BatchMeans",
    "Column",
    "Controlled",
    "Estimate",
    "Goal",
    "Look",
    "PairedDifference",
    "Selection",
    "Survival",
    "Timeline",
    "ToleranceBound",
    "Truncation",
    "column",
    "controlled_mean",
    "estimate_exhaustion",
    "estimate_mean",
    "estimate_share",
    "estimate_time_to_fill",
    "first_passage",
    "growth_bytes_per_day",
    "growth_towards",
    "kaplan_meier",
    "kpis",
    "look",
    "mser",
    "next_size",
    "overlapping_batch_means",
    "paired_difference",
    "replications_to_tell",
    "rooms_left",
    "select_best",
    "store_outputs",
    "timeline",
    "tolerance_bound",
    "tolerance_size",
]
