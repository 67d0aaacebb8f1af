"""Files of a real system, in: what a node was seen to hold, its logs, its scheduler's; and of a run, out."""

from __future__ import annotations

from .mapping import Mapping, read_mapping
from .observed import read_observed
from .read import read_logs
from .records import KINDS, Record, Trouble, Troubles
from .synthetic import write_logs

__all__ = [
    "KINDS",
    "Mapping",
    "Record",
    "Trouble",
    "Troubles",
    "read_logs",
    "read_mapping",
    "read_observed",
    "write_logs",
]
