"""The numbered rules, one idea per file: stores, bytes, availability, order of events, invariants.

Plain Python data structures without a clock of their own: whoever drives them says what time it is. The rules
are listed in docs/model.md; every class cites those it keeps.
"""

from __future__ import annotations

from simulator.model.lru_cache import LruCache, PerJobCaches
from simulator.model.pending_map import PendingMap, Request
from simulator.model.ring_buffer import Chunk, RingBuffers
from simulator.model.session_map import SessionMap
from simulator.model.session_table import SessionTable

__all__ = [
    "Chunk",
    "LruCache",
    "PendingMap",
    "PerJobCaches",
    "Request",
    "RingBuffers",
    "SessionMap",
    "SessionTable",
]
