"""Histories made by hand: everything quiet unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.config import load
from simulator.engine.history import COUNTERS, History, bin_edges

HOUR = 3_600_000
GIB = 2**30


def scenario(**overrides):
    """Two nodes, a day, five stores, audio on; dotted paths with `__` for dots."""
    values = {
        "horizon": "24h",
        "nodes": {
            "count": 2,
            "stores": {
                "table": {"kind": "session_table", "max": 1000},
                "cache": {"kind": "lru_cache", "max": 200},
                "texts": {"kind": "session_map"},
                "audio": {"kind": "ring_buffer"},
                "pending": {"kind": "pending_map"},
            },
        },
    }
    return load(values, set={path.replace("__", "."): value for path, value in overrides.items()})


def history(world, **changes):
    """A run of `world` in which every node idles at its baseline of 12 GiB and stores are empty.

    `changes` replace whole fields; `counts` (name -> value) fills counters, all of them after the warm-up.
    """
    nodes, stores = world.nodes.count, len(world.nodes.enabled_stores)
    edges = np.array(bin_edges(world.horizon_ms, world.warmup_ms), dtype=np.int64)
    width = np.diff(edges)
    bins = len(width)

    def zeros(*shape):
        return np.zeros(shape, dtype=np.int64)

    counters = zeros(len(COUNTERS))
    for name, value in changes.pop("counts", {}).items():
        counters[COUNTERS.index(name)] = value
    level = np.full((nodes, bins), 12 * GIB, dtype=np.int64)
    cause = zeros(nodes, 6, bins)
    cause[:, 0] = width
    quiet = History(
        node_count=nodes,
        store_names=tuple(world.nodes.enabled_stores),
        horizon_ms=world.horizon_ms,
        warmup_ms=world.warmup_ms,
        edges_ms=edges,
        memory_bytes_min=level,
        memory_bytes_max=level,
        memory_byte_ms=level * width,
        stores_bytes_min=zeros(nodes, bins),
        stores_bytes_max=zeros(nodes, bins),
        stores_byte_ms=zeros(nodes, bins),
        entries_min=zeros(nodes, stores, bins),
        entries_max=zeros(nodes, stores, bins),
        entry_ms=zeros(nodes, stores, bins),
        bytes_min=zeros(nodes, stores, bins),
        bytes_max=zeros(nodes, stores, bins),
        byte_ms=zeros(nodes, stores, bins),
        cause_ms=cause,
        memory_any_ms=zeros(nodes, bins),
        down_unnoticed_ms=zeros(nodes, bins),
        no_node_ms=zeros(bins),
        memory_peak_bytes=12 * GIB,
        memory_peak_at_ms=0,
        memory_peak_node=0,
        store_bytes_at_peak=zeros(stores),
        first_unavailable_ms=-1,
        first_oom_ms=-1,
        deaths=zeros(nodes),
        episodes=zeros(nodes),
        no_node_episodes=0,
        no_node_longest_ms=0,
        counters=counters,
        counters_at_warmup=zeros(len(COUNTERS)),
        in_flight_jobs=0,
        waiting=0,
        store_counters=zeros(nodes, stores, 5),
        store_counters_at_warmup=zeros(nodes, stores, 5),
        entries_final=zeros(nodes, stores),
        bytes_final=zeros(nodes, stores),
        bytes_mid=zeros(nodes, stores),
        crash_dropped_bytes=zeros(nodes, stores),
        memory_mid=np.full(nodes, 12 * GIB, dtype=np.int64),
        memory_final=np.full(nodes, 12 * GIB, dtype=np.int64),
        baseline_final=np.full(nodes, 12 * GIB, dtype=np.int64),
        chunks_final=zeros(nodes, stores),
        base64_chars_final=zeros(nodes, stores),
        in_flight_final=zeros(nodes, stores),
    )
    return replace(quiet, **changes)


def filled(array, where, value):
    """A copy of an array with one part set."""
    copy = array.copy()
    copy[where] = value
    return copy
