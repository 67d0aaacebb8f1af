"""Slots, repairs and first passages against tables and draws."""

import math

import numpy as np
import pytest
from scipy import stats

from simulator.theory.passage import drift_not_yet, drift_passage, erlang_not_yet, erlang_passage, first_of
from simulator.theory.repair import all_down, machine_repair, share_down
from simulator.theory.slots import erlang_b, erlang_c, most_entries, offered_load, waiting_in_runs

# loads at which blocking is 1 %, from the printed Erlang B tables (ITU-T E.520)
ONE_PERCENT = [(1, 0.0101), (2, 0.153), (5, 1.36), (10, 4.46), (20, 12.0), (50, 37.9), (100, 84.1)]


@pytest.mark.parametrize(("servers", "load"), ONE_PERCENT)
def test_printed_erlang_b_tables(servers, load):
    assert erlang_b(servers, load) == pytest.approx(0.01, rel=0.03)


def test_erlang_c_is_the_definition():
    load, servers = 7.0, 10
    terms = [load**n / math.factorial(n) for n in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    assert erlang_c(servers, load) == pytest.approx(last / (sum(terms) + last))
    assert erlang_c(1, 0.4) == pytest.approx(0.4)
    assert erlang_b(10_000, 9_500.0) < erlang_c(10_000, 9_500.0) < 1
    assert erlang_b(3, 0.0) == 0.0


def test_runs_of_utterances_wait_more_often():
    """Sessions that speak for a long time at rate 1/6 s each, exponential jobs, slots for 1.25 times the load."""
    draw, servers, service, gap, sessions = np.random.default_rng(1), 8, 2.0, 6.0, 18.0
    waited, total = 0, 0
    for _ in range(120):  # the number of sessions does not change during a stretch
        speaking = draw.poisson(sessions)
        if speaking == 0:
            continue
        arrivals = np.cumsum(draw.exponential(gap / speaking, 40 * speaking))
        free = np.zeros(servers)
        for place, at in enumerate(arrivals.tolist()):
            slot = int(np.argmin(free))
            if place > 10 * speaking:
                waited += free[slot] > at
                total += 1
            free[slot] = max(free[slot], at) + draw.exponential(service)
    expected = waiting_in_runs(servers, sessions, service / gap)
    assert waited / total == pytest.approx(expected, abs=0.06)
    assert expected > erlang_c(servers, sessions * service / gap) * 1.1
    assert waiting_in_runs(4, 0.0, 1.0) == 0.0
    assert waiting_in_runs(8, 18.0, 1 / 3, wait=False) < expected


def test_loads_and_the_largest_table():
    assert offered_load(0.1 * 20, 2_627.0) == pytest.approx(5.254)
    assert most_entries(4, 2_570.0, 300_000, 60_000) == pytest.approx(
        560.3, abs=0.1
    )  # as the ticket works it out


def test_repairs():
    assert share_down(9.0, 1.0) == 0.1
    assert all_down(2, 9.0, 1.0) == pytest.approx(0.01)
    chances = machine_repair(4, 9.0, 1.0)
    assert chances == pytest.approx(stats.binom(4, 0.1).pmf(range(5)))
    one_hand = machine_repair(4, 9.0, 1.0, hands=1)
    assert sum(one_hand) == pytest.approx(1.0)
    assert one_hand[4] > chances[4]


def test_a_leak_in_equal_steps():
    draw = np.random.default_rng(2)
    times = draw.exponential(2.0, size=(20_000, 40)).sum(axis=1)
    mean, spread = erlang_passage(3_950.0, 100.0, 0.5)
    assert (times.mean(), times.std()) == (pytest.approx(mean, rel=0.01), pytest.approx(spread, rel=0.03))
    assert np.mean(times > 70) == pytest.approx(erlang_not_yet(70.0, 3_950.0, 100.0, 0.5), abs=0.01)
    assert erlang_passage(10.0, 1.0, 0.0)[0] == math.inf
    assert erlang_not_yet(1.0, 0.0, 1.0, 1.0) == 0.0


def test_a_leak_in_steps_of_many_sizes():
    draw, room, rate = np.random.default_rng(3), 60_000.0, 0.5
    sizes = draw.gamma(2.0, 150.0, size=(4_000, 400))
    filled = np.argmax(np.cumsum(sizes, axis=1) >= room, axis=1)
    times = np.cumsum(draw.exponential(1 / rate, size=(4_000, 400)), axis=1)[np.arange(4_000), filled]
    drift, variance = rate * 300.0, rate * (300.0**2 + 2 * 150.0**2)
    mean, spread = drift_passage(room, drift, variance)
    assert times.mean() == pytest.approx(mean, rel=0.01)
    assert times.std() == pytest.approx(spread, rel=0.05)
    assert np.mean(times > 420) == pytest.approx(drift_not_yet(420.0, room, drift, variance), abs=0.03)


def test_the_inverse_gaussian_is_scipys():
    shape = 100.0**2 / 8.0
    law = stats.invgauss(50 / shape, scale=shape)
    for time in (30.0, 50.0, 80.0):
        assert drift_not_yet(time, 100.0, 2.0, 8.0) == pytest.approx(law.sf(time), rel=1e-9)
    assert drift_passage(1.0, 0.0, 1.0)[0] == math.inf
    assert (drift_not_yet(1.0, 0.0, 1.0, 1.0), drift_not_yet(0.0, 1.0, 1.0, 1.0)) == (0.0, 1.0)
    assert (drift_not_yet(1.0, 2.0, 1.0, 0.0), drift_not_yet(3.0, 2.0, 1.0, 0.0)) == (1.0, 0.0)


def test_the_first_of_several():
    assert first_of(lambda t: math.exp(-t / 8), 4, 1.0) == pytest.approx(2 * (1 - math.exp(-0.5)))
