"""Predictions beside the engine, at fixed seeds; and refusals in words where formulas do not apply."""

import math

import pytest

from simulator.config import load
from simulator.statistics import estimate_mean
from simulator.study import run
from simulator.theory.applicable import applicable
from simulator.theory.beside import beside, compare
from simulator.theory.prediction import Prediction, absent
from simulator.theory.view import view

NODE = {
    "nodes": {"count": 1},
    "scheduler": {"jobs_per_node": "unlimited", "threshold": "never"},
    "horizon": "12h",
    "seed": 11,
}


def world(**changes):
    return load(NODE, set={path.replace("__", "."): value for path, value in changes.items()})


def found(scenario):
    return {(p.subject, p.name): p for p in applicable(scenario)}


def set_beside(scenario, replications=6):
    setting = run(scenario, replications=replications, workers=1, timelines=False).study.settings[0]
    return {
        (b.prediction.subject, b.prediction.name): b for b in beside(applicable(scenario), setting.estimate)
    }


SLOW = {
    "workload__sessions__utterances": {"geometric": {"mean": 3}},
    "workload__sessions__arrivals": {"poisson": "0.2/s"},
}


@pytest.fixture(scope="module")
def one_node():
    """Sessions that pause for minutes, so that sweeps, returns and caches all come into play."""
    return set_beside(world(**SLOW, workload__sessions__gap={"exponential": {"mean": "2min"}}))


@pytest.mark.parametrize(
    "key",
    [
        ("aggregator_states", "entries on average"),
        ("aggregator_states", "bytes on average"),
        ("aggregator_states", "most entries at any time"),
        ("aggregator_states", "sessions inserted"),
        ("dedup_last_sent_text", "entries at the end"),
        ("dedup_last_sent_text", "growth a day"),
        ("pending_translations", "growth a day"),
        ("translation_cache", "translation cache hits"),
        ("sessions", "later utterances, session dropped"),
        ("sessions", "later utterances on a new node"),
        ("memory", "memory on average"),
    ],
)
def test_one_node_agrees_with_theory(one_node, key):
    each = one_node[key]
    assert each.verdict in ("agrees", "close"), each
    assert abs(each.z) <= 4


def test_bounds_hold(one_node):
    assert one_node["aggregator_states", "most entries at any time, bound"].verdict == "holds"


@pytest.mark.parametrize("routing", ["least_loaded", "random"])
def test_several_nodes_agree_with_theory(routing):
    scenario = world(**SLOW, nodes__count=4, scheduler__jobs_per_node=4, scheduler__routing=routing)
    pairs = set_beside(scenario, 4)
    for key in [("aggregator_states", "entries on average"), ("dedup_last_sent_text", "entries at the end"),
                ("sessions", "later utterances on a new node"), ("aggregator_states", "sessions inserted")]:  # fmt: skip
        assert pairs[key].verdict in ("agrees", "close"), pairs[key]
    assert pairs["load", "utterances that find no free slot"].verdict == "holds"
    assert pairs["aggregator_states", "most entries the slots can touch"].verdict == "holds"
    assert found(scenario)["aggregator_states", "entries on average"].sense == (
        "equals" if routing == "random" else "about"
    )


def test_a_cap_that_binds():
    single = {"workload__sessions__utterances": 1, "workload__sessions__arrivals": {"poisson": "0.5/s"}}
    pairs = set_beside(world(**single, nodes__stores__aggregator_states__max=160))
    for name in (
        "entries on average",
        "most entries at any time",
        "evicted",
        "evicted sessions that speak again",
    ):
        assert pairs["aggregator_states", name].verdict in ("agrees", "close"), pairs[
            "aggregator_states", name
        ]
    assert "the cap is in reach" in pairs["sessions", "later utterances, session dropped"].reason or (
        pairs["sessions", "later utterances, session dropped"].reason == "sessions speak once"
    )


