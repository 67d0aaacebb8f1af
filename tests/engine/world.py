"""Tiny worlds made by hand: rows from a list, a scenario from a few words, and what the run left behind."""

from types import SimpleNamespace

import numpy as np

from simulator.config import Scenario
from simulator.engine import COUNTERS, STORE_COUNTERS, check_invariants, simulate
from simulator.workload import FAILS, HANGS, OK, Rows, Workload  # noqa: F401  (tests take them from here)
from simulator.workload.rows import ROW_NAMES, ROW_TYPES

COLUMNS = dict.fromkeys(ROW_NAMES, 0) | {
    "service_ms": 1, "audio_ms": 1000, "text": -1, "source_chars": 20, "stored_chars": 20, "target_chars": 20,
    "key_chars": 25, "cacheable": True, "last": False, "route": 0.0,
}  # fmt: skip


def say(at_ms, session=0, **columns):
    """An utterance; a text of its own unless `text` is given."""
    return {"at_ms": at_ms, "session": session, "kind": 0, **columns}


def end(at_ms, session=0):
    """A signalled session end."""
    return {"at_ms": at_ms, "session": session, "kind": 1}


def columns(rows):
    """Rows in the order given, with turn, last and text filled in."""
    final = {row["session"]: i for i, row in enumerate(rows) if row["kind"] == 0}
    turns, filled = {}, []
    for i, row in enumerate(rows):
        turn = turns.get(row["session"], 0)
        if row["kind"] == 0:
            turns[row["session"]] = turn + 1
        own = {"turn": turn, "last": i == final.get(row["session"]), "text": 1_000_000 + i}
        filled.append(COLUMNS | own | row)
    return Rows(*(np.array([row[name] for row in filled], dtype=ROW_TYPES[name]) for name in ROW_NAMES))


def world(rows, horizon_ms, nodes=1, baseline=0, phases=None, outages=(), outcome=HANGS, unhealthy=False):
    """A workload: `baseline` is a number, or per node a list of (at_ms, bytes); outages are (node, start, end)."""
    steps = baseline if isinstance(baseline, list) else [[(0, baseline)]] * nodes
    at_ms = sorted({at for node in steps for at, _ in node})
    levels = [[max((a, b) for a, b in node if a <= at)[1] for at in at_ms] for node in steps]
    phase = dict(phases or {})
    spells = [sorted((start, stop) for at, start, stop in outages if at == node) for node in range(nodes)]
    return Workload(
        horizon_ms=horizon_ms,
        node_count=nodes,
        baseline_at_ms=np.array(at_ms, dtype=np.int64),
        baseline_bytes=np.array(levels, dtype=np.int64),
        phase_ms=Phases(phase, nodes),
        outage_start_ms=tuple(np.array([start for start, _ in each], dtype=np.int64) for each in spells),
        outage_end_ms=tuple(np.array([stop for _, stop in each], dtype=np.int64) for each in spells),
        outage_outcome=outcome,
        outage_unhealthy=unhealthy,
        draw=lambda: iter([columns(rows)] if rows else []),
    )


class Phases(dict):
    """Phase 0 for every timer that is not named; a number is every node's."""

    def __init__(self, named, nodes):
        super().__init__()
        self.named, self.nodes = named, nodes

    def __missing__(self, name):
        phase = self.named.get(name, 0)
        return np.array(phase if isinstance(phase, list) else [phase] * self.nodes, dtype=np.int64)


KIND_DEFAULTS = {
    "session_table": {"max": 1000, "ttl_ms": 300_000, "sweep_every_ms": 60_000, "entry_bytes": 1400},
    "lru_cache": {"max": 200, "ttl_ms": 600_000, "entry_bytes": 300},
    "session_map": {"entry_bytes": 250},
    "ring_buffer": {},
    "pending_map": {"entry_bytes": 2000, "removed_on": ["success", "failure"]},
}


def setting(
    stores,
    horizon_ms,
    nodes=1,
    memory=10**10,
    process=None,
    scheduler=None,
    gpu="off",
    warmup_ms=0,
    footprint="document",
):
    """A scenario: `stores` maps a name to (kind, what differs from the defaults); no limit unless one is given."""
    made = {
        name: {"kind": kind, **KIND_DEFAULTS[kind], **changed} for name, (kind, changed) in stores.items()
    }
    return Scenario.model_validate(
        {
            "horizon_ms": horizon_ms,
            "warmup_ms": warmup_ms,
            "nodes": {
                "count": nodes,
                "memory_bytes": memory,
                "baseline": "0B",
                "process": {"base_bytes": 0, "base_heap_bytes": 0, "heap_limit_bytes": 10**10, **(process or {})},
                "gpu": gpu,
                "footprint": footprint,
                "stores": made,
            },
            "scheduler": {
                "threshold": "never", "jobs_per_node": None, "offline_after_ms": 10**9, **(scheduler or {})
            },
        }
    )  # fmt: skip


class Run:
    """A History with its numbers by name."""

    def __init__(
        self, rows, stores, horizon_ms=1_000_000, nodes=1, sample=None, engine="reference", **options
    ):
        about = ("baseline", "phases", "outages", "outcome", "unhealthy")
        self.workload = world(rows, horizon_ms, nodes, **{k: v for k, v in options.items() if k in about})
        self.scenario = setting(
            stores, horizon_ms, nodes, **{k: v for k, v in options.items() if k not in about}
        )
        self.history = simulate(self.workload, self.scenario, engine, sample)

    def __getattr__(self, name):
        return getattr(self.history, name)

    @property
    def count(self):
        return dict(zip(COUNTERS, self.history.counters.tolist(), strict=True))

    def store(self, name, node=0):
        """Counters, levels at the horizon and peaks of one store."""
        s, h = self.history.store_names.index(name), self.history
        return SimpleNamespace(
            **dict(zip(STORE_COUNTERS, h.store_counters[node, s].tolist(), strict=True)),
            entries=int(h.entries_final[node, s]),
            bytes=int(h.bytes_final[node, s]),
            entries_peak=int(h.entries_max[node, s].max()),
            bytes_peak=int(h.bytes_max[node, s].max()),
            entry_ms=int(h.entry_ms[node, s].sum()),
            byte_ms=int(h.byte_ms[node, s].sum()),
            chunks=int(h.chunks_final[node, s]),
            base64_chars=int(h.base64_chars_final[node, s]),
            in_flight=int(h.in_flight_final[node, s]),
        )

    def causes(self, node=0):
        """Time by first cause."""
        return self.history.cause_ms[node].sum(axis=1).tolist()


def run(rows, stores, horizon_ms=1_000_000, **options):
    """A run that keeps the invariants."""
    made = Run(rows, stores, horizon_ms, **options)
    check_invariants(made.history, made.scenario)
    return made
