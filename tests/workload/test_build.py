"""The workload as a whole: the same rows in windows of any size, for any setting, every time."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.workload import UTTERANCE, Rows, Streams, build_workload
from simulator.workload.rows import ROW_NAMES
from simulator.workload.waiting import sorted_by_time

from .drawing import digest, draw, same, scenario, table

PLAIN = {}
BY_DURATION = {"duration": {"lognormal": {"median": "1min", "p95": "20min"}}, "end_signalled": "40 %"}
SPLIT = {"gap": {"lognormal": {"median": "5s", "p95": "90s"}}, "idle_limit": "70s", "end_signalled": "100 %"}
CROWD = {
    "arrivals": {"poisson": "20/s"},
    "utterances": {"geometric": {"mean": 3}},
    "gap": {"exponential": {"mean": "2ms"}},
}
DAILY = {"arrivals": {"profile": {"0h": "0.01/s", "30min": "1/s", "1h": "0/s", "90min": "0.3/s"}}}
BURSTS = {
    "arrivals": {"bursts": {"quiet_rate": "0.01/s", "busy_rate": "2/s", "quiet": "10min", "busy": "3min"}}
}
FEW_LONG = {
    "arrivals": {"renewal": "13min"},
    "utterances": {"constant": 20_000},
    "gap": {"exponential": {"mean": "0.5s"}},
}
UNEVEN = {
    "duration": {"lognormal": {"median": "1min", "p95": "20min"}},
    "gap": {"gamma": {"mean": "6s", "sd": "40s"}},
    "end_signalled": "50 %",
}
EVERYTHING = {
    "arrivals": {
        "bursts": {
            "quiet_rate": "0.02/s",
            "busy_rate": "0.5/s",
            "quiet": {"exponential": {"mean": "10min"}},
            "busy": "3min",
        }
    },
    "duration": {
        "mixture": [
            {"weight": "80 %", "exponential": {"mean": "2min"}},
            {"weight": "20 %", "weibull": {"mean": "20min", "sd": "40min"}},
        ]
    },
    "gap": {
        "mixture": [
            {"weight": "90 %", "exponential": {"mean": "4s"}},
            {"weight": "10 %", "uniform": {"low": "0s", "high": "4min"}},
        ]
    },
    "idle_limit": "70s",
    "end_signalled": "50 %",
}
MIXED_CONTENTS = {
    "utterances": {
        "audio": {
            "mixture": [
                {"weight": "50 %", "constant": "2s"},
                {"weight": "50 %", "gamma": {"mean": "6s", "sd": "3s"}},
            ]
        },
        "text_length": {
            "mixture": [
                {"weight": "70 %", "poisson": {"mean": 30}},
                {"weight": "30 %", "zipf": {"exponent": 1, "distinct": 400}},
            ]
        },
        "service": {"empirical": ["1s", "2500ms", "4s"]},
    },
    "translation": {"latency": {"normal": {"mean": "1s", "sd": "700ms"}}, "fails": "5 %", "hangs": "2 %"},
}
ALL = {
    "plain": PLAIN, "by duration": BY_DURATION, "split": SPLIT, "crowd": CROWD, "daily": DAILY, "bursts": BURSTS,
    "few and long": FEW_LONG, "uneven": UNEVEN, "everything": EVERYTHING,
}  # fmt: skip
STORES = {
    "aggregator_states": {"kind": "session_table"},
    "translation_cache": {"kind": "lru_cache"},
    "audio_ring_buffers": {"kind": "ring_buffer", "enabled": False},
}
TEXT_STREAMS = {"text_length", "text_length/angle", "unique", "rank"}
HORIZON = {"crowd": "10min"}


def world(name, **options):
    if name == "everything":
        options = MIXED_CONTENTS | options
    return scenario(ALL[name], horizon=options.pop("horizon", HORIZON.get(name, "2h")), **options)


@pytest.mark.parametrize("name", ALL)
def test_windows_of_any_size_hold_the_same_rows(name):
    whole = draw(world(name), window_rows=10**9)
    assert len(whole) > 1_000
    for window_rows in (300, 5_000):
        workload = build_workload(world(name), window_rows=window_rows)
        windows = list(workload.windows())
        assert len(windows) > 1
        assert same(whole, table(workload))
        for before, after in pairwise(windows):
            assert before.at_ms[-1] < after.at_ms[0]


@pytest.mark.parametrize("name", ALL)
def test_rows_stand_by_time_then_session_then_turn(name):
    drawn = draw(world(name))
    order = np.lexsort((drawn.turn, drawn.session, drawn.at_ms))
    assert np.array_equal(order, np.arange(len(drawn)))
    assert drawn.at_ms[0] >= 0
    assert drawn.at_ms[-1] < world(name).horizon_ms


@pytest.mark.parametrize("name", ALL)
def test_sessions_have_dense_ids_by_start_turns_in_order_and_one_last_utterance(name):
    drawn = draw(world(name))
    assert drawn.session[drawn.turn == 0].tolist() == list(range(drawn.session.max() + 1))
    spoken = drawn.take(drawn.kind == UTTERANCE)
    by_session = np.lexsort((spoken.turn, spoken.session))
    turn, session, last = (getattr(spoken, each)[by_session] for each in ("turn", "session", "last"))
    first = np.diff(session, prepend=-1) > 0
    assert (turn[first] == 0).all()
    assert (np.diff(turn)[~first[1:]] == 1).all()
    final = np.append(first[1:], True)
    assert not last[~final].any()
    # a session that is cut off by the horizon has none
    assert last.sum() <= final.sum()
    ends = drawn.take(drawn.kind != UTTERANCE)
    assert ends.last.all()
    said = np.bincount(spoken.session, minlength=drawn.session.max() + 1)
    assert np.array_equal(ends.turn, said[ends.session])


@pytest.mark.parametrize("name", ALL)
def test_a_longer_horizon_only_adds_rows(name):
    short = draw(world(name, horizon="9min" if name == "crowd" else "70min"))
    assert same(short, draw(world(name)).take(np.arange(len(short))))


@pytest.mark.parametrize("name", ALL)
def test_the_same_bytes_every_time(name):
    workload = build_workload(world(name), 3)
    assert digest(table(workload)) == digest(table(workload)) == digest(draw(world(name), 3))
    assert digest(table(workload)) != digest(draw(world(name), 4))


@pytest.mark.parametrize("name", ["plain", "split", "everything"])
def test_a_column_is_the_same_whatever_else_is_read_and_when(name):
    whole = draw(world(name))
    for column in ROW_NAMES:
        windows = list(build_workload(world(name), window_rows=3_000).windows())
        sizes = np.cumsum([0, *map(len, windows)])
        assert len(windows) > 2
        # alone, some windows left out, then backwards
        for place in [*range(0, len(windows), 2), *reversed(range(len(windows)))]:
            read = getattr(windows[place], column)
            assert np.array_equal(read, getattr(whole, column)[sizes[place] : sizes[place + 1]]), column


def test_only_what_is_read_is_drawn(monkeypatch):
    opened = set()
    stream = Streams.stream

    def noted(self, name, index=0):
        opened.add(name)
        return stream(self, name, index)

    monkeypatch.setattr(Streams, "stream", noted)
    workload = build_workload(scenario({"end_signalled": "50 %"}))
    columns = {"audio_ms": {"audio", "audio/angle"}, "outcome": {"outcome"}, "cacheable": TEXT_STREAMS}
    for column, streams in columns.items():
        for window in workload.windows():
            assert len(window) == len(window.at_ms)
        before = set(opened)
        assert not before & streams
        for window in workload.windows():
            getattr(window, column)
        assert opened - before == streams


def test_rows_are_kept_while_what_is_read_of_them_is_small_enough():
    workload = build_workload(scenario()).keeping(250_000)

    def read(columns):
        kept = []
        for window in workload.windows():
            kept.append(window)
            for name in columns:
                getattr(window, name)
        return kept

    first = read(["at_ms", "session"])
    rows = sum(map(len, first))
    assert 16 * rows < 250_000 < 24 * rows
    again = read(["at_ms", "session"])
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert all(a is b for a, b in zip(first, read(["turn"]), strict=True))
    anew = read(["at_ms", "session"])  # they had become too large
    assert not any(a is b for a, b in zip(first, anew, strict=True))
    assert all(same(a, b) for a, b in zip(first, anew, strict=True))


def test_rows_know_no_other_column():
    (window, *_) = build_workload(scenario()).windows()
    with pytest.raises(AttributeError, match="`color`"):
        window.color  # noqa: B018  (looking is the test)
    assert window.nbytes == 8 * len(window)
    assert window.take(np.arange(3)).nbytes == 3 * window.nbytes // len(window)


def test_the_draws_are_those_of_every_release():
    """Other bytes mean that published results can no longer be drawn again: say so in the changelog."""
    assert digest(draw(world("everything", horizon="1h"))) == (
        "5273d342b2ac1a525fa6e0073cfdb6c5f9165caea22519a1c5bfcf3c90550571"
    )


def test_a_seed_replaces_the_scenarios():
    asked = scenario()
    seeded = asked.model_copy(update={"seed": 99})
    assert same(draw(asked, seed=99), draw(seeded))
    assert not same(draw(asked), draw(seeded))


def test_stores_and_scheduler_change_nothing():
    def everything(**options):
        workload = build_workload(scenario(SPLIT, **options), 1)
        return digest(table(workload)), workload.baseline_bytes.tolist(), {
            name: phase.tolist() for name, phase in workload.phase_ms.items()
        }  # fmt: skip

    base = everything(nodes={"stores": STORES})
    changed = everything(
        nodes={
            "stores": {
                **STORES,
                "aggregator_states": {**STORES["aggregator_states"], "max": 500, "sweep_every": "30s"},
                "audio_ring_buffers": {"kind": "ring_buffer", "enabled": True},
                "translation_cache": {"kind": "lru_cache", "enabled": False},
            },
            "memory": "32GiB",
            "process": {"restart_after": "1min"},
        },
        scheduler={"routing": "random", "threshold": "never", "heartbeat": "7s", "jobs_per_node": 9},
    )
    assert changed == base


def test_another_store_shifts_no_others_phase():
    base = build_workload(scenario(nodes={"stores": STORES}))
    more = build_workload(scenario(nodes={"stores": {"another": {"kind": "session_map"}, **STORES}}))
    assert set(more.phase_ms) == {*base.phase_ms, "another"}
    for name, phase in base.phase_ms.items():
        assert np.array_equal(phase, more.phase_ms[name])
    assert same(table(base), table(more))


def test_a_node_more_changes_no_row():
    assert same(draw(scenario(nodes={"count": 2})), draw(scenario(nodes={"count": 9})))


def test_rows_are_drawn_anew_unless_they_may_be_kept():
    workload = build_workload(scenario(), window_rows=500)
    once, again = list(workload.windows()), list(workload.windows())
    assert not any(a is b for a, b in zip(once, again, strict=True))
    assert all(same(a, b) for a, b in zip(once, again, strict=True))
    keeping = workload.keeping()
    left_early = next(keeping.windows())
    first, second = list(keeping.windows()), list(keeping.windows())
    assert all(a is b for a, b in zip(first, second, strict=True))
    assert same(left_early, first[0])
    small = workload.keeping(10_000)
    third, fourth = list(small.windows()), list(small.windows())
    assert not any(a is b for a, b in zip(third, fourth, strict=True))
    assert all(same(a, b) for a, b in zip(first, fourth, strict=True))


def test_memory_does_not_grow_with_the_horizon():
    def peak(horizon):
        tracemalloc.start()
        total = sum(map(len, build_workload(world("split", horizon=horizon), window_rows=2_000).windows()))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return total, peak

    short, long = peak("5h"), peak("50h")
    assert long[0] > 9 * short[0]
    assert long[1] < 1.3 * short[1]


def test_windows_are_bounded_even_when_few_sessions_say_very_much():
    workload = build_workload(world("few and long"), window_rows=1_000)
    assert max(map(len, workload.windows())) <= 4_000
    workload = build_workload(world("bursts"), window_rows=1_000)
    assert max(map(len, workload.windows())) <= 4_000


def test_a_workload_without_sessions():
    workload = build_workload(scenario({"arrivals": {"poisson": "0/s"}}))
    assert list(workload.windows()) == []
    assert isinstance(table(workload), Rows)


@given(st.lists(st.integers(0, 50), max_size=60), st.sampled_from([0, 2**40, 2**62]))
@settings(max_examples=60, deadline=None)
def test_sorting_by_time_is_stable(times, offset):
    at_ms = np.array(times, dtype=np.int64)
    if len(at_ms):
        at_ms[0] += offset
    in_order, order = sorted_by_time(at_ms)
    assert np.array_equal(order, np.argsort(at_ms, kind="stable"))
    assert np.array_equal(in_order, at_ms[order])