def test_slots_without_patience_lose_by_erlang_b():
    scenario = world(
        workload__sessions__utterances=1,
        workload__sessions__arrivals={"poisson": "1/s"},
        scheduler__jobs_per_node=4,
        scheduler__pending_timeout="0s",
    )
    pairs = set_beside(scenario)
    for name in (
        "utterances that find no free slot",
        "utterances that give up waiting",
        "time the node is busy",
    ):
        assert pairs["load", name].verdict == "agrees", pairs["load", name]
        assert pairs["load", name].prediction.sense == "equals"
    assert "lost for want of a slot" in pairs["aggregator_states", "entries on average"].reason


def test_the_first_node_out_and_what_then_no_longer_holds():
    scenario = load(
        NODE | {"scheduler": {"jobs_per_node": "unlimited"}},
        set={
            "nodes.baseline": {"normal": {"mean": "13.5GiB", "sd": "10MiB"}},
            "nodes.stores.audio_ring_buffers.enabled": True,
            "horizon": "4h",
            "workload.sessions.arrivals": {"poisson": "0.05/s"},
        },
    )
    pairs = set_beside(scenario, 8)
    first = pairs["nodes", "first node out for memory"]
    assert first.prediction.value < 0.9 * scenario.horizon_ms
    assert first.verdict in ("agrees", "close"), first
    assert "a node was out" in pairs["aggregator_states", "entries on average"].reason
    assert "out for memory before" in pairs["nodes", "first process dead of memory"].reason


def test_a_leak_that_ends_in_death():
    scenario = world(
        nodes__stores__translation_cache={"kind": "lru_cache", "instances": "per_job", "instance": "100kB"},
        nodes__process__heap_limit="200MiB",
        nodes__process__restart_after="1min",
    )
    first = found(scenario)["nodes", "first process dead of memory"]
    # 200 MiB less the base heap, at 0.8 of it, in steps of 100 kB, 2 a second; sessions take 114 s to get going
    room = 200 * 2**20 - 5 * 2**20 / 0.99
    assert first.value == pytest.approx(room * 0.8 / 100_000 / 2 * 1000 + 114_000, rel=0.02)
    down = found(scenario)["nodes", "share of time that a node is down"]
    assert down.value == pytest.approx(90_000 / (90_000 + first.value), rel=0.01)
    pairs = set_beside(scenario)
    assert pairs["nodes", "first process dead of memory"].verdict in ("agrees", "close")


