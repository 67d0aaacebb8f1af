"""The compiled engine is the reference's twin: every array of every History is the same, bit for bit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine import COUNTERS, STORE_COUNTERS, check_invariants, first_difference, simulate
from simulator.workload import build_workload
from simulator.workload.rows import ROW_NAMES, Rows, no_rows
from tests.engine.test_any_world import worlds
from tests.engine.world import HANGS, columns, end, say, setting, world

pytest.importorskip("numba")

TWINS = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def assert_twins(workload, scenario, sample=None):
    """Both engines leave the same History; if not, say where the two part first."""
    ours = simulate(workload, scenario, "compiled", sample)
    theirs = simulate(workload, scenario, "reference", sample)
    apart = first_difference(theirs, ours)
    assert apart is None, f"reference against compiled: {apart}"
    check_invariants(ours, scenario)
    return ours


# Any small world: ties, zero gaps, tiny caps, timers that coincide, deaths and restarts at any instant


@TWINS
@given(worlds())
def test_any_small_world(made):
    assert_twins(*made)


@TWINS
@given(worlds(), st.sampled_from([1, 7, 100, "event"]))
def test_any_small_replay(made, sample):
    workload, scenario = made
    if workload.node_count == 1:
        assert_twins(workload, scenario, sample)


@TWINS
@given(worlds())
def test_everything_within_three_milliseconds(made):
    workload, scenario = made
    squeezed = [replace(rows, at_ms=rows.at_ms // 80 + 9) for rows in map(as_rows, workload.windows())]
    assert_twins(replace(workload, draw=lambda: iter(squeezed)), scenario)


def as_rows(window):
    """A hand-made window as the workload's own kind."""
    return Rows(*(getattr(window, name) for name in ROW_NAMES))


@st.composite
def many_stores(draw):
    """Several stores of a kind, in any order, with any cleanup; everything cheap, so that nothing dies."""
    cleanup = st.sampled_from(
        [
            "never",
            "session_end",
            "session_removed",
            {"ttl": "1ms", "every": "1ms"},
            {"ttl": "9ms", "every": "4ms"},
        ]
    )
    small = st.integers(0, 9)
    kinds = {
        "session_table": st.fixed_dictionaries({
            "max": st.sampled_from([None, 1, 2]), "ttl_ms": st.sampled_from([None, 1, 4, 10]),
            "sweep_every_ms": st.sampled_from([None, 1, 4, 10]),
        }),
        "lru_cache": st.fixed_dictionaries({"max": st.integers(1, 3), "ttl_ms": st.sampled_from([None, 1, 5])}),
        "session_map": st.fixed_dictionaries({
            "cleanup": cleanup, "growth": st.sampled_from(["per_session", "per_job"])
        }),
        "ring_buffer": st.fixed_dictionaries({"cleanup": cleanup, "span_ms": small, "keep_ms": small}),
        "pending_map": st.fixed_dictionaries({
            "timeout_ms": st.sampled_from([None, 1, 3]), "abort_on_timeout": st.booleans(),
            "removed_on": st.sampled_from([["success"], ["success", "failure"], ["failure"], []]),
        }),
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from([*kinds, "session_map", "session_table"]), max_size=7))
    stores, seen = {}, set()
    for place, kind in enumerate(names):
        if kind == "pending_map" and kind in seen:
            continue
        seen.add(kind)
        stores[f"s{place}"] = (kind, draw(kinds[kind]))
    return stores


@TWINS
@given(many_stores(), worlds())
def test_any_stores_in_any_order(stores, made):
    workload, scenario = made
    other = setting(stores, scenario.horizon_ms, scenario.nodes.count)
    update = {"memory_bytes": scenario.nodes.memory_bytes, "stores": other.nodes.stores}
    assert_twins(workload, scenario.model_copy(update={"nodes": scenario.nodes.model_copy(update=update)}))


