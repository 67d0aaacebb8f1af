"""Whatever sessions are like, their rows fit together, in windows of any size and up to any horizon."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.workload import SESSION_END, UTTERANCE

from .drawing import draw, same, scenario

HORIZON_MS = 900_000

rates = st.sampled_from(["0/s", "0.01/s", "0.2/s", "1/s"])
times = st.sampled_from([
    "0s", "5ms", "7s", "3min",
    {"exponential": {"mean": "20s"}},
    {"gamma": {"mean": "5s", "sd": "1min"}},
    {"lognormal": {"median": "1s", "p95": "1h"}},
    {"empirical": ["0s", "1s", "90s"]},
    {"mixture": [{"weight": "20 %", "uniform": {"low": "0s", "high": "10min"}}, {"weight": "80 %", "constant": "2s"}]},
])  # fmt: skip
gaps = st.sampled_from(["300ms", "8s"]) | times.filter(lambda each: each not in ("0s", "5ms"))
counts = st.sampled_from([
    {"constant": 1}, {"constant": 7}, {"geometric": {"mean": 1}}, {"geometric": {"mean": 9}}, {"poisson": {"mean": 3}},
    {"zipf": {"exponent": 1, "distinct": 60}}, {"lognormal": {"median": 2, "p95": 50}},
])  # fmt: skip
arrivals = st.one_of(
    rates.map(lambda rate: {"poisson": rate}),
    st.tuples(rates, rates).map(lambda two: {"profile": {"0h": two[0], "5min": "0/s", "6min": two[1]}}),
    st.tuples(rates, rates).map(
        lambda two: {
            "bursts": {
                "quiet_rate": two[0],
                "busy_rate": two[1],
                "quiet": "2min",
                "busy": {"exponential": {"mean": "1min"}},
            }
        }
    ),
    st.sampled_from(["3s", {"uniform": {"low": "0s", "high": "20s"}}, "20min"]).map(
        lambda each: {"renewal": each}
    ),
)
lengths = st.one_of(
    st.fixed_dictionaries({"utterances": counts, "gap": gaps | times}),
    st.fixed_dictionaries({"duration": times, "gap": gaps}),
)
sessions = st.builds(
    lambda length, rest: {**length, **rest},
    lengths,
    st.fixed_dictionaries({
        "arrivals": arrivals,
        "end_signalled": st.sampled_from(["0 %", "40 %", "100 %"]),
        "idle_limit": st.sampled_from(["never", "1s", "70s"]),
    }),
)  # fmt: skip


def world(asked, horizon_ms=HORIZON_MS):
    return scenario(asked, horizon=f"{horizon_ms}ms")


@given(sessions)
@settings(max_examples=60, deadline=None)
def test_rows_fit_together(asked):
    rows = draw(world(asked))
    places = list(zip(rows.at_ms.tolist(), rows.session.tolist(), rows.turn.tolist(), strict=True))
    assert all(before < after for before, after in pairwise(places))
    assert all(0 <= at < HORIZON_MS for at, _, _ in places)
    assert rows.session[rows.turn == 0].tolist() == list(range(len(set(rows.session.tolist()))))
    order = np.lexsort((rows.turn, rows.session))
    session, turn, kind, last, at_ms, script = (
        getattr(rows, name)[order] for name in ("session", "turn", "kind", "last", "at_ms", "two_byte")
    )
    goes_on = session[1:] == session[:-1]
    assert (np.diff(turn)[goes_on] == 1).all()
    # nothing follows an end, and nothing but an end follows the last utterance
    assert (kind[:-1][goes_on] == UTTERANCE).all()
    assert np.array_equal(last[:-1][goes_on], kind[1:][goes_on] == SESSION_END)
    assert last[kind == SESSION_END].all()
    spoken = goes_on & (kind[1:] == UTTERANCE)
    assert (script[1:] == script[:-1])[spoken].all()
    if asked["idle_limit"] != "never":
        limit_ms = {"1s": 1_000, "70s": 70_000}[asked["idle_limit"]]
        assert (np.diff(at_ms)[goes_on] <= limit_ms).all()


@given(sessions, st.sampled_from([1, 40, 900]))
@settings(max_examples=40, deadline=None)
def test_windows_leave_no_trace(asked, window_rows):
    whole = draw(world(asked))
    if len(whole) / window_rows < 3_000:
        assert same(whole, draw(world(asked), window_rows=window_rows))


@given(sessions, st.sampled_from([1, 30_000, 400_000]))
@settings(max_examples=40, deadline=None)
def test_a_longer_horizon_only_adds_rows(asked, horizon_ms):
    short = draw(world(asked, horizon_ms))
    whole = draw(world(asked))
    assert len(short) == np.searchsorted(whole.at_ms, horizon_ms)
    assert same(short, whole.take(np.arange(len(short))))
