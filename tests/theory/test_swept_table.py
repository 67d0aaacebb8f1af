"""Occupancy, caps, evictions and peaks against a table that is worked out session by session, in NumPy."""

import math

import numpy as np
import pytest

from simulator.config.distributions import Constant, Exponential, Geometric, Lognormal
from simulator.theory.speech import (
    Speech,
    found_gone,
    missing_while_filling,
    sessions_in_window,
    sessions_in_window_at_random,
)
from simulator.theory.swept_table import (
    capped_mean,
    evictions_per_ms,
    expected_peak,
    full_chance,
    idle_when_evicted_ms,
    live_when_evicted,
    mean_entries,
    peak_chances,
    peak_chances_at_most,
)


def touches(speech, count, horizon, seed=1):
    """Every utterance as (session, time), sessions from long before 0, in NumPy."""
    draw = np.random.default_rng(seed)
    before = 4_000_000
    starts = np.sort(draw.uniform(-before, horizon, draw.poisson(speech.rate_per_ms * (before + horizon))))
    counts = count(draw, len(starts))
    owner = np.repeat(np.arange(len(starts)), counts)
    gaps = gap_draws(speech.gap, draw, len(owner))
    since = np.cumsum(gaps) - gaps
    first = np.cumsum(counts) - counts
    return owner, starts[owner] + since - since[first][owner]


def gap_draws(law, draw, n):
    if law.family == "constant":
        return np.full(n, law.value)
    if law.family == "lognormal":
        return draw.lognormal(law.mu, law.sigma, n)
    return draw.exponential(law.mean, n)


def geometric(mean):
    return lambda draw, n: draw.geometric(1 / mean, n)


CASES = [
    (Speech.of(0.001, Constant(value=1.0), Constant(value=1.0), None), lambda draw, n: np.ones(n, dtype=int)),
    (Speech.of(0.0002, Geometric(mean=20.0), Exponential(mean=6_000.0), None), geometric(20.0)),
    (
        Speech.of(0.0005, Geometric(mean=4.0), Lognormal.from_median(40_000.0, 400_000.0), None),
        geometric(4.0),
    ),
]


def in_window(owner, at, ends, window):
    """Sessions with an utterance in (end - window, end], for each of the ends."""
    return np.array([len(np.unique(owner[(at > end - window) & (at <= end)])) for end in ends])


@pytest.mark.parametrize(("speech", "count"), CASES)
def test_sessions_in_a_window_are_poisson_with_this_mean(speech, count):
    owner, at = touches(speech, count, 40_000_000)
    for window in (100_000, 300_000):
        ends = np.arange(1_000_000, 40_000_000, 1_500_000)
        seen = in_window(owner, at, ends, window)
        mean = sessions_in_window(speech, window)
        assert seen.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / len(seen)))
        assert seen.var() == pytest.approx(mean, rel=4 * math.sqrt(2 / len(seen)))


def test_random_nodes_hold_what_the_formula_says():
    speech, count = CASES[1]
    owner, at = touches(speech, count, 40_000_000)
    here = np.random.default_rng(2).integers(0, 4, len(at)) == 0
    seen = in_window(owner[here], at[here], np.arange(1_000_000, 40_000_000, 1_000_000), 300_000)
    mean = sessions_in_window_at_random(speech, 300_000, 4)
    assert seen.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / len(seen)))


def test_idle_limits_and_told_ends():
    gap, rate, window = 40_000.0, 0.0005, 100_000
    limited = Speech.of(rate, Geometric(mean=4.0), Exponential(mean=gap), 60_000, told=0.5)
    draw = np.random.default_rng(3)
    total, sessions, later, gone = 0.0, 0, 0, 0
    for _ in range(20_000):
        gaps = draw.exponential(gap, draw.geometric(0.25))
        split = gaps[:-1] > 60_000
        stays = np.where(split, window, np.minimum(gaps[:-1], window))
        last = min(gaps[-1], 60_000, window) if draw.random() < 0.5 else window
        total += stays.sum() + last
        sessions += 1 + split.sum()
        later += (~split).sum()
        gone += np.sum(~split & (gaps[:-1] > 30_000 + draw.uniform(0, 20_000, len(split))))
    assert sessions_in_window(limited, window) == pytest.approx(rate * total / 20_000, rel=0.02)
    assert limited.sessions_per_ms == pytest.approx(rate * sessions / 20_000, rel=0.02)
    assert found_gone(limited, 30_000, 20_000) == pytest.approx(gone / later, rel=0.05)
    # a window shorter than the idle limit
    short = Speech.of(rate, Geometric(mean=4.0), Exponential(mean=gap), 60_000)
    unlimited = Speech.of(rate, Geometric(mean=4.0), Exponential(mean=gap), None)
    assert sessions_in_window(short, 10_000) == pytest.approx(sessions_in_window(unlimited, 10_000))
    assert found_gone(unlimited, 1e9, 1.0) == pytest.approx(0.0, abs=1e-9)


