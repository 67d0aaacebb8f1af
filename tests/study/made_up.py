"""Runs made by hand in place of the engine: what a setting does is told by its stores."""

from __future__ import annotations

import numpy as np

from simulator.study.reduction import reduce_history
from tests.statistics.synthetic import GIB, HOUR, filled, history, scenario

NOISE = np.random.default_rng(11).normal(size=200)


def made_up_run(world, replication):
    """Entries of the table follow its sweep; texts grow unless cleaned; audio excludes nodes after some hours.

    The cap matters below 64 entries only; the noise is the replication's, shared by all settings.
    """
    shared = NOISE[replication]
    table = world.nodes.stores["table"]
    quiet = history(world)
    peak = min(60 + round(4 * shared), table.max or 10**9) - (3 if table.sweep_every_ms == 30_000 else 0)
    texts = world.nodes.stores["texts"]
    grown = round(1e6 + 1e4 * shared) if texts.cleanup.kind in ("never", "session_end") else 0
    names = list(world.nodes.enabled_stores)
    changes = {}
    entries = filled(quiet.entries_max, (0, names.index("table"), 3), peak)
    bytes_final = filled(quiet.bytes_final, (slice(None), names.index("texts")), 2 * grown)
    bytes_mid = filled(quiet.bytes_mid, (slice(None), names.index("texts")), grown)
    if "audio" in names and world.nodes.stores["audio"].cleanup.kind == "never":
        first = round((13.5 + 0.5 * shared) * HOUR)
        cause = quiet.cause_ms.copy()
        late = quiet.edges_ms[:-1] >= first
        cause[:, 5, late], cause[:, 0, late] = cause[:, 0, late], 0
        changes = {"cause_ms": cause, "first_unavailable_ms": first, "memory_peak_bytes": 14 * GIB}
    return history(
        world,
        entries_max=entries,
        bytes_final=bytes_final,
        bytes_mid=bytes_mid,
        memory_final=quiet.memory_final + bytes_final.sum(axis=1),
        counts={"utterances": 1000, "lost_crash": 10, "later_served": 900, "context_lost": 9},
        **changes,
    )


def made_up_task(task, seed, engine, finished=None):
    """Stands in for `execution.run_task`."""
    runs = {
        (index, task.replication): reduce_history(
            made_up_run(world, task.replication), world, timelines=index in task.drawn
        )
        for index, world in task.cases
    }
    if finished is not None:
        finished(runs)
    return runs


EXPERIMENT = {
    "name": "made up",
    "horizon": "24h",
    "replications": 8,
    "seed": 3,
    "nodes": {
        "count": 2,
        "stores": {
            "table": {"kind": "session_table", "max": 1000},
            "texts": {"kind": "session_map"},
            "audio": {"kind": "ring_buffer"},
        },
    },
    "targets": [
        "mean unavailable_memory_fraction <= 0.1 %",
        "P(time_to_unavailable_ms >= 12h) >= 60 %",
        "mean table.entries_peak <= 100",
    ],
    "settings": {
        "as found": {},
        "sweep 30 s": {"nodes.stores.table.sweep_every": "30s"},
        "cap 500": {"nodes.stores.table.max": 500},
        "audio on close": {"nodes.stores.audio.cleanup": "session_end"},
        "all": {
            "nodes.stores.audio.cleanup": "session_removed",
            "nodes.stores.texts.cleanup": "session_removed",
        },
        "no audio": {"nodes.stores.audio.enabled": False},
    },
    "profiles": {"plain": {}, "few nodes": {"nodes.count": 1}},
}

__all__ = ["EXPERIMENT", "made_up_run", "made_up_task", "scenario"]
