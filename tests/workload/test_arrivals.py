"""W1: sessions start as the arrival process says, however many are asked for at a time."""

import gzip

import numpy as np
import pytest
from scipy import stats

from simulator.config.arrivals import (
    BurstArrivals,
    PoissonArrivals,
    ProfileArrivals,
    RenewalArrivals,
    TraceArrivals,
)
from simulator.config.distributions import Constant, Empirical, Exponential, Gamma
from simulator.problems import ConfigError
from simulator.workload import Streams
from simulator.workload.arrivals import open_arrivals
from simulator.workload.starts import read_starts

from .drawing import HOUR_MS, z

DAY_MS = 24 * HOUR_MS
DAILY = ProfileArrivals(steps=((0, 0.02), (8 * HOUR_MS, 0.2), (18 * HOUR_MS, 0.0), (22 * HOUR_MS, 0.05)))
BURSTS = BurstArrivals(
    quiet_per_s=0.01, busy_per_s=1.0, quiet=Exponential(mean=HOUR_MS), busy=Exponential(mean=HOUR_MS / 6)
)
PROCESSES = {
    "poisson": PoissonArrivals(rate_per_s=0.1),
    "profile": DAILY,
    "bursts": BURSTS,
    "renewal": RenewalArrivals(interval=Gamma(shape=3, scale=2_000)),
    "dense": PoissonArrivals(rate_per_s=5_000),
}


def starts(arrivals, horizon_ms=DAY_MS, about=500, replication=0, seed=3):
    process = open_arrivals(arrivals, Streams(seed, replication), horizon_ms)
    taken, until_ms = [], 0
    while until_ms < horizon_ms:
        some, until_ms = process.take(about)
        taken.append(some)
    return np.concatenate(taken)


@pytest.mark.parametrize("name", PROCESSES)
def test_starts_come_in_order_within_the_horizon_whatever_is_asked_for(name):
    horizon_ms = 5_000 if name == "dense" else DAY_MS
    all_at_once = starts(PROCESSES[name], horizon_ms, about=10**6)
    assert all_at_once.dtype == np.int64
    assert (np.diff(all_at_once) >= 0).all()
    assert all_at_once[0] >= 0
    assert all_at_once[-1] < horizon_ms
    for about in (1, 7, 1_000):
        assert np.array_equal(starts(PROCESSES[name], horizon_ms, about), all_at_once)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_longer_horizon_only_adds_starts(name):
    horizon_ms = 2_000 if name == "dense" else DAY_MS // 2
    longer = starts(PROCESSES[name], 2 * horizon_ms)
    assert np.array_equal(starts(PROCESSES[name], horizon_ms), longer[longer < horizon_ms])


def test_no_start_is_handed_over_late():
    process = open_arrivals(PROCESSES["dense"], Streams(3, 0), 5_000)
    before = 0
    while before < 5_000:
        some, until_ms = process.take(40)
        assert until_ms > before
        assert some.min(initial=before) >= before
        assert some.max(initial=before) < until_ms
        before = until_ms


def test_poisson_counts_are_poisson_and_gaps_exponential():
    counts = [len(starts(PoissonArrivals(rate_per_s=0.1), HOUR_MS, replication=r)) for r in range(400)]
    assert z(counts, 360) < 4
    # the variance of a Poisson count is its mean
    assert stats.chi2.sf(np.sum((np.array(counts) - 360) ** 2) / 360, 400) > 1e-3
    gaps = np.diff(starts(PoissonArrivals(rate_per_s=0.1), 100 * HOUR_MS))
    assert stats.kstest(gaps[:5_000], stats.expon(scale=10_000).cdf).pvalue > 1e-3


