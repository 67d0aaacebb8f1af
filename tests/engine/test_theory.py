"""Closed forms beside the engine, at fixed seeds: occupancy, caps, leaks and slots.

Every tolerance is a few standard errors of the formula's own variance, so a wrong rule shows and chance does not.
"""

import math

import numpy as np
import pytest

from simulator.engine import simulate
from simulator.workload.rows import ROW_NAMES, ROW_TYPES, Rows
from tests.engine.world import setting, world


def poisson_world(
    rate_per_s, horizon_ms, seed, nodes=1, utterances=1, gap_ms=0, service_mean_ms=0.0, **columns
):
    """Sessions that start by a Poisson process and utter `utterances` times, `gap_ms` apart."""
    draw = np.random.default_rng(seed)
    starts = np.sort(draw.integers(0, horizon_ms, draw.poisson(rate_per_s * horizon_ms / 1000)))
    at_ms = (starts[:, None] + gap_ms * np.arange(utterances)).ravel()
    session, turn = np.repeat(np.arange(len(starts)), utterances), np.tile(np.arange(utterances), len(starts))
    order = np.lexsort((turn, session, at_ms))
    order = order[at_ms[order] < horizon_ms]
    size = len(order)
    drawn = {"at_ms": at_ms[order], "session": session[order], "turn": turn[order],
             "last": turn[order] == utterances - 1, "text": np.arange(size), "route": draw.random(size),
             "service_ms": np.rint(draw.exponential(service_mean_ms, size)) if service_mean_ms else 0}  # fmt: skip
    drawn |= columns
    rows = Rows(*(np.broadcast_to(drawn.get(name, 0), size).astype(ROW_TYPES[name]) for name in ROW_NAMES))
    made = world([], horizon_ms, nodes)
    made._kept.append(rows)
    return made, rows


def erlang_b(servers, load):
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers, load):
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def sampled(rate_per_s, hours, cap, seed=1, **options):
    """Entries of a table with ttl 100 s, swept every 60 s, sampled every 10 s after the timers."""
    horizon_ms = round(hours * 3_600_000)
    workload, _ = poisson_world(rate_per_s, horizon_ms, seed, **options)
    table = {"t": ("session_table", {"ttl_ms": 100_000, "sweep_every_ms": 60_000, "max": cap})}
    history = simulate(workload, setting(table, horizon_ms), "reference", sample_every_ms=10_000)
    return history.samples.entries[0][60:], history  # from 10 min on


