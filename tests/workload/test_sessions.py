"""W1, W2: how many utterances, when, whether the idle limit makes new sessions, and who tells the end."""

import numpy as np
import pytest
from scipy import stats

from simulator.problems import ConfigError
from simulator.workload import SESSION_END, UTTERANCE
from simulator.workload import sessions as sessions_module

from .drawing import HOUR_MS, draw, same, scenario, z, z_share

EVERY_10S = {"arrivals": {"renewal": "10s"}}


def counts(rows):
    """Utterances per session, of sessions that are over within the horizon."""
    spoken = rows.kind == UTTERANCE
    said = np.bincount(rows.session[spoken])
    over = np.bincount(rows.session[spoken], weights=rows.last[spoken]) > 0
    return said[over]


def gaps(rows):
    """Pauses within sessions."""
    spoken = np.flatnonzero(rows.kind == UTTERANCE)
    order = spoken[np.lexsort((rows.turn[spoken], rows.session[spoken]))]
    within = np.diff(rows.session[order]) == 0
    return np.diff(rows.at_ms[order])[within]


def early(rows, before_ms):
    """Rows of sessions that start before an instant, so that the horizon favours no length."""
    opened = np.zeros(rows.session.max() + 1, dtype=bool)
    opened[rows.session[(rows.turn == 0) & (rows.at_ms < before_ms)]] = True
    return rows.take(opened[rows.session])


def test_utterances_per_session_and_gaps_have_their_means():
    asked = scenario(
        {"arrivals": {"poisson": "0.5/s"}, "utterances": {"geometric": {"mean": 20}}, "gap": "2s"},
        horizon="10h",
    )
    rows = early(draw(asked), 9 * HOUR_MS)
    assert z(counts(rows), 20) < 4
    assert stats.kstest(counts(rows)[:5_000] + np.random.default_rng(1).random(5_000) - 1,
                        lambda x: 1 - 0.95 ** np.floor(np.maximum(x, 0)) * (1 - 0.05 * (np.maximum(x, 0) % 1))).pvalue > 1e-3  # fmt: skip
    assert (gaps(rows) == 2_000).all()
    asked = scenario({"gap": {"exponential": {"mean": "6s"}}, "utterances": {"constant": 20}}, horizon="20h")
    rows = early(draw(asked), 19 * HOUR_MS)
    assert (counts(rows) == 20).all()
    assert (
        stats.kstest(
            gaps(rows)[:50_000] - 0.5 + np.random.default_rng(1).random(50_000), stats.expon(scale=6_000).cdf
        ).pvalue
        > 1e-3
    )
    assert z(gaps(rows), 6_000) < 4


def test_a_session_says_at_least_one_thing():
    rows = draw(scenario({"utterances": {"poisson": {"mean": 1}}}))
    assert counts(rows).min() == 1


def test_by_duration_a_session_speaks_at_its_start_and_until_it_is_over():
    rows = draw(scenario({**EVERY_10S, "duration": "1min", "gap": "7s"}, horizon="10min"))
    mine = rows.session == 0
    assert rows.at_ms[mine].tolist() == [10_000 + 7_000 * k for k in range(9)]
    rows = draw(scenario({**EVERY_10S, "duration": "1min", "gap": "6s"}, horizon="10min"))
    assert (rows.session == 0).sum() == 10  # at the end itself it says nothing
    rows = draw(scenario({**EVERY_10S, "duration": "0s", "gap": "7s"}))
    assert (counts(rows) == 1).all()


