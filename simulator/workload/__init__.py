"""Workloads: every random draw of a replication, made beforehand, as columns (rules W1-W5)."""

from __future__ import annotations

from .build import build_workload
from .rows import FAILS, HANGS, OK, SESSION_END, UTTERANCE, Rows, Workload
from .streams import Streams
from .trace import read_trace

__all__ = [
    "FAILS",
    "HANGS",
    "OK",
    "SESSION_END",
    "UTTERANCE",
    "Rows",
    "Streams",
    "Workload",
    "build_workload",
    "read_trace",
]
