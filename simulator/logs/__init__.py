"""Files that a real system wrote, in: what a node was seen to hold, its logs and its scheduler's."""

from __future__ import annotations

from .mapping import Mapping, read_mapping
from .observed import read_observed
from .read import read_logs
from .records import KINDS, Record, Trouble, Troubles

__all__ = [
    "KINDS",
    "Mapping",
    "Record",
    "Trouble",
    "Troubles",
    "read_logs",
    "read_mapping",
    "read_observed",
]