def test_by_duration_the_number_of_utterances_is_that_of_a_renewal_process():
    """With exponential gaps, 1 + Poisson(duration / gap); over exponential durations, geometric."""
    asked = scenario({**EVERY_10S, "duration": "2min", "gap": {"exponential": {"mean": "4s"}}}, horizon="40h")
    said = counts(early(draw(asked), 39 * HOUR_MS)) - 1
    assert z(said, 30) < 4
    assert np.var(said) == pytest.approx(30, rel=0.06)
    asked = scenario(
        {**EVERY_10S, "duration": {"exponential": {"mean": "2min"}}, "gap": {"exponential": {"mean": "4s"}}},
        horizon="40h",
    )
    said = counts(early(draw(asked), 38 * HOUR_MS)) - 1
    assert z(said, 30) < 4
    assert np.var(said) == pytest.approx(30 * 31, rel=0.1)


def test_a_duration_of_years_ends_with_the_horizon():
    rows = draw(scenario({"arrivals": {"renewal": "20min"}, "duration": "50000h", "gap": "1s"}, horizon="1h"))
    assert len(rows) == 2_400 + 1_200
    assert not rows.last.any()


def test_by_duration_neither_a_longer_horizon_nor_smaller_windows_move_a_gap():
    """Also where sessions go on for longer than the stretch of the clock that shares a stream."""
    sessions = {
        "arrivals": {"poisson": "0.003/s"},
        "duration": {"lognormal": {"median": "30min", "p95": "12h"}},
        "gap": {"gamma": {"mean": "1min", "sd": "5min"}},
    }
    whole = draw(scenario(sessions, horizon="30h"))
    assert np.bincount(whole.session, weights=whole.at_ms > 20 * HOUR_MS).max() > 100
    assert same(whole, draw(scenario(sessions, horizon="30h"), window_rows=50))
    for hours in (1, 6, 7, 19):
        earlier = whole.take(np.arange(np.searchsorted(whole.at_ms, hours * HOUR_MS)))
        for window_rows in (50, 60_000):
            assert same(earlier, draw(scenario(sessions, horizon=f"{hours}h"), window_rows=window_rows))


def test_more_utterances_than_can_be_drawn_are_refused_and_a_tail_is_cut(monkeypatch):
    with pytest.raises(ConfigError) as caught:
        draw(scenario({"utterances": {"constant": 1_000_000_000}}))
    assert caught.value.problems[0].code == "E109"
    monkeypatch.setattr(sessions_module, "MOST_TURNS", 40)
    rows = draw(scenario({**EVERY_10S, "utterances": {"lognormal": {"median": 2, "p95": 60}}, "gap": "1s"}))
    assert counts(rows).max() == 40


def test_gaps_without_length_would_never_end_a_duration():
    with pytest.raises(ConfigError) as caught:
        draw(scenario({"duration": "1min", "gap": "0s"}))
    assert caught.value.problems[0].code == "E109"


def test_no_gap_at_all():
    rows = draw(scenario({**EVERY_10S, "utterances": {"constant": 5}, "gap": "0s"}, horizon="1min"))
    assert rows.at_ms.tolist() == np.repeat([10_000, 20_000, 30_000, 40_000, 50_000], 5).tolist()
    assert rows.turn.tolist() == list(range(5)) * 5


def test_w1_an_idle_limit_makes_new_sessions():
    """The parts of a client's visit are as many as its pauses above the limit, and one."""
    sessions = {"utterances": {"constant": 20}, "gap": {"exponential": {"mean": "30s"}}}
    whole = draw(scenario(sessions, horizon="20h"))
    split = draw(scenario({**sessions, "idle_limit": "70s"}, horizon="20h"))
    # the same is said at the same instants
    assert np.array_equal(whole.at_ms, split.at_ms)
    assert gaps(split).max() <= 70_000
    assert split.session.max() > whole.session.max()
    long = np.exp(-70 / 30)
    parts = split.session.max() + 1
    visits = whole.session.max() + 1
    said = len(whole)
    assert z_share(parts - visits, said - visits, long) < 4
    # nor is anything else drawn otherwise, but that two of one ms may change places
    for name in ("audio_ms", "service_ms", "latency_ms", "outcome", "route"):
        assert np.array_equal(getattr(whole, name), getattr(split, name))