def test_how_much_an_empty_start_costs():
    speech, count = CASES[2]
    draw, total, window = np.random.default_rng(4), 0.0, 300_000
    for _ in range(20_000):
        gaps = gap_draws(speech.gap, draw, count(draw, 1)[0] - 1)
        at = np.concatenate([[0.0], np.cumsum(gaps)])
        stay = np.append(np.minimum(gaps, window), window)
        total += np.sum(at * stay + stay**2 / 2)
    expected = speech.rate_per_ms * total / 20_000
    assert missing_while_filling(speech, window) == pytest.approx(expected, rel=0.06)


def capped_sizes(rate, ttl, sweep, cap, sweeps, seed=5):
    """A capped table, one utterance a session, event by event: sizes before sweeps, mean, evictions."""
    draw = np.random.default_rng(seed)
    held, sizes, area, evicted = [], [], 0.0, 0
    for period in range(sweeps + 40):
        start = period * sweep
        for at in np.sort(draw.uniform(start, start + sweep, draw.poisson(rate * sweep))).tolist():
            if cap is not None and len(held) >= cap:
                held.pop(0)
                evicted += period >= 40
            else:
                area += (start + sweep - at) * (period >= 40)
            held.append(at)
        if period >= 40:
            sizes.append(len(held))
        held = [at for at in held if start + sweep - at <= ttl]
        area += len(held) * sweep * (period >= 39) * (period < sweeps + 39)
    return np.array(sizes), area / (sweeps * sweep), evicted / (sweeps * sweep)


def test_a_capped_table_of_single_utterances():
    rate, ttl, sweep, cap = 0.0005, 100_000, 60_000, 70

    def window(ms):
        return rate * ms

    sizes, mean, evictions = capped_sizes(rate, ttl, sweep, cap, 4_000)
    before = window(ttl + sweep)
    assert np.mean(sizes == cap) == pytest.approx(full_chance(before, cap), abs=0.03)
    assert sizes.mean() == pytest.approx(capped_mean(before, cap), rel=0.01)
    assert mean == pytest.approx(mean_entries(window, ttl, sweep, cap), rel=0.01)
    assert evictions == pytest.approx(evictions_per_ms(window, rate, ttl, sweep, cap), rel=0.05)
    assert capped_mean(3.0, 1) == pytest.approx(1 - math.exp(-3))


@pytest.mark.parametrize("seed", [6, 7])
def test_the_peak_over_many_sweeps(seed):
    rate, ttl, sweep, sweeps = 0.0005, 300_000, 60_000, 60
    sizes = capped_sizes(rate, ttl, sweep, None, 60 * 400, seed)[0].reshape(400, sweeps)
    mean, shared = rate * (ttl + sweep), 2 * rate * (ttl + sweep) - rate * (ttl + 2 * sweep)
    peaks = sizes.max(axis=1)
    about = expected_peak(peak_chances(mean, shared, sweeps))
    most = expected_peak(peak_chances_at_most(mean, sweeps))
    error = peaks.std() / math.sqrt(len(peaks))
    assert peaks.mean() == pytest.approx(about, abs=4 * error)
    assert peaks.mean() < most
    chances = peak_chances(mean, shared, sweeps)
    for level in (200, 210, 220):
        assert np.mean(peaks <= level) == pytest.approx(chances[level], abs=0.09)
    assert expected_peak(peak_chances(mean, shared, sweeps, cap=150)) == 150.0


def test_peaks_of_several_nodes_and_one_sweep():
    one = peak_chances(50.0, 0.0, 1)
    assert expected_peak(one) == pytest.approx(50.0)
    assert expected_peak(one, 4) > 56


def test_victims_that_speak_again():
    """An LRU table without sweeps: who is evicted has been idle for the characteristic time, about."""
    speech, count = CASES[2]
    owner, at = touches(speech, count, 20_000_000)
    order = np.argsort(at)
    last = {}
    for session, time in zip(owner.tolist(), at.tolist(), strict=True):
        last[session] = max(time, last.get(session, -math.inf))
    from collections import OrderedDict

    held, cap, idle, live = OrderedDict(), 200, [], []
    for place in order.tolist():
        session, time = int(owner[place]), float(at[place])
        if session not in held and len(held) == cap:
            victim, touched = held.popitem(last=False)
            idle.append(time - touched)
            live.append(last[victim] > time)
        held.pop(session, None)
        held[session] = time

    def window(ms):
        return sessions_in_window(speech, ms)

    characteristic = idle_when_evicted_ms(window, cap, 1e9)
    assert np.mean(idle) == pytest.approx(characteristic, rel=0.05)
    from simulator.theory.laws import survival

    expected = live_when_evicted(speech.later, survival(speech.gap, characteristic))
    assert np.mean(live) == pytest.approx(expected, rel=0.1)
    assert idle_when_evicted_ms(window, 10**6, 360_000) == 360_000
