"""The bounding settings bracket what can be had: nothing keeps less than instant cleanup without losing context."""

import pytest

import simulator as sim
from simulator.study.agreement import compare_engines
from simulator.study.bounds import INSTANT_CLEANUP, NO_CLEANUP, bounding_study, instant_cleanup, no_cleanup

CONFIG = {
    "name": "bracket",
    "horizon": "2h",
    "workload": {
        "sessions": {"arrivals": {"poisson": "0.1/s"}},
        "translation": {"hangs": "2 %"},
    },
    "nodes": {
        "stores": {
            "table": {"kind": "session_table", "max": 5, "ttl": "2min"},
            "cache": {"kind": "lru_cache", "max": 50, "instances": "per_job"},
            "texts": {"kind": "session_map", "cleanup": {"ttl": "10min", "every": "5min"}},
            "audio": {"kind": "ring_buffer", "cleanup": "session_removed"},
            "pending": {"kind": "pending_map", "timeout": "30s", "retains_audio": True},
        }
    },
    "settings": {"as found": {}, "cap": {"nodes.stores.table.max": 3}},
}


@pytest.fixture(scope="module")
def studies():
    study = sim.compare(CONFIG, replications=3, seed=7)
    return study, bounding_study(study)


def test_no_cleanup_takes_every_limit_away():
    bare = no_cleanup(sim.load(CONFIG)).nodes.stores
    assert (bare["table"].max, bare["table"].ttl_ms, bare["table"].sweep_every_ms) == (None, None, None)
    assert bare["texts"].cleanup.kind == bare["audio"].cleanup.kind == "never"
    assert bare["pending"].timeout_ms is None
    assert bare["cache"] == sim.load(CONFIG).nodes.stores["cache"]


def test_instant_cleanup_heeds_every_end_and_keeps_the_arrivals():
    scenario = sim.load(CONFIG)
    quick = instant_cleanup(scenario)
    stores = quick.nodes.stores
    assert quick.workload.sessions.end_signalled == 1
    assert (stores["table"].max, stores["table"].ttl_ms, stores["table"].sweep_every_ms) == (
        None,
        120_000,
        1000,
    )
    assert stores["texts"].cleanup.kind == stores["audio"].cleanup.kind == "session_removed"
    assert stores["pending"].abort_on_timeout
    assert 1_650 < stores["pending"].timeout_ms < 5_000
    assert stores["cache"].instances == "shared"
    spoken = [sim.simulate(sim.build_workload(each, 0, 7), each).counters[0] for each in (scenario, quick)]
    assert spoken[0] == spoken[1] > 1000


def test_they_bracket_the_reference_and_count_for_nothing(studies):
    study, bounds = studies
    reference, bare, quick = bounds.settings
    assert [setting.name for setting in bounds.settings] == ["as found", NO_CLEANUP, INSTANT_CLEANUP]
    assert reference.digests == study.settings[0].digests
    peak = "stores_bytes_peak"
    assert bare.kpis[peak].mean > reference.kpis[peak].mean > quick.kpis[peak].mean
    assert bare.kpis["context_lost_fraction"].mean == 0
    assert quick.kpis["context_lost_fraction"].mean < reference.kpis["context_lost_fraction"].mean
    assert bare.kpi_differences[peak].n == 3
    assert {setting.name for setting in study.settings} == {"as found", "cap"}


def test_a_setting_of_that_name_is_not_run_twice():
    study = sim.compare({**CONFIG, "settings": {NO_CLEANUP: {}}}, replications=2, seed=7)
    assert [setting.name for setting in bounding_study(study).settings] == [NO_CLEANUP, INSTANT_CLEANUP]


def test_both_engines_are_compared_and_a_difference_is_named(studies, monkeypatch):
    study, _ = studies
    (agreed,) = compare_engines(study.settings[:1], study.seed)
    assert (agreed.differs, agreed.horizon_ms) == (None, 7_200_000)
    assert agreed.values > 10_000
    monkeypatch.setattr("simulator.study.agreement.MOST_UTTERANCES", 1_000)
    (cut,) = compare_engines(study.settings[:1], study.seed)
    assert cut.horizon_ms < 7_200_000
    assert abs(cut.utterances - 1_000) < 300
    monkeypatch.setattr("simulator.engine.first_difference", lambda *_: "deaths[0]: 1 against 0")
    assert compare_engines(study.settings[:1], study.seed)[0].differs == "deaths[0]: 1 against 0"
