"""Hit fractions against a cache that is run request by request."""

import math
from collections import OrderedDict
from itertools import permutations

import numpy as np
import pytest

from simulator.theory.caches import (
    characteristic_time,
    che_hit_fraction,
    hit_fraction,
    lru_hit_fraction,
    requests_that_hit,
    ttl_hit_fraction,
    zipf_rates,
)


def kings_formula(chances, size):
    """The hit fraction as King wrote it: a sum over all ordered contents of the cache."""
    hits = 0.0
    for content in permutations(range(len(chances)), size):
        probability, used = 1.0, 0.0
        for key in content:
            probability *= chances[key] / (1 - used)
            used += chances[key]
        hits += probability * used
    return hits


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_exact_is_kings_sum_over_all_contents(size):
    rates = zipf_rates(0.8, 6)
    assert lru_hit_fraction(rates, size) == pytest.approx(kings_formula(rates.tolist(), size), abs=1e-6)


def run(rates, size, ttl, unique, requests=300_000, seed=1):
    draw = np.random.default_rng(seed)
    total = float(rates.sum()) + unique
    keys = draw.choice(len(rates) + 1, size=requests, p=np.append(rates, unique) / total).tolist()
    times = np.cumsum(draw.exponential(1 / total, requests)).tolist()
    cache, hits = OrderedDict(), 0
    for place, (key, time) in enumerate(zip(keys, times, strict=True)):
        if key == len(rates):
            key = -1 - place
        if key in cache and time - cache[key] <= ttl:
            hits += 1
            cache.move_to_end(key)
            continue
        cache.pop(key, None)
        if len(cache) >= size:
            cache.popitem(last=False)
        cache[key] = time
    return hits / requests


@pytest.mark.parametrize(("size", "unique"), [(10, 0.0), (10, 0.7), (25, 0.05)])
def test_lru_exact_and_approximate(size, unique):
    rates = zipf_rates(1.0, 30, 0.3)
    seen = run(rates, size, math.inf, unique)
    exact = lru_hit_fraction(rates, size, unique)
    assert seen == pytest.approx(exact, abs=0.004)
    assert che_hit_fraction(rates, size, unique) == pytest.approx(exact, abs=0.004)


@pytest.mark.parametrize(
    ("size", "ttl", "unique"), [(20, 100, 0.3), (40, 60, 0.7), (15, 30, 0.2), (8, 400, 0.0)]
)
def test_both_limits(size, ttl, unique):
    rates = zipf_rates(1.0, 30, 0.3)
    assert hit_fraction(rates, size, ttl, unique) == pytest.approx(run(rates, size, ttl, unique), abs=0.005)


@pytest.mark.parametrize(
    ("rate", "stay", "ttl"),
    [(1, 0.5, 3), (1, 2, 5), (2, 1, 15), (1, 1, 30), (3, 1, 40), (0.3, 1, 20), (1, 1, 9)],
)
def test_runs_of_hits(rate, stay, ttl):
    draw, runs = np.random.default_rng(2), []
    for _ in range(6_000):
        age, hits = 0.0, 0
        while True:
            gap = draw.exponential(1 / rate)
            age += gap
            if gap > stay or age > ttl:
                break
            hits += 1
        runs.append(hits)
    assert requests_that_hit(rate, stay, ttl) == pytest.approx(
        np.mean(runs), abs=4 * np.std(runs) / math.sqrt(6_000)
    )


def test_limits_of_the_run():
    assert requests_that_hit(2.0, 1.0, 1e6) == pytest.approx(math.expm1(2.0))
    assert requests_that_hit(0.5, 1.0, 1e6) == pytest.approx(math.expm1(0.5))
    assert requests_that_hit(0.0, 1.0, 5.0) == 0.0
    assert math.isinf(requests_that_hit(1e4, 1.0, math.inf))


def test_ttl_alone():
    draw = np.random.default_rng(3)
    times, until, hits = np.cumsum(draw.exponential(10.0, 100_000)), -1.0, 0
    for time in times.tolist():
        if time <= until:
            hits += 1
        else:
            until = time + 25.0
    assert hits / len(times) == pytest.approx(ttl_hit_fraction(0.1, 25.0), abs=0.01)
    assert ttl_hit_fraction(1.0, math.inf) == 1.0


def test_fetching_takes_time_and_may_fail():
    rate, ttl, delay = 0.05, 100.0, 5.0
    draw = np.random.default_rng(4)
    times, until, ready, hits = np.cumsum(draw.exponential(1 / rate, 200_000)), -1.0, math.inf, 0
    for time in times.tolist():
        if time >= ready:
            until, ready = ready + ttl, math.inf
        if time <= until:
            hits += 1
        elif math.isinf(ready):
            ready = time + delay
    assert hit_fraction([rate], 10, ttl, delay=delay) == pytest.approx(hits / len(times), abs=0.01)


def test_nothing_to_hold():
    assert math.isnan(hit_fraction([], 5))
    assert characteristic_time([0.1, 0.2], 5) == math.inf
    assert hit_fraction([0.0, 1.0], 5) == 1.0
    with pytest.raises(ValueError, match="too many"):
        lru_hit_fraction([1.0] * 100, 5)