REFUSED = [
    (
        {"workload__sessions__arrivals": {"renewal": {"gamma": {"mean": "10s", "sd": "5s"}}}},
        "Poisson process",
    ),
    ({"workload__sessions__utterances": None, "workload__sessions__duration": "5min"}, "by a duration"),
    ({"nodes__stores__aggregator_states__ttl": "never"}, "nothing expires"),
    ({"horizon": "10min"}, "no long run"),
    ({"warmup": "5min"}, "still fills"),
    ({"nodes__count": 3, "workload__sessions__gap": "6s"}, "on several nodes"),
    (
        {"workload__sessions__end_signalled": "100 %", "nodes__stores__aggregator_states__max": 20},
        "ends are told",
    ),
    (
        {"nodes__count": 2, "scheduler__routing": "sticky", "nodes__stores__aggregator_states__max": 30},
        "sticky routing",
    ),
    (
        {"nodes__count": 2, "scheduler__routing": "sticky", "scheduler__jobs_per_node": 8},
        "move when their node is busy",
    ),
    (
        {"scheduler__jobs_per_node": 4, "workload__sessions__arrivals": {"poisson": "0.06/s"}},
        "want of a slot",
    ),
    (
        {"scheduler__jobs_per_node": 4, "workload__sessions__arrivals": {"poisson": "1/s"}},
        "cannot do all jobs",
    ),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_refusals_say_why(changes, words):
    scenario = world(**changes)
    entries = found(scenario)["aggregator_states", "entries on average"]
    assert not entries.applies
    assert math.isnan(entries.value)
    assert words in entries.reason


def test_every_setting_of_every_shipped_config_can_be_explained(tmp_path):
    from pathlib import Path

    from simulator.config import load_experiment

    for path in sorted(Path("configs").rglob("*.yaml")):
        for case in load_experiment(path).cases[:12]:
            predictions = applicable(case.scenario)
            assert predictions
            for p in predictions:
                assert p.applies == (not p.reason), p
                assert p.applies == (not math.isnan(p.value)), p
                assert p.source


def test_other_corners():
    v8 = found(world(nodes__footprint="v8", nodes__process__model="v8"))
    assert "contents" in v8["aggregator_states", "bytes on average"].reason
    assert "garbage" in v8["memory", "memory on average"].reason
    outages = found(world(workload__translation__outages={"every": "1h", "lasting": "1min"}))
    assert "outages" in outages["pending_translations", "growth a day"].reason
    assert "outages" in outages["translation_cache", "translation cache hits"].reason
    only = {"kind": "session_map", "cleanup": {"ttl": "10min", "every": "5min"}}
    none = found(load(NODE | {"nodes": {"count": 1, "stores": {"only": only}}, "horizon": "24h"}))
    assert none["translation_cache", "translation cache hits"].reason == "there is no cache"
    assert none["sessions", "later utterances, session dropped"].reason == "there is no session table"
    # 0.1 sessions a second, 20 utterances 6 s apart: 114 s of speech, 10 min and half a period of 5 min
    assert none["only", "entries on average"].value == pytest.approx(0.1 * (114 + 600 + 150), rel=1e-6)
    gpu = found(world(nodes__gpu="serial", scheduler__jobs_per_node=4))
    assert "serial GPU" in gpu["load", "utterances that find no free slot"].reason
    fluctuating = found(
        world(nodes__baseline={"normal": {"mean": "12GiB", "sd": "1MiB"}, "resample_every": "5min"})
    )
    assert "fluctuates" in fluctuating["nodes", "first process dead of memory"].reason
    removed = found(world(nodes__stores__dedup_last_sent_text__cleanup="session_removed"))
    assert removed["dedup_last_sent_text", "entries on average"].value == pytest.approx(
        removed["aggregator_states", "entries on average"].value
    )
    timed = found(world(nodes__stores__pending_translations__timeout="30s"))
    assert timed["pending_translations", "growth a day"].value == pytest.approx(
        2 * 86_400 * 0.001 * 2_000, rel=1e-6
    )
    assert view(world(nodes__count=4)).nodes_met == pytest.approx(4 * (1 - 0.75 / (20 - 19 * 0.75)))


def made(value, sense="equals", unit="count"):
    return Prediction("a", "b", value, unit, sense, "c", (), "source")


def test_z_scores_and_verdicts():
    values = estimate_mean([9.0, 10.0, 11.0, 10.0])
    agrees = compare(made(10.5), values)
    assert agrees.z == pytest.approx(-0.5 / (math.sqrt(2 / 3) / 2))
    assert agrees.verdict == "agrees"
    assert compare(made(20.0), values).verdict == "differs"
    sure = estimate_mean([100.0 + 0.001 * i for i in range(10)])
    assert compare(made(102.0, "about"), sure).verdict == "close"
    assert compare(made(102.0), sure).verdict == "differs"
    assert compare(made(99.0, "at most"), sure).verdict == "broken"
    assert compare(made(101.0, "at most"), sure).verdict == "holds"
    assert compare(made(99.0, "at least"), sure).verdict == "holds"
    assert compare(made(101.0, "at least"), sure).verdict == "broken"
    assert compare(made(1.0), estimate_mean([3.0])).verdict == "cannot tell"


def test_what_never_happened_is_no_contradiction_of_what_is_rare():
    never = estimate_mean([0.0] * 10)
    assert compare(made(0.1), never).reason == "too rare to be seen"
    assert compare(made(1e-6, unit="fraction"), never).verdict == "cannot tell"
    assert compare(made(0.01, unit="fraction"), never).verdict == "differs"
    assert compare(made(0.0), never).verdict == "agrees"


def test_what_is_not_there_does_not_apply():
    pairs = beside([made(1.0), absent("a", "b", "count", "c", "because")], lambda name: None)
    assert [pair.reason for pair in pairs] == ["the runs give no such result", "because"]
    assert pairs[0].to_dict()["z"] is None
    assert pairs[1].to_dict()["verdict"] == "does not apply"