@pytest.mark.parametrize(("utterances", "gap_ms"), [(1, 0), (4, 20_000)])
def test_s3_a_swept_table_without_a_cap_is_an_infinite_server_queue(utterances, gap_ms):
    """Just after a sweep rate · (time spoken + ttl), then linear until just before the next one."""
    entries, history = sampled(2.0, 6, None, utterances=utterances, gap_ms=gap_ms)
    spoken_s = (utterances - 1) * gap_ms / 1000
    for after_s in range(0, 60, 10):
        mean = 2.0 * (spoken_s + 100 + after_s)
        seen = entries[after_s // 10 :: 6]
        independent = len(seen) * 60 / (spoken_s + 160)
        assert seen.mean() == pytest.approx(mean, abs=3 * math.sqrt(mean / independent)), after_s
    area = history.entry_ms[0, 0, 24:].sum() / (history.horizon_ms - int(history.edges_ms[24]))
    assert area == pytest.approx(2.0 * (spoken_s + 100 + 30), rel=0.02)  # ttl + half a period on average


def test_s3_occupancy_just_after_a_sweep_is_poisson():
    seen = sampled(0.5, 40, None)[0][::6][::3]  # every 180 s: independent
    assert seen.mean() == pytest.approx(50, abs=3 * math.sqrt(50 / len(seen)))
    assert seen.var() == pytest.approx(50, rel=3 * math.sqrt(2 / len(seen)))


def test_s2_with_a_cap_and_one_touch_each_it_is_a_truncated_poisson_number():
    cap, mean = 50, 50.0
    seen = sampled(0.5, 40, cap)[0][::6][::3]
    below = [math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(cap)]
    full = 1 - sum(below)
    expected = sum(k * p for k, p in enumerate(below)) + cap * full
    assert seen.max() == cap
    assert np.mean(seen == cap) == pytest.approx(full, abs=3 * math.sqrt(full * (1 - full) / len(seen)))
    assert seen.mean() == pytest.approx(expected, abs=3 * seen.std() / math.sqrt(len(seen)))


def test_b4_a_linear_leak_fills_the_host_after_an_erlang_time():
    entries, rate = 40, 1.0
    times = []
    for seed in range(150):
        workload, rows = poisson_world(rate, 120_000, seed)
        scenario = setting({"m": ("session_map", {"entry_bytes": 100})}, 120_000, memory=100 * entries)
        history = simulate(workload, scenario, "reference")
        assert history.first_oom_ms == rows.at_ms[entries - 1]
        times.append(history.first_oom_ms / 1000)
    assert np.mean(times) == pytest.approx(entries / rate, abs=3 * math.sqrt(entries / len(times)) / rate)
    assert np.var(times) == pytest.approx(entries / rate**2, rel=3 * math.sqrt(2 / len(times)))


def test_a8_slots_in_use_are_rate_times_service():
    at_work = []
    for seed in range(150):
        workload, _ = poisson_world(4.0, 60_000, seed, service_mean_ms=2_000)
        at_work.append(simulate(workload, setting({}, 60_000), "reference").in_flight_jobs)
    assert np.mean(at_work) == pytest.approx(8.0, abs=3 * math.sqrt(8.0 / len(at_work)))


@pytest.mark.parametrize(("nodes", "slots"), [(1, 4), (4, 1), (2, 2)])
def test_a6_without_patience_losses_are_erlang_b(nodes, slots):
    workload, rows = poisson_world(2.0, 12_000_000, 7, nodes=nodes, service_mean_ms=1_500)
    scheduler = {"jobs_per_node": slots, "pending_timeout_ms": 0, "job_timeout_ms": 10**9}
    history = simulate(workload, setting({}, 12_000_000, nodes, scheduler=scheduler), "reference")
    expected = erlang_b(4, 3.0)
    assert history.counters[2] / len(rows) == pytest.approx(expected, abs=0.01)
    assert history.no_node_ms.sum() / 12_000_000 == pytest.approx(
        expected, abs=0.01
    )  # arrivals see time averages


@pytest.mark.parametrize(("nodes", "slots"), [(1, 4), (4, 1)])
def test_a6_with_patience_waits_are_erlang_c(nodes, slots):
    rate, mean_s, horizon_ms = 2.0, 1.5, 16_000_000
    workload, rows = poisson_world(rate, horizon_ms, 11, nodes=nodes, service_mean_ms=mean_s * 1000)
    scheduler = {"jobs_per_node": slots, "pending_timeout_ms": 10**9, "job_timeout_ms": 10**9}
    stores = {"m": ("session_map", {})}
    history = simulate(workload, setting(stores, horizon_ms, nodes, scheduler=scheduler), "reference")
    expected = erlang_c(4, rate * mean_s)
    assert history.counters[6] / len(rows) == pytest.approx(expected, abs=0.02)
    assert history.no_node_ms.sum() / horizon_ms == pytest.approx(expected, abs=0.02)
    # a map that nothing cleans holds each session from its dispatch on, which tells how long it waited
    waited_ms = (horizon_ms - rows.at_ms).sum() - history.entry_ms.sum()
    assert waited_ms / len(rows) / 1000 == pytest.approx(expected / (4 / mean_s - rate), rel=0.1)


def test_a7_a_serial_gpu_is_one_server():
    """M/M/1 behind unlimited slots: the mean number of jobs is load / (1 - load)."""
    load, at_work = 0.5, []
    for seed in range(400):
        workload, _ = poisson_world(1.0, 60_000, seed, service_mean_ms=1_000 * load)
        at_work.append(simulate(workload, setting({}, 60_000, gpu="serial"), "reference").in_flight_jobs)
    assert np.mean(at_work) == pytest.approx(1.0, abs=3 * math.sqrt(2.0 / len(at_work)))


def test_c1_an_lru_cache_hits_as_often_as_the_key_was_among_the_last_ones():
    """Independent requests for n keys alike: a cache of c holds each with probability c / n."""
    draw = np.random.default_rng(3)
    text = draw.integers(0, 40, 60_000)
    workload, _ = poisson_world(10.0, 1_000_000, 3, text=text[0], cacheable=True)
    rows = workload._kept[0]
    rows.text[:] = text[: len(rows)]
    history = simulate(
        workload, setting({"c": ("lru_cache", {"max": 10, "ttl_ms": None})}, 1_000_000), "reference"
    )
    hits, misses = history.counters[12:14].tolist()
    assert hits / (hits + misses) == pytest.approx(0.25, abs=3 * math.sqrt(0.25 * 0.75 / (hits + misses)))


def test_a8_the_printed_bound_on_a_nodes_table():
    """Entries never exceed slots / mean service · (ttl + sweep), whatever the offered load (constant service)."""
    workload, _ = poisson_world(20.0, 600_000, 5, service_ms=2_000)
    table = {"t": ("session_table", {"ttl_ms": 100_000, "sweep_every_ms": 60_000})}
    scheduler = {"jobs_per_node": 4, "pending_timeout_ms": 10**9}
    history = simulate(workload, setting(table, 600_000, scheduler=scheduler), "reference")
    bound = 4 / 2 * 160
    assert bound - 8 <= history.entries_max.max() <= bound + 4