@TWINS
@given(worlds(), st.integers(900, 60_000))
def test_any_heap_limit(made, limit):
    """Heaps so small that a process dies of what its stores hold, over and over."""
    workload, scenario = made
    process = scenario.nodes.process.model_copy(update={"heap_limit_bytes": limit})
    assert_twins(
        workload,
        scenario.model_copy(update={"nodes": scenario.nodes.model_copy(update={"process": process})}),
    )


# The same on a V8 heap: sizes from what a row carries, tables that double, pages that come back late


@st.composite
def heaps(draw):
    """A small world whose rows carry contents of any size, and a process that weighs them as V8 does."""
    workload, scenario = draw(worlds())
    (window,) = list(workload.windows()) or [no_rows()]
    random = np.random.default_rng(draw(st.integers(0, 99)))
    chars = random.integers(0, 140, len(window.at_ms))
    spaces = random.integers(0, 3, len(chars)) * (chars // 9)
    two_byte = random.random(len(chars)) < 0.4
    columns = {
        "stored_chars": chars, "stored_spaces": np.where(two_byte, 0, spaces), "two_byte": two_byte,
        "target_chars": random.integers(1, 300, len(chars)), "key_chars": np.minimum(chars + 6, 76),
        "key_two_byte": two_byte, "context_chars": random.choice([0, 0, 20, 90], len(chars)),
        "audio_ms": random.integers(0, 40, len(chars)),
    }  # fmt: skip
    weighed = replace(as_rows(window), **columns)
    stores = draw(many_stores())
    for name, (kind, options) in stores.items():
        if kind == "session_map":
            options["value"] = draw(st.sampled_from(["text", "timestamp", "ids"]))
            options["access_times"] = draw(st.sampled_from([None, True, False]))
        elif kind == "pending_map":
            options["retains_audio"] = draw(st.booleans())
        elif kind == "lru_cache" and draw(st.integers(0, 4)) == 0:
            stores[name] = ("lru_cache", {"instances": "per_job"})
    kept = setting(stores, scenario.horizon_ms, scenario.nodes.count).nodes.stores
    process = {
        "model": draw(st.sampled_from(["live", "v8"])),
        "heap_limit_bytes": draw(st.sampled_from([10**10, 40_000, 9_000])),
    }
    update = {
        "stores": kept, "footprint": draw(st.sampled_from(["v8", "v8", "document"])),
        "pointer_size": draw(st.sampled_from([8, 4])), "memory_bytes": draw(st.sampled_from([10**10, 5_000_000, 4_440_000])),
        "process": scenario.nodes.process.model_copy(update=process),
    }  # fmt: skip
    nodes = scenario.nodes.model_copy(update=update)
    return replace(workload, draw=lambda: iter([weighed])), scenario.model_copy(update={"nodes": nodes})


@TWINS
@given(heaps())
def test_any_heap(made):
    assert_twins(*made)


@TWINS
@given(heaps(), st.sampled_from([1, 7, "event"]))
def test_any_replay_on_a_heap(made, sample):
    workload, scenario = made
    if workload.node_count == 1:
        assert_twins(workload, scenario, sample)


# One node that takes every job, and stores that feed nothing back: there the engine takes a short cut


@st.composite
def plain_worlds(draw, horizon_ms=300):
    """Worlds of one node, texts said once, one table, maps that nothing cleans, pending translations."""
    rows = []
    for at in sorted(draw(st.lists(st.integers(0, horizon_ms - 1), max_size=60))):
        session, latency_ms = draw(st.integers(0, 7)), draw(st.sampled_from([0, 1, 2, 3, 40, 90, 400]))
        rows.append(say(
            at, session, text=-1 - len(rows), outcome=draw(st.sampled_from([0, 0, 0, 1, 2])), latency_ms=latency_ms,
            service_ms=draw(st.sampled_from([0, 1, 30, 60, 700])),
        ))  # fmt: skip
    small = st.sampled_from([1, 7, 20, 64])
    stores = {
        "m": ("session_map", {"cleanup": draw(st.sampled_from(["never", "session_end"]))}),
        "p": ("pending_map", {"removed_on": draw(st.sampled_from([["success"], ["success", "failure"], ["failure"], []]))}),
        "t": ("session_table", {"max": draw(st.sampled_from([None, 1, 3])), "ttl_ms": draw(small), "sweep_every_ms": draw(small)}),
        "n": ("session_map", {"enabled": draw(st.booleans())}),
    }  # fmt: skip
    if draw(st.integers(0, 5)) == 0:
        del stores["t"]
    memory = draw(st.sampled_from([10**9, 10**9, 10**9, 20_000]))
    process = {"base_bytes": 1000, "restart_after_ms": 5}
    scheduler = {
        "threshold": draw(st.sampled_from(["never", {"over": "99 %"}])), "job_timeout_ms": 50, "heartbeat_ms": 20,
        "scan_every_ms": 20, "offline_after_ms": draw(st.sampled_from([19, 20])), "hangs_hold_slot": draw(st.booleans()),
    }  # fmt: skip
    warmup_ms = draw(st.sampled_from([0, 1, 64, 150]))
    workload = world(rows, horizon_ms, 1, draw(st.integers(0, 500)), {"t": draw(small)})
    scenario = setting(stores, horizon_ms, 1, memory, process, scheduler, warmup_ms=warmup_ms)
    return replace(workload, repeated_texts=0), scenario


@TWINS
@given(plain_worlds())
def test_any_plain_world(made):
    assert_twins(*made)


@pytest.mark.parametrize("warmup_ms", [0, 700_000])
def test_a_plain_hour_takes_the_short_cut(warmup_ms, monkeypatch):
    from simulator.engine import compiled

    stores = {"t": ("session_table", {"max": 40}), "m": ("session_map", {}), "p": ("pending_map", {})}
    scenario = setting(stores, 3_600_000, warmup_ms=warmup_ms)
    said = scenario.workload.utterances
    once = said.model_copy(update={"texts": said.texts.model_copy(update={"unique": 1.0})})
    spoken = scenario.workload.model_copy(update={"utterances": once})
    workload = build_workload(scenario.model_copy(update={"workload": spoken}), 0)
    monkeypatch.setattr(compiled, "advance", None)
    assert_twins(workload, scenario)


@pytest.mark.parametrize("removed_on", [["success"], ["success", "failure"]])
@pytest.mark.parametrize("job_timeout_ms", [2, 60])
@pytest.mark.parametrize("warmup_ms", [0, 1, 64, 150, 399])
def test_a_plain_world_in_which_all_ends_meet(warmup_ms, job_timeout_ms, removed_on, monkeypatch):
    """Jobs, translations and sweeps end at the warm-up, at the horizon and at the edges of bins, every few ms."""
    from simulator.engine import compiled

    rows = [
        say(
            t, t * 7 % 5, text=-1 - t, outcome=[0, 0, 1, 2, 0][t % 5], latency_ms=[0, 1, 2, 3, 64, 127, 300][t % 7],
            service_ms=[0, 1, 2, 3, 49, 50][t % 6],
        )
        for t in range(400)
    ]  # fmt: skip
    stores = {
        "t": ("session_table", {"max": 3, "ttl_ms": 3, "sweep_every_ms": 4}),
        "m": ("session_map", {}),
        "p": ("pending_map", {"removed_on": removed_on}),
    }
    scheduler = {"job_timeout_ms": job_timeout_ms, "heartbeat_ms": 20, "offline_after_ms": 20}
    workload = replace(world(rows, 400, 1, 100, {"t": 3}), repeated_texts=0)
    monkeypatch.setattr(compiled, "advance", None)
    history = assert_twins(workload, setting(stores, 400, scheduler=scheduler, warmup_ms=warmup_ms))
    assert dict(zip(COUNTERS, history.counters.tolist(), strict=True))["context_lost"] > 50


def test_translations_as_long_and_as_many_as_the_short_cut_can_count(monkeypatch):
    """Bits for 4096 · 64 ms, up to fifteen translations at each: what is beyond goes the long way."""
    from simulator.engine import compiled

    stores = {"t": ("session_table", {"max": 3}), "p": ("pending_map", {})}
    calls = []
    advance = compiled.advance
    monkeypatch.setattr(compiled, "advance", lambda *about: calls.append(1) or advance(*about))

    def goes_the_long_way(rows):
        calls.clear()
        assert_twins(replace(world(rows, 600_000), repeated_texts=0), setting(stores, 600_000))
        return bool(calls)

    longest = (compiled.PLANE_BUCKETS - 1) * 64 - 1
    for late, expected in ((0, False), (1, True)):
        lasting = [1, 40_000, 70_001, 130_000, longest + late, longest + late - 63]
        rows = [
            say(at, at % 7, text=-1 - at, latency_ms=lasting[at % 6])
            for at in [*range(200), *range(90_000, 90_200), *range(300_000, 300_070)]
        ]
        assert goes_the_long_way(rows) is expected
    for count, expected in ((15, False), (16, True)):
        rows = [say(at, at % 7, text=-1 - at, latency_ms=100 - at) for at in range(count)]
        assert goes_the_long_way(rows) is expected


# Corners, one at a time

ROUTINGS = ["least_loaded", "round_robin", "random", "sticky"]
TABLE = ("session_table", {"max": 2, "ttl_ms": 10, "sweep_every_ms": 10})
RING = ("ring_buffer", {"span_ms": 4000, "keep_ms": 9000, "cleanup": "session_removed"})
MAP = ("session_map", {"cleanup": {"ttl": "10ms", "every": "10ms"}})
CACHE = ("lru_cache", {"max": 1, "ttl_ms": 10})
PENDING = ("pending_map", {"timeout_ms": 10})
ALL = {"t": TABLE, "c": CACHE, "m": MAP, "r": RING, "p": PENDING}

CORNERS = {
    "nothing happens": [],
    "one millisecond": [say(5, s % 4, text=s % 3, latency_ms=s % 2) for s in range(50)],
    "zero gaps": [say(t // 5, t % 2, text=t % 2, latency_ms=t % 3) for t in range(60)],
    "idle exactly the ttl": [say(0), say(10), say(20, 1), say(30)],
    "ends at the instant of a sweep": [say(0), say(0, 1), end(10, 0), say(20, 1), end(20, 1)],
    "an end before the utterance it follows": [say(3), end(3), say(3), end(3, 7)],
    "all hang": [say(t, t % 3, text=t % 2, outcome=HANGS) for t in range(40)],
    "all fail at once": [say(t // 4, t % 3, text=t % 2, outcome=1, latency_ms=1) for t in range(40)],
    "settles at the timeout": [say(t, t % 3, text=t, latency_ms=10) for t in range(40)],
    "ids from the top down": [say(t, 40 - t) for t in range(40)],
}


@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("corner", CORNERS)
def test_corner(corner, nodes):
    assert_twins(world(CORNERS[corner], 60, nodes), setting(ALL, 60, nodes))


@pytest.mark.parametrize("room", [-1, 0, 1])
def test_thresholds_met_exactly(room):
    """Memory one byte under, at and over the threshold, the host and the heap limit."""
    rows = [say(t, t) for t in range(1, 30)]
    stores = {"m": ("session_map", {"entry_bytes": 99})}
    scheduler = {"threshold": {"over": "50 %"}, "heartbeat_ms": 1, "scan_every_ms": 3, "offline_after_ms": 4}
    process = {"restart_after_ms": 2, "restart_warmup_ms": 1, "operator_restart_ms": 5}
    for memory in (990, 1980):
        assert_twins(
            world(rows, 40, 2, baseline=99 + room), setting(stores, 40, 2, memory, process, scheduler)
        )
    process["heap_limit_bytes"] = 1000 + room  # ten entries reach 99 % of 1000
    history = assert_twins(world(rows, 40, 2), setting(stores, 40, 2, 10**9, process, scheduler))
    assert history.deaths.sum() > 0


def test_a_doubling_that_just_fits():
    """A Map's old table beside the new one, to the byte."""
    workload = world([say(t, t) for t in range(1, 20)], 40)

    def limited(heap_bytes):
        process = {"heap_limit_bytes": heap_bytes}
        return setting({"m": ("session_map", {})}, 40, process=process, footprint="v8")

    dies, lives = 1, 1_000_000
    while lives - dies > 1:
        middle = (dies + lives) // 2
        dead = simulate(workload, limited(middle), "compiled").deaths[0]
        dies, lives = (middle, lives) if dead else (dies, middle)
    assert [assert_twins(workload, limited(limit)).deaths[0] for limit in (dies, lives)] == [1, 0]


def test_an_operator_is_quicker_than_the_supervisor():
    """The node dies while it is excluded; the restart that was under way must not happen as well."""
    baseline = [[(0, 5000), (20, 7000), (22, 0)]]
    process = {"restart_after_ms": 30, "restart_warmup_ms": 2, "operator_restart_ms": 25}
    scheduler = {"threshold": {"over": "50 %"}, "heartbeat_ms": 10, "scan_every_ms": 100}
    workload = world([say(t, t) for t in range(90)], 90, 1, baseline)
    history = assert_twins(
        workload, setting({"m": ("session_map", {"entry_bytes": 1})}, 90, 1, 6000, process, scheduler)
    )
    assert history.deaths.tolist() == [1]
    assert history.cause_ms[0].sum(axis=1).tolist() == [63, 2, 0, 0, 0, 25]


@pytest.mark.parametrize("slots", [None, 1, 2])
def test_a_job_that_ends_at_the_instant_of_a_death(slots):
    """Whether it was served depends on which class of event kills."""
    scheduler = {"jobs_per_node": slots, "heartbeat_ms": 10}
    process = {"restart_after_ms": 1, "restart_warmup_ms": 1}
    rows = [say(0, 0, latency_ms=10, service_ms=10), say(3, 1, latency_ms=90, service_ms=7)]
    for stores, baseline in (
        ({"c": ("lru_cache", {"entry_bytes": 5000})}, 0),  # by a settled translation, before jobs end
        ({}, [[(0, 0), (10, 5000)]]),  # by the host's other memory, before jobs end
        ({"m": ("session_map", {"entry_bytes": 5000})}, 0),  # by an utterance, after they ended
    ):
        more = [*rows, say(10, 2, service_ms=0)]
        workload = world(more, 40, 1, baseline)
        history = assert_twins(workload, setting(stores, 40, 1, 5000, process, scheduler))
        assert history.deaths[0] >= 1


def test_a_job_of_no_length_is_lost_with_the_event_that_started_it():
    """Two utterances wait for the same heartbeat; the second kills the node before the first has ended."""
    rows = [say(1, 0, service_ms=0), say(2, 1, service_ms=0)]
    stores = {"m": ("session_map", {"entry_bytes": 3000})}
    scheduler = {"heartbeat_ms": 10, "threshold": {"over": "50 %"}, "pending_timeout_ms": 90}
    workload = world(rows, 40, 1, [[(0, 5500), (5, 0)]])
    history = assert_twins(workload, setting(stores, 40, 1, 6000, None, scheduler))
    assert dict(zip(COUNTERS, history.counters.tolist(), strict=True))["lost_crash"] == 2


@pytest.mark.parametrize("degraded", [(1, 9, 9), (3, 4, 9), (9, 2, 9), (9, 3, 3), (4, 3, 3)])
def test_degraded_by_runs_and_by_windows(degraded):
    consecutive, failures, window = degraded
    rule = {"consecutive": consecutive, "failures": failures, "window": window, "counts": ["fails"]}
    rows = [say(t, t, outcome=(t // 40) % 2, latency_ms=1) for t in range(1, 190)]
    scheduler = {"heartbeat_ms": 5, "degraded": rule}
    assert_twins(world(rows, 200, 2), setting({}, 200, 2, scheduler=scheduler))


def test_a_text_read_exactly_at_the_ttl_and_after():
    rows = [say(t, t, text=0) for t in (0, 10, 20, 21, 32, 33)]
    history = assert_twins(world(rows, 50), setting({"c": CACHE}, 50))
    assert history.counters[-2:].tolist() == [3, 3]  # at 10 it is as old as the ttl: a hit


@pytest.mark.parametrize("warmup_ms", [0, 10, 30])
def test_restart_at_the_instant_of_a_sweep_and_of_the_warm_up(warmup_ms):
    rows = [say(t, t % 5) for t in range(0, 60, 2)]
    stores = {"t": TABLE, "m": ("session_map", {"entry_bytes": 100, "growth": "per_job"})}
    process = {"restart_after_ms": 5, "restart_warmup_ms": 5}
    scheduler = {"heartbeat_ms": 5, "scan_every_ms": 10, "offline_after_ms": 5, "job_timeout_ms": 10}
    assert_twins(world(rows, 60), setting(stores, 60, 1, 3200, process, scheduler, warmup_ms=warmup_ms))


# Larger seeded worlds, in which caches fill, queues wrap round and memory is used again


def drawn(seed, rows, horizon_ms, sessions, scale=1):
    """Random rows with times all over the horizon."""
    random = np.random.default_rng(seed)
    at_ms = np.sort(random.integers(0, horizon_ms, rows))
    birth = np.sort(random.integers(0, horizon_ms, sessions))
    alive = np.searchsorted(birth, at_ms, "right")
    columns = {
        "session": np.maximum(alive - 1 - random.geometric(0.05, rows) % np.maximum(alive, 1), 0),
        "text": np.where(random.random(rows) < 0.5, -1 - np.arange(rows), random.zipf(1.5, rows) % 500),
        "outcome": random.choice(3, rows, p=[0.9, 0.07, 0.03]),
        "latency_ms": random.integers(0, 2_000 * scale, rows),
        "service_ms": random.integers(1, 4_000 * scale, rows),
        "audio_ms": random.integers(0, 20_000, rows),
        "cacheable": random.random(rows) < 0.9,
        "route": random.random(rows),
    }
    ends = random.random(rows) < 0.02
    listed = {name: column.tolist() for name, column in columns.items()}
    return [
        end(at, listed["session"][i]) if ends[i] else say(at, **{name: column[i] for name, column in listed.items()})
        for i, at in enumerate(at_ms.tolist())
    ]  # fmt: skip


TROUBLE = [("document", 8, nodes, routing) for nodes in (1, 3, 10) for routing in ROUTINGS]
TROUBLE += [("v8", 8, 1, "least_loaded"), ("v8", 4, 3, "random")]


@pytest.mark.parametrize(("footprint", "pointer_size", "nodes", "routing"), TROUBLE)
def test_a_day_of_trouble(footprint, pointer_size, nodes, routing):
    horizon_ms = 400_000
    stores = {
        "t": ("session_table", {"max": 30, "ttl_ms": 20_000, "sweep_every_ms": 3_000}),
        "u": ("session_table", {"max": None, "ttl_ms": 9_000, "sweep_every_ms": 5_000}),
        "c": ("lru_cache", {"max": 50, "ttl_ms": 30_000}),
        "d": ("lru_cache", {"max": 2000, "ttl_ms": 60_000}),
        "j": ("lru_cache", {"instances": "per_job"}),
        "m": ("session_map", {"cleanup": "session_removed"}),
        "k": ("session_map", {"cleanup": {"ttl": "20s", "every": "7s"}, "growth": "per_job"}),
        "r": ("ring_buffer", {"cleanup": "session_end"}),
        "p": ("pending_map", {"timeout_ms": 3_000, "retains_audio": True, "removed_on": ["success"]}),
    }
    outages = [(node, 50_000 + 7_000 * node, 90_000) for node in range(0, nodes, 2)]
    baseline = [[(0, 10**6), (100_000 + node, 6 * 10**7), (200_000, 10**6)] for node in range(nodes)]
    scenario = setting(
        stores, horizon_ms, nodes, 10**8,
        {"restart_after_ms": 4_000, "restart_warmup_ms": 2_000, "operator_restart_ms": 30_000, "heap_limit_bytes": 5 * 10**7 // nodes},
        {"threshold": {"over": "60 %"}, "heartbeat_ms": 1_500, "offline_after_ms": 4_500, "scan_every_ms": 3_000,
         "jobs_per_node": 40, "pending_timeout_ms": 1_000, "job_timeout_ms": 3_500, "routing": routing,
         "hangs_hold_slot": True, "degraded": {"consecutive": 3, "failures": 3, "window": 5, "counts": ["timeouts"]}},
        warmup_ms=50_000,
    )  # fmt: skip
    measured = {"footprint": footprint, "pointer_size": pointer_size}
    if footprint == "v8":
        measured["process"] = scenario.nodes.process.model_copy(update={"model": "v8"})
    scenario = scenario.model_copy(update={"nodes": scenario.nodes.model_copy(update=measured)})
    phases = {"t": [37 * n for n in range(nodes)], "heartbeat": [111 * n for n in range(nodes)]}
    workload = world(
        drawn(nodes, 5_000 + 1_000 * nodes, horizon_ms, 900),
        horizon_ms,
        nodes,
        baseline,
        phases,
        outages,
        1,
        True,
    )
    history = assert_twins(workload, scenario)
    assert history.deaths.sum() > 0
    assert history.counters[[2, 3, 4, 6, 12]].min() > 0, dict(zip(COUNTERS, history.counters, strict=True))


@pytest.mark.parametrize("slots", [None, 400])
def test_what_settles_and_ends_a_whole_turn_of_the_calendar_ahead(slots):
    """Buckets of 1 ms, so that a turn is 4096 ms, and instants on both sides of one, two and three turns."""
    ahead = [0, 1, 4_094, 4_095, 4_096, 4_097, 8_191, 8_192, 8_193, 12_288, 13_000]
    rows = [
        say(
            at, at % 90, text=-1 - at, outcome=at % 5 == 0, latency_ms=ahead[at * 7 % 11], service_ms=1 + ahead[at * 5 % 11]
        )
        for at in [*range(600), *range(3_500, 4_700), *range(9_000, 9_050), *range(20_000, 21_000)]
    ]  # fmt: skip
    whole = columns(rows)
    ends = [0, 600, 1_800, 1_850, len(rows)]
    windows = [whole.take(np.arange(*some)) for some in pairwise(ends)]
    scheduler = {"jobs_per_node": slots, "routing": "least_loaded", "job_timeout_ms": 13_000}
    stores = {"t": TABLE, "p": ("pending_map", {"timeout_ms": 8_192, "removed_on": ["success"]})}
    workload = replace(world(rows, 40_000, 2), draw=lambda: iter(windows))
    assert_twins(workload, setting(stores, 40_000, 2, scheduler=scheduler))


@pytest.mark.parametrize("known", [True, False])
def test_caches_that_outgrow_their_room(known):
    order = np.random.default_rng(3).permutation(4_000) % 2_900
    rows = [say(at, at % 50, text=text, latency_ms=at % 4) for at, text in enumerate(order.tolist())]
    # after their room has grown both evict, which shows when one has written into another
    stores = {"c": ("lru_cache", {"max": 1_200}), "d": ("lru_cache", {"max": 1_100, "ttl_ms": 900})}
    workload = replace(world(rows, 4_100, 2), repeated_texts=2_900 if known else None)
    history = assert_twins(workload, setting(stores, 4_100, 2, scheduler={"routing": "round_robin"}))
    assert history.entries_final.min() > 1_024
    assert history.store_counters[..., STORE_COUNTERS.index("evicted")].min() > 0


def test_memory_does_not_grow_with_the_horizon():
    """Rows of sessions, records and ids are used again; what a map keeps for ever takes no room here."""
    from simulator.engine import compiled

    stores = {**ALL, "leaks": ("session_map", {}), "hung": ("session_map", {"growth": "per_job"})}

    def sizes(horizon_ms):
        scenario = setting(stores, horizon_ms)
        memory = compiled.Memory(build_workload(scenario, window_rows=5_000), scenario, None)
        compiled._through(memory.workload, memory)
        assert memory.finish().entries_final.max() > horizon_ms // 60_000
        return [len(array) for array in (memory.r, memory.cells, memory.row_of, memory.said, memory.c)]

    for short, long in zip(sizes(7_200_000), sizes(10 * 7_200_000), strict=True):
        assert long <= 1.3 * short


def test_texts_whose_repeats_are_known_or_not():
    """The workload may tell which texts are said again; the engine must not depend on it."""
    rows = [say(t, t % 9, text=t % 50 if t % 3 else 10**6 + t, latency_ms=5) for t in range(400)]
    workload, scenario = world(rows, 500, 2), setting(ALL, 500, 2)
    known = replace(workload, repeated_texts=50)
    assert first_difference(
        assert_twins(workload, scenario), assert_twins(known, scenario)
    ) is None  # fmt: skip


def test_windows_do_not_matter():
    scenario = setting(ALL, 100_000)
    whole = build_workload(scenario, 0)
    rows = next(iter(whole.windows()))
    pieces = [rows.take(np.arange(low, min(low + 7, len(rows)))) for low in range(0, len(rows), 7)]
    cut = replace(whole, draw=lambda: iter(pieces))
    assert (
        first_difference(simulate(whole, scenario, "compiled"), simulate(cut, scenario, "compiled")) is None
    )


@pytest.mark.parametrize("routing", ["random", "least_loaded"])
@pytest.mark.parametrize("unique", ["100 %", "50 %"])
@pytest.mark.parametrize("name", ["t", "m", "r", "p", "audible", "c", "all"])
def test_columns_that_an_engine_does_not_read(name, unique, routing):
    """The compiled engine lets the workload draw only what a setting needs; the reference reads every column."""
    stores = {
        "t": ("session_table", {"max": 30}),
        "m": ("session_map", {}),
        "r": ("ring_buffer", {}),
        "p": ("pending_map", {"retains_audio": name == "audible"}),
        "c": ("lru_cache", {"max": 10, "ttl_ms": 60_000}),
    }
    kept = {
        key: store for key, store in stores.items() if name in (key, "all") or (name, key) == ("audible", "p")
    }
    scenario = setting(kept, 1_200_000, 3, scheduler={"routing": routing})
    texts = {"texts": {"unique": unique, "zipf": {"distinct": 20}}}
    workload = {"sessions": {"arrivals": {"poisson": "0.3/s"}}, "utterances": texts}
    spoken = type(scenario.workload).model_validate(workload)
    scenario = scenario.model_copy(update={"workload": spoken})
    drawn = build_workload(scenario, 0)
    assert assert_twins(drawn, scenario).counters[0] > 5_000
    # not from one and the same window either
    again = simulate(drawn.keeping(), scenario, "compiled")
    assert first_difference(simulate(build_workload(scenario, 0), scenario, "reference"), again) is None


def test_settings_may_share_a_workload():
    """Also where one takes the short cut, one loses its way on it, and one cannot take it."""
    stores = {"t": ("session_table", {"max": 3}), "m": ("session_map", {}), "p": ("pending_map", {})}
    rows = [say(t, t // 9, text=-1 - t, latency_ms=t % 70) for t in range(400)]
    workload = replace(world(rows, 500), repeated_texts=0).keeping()
    cache = {**stores, "c": CACHE}
    settings = [setting(stores, 500), setting(stores, 500, memory=50_000), setting(cache, 500)]
    together = [simulate(workload, scenario, "compiled") for scenario in settings]
    for one, scenario in zip(together, settings, strict=True):
        assert first_difference(simulate(workload, scenario, "reference"), one) is None
    assert together[1].deaths[0] == 1
