"""Every estimator on draws whose truth is known, and where the log's ends cut what it sees."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simulator.logs.fitting.arrivals import cumulative_intensity, fit_arrivals, poisson_interval
from simulator.logs.fitting.families import COUNTS, EXPONENTIAL, GEOMETRIC, LOGNORMAL, TIMES, chance
from simulator.logs.fitting.fit import anderson_darling, by_session, fit_best, fit_family, sample
from simulator.logs.fitting.hosts import fit_hosts
from simulator.logs.fitting.outcomes import find_outages, outside, share
from simulator.logs.fitting.sessions import fit_sessions
from simulator.logs.fitting.tables import common_period, phase, ttl_bounds
from simulator.logs.fitting.texts import Asked, fit_texts
from simulator.logs.fitting.zipf import Seen, draw_lists

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_767_225_600_000.0


def holds(bounds, truth):
    value, low, high = bounds
    return low <= truth <= high and low < value < high


@pytest.mark.parametrize(
    ("family", "draw", "truth"),
    [
        ("exponential", lambda g: g.exponential(6000, 3000), {"mean": 6000}),
        ("lognormal", lambda g: np.exp(g.normal(7, 0.3, 3000)), {"median": np.exp(7)}),
        ("gamma", lambda g: g.gamma(4, 500, 3000), {"mean": 2000, "sd": 1000}),
        ("weibull", lambda g: 3000 * g.weibull(2, 3000), {"median": 3000 * np.log(2) ** 0.5}),
    ],
)
def test_the_right_family_is_found_with_bounds_that_hold_the_truth(family, draw, truth):
    fit = fit_best(TIMES, sample(draw(np.random.default_rng(3))))
    assert fit.family.name == family
    assert fit.rivals[family] <= 2
    assert fit.misfit[1] > 0.01
    for name, value in truth.items():
        assert holds(fit.parameters()[name], value), name


def test_a_wrong_family_is_told_by_its_misfit():
    two_kinds = np.concatenate([np.random.default_rng(1).normal(c, 50, 2000) for c in (1000, 3000)])
    assert fit_best(TIMES, sample(two_kinds)).misfit[1] < 1e-3


def test_censored_values_count_as_longer():
    g = np.random.default_rng(5)
    values, limit = g.exponential(100, 4000), g.uniform(0, 200, 4000)
    seen = values <= limit
    cut = fit_family(EXPONENTIAL, sample(values[seen], limit[~seen]))
    naive = fit_family(EXPONENTIAL, sample(values[seen]))
    assert holds(cut.mean(), 100)
    assert naive.mean()[2] < 70
    # the exact estimator: all the time watched, over the ends seen
    watched = np.minimum(values, limit).sum()
    assert cut.mean()[0] == pytest.approx(watched / seen.sum(), rel=1e-3)


def test_rounded_counts_and_left_truncated_lengths():
    g = np.random.default_rng(6)
    chars = np.maximum(np.round(np.exp(g.normal(np.log(26), 0.6, 20_000))), 1)
    fit = fit_best(TIMES, sample(chars, whole=True, from_=20))
    assert fit.family is LOGNORMAL
    assert holds(fit.parameters()["median"], 26)


def test_chances_of_counts_sum_to_one():
    for family in COUNTS:
        theta = np.array(family.start(5.0, 1.4, 4.0, 0.6))
        assert chance(family, theta, np.arange(1, 3000)).sum() == pytest.approx(1, abs=1e-6), family.name


def test_few_different_values_are_refused():
    with pytest.raises(ValueError, match="fewer than 2"):
        fit_best(TIMES, sample(np.full(50, 7.0)))


def test_anderson_darling_knows_its_critical_values():
    # Stephens 1974: A² of 2.492 is exceeded with 5 %
    g = np.random.default_rng(2)
    statistics, p = zip(*(anderson_darling(g.random(200)) for _ in range(2000)), strict=True)
    assert np.mean(np.array(statistics) > 2.492) == pytest.approx(0.05, abs=0.015)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_poisson_bounds_hold_as_often_as_they_say():
    g = np.random.default_rng(4)
    counts = g.poisson(20, 4000)
    inside = [low <= 20 <= high for low, high in map(poisson_interval, counts.tolist())]
    assert 0.945 < np.mean(inside) < 0.98
    assert poisson_interval(0)[0] == 0


def test_a_constant_rate_is_one_step_and_a_profile_is_not():
    g = np.random.default_rng(1)
    even = fit_arrivals(START + g.random(5000) * DAY, START, START + DAY)
    assert even.is_constant
    assert even.is_poisson
    night, day = g.random(400) * 8 * HOUR, 8 * HOUR + g.random(6000) * 16 * HOUR
    uneven = fit_arrivals(START + np.concatenate([night, day]), START, START + DAY)
    assert [step.from_hour for step in uneven.steps] == [0, 8]
    assert uneven.is_poisson
    assert uneven.steps[0].low < 400 / (8 * 3600) < uneven.steps[0].high


def test_bursts_and_clocks_are_not_poisson():
    g = np.random.default_rng(2)
    at = START + g.random(300) * DAY
    bursts = np.concatenate([at + g.exponential(2000, 300) * k for k in range(12)])
    assert not fit_arrivals(bursts, START, START + 1.01 * DAY).is_poisson
    assert not fit_arrivals(START + np.arange(8640) * 10_000.0, START, START + DAY).is_poisson


def test_leemis_on_two_days_is_the_mean_of_both():
    at, expected = cumulative_intensity(np.array([10.0, 130.0, 150.0]), 2, 100)
    assert at.tolist() == [0, 10, 30, 50, 100]
    assert expected[-1] == 1.5


def log_of_sessions(seed, from_ms, to_ms, mean=20.0, gap=6000.0, sessions=3000):
    """What a log from one instant to another sees of sessions of geometric length."""
    g = np.random.default_rng(seed)
    start = np.sort(g.random(sessions)) * to_ms
    counts = 1 + np.floor(g.exponential(1, sessions) / -np.log1p(-1 / mean)).astype(int)
    seen = []
    for begin, count in zip(start, counts, strict=True):
        at = begin + np.concatenate([[0], np.cumsum(g.exponential(gap, count - 1))])
        inside = np.flatnonzero((at >= from_ms) & (at < to_ms))
        if len(inside):
            seen.append((inside[-1] + 1, inside[0], to_ms - at[inside[-1]], np.diff(at[inside])))
    count, before, silent, gaps = zip(*seen, strict=True)
    return np.array(count), np.array(before), np.array(silent), np.concatenate(gaps)


def test_sessions_cut_by_both_ends_of_a_short_log():
    # the log is 4 min, a session 2 min on average: most are cut; 40 such logs
    means, gaps, naive = [], [], []
    for seed in range(40):
        count, before, silent, gap = log_of_sessions(seed, 240_000, 480_000, sessions=400)
        fit = fit_sessions(count, before, silent, gap, counts=[GEOMETRIC], gaps=[EXPONENTIAL])
        means.append(fit.utterances.mean())
        gaps.append(fit.gap.mean())
        naive.append(count.mean())
    assert sum(holds(bounds, 20) for bounds in means) >= 34
    assert sum(holds(bounds, 6000) for bounds in gaps) >= 34
    assert np.mean([mean for mean, _, _ in means]) == pytest.approx(20, rel=0.05)
    assert abs(np.mean(naive) - 20) > 1  # what ignoring the ends gives


def test_a_session_needs_two_utterances():
    with pytest.raises(ValueError, match="fewer than 2"):
        fit_sessions(np.array([1, 1]), np.array([0, 0]), np.array([5.0, 6.0]), np.empty(0))


def test_outages_are_found_and_left_out():
    g = np.random.default_rng(8)
    at = np.sort(g.random(40_000)) * DAY
    bad = g.random(40_000) < 0.006
    assert find_outages(at, bad, bad, DAY) is None
    out = ((at > 5 * HOUR) & (at < 5.1 * HOUR)) | ((at > 20 * HOUR) & (at < 20.2 * HOUR))
    found = find_outages(at, bad | out, out, DAY)
    assert len(found) == 2
    assert found.hangs
    assert found.start_ms[0] == pytest.approx(5 * HOUR, abs=30_000)
    assert found.end_ms[1] == pytest.approx(20.2 * HOUR, abs=30_000)
    clear = outside(at, found)
    assert share(int((bad & clear).sum()), int(clear.sum())).low < 0.006


def test_sweeps_that_left_no_line_do_not_hide_the_period():
    g = np.random.default_rng(9)
    ticks = [
        17_000 + 60_000 * np.flatnonzero(g.random(300) < 0.5) + g.integers(0, 20, 300)[:1] for _ in range(2)
    ]
    period, low, high = common_period(ticks)
    assert low <= 60_000 <= high
    assert phase(ticks[0], period) == pytest.approx(17_000, abs=30)
    assert common_period([np.array([1.0, 2.0])]) is None


def test_the_ttl_follows_from_what_sweeps_left():
    g = np.random.default_rng(10)
    touch = np.sort(g.random(20_000)) * 6 * HOUR
    session = g.integers(0, 400, 20_000) + 400 * (touch // HOUR).astype(int)
    sweeps = np.arange(60_000, 6 * HOUR, 60_000).astype(float)
    last, left, at = {}, [], 0
    for now in sweeps:
        while at < len(touch) and touch[at] <= now:
            last[session[at]] = touch[at]
            at += 1
        last = {name: when for name, when in last.items() if now - when <= 300_000}
        left.append(len(last))
    low, high = ttl_bounds(touch, session, sweeps, np.array(left))
    assert low <= 300_000 <= high
    assert high - low < 2_000


def test_hosts_that_change_their_level_every_five_minutes():
    g = np.random.default_rng(11)
    at = np.arange(0, 12 * HOUR, 15_000).astype(float)
    nodes = [
        (at, np.repeat(g.normal(70, 2, 144), 20)[: len(at)] + 0.001 * np.arange(len(at))) for _ in range(3)
    ]
    nodes = [(at, np.round(level - 0.001 * np.arange(len(at)), 2)) for at, level in nodes]
    fit = fit_hosts(nodes)
    assert fit.resample_ms == pytest.approx(300_000, rel=0.01)
    assert holds(fit.mean, 70)
    assert holds(fit.sd, 2)
    still = fit_hosts([(at, np.full(len(at), level)) for level in (68.0, 70.0, 72.0)])
    assert still.resample_ms is None
    assert still.n == 3


def test_texts_behind_a_cache():
    g = np.random.default_rng(12)
    n, distinct, exponent, ttl = 120_000, 100, 1.2, 600_000.0
    at = np.sort(g.random(n)) * DAY
    weights = np.arange(1, distinct + 1) ** -exponent
    text = np.where(g.random(n) < 0.7, 1000 + np.arange(n), g.choice(distinct, n, p=weights / weights.sum()))
    chars = np.where(
        text < 1000, 20 + text % 7, np.maximum(np.round(np.exp(g.normal(3.3, 0.5, n))), 1)
    ).astype(int)
    held, asked = {}, np.zeros(n, dtype=bool)
    for i in range(n):
        asked[i] = at[i] > held.get(text[i], -1)
        if asked[i]:
            held[text[i]] = at[i] + ttl
    node, script = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int8)
    columns = Asked(at[asked], node[asked], text[asked], chars[asked], script[asked] == 1, at[asked] + ttl)
    found = fit_texts(columns, at, node, script, cache_ms=ttl)
    assert holds((found.unique.value, found.unique.low, found.unique.high), 0.7)
    assert holds(found.exponent, exponent)
    assert found.distinct[1] <= distinct <= found.distinct[2]
    counted = np.sort(np.bincount(text[asked & (text < 1000)]))[::-1]
    assert counted[0] < 0.2 * (text == 0).sum()  # what the cache hid


def test_a_session_that_speaks_slowly_does_so_all_day():
    # gaps of a session share its pace: as if independent, their mean would seem twice as sure as it is
    held, naive = 0, 0
    for seed in range(60):
        g = np.random.default_rng(seed)
        pace = np.exp(g.normal(-0.08, 0.4, 150))
        session = np.repeat(np.arange(150), 20)
        gaps = g.exponential(6000, len(session)) * pace[session]
        fit = fit_best([EXPONENTIAL], sample(gaps))
        naive += holds(fit.mean(), 6000)
        held += holds(by_session(fit, gaps, session).mean(), 6000)
    assert naive <= 48
    assert held >= 53
    alike = by_session(fit, np.random.default_rng(1).exponential(6000, len(session)), session)
    assert alike.covariance[0, 0] == pytest.approx(fit.covariance[0, 0], rel=0.35)


def test_few_values_leave_the_family_open_and_bounds_say_so():
    fit = fit_best(TIMES, sample(np.exp(np.random.default_rng(4).normal(12, 0.55, 12))))
    assert fit.others
    assert 0 < sum(weight for weight, _ in fit.others) < 1
    alone = replace(fit, others=())
    wider = 0
    for part in (0.05, 0.5, 0.95):
        (_, low, high), (_, own_low, own_high) = fit.quantile(part), alone.quantile(part)
        assert low <= own_low
        assert own_high <= high
        wider += high - low > own_high - own_low
    assert wider
    families = {fit.draw(np.random.default_rng(seed))[0].name for seed in range(60)}
    assert len(families) == len(fit.others) + 1


def test_bounds_of_few_lognormal_values_are_the_exact_ones():
    fit = fit_family(LOGNORMAL, sample(np.exp(np.random.default_rng(4).normal(12, 0.5, 9))))
    half = stats.t.ppf(0.975, 7) * np.exp(fit.theta[1]) / 7**0.5
    _, low, high = fit.quantile(0.5)
    assert np.log([low, high]) == pytest.approx([fit.theta[0] - half, fit.theta[0] + half], rel=1e-3)


def test_outages_that_nobody_could_notice_are_counted_in():
    g = np.random.default_rng(3)
    counts, medians, noticed = [], [], []
    for _ in range(25):
        at, bad = np.sort(g.random(3000)) * DAY, np.zeros(3000, dtype=bool)
        now = 0.0
        while now < DAY:
            now += g.exponential(DAY / 30)
            begin, now = now, now + np.exp(g.normal(np.log(90_000), 0.5))
            bad |= (at >= begin) & (at < now)
        found = find_outages(at, bad | (g.random(3000) < 0.01), bad, DAY)
        counts.append(found.per_day.value)
        if found.lasting is not None:
            medians.append(found.lasting.quantile(0.5)[0])
        noticed.append(len(found))
    assert np.mean(noticed) < 21
    assert np.mean(counts) == pytest.approx(30, rel=0.2)
    assert np.mean(medians) == pytest.approx(90_000, rel=0.15)


def test_a_list_is_told_from_half_of_its_texts_or_not_at_all():
    g = np.random.default_rng(5)
    weight = np.arange(1, 201) ** -1.0
    chance = 0.3 * weight / weight.sum()
    inside = 0
    for seed in range(12):
        counts = g.poisson(8000 * chance)
        seen = Seen(counts[counts > 1].astype(float), np.full((counts > 1).sum(), 8000.0), 8000.0,
                    5600 + int((counts == 1).sum()), 8000)  # fmt: skip
        lists = draw_lists([seen], 1.0, seed)
        for draws, truth in ((lists.exponent, 1.0), (lists.distinct, 200), (lists.unique, 0.7)):
            low, high = np.quantile(draws, [0.025, 0.975])
            inside += low <= truth <= high
    assert inside >= 30
    counts = g.poisson(200 * chance)  # nearly all of the list is still unseen
    few = Seen(counts[counts > 1].astype(float), np.full((counts > 1).sum(), 200.0), 200.0, 140, 200)
    assert draw_lists([few], 1.0) is None