def test_a_profile_has_its_rate_at_every_hour():
    rate = np.repeat([0.02, 0.2, 0.0, 0.05], [8, 10, 4, 2]) * 3600
    counts = np.zeros(24)
    days = 200
    for replication in range(10):
        drawn = starts(DAILY, 20 * DAY_MS, replication=replication)
        counts += np.bincount(drawn % DAY_MS // HOUR_MS, minlength=24)
    assert (counts[18:22] == 0).all()
    busy = rate > 0
    assert stats.chi2.sf(np.sum((counts - days * rate)[busy] ** 2 / (days * rate[busy])), busy.sum()) > 1e-3
    within = drawn[drawn % DAY_MS // HOUR_MS == 9] % HOUR_MS
    assert stats.kstest(within, stats.uniform(0, HOUR_MS).cdf).pvalue > 1e-3


def test_bursts_are_a_poisson_process_in_alternating_spells():
    fixed = BURSTS.model_copy(update={"quiet": Constant(value=HOUR_MS), "busy": Constant(value=HOUR_MS / 2)})
    busy = quiet = 0
    for replication in range(20):
        phase = starts(fixed, 150 * HOUR_MS, replication=replication) % (HOUR_MS * 3 // 2)
        quiet += np.count_nonzero(phase < HOUR_MS)
        busy += np.count_nonzero(phase >= HOUR_MS)
    for count, mean in ((quiet, 20 * 100 * 36), (busy, 20 * 100 * 1800)):
        assert abs(count - mean) < 4 * np.sqrt(mean)


def test_bursts_have_their_mean_rate_in_the_long_run():
    counts = [len(starts(BURSTS, 500 * HOUR_MS, replication=r)) for r in range(60)]
    # per cycle: an hour of 36/h and a sixth of 3600/h
    assert z(counts, 500 * (36 + 600) / (1 + 1 / 6)) < 4


def test_the_variance_of_bursts_is_that_of_a_modulated_poisson_process():
    """Counts of 10 min in the long run. Source: Fischer and Meier-Hellstern, The MMPP cookbook, 1993, (19)."""
    window, rates, leave = 600.0, np.array([0.01, 1.0]), np.array([1 / 3600, 1 / 600])
    share = leave[::-1] / leave.sum()
    mean = share @ rates
    away = leave.sum()
    spread = share.prod() * (rates[1] - rates[0]) ** 2
    variance = mean * window + 2 * spread * (window / away - (1 - np.exp(-away * window)) / away**2)
    drawn = np.concatenate([
        np.bincount(starts(BURSTS, 600 * HOUR_MS, replication=r) // 600_000, minlength=3_600)[60:] for r in range(20)
    ])  # fmt: skip
    assert np.var(drawn) == pytest.approx(variance, rel=0.06)


def test_renewals_are_sums_of_intervals():
    assert starts(RenewalArrivals(interval=Constant(value=250.5)), 1_200).tolist() == [250, 501, 751, 1002]
    gaps = np.diff(starts(PROCESSES["renewal"], 30 * HOUR_MS))
    assert stats.kstest(gaps[:5_000], stats.gamma(3, scale=2_000).cdf).pvalue > 1e-3


def test_arrivals_in_one_ms_stay_together():
    batches = RenewalArrivals(interval=Empirical(values=(0.0, 0.0, 0.0, 10.0)))
    process = open_arrivals(batches, Streams(3, 0), 10_000)
    reached = -1
    while reached < 10_000:
        some, reached = process.take(1)
        if len(some):
            assert len(set(some.tolist())) == 1


@pytest.mark.parametrize(
    "arrivals",
    [
        PoissonArrivals(rate_per_s=0),
        ProfileArrivals(steps=((0, 0.0),)),
        BURSTS.model_copy(update={"quiet_per_s": 0.0, "busy_per_s": 0.0}),
        PoissonArrivals(rate_per_s=1e-9),
    ],
)
def test_nobody_comes(arrivals):
    assert len(starts(arrivals, 30 * DAY_MS)) == 0


def test_recorded_starts(tmp_path):
    plain = tmp_path / "starts.txt"
    plain.write_text("at_ms\n0\n15\n15\n\n99\n")
    assert starts(TraceArrivals(file=str(plain)), 99).tolist() == [0, 15, 15]
    assert starts(TraceArrivals(file=str(plain)), 100, about=1).tolist() == [0, 15, 15, 99]
    plain.write_text("3\n4\n")
    assert read_starts(str(plain)).tolist() == [3, 4]
    packed = tmp_path / "starts.csv.gz"
    packed.write_bytes(gzip.compress(b"who,at_ms\na,5\nb,6\n"))
    assert read_starts(str(packed)).tolist() == [5, 6]


def test_a_trace_gives_the_starts_of_its_sessions(tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_text("at_ms,event,session\n1,utterance,a\n4,utterance,b\n4,utterance,a\n9,session_end,b\n")
    assert read_starts(str(trace)).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("5\n4\n", 2, "4 ms comes after 5 ms: not in order"),
        ("5\n-4\n", 2, "expected a whole number of ms, not `-4`"),
        ("1.5\n", 1, "expected a whole number of ms, not `1.5`"),
        ("at_ms\nnow\n", 2, "expected a whole number of ms, not `now`"),
        ("1\n²\n", 2, "expected a whole number of ms, not `²`"),
    ],
)
def test_e122_starts_that_make_no_sense(tmp_path, text, line, message):
    (tmp_path / "starts.txt").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_starts(str(tmp_path / "starts.txt"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.line, problem.message) == ("E122", line, message)


def test_starts_that_cannot_be_read(tmp_path):
    (tmp_path / "bad.gz").write_text("no gzip")
    for name in ("missing", "bad.gz"):
        with pytest.raises(ConfigError) as caught:
            read_starts(str(tmp_path / name))
        assert caught.value.problems[0].code == "E110"