def test_w1_a_pause_of_just_the_limit_goes_on():
    sessions = {**EVERY_10S, "utterances": {"constant": 3}, "gap": "70s"}
    assert draw(scenario({**sessions, "idle_limit": "70s"})).turn.max() == 2
    assert draw(scenario({**sessions, "idle_limit": "69999ms"})).turn.max() == 0


def test_ids_are_dense_and_in_order_of_the_first_utterance_even_when_split():
    rows = draw(
        scenario({"gap": {"exponential": {"mean": "60s"}}, "idle_limit": "70s", "end_signalled": "50 %"})
    )
    opens = rows.session[rows.turn == 0]
    assert opens.tolist() == list(range(len(opens)))
    spoken = rows.kind == UTTERANCE
    for session in (0, 5, len(opens) // 2):
        mine = rows.session == session
        assert rows.turn[mine & spoken].tolist() == list(range((mine & spoken).sum()))


def test_w2_the_share_of_ends_that_is_signalled():
    asked = scenario(
        {"arrivals": {"poisson": "1/s"}, "utterances": {"constant": 2}, "end_signalled": "30 %"}, horizon="4h"
    )
    rows = early(draw(asked), 4 * HOUR_MS - 200_000)
    assert z_share((rows.kind == SESSION_END).sum(), rows.session.max() + 1, 0.3) < 4


def test_w2_an_end_comes_one_gap_after_the_last_utterance():
    rows = draw(scenario({**EVERY_10S, "utterances": {"constant": 3}, "gap": "4s", "end_signalled": "100 %"}))
    mine = rows.session == 7
    assert (rows.at_ms[mine] - 80_000).tolist() == [0, 4_000, 8_000, 12_000]
    assert rows.kind[mine].tolist() == [UTTERANCE] * 3 + [SESSION_END]
    assert rows.turn[mine].tolist() == [0, 1, 2, 3]
    assert rows.last[mine].tolist() == [False, False, True, True]


def test_w2_an_end_comes_when_the_duration_is_over_or_at_the_idle_limit():
    sessions = {**EVERY_10S, "gap": "7s", "end_signalled": "100 %"}
    ends = draw(scenario({**sessions, "duration": "1min"}))
    assert (ends.at_ms[(ends.session == 0)] - 10_000).tolist()[-2:] == [56_000, 60_000]
    ends = draw(scenario({**sessions, "duration": "1min", "idle_limit": "3s"}))
    first = ends.at_ms[ends.kind == SESSION_END][0]
    assert first == 10_000 + 56_000 + 3_000
    ends = draw(scenario({**sessions, "utterances": {"constant": 1}, "gap": "1h", "idle_limit": "70s"}))
    assert ends.at_ms[ends.kind == SESSION_END][0] == 10_000 + 70_000


def test_w1_nothing_tells_the_node_that_a_session_before_a_reconnect_died():
    rows = draw(scenario({
        **EVERY_10S, "utterances": {"constant": 3}, "gap": "71s", "idle_limit": "70s", "end_signalled": "100 %"
    }))  # fmt: skip
    visits = (rows.at_ms[rows.kind == SESSION_END] - 70_000 - 2 * 71_000) // 10_000
    assert visits.tolist() == list(range(1, len(visits) + 1))


def test_signalled_ends_shift_nothing_else():
    quiet = draw(scenario({"end_signalled": "0 %"}))
    told = draw(scenario({"end_signalled": "60 %"}))
    assert (told.kind == SESSION_END).any()
    assert same(quiet, told.take(told.kind == UTTERANCE))


def test_an_end_carries_nothing():
    rows = draw(scenario({"end_signalled": "100 %"}))
    ends = rows.take(rows.kind == SESSION_END)
    assert (ends.text == -1).all()
    for name in (
        "outcome",
        "latency_ms",
        "service_ms",
        "audio_ms",
        "source_chars",
        "key_chars",
        "two_byte",
        "cacheable",
        "route",
    ):
        assert not getattr(ends, name).any()
