"""A small study made up by hand: invented results of the right shape, to read screens and charts by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from simulator.names import KPIS, STORE_OUTPUTS
from simulator.statistics import COLUMNS, STORE_COLUMNS, estimate_mean, paired_difference
from simulator.statistics.timeline import Timeline
from simulator.study.assembly import judge_targets
from simulator.study.results import Completeness, SettingResult, Study
from simulator.study.verdicts import decide

HOUR = 3_600_000
HORIZON = 24 * HOUR
NODES = 4
GIB = 2**30
STORES = (
    "aggregator_states",
    "translation_cache",
    "dedup_last_sent_text",
    "audio_ring_buffers",
    "pending_translations",
)
THRESHOLD = int(0.85 * 16 * GIB)


@dataclass(frozen=True)
class Store:
    kind: str
    max: int | None = None
    ttl_ms: int | None = None
    sweep_every_ms: int | None = None
    cleanup: object = None
    timeout_ms: int | None = None
    removed_on: tuple[str, ...] = ("success",)
    abort_on_timeout: bool = False
    instances: str = "shared"
    enabled: bool = True


@dataclass(frozen=True)
class Cleanup:
    kind: str = "never"


@dataclass(frozen=True)
class Nodes:
    count: int
    memory_bytes: int
    stores: dict

    @property
    def enabled_stores(self):
        return {name: store for name, store in self.stores.items() if store.enabled}


@dataclass(frozen=True)
class Sessions:
    end_signalled: float = 0.0


@dataclass(frozen=True)
class Translation:
    hangs: float = 0.001
    fails: float = 0.005
    outages: object = None


@dataclass(frozen=True)
class Workload:
    sessions: Sessions = Sessions()
    translation: Translation = Translation()


@dataclass(frozen=True)
class Process:
    heap_limit_bytes: int = 4 * GIB


@dataclass(frozen=True)
class Scenario:
    name: str
    horizon_ms: int
    nodes: Nodes
    targets: tuple
    workload: Workload = Workload()
    threshold_bytes: int = THRESHOLD


@dataclass(frozen=True)
class Target:
    statistic: str
    name: str
    comparison: str
    limit: float
    text: str
    probability: float | None = None


TARGETS = (
    Target("mean", "unavailable_memory_fraction", "<=", 0.001, "mean unavailable_memory_fraction <= 0.1 %"),
    Target("mean", "jobs_lost_fraction", "<=", 0.001, "mean jobs_lost_fraction <= 0.1 %"),
    Target("mean", "context_lost_fraction", "<=", 0.02, "mean context_lost_fraction <= 2 %"),
)


def scenario(**changes):
    stores = {
        "aggregator_states": Store("session_table", max=1000, ttl_ms=300_000, sweep_every_ms=60_000),
        "translation_cache": Store("lru_cache", max=200, ttl_ms=600_000),
        "dedup_last_sent_text": Store("session_map", cleanup=Cleanup()),
        "middleware_last_sent_text": Store("session_map", cleanup=Cleanup(), enabled=False),
        "audio_ring_buffers": Store("ring_buffer", cleanup=Cleanup()),
        "pending_translations": Store("pending_map"),
    }
    for path, value in changes.items():
        store, _, key = path.partition("__")
        stores[store] = replace(stores[store], **{key: value})
    return Scenario("made-up", HORIZON, Nodes(NODES, 16 * GIB, stores), TARGETS)


def lines(growth: float, jitter: float, replications: int, bins: int = 240):
    """Timelines whose audio grows by `growth` bytes an hour and node until the node is excluded."""
    made = []
    for replication in range(replications):
        rng = np.random.default_rng(1000 + replication)
        edges = np.linspace(0, HORIZON, bins + 1).astype(np.int64)
        hours = (edges[:-1] + edges[1:]) / 2 / HOUR
        base = 12 * GIB + 63e6 + rng.normal(0, 200 * 2**20, NODES)[:, None] * np.ones(bins)
        rate = growth * rng.normal(1, jitter, NODES)[:, None]
        audio = np.minimum(rate * hours, np.maximum(THRESHOLD - base + 2e6, 0))
        out = base + audio > THRESHOLD
        small = np.stack(
            [
                9e4 * (1 - np.exp(-hours / 0.2)) * rng.normal(1, 0.03, bins),
                np.full(bins, 6e4),
                2.1e4 * hours,
                audio.mean(axis=0),
                4e3 * hours,
            ]
        )
        share = np.zeros((6, bins))
        share[5], share[4] = out.mean(axis=0), 0.004 + 0.1 * out.mean(axis=0) ** 2
        share[0] = 1 - share[1:].sum(axis=0)
        made.append(
            Timeline(
                edges_ms=edges,
                store_names=STORES,
                memory_bytes=(base + audio + small.sum(axis=0) - small[3]).astype(np.float32),
                base_bytes=base.mean(axis=0).astype(np.float32),
                stores_bytes=small.astype(np.float32),
                stores_entries=(small / 1400).astype(np.float32),
                cause_share=share.astype(np.float32),
                no_node_share=(out.all(axis=0)).astype(np.float32),
            )
        )
    return tuple(made)


def results(timelines, noise):
    """KPI and store values by replication, consistent with the timelines."""
    kpis = {name: [] for name in KPIS}
    stores = {store: {name: [] for name in STORE_OUTPUTS} for store in STORES}
    for replication, line in enumerate(timelines):
        rng = np.random.default_rng(noise * 100 + replication)
        total = line.stores_bytes.sum(axis=0).astype(float)
        memory = line.memory_bytes.astype(float)
        out = line.cause_share[5] > 0
        first = float(line.edges_ms[:-1][out][0]) if out.any() else float(HORIZON)
        values = dict.fromkeys(KPIS, 0.0) | {
            "memory_bytes_peak": memory.max(),
            "memory_bytes_mean": memory.mean(),
            "headroom_bytes": THRESHOLD - memory.max(),
            "stores_bytes_peak": total.max() * (1 + 0.01 * rng.normal()),
            "stores_bytes_mean": total.mean(),
            "unavailable_fraction": line.cause_share[1:].sum(axis=0).mean(),
            "unavailable_memory_fraction": line.cause_share[5].mean(),
            "unavailable_busy_fraction": line.cause_share[4].mean(),
            "unavailable_memory_any_fraction": line.cause_share[5].mean(),
            "jobs_lost_fraction": 0.85 * line.cause_share[5].mean(),
            "time_to_unavailable_ms": first,
            "time_to_oom_ms": float(HORIZON),
            "censored_fraction": float(not out.any()),
            "time_to_exhaustion_days": (THRESHOLD - memory.max()) / 5e5 if not out.any() else 0.0,
            "context_lost_fraction": 0.012 + 0.0002 * rng.normal(),
            "context_elsewhere_fraction": 0.13,
            "evicted_live_fraction": float("nan"),
            "cache_hit_fraction": 0.29 + 0.003 * rng.normal(),
        }
        for name, value in values.items():
            kpis[name].append(float(value))
        for i, store in enumerate(STORES):
            course = line.stores_bytes[i].astype(float)
            entry = (1400, 300, 250, 295_000, 2000)[i]
            made = {
                "entries_peak": round(course.max() / entry),
                "entries_mean": course.mean() / entry,
                "entries_final": round(course[-1] / entry) * NODES,
                "bytes_peak": course.max(),
                "bytes_mean": course.mean(),
                "bytes_at_memory_peak": course[-1],
                "inserted": 8640,
                "evicted": 0,
                "expired": 8400 if i == 0 else 0,
                "removed": 0,
                "growth_bytes_per_day": (course[-1] - course[len(course) // 2])
                * 2
                * (1 + 0.02 * rng.normal()),
            }
            for name, value in made.items():
                stores[store][name].append(float(value))
    return kpis, stores


def setting(name, profile, world, timelines, noise, reference=None, identical=False):
    kpi_values, store_values = results(timelines, noise)
    kpis = {name: estimate_mean(values, within=COLUMNS[name].within) for name, values in kpi_values.items()}
    stores = {
        store: {
            name: estimate_mean(values, within=STORE_COLUMNS[name].within) for name, values in outputs.items()
        }
        for store, outputs in store_values.items()
    }
    kpi_differences, store_differences = {}, {}
    if reference is not None:

        def against(mine, theirs):
            return {
                key: paired_difference(
                    mine[key].values,
                    theirs[key].values,
                    setting=name,
                    reference=reference.name,
                    identical=identical,
                )
                for key in mine
            }

        kpi_differences = against(kpis, reference.kpis)
        store_differences = {store: against(stores[store], reference.stores[store]) for store in stores}
    count = len(timelines)
    growths = tuple(
        {store: outputs["growth_bytes_per_day"].values[i] for store, outputs in stores.items()}
        for i in range(count)
    )
    rooms = tuple({"threshold": max(kpis["headroom_bytes"].values[i], 0.0)} for i in range(count))
    return SettingResult(
        name=name,
        profile=profile,
        scenario=world,
        replications=tuple(range(count)),
        kpis=kpis,
        stores=stores,
        kpi_differences=kpi_differences,
        store_differences=store_differences,
        exactly_same=identical,
        shares_workload=True,
        digests=("",) * count,
        rooms=rooms,
        growths=growths,
        timelines=timelines,
    )


def profile(name, growth, replications, names):
    """Six settings: two change nothing, two nearly nothing, two cure the leak."""
    leak, cured = lines(growth, 0.05, replications), lines(0.9e6, 0.05, replications)
    removed = Cleanup("session_removed")
    first = setting(names[0], name, scenario(), leak, 1)
    return (
        first,
        setting(names[1], name, scenario(aggregator_states__sweep_every_ms=30_000), leak, 2, first),
        setting(names[2], name, scenario(aggregator_states__max=500), leak, 1, first, identical=True),
        setting(
            names[3],
            name,
            scenario(middleware_last_sent_text__cleanup=removed),
            leak,
            1,
            first,
            identical=True,
        ),
        setting(names[4], name, scenario(audio_ring_buffers__cleanup=removed), cured, 4, first),
        setting(
            names[5],
            name,
            scenario(audio_ring_buffers__cleanup=removed, aggregator_states__max=500),
            cured,
            5,
            first,
        ),
    )


NAMES = (
    "as found",
    "sweep 30 s",
    "cap 500",
    "F2 on removal",
    "F6 on removal",
    "all six on removal with abort",
)


def study(replications=10, names=NAMES, profiles=(("audio alive", 115e6),)):
    """`audio alive` with six settings; more profiles as (name, bytes an hour)."""
    groups = [profile(name, growth, replications, names) for name, growth in profiles]
    settings = tuple(setting for group in groups for setting in group)
    return Study(
        name="made-up",
        seed=7,
        replications=replications,
        horizon_ms=HORIZON,
        settings=settings,
        targets=judge_targets(settings),
        verdicts=tuple(verdict for group in groups for verdict in decide(group)),
        provenance=SimpleNamespace(to_dict=dict, elapsed_s=41.2, command=("simulator",)),
        completeness=tuple(Completeness(name, replications, replications) for name, _ in profiles),
    )
