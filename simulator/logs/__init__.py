"""Files that a real system wrote, in: what a node was seen to hold, its logs and its scheduler's."""

from __future__ import annotations

from .observed import read_observed

__all__ = ["read_observed"]
