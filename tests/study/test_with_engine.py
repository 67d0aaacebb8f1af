"""The study room on the real workload and engine: processes, common random numbers, replay."""

from __future__ import annotations

import json

import pytest

from simulator.config import load, load_experiment
from simulator.study import compare, replay, run
from simulator.study.store import RunStore

SMALL = {
    "name": "small",
    "horizon": "20min",
    "replications": 4,
    "seed": 5,
    "workload": {
        "sessions": {"arrivals": {"poisson": "0.1/s"}, "utterances": {"geometric": {"mean": 4}}},
    },
    "nodes": {
        "count": 2,
        "stores": {
            "table": {"kind": "session_table", "max": 1000, "ttl": "60s", "sweep_every": "60s"},
            "texts": {"kind": "session_map"},
        },
    },
    "targets": ["mean jobs_lost_fraction <= 1 %"],
    "settings": {
        "as found": {},
        "cap 500": {"nodes.stores.table.max": 500},
        "cap 2": {"nodes.stores.table.max": 2},
        "cleaned": {"nodes.stores.texts.cleanup": "session_removed"},
    },
}


def exported(study):
    return json.dumps({k: v for k, v in study.to_dict().items() if k != "provenance"}, allow_nan=False)


@pytest.fixture(scope="module")
def study():
    return compare(SMALL, workers=1)


def test_the_number_of_processes_changes_nothing(study):
    several = compare(SMALL, workers=2)
    assert exported(several) == exported(study)
    assert several.provenance.workers == 2
    # and Ctrl-C while processes work keeps what has finished
    seen = []

    def stop(done, planned):
        seen.append((done, planned))
        if done >= 8:
            raise KeyboardInterrupt

    partial = compare(SMALL, workers=2, progress=stop)
    assert partial.interrupted
    assert seen == [(4, 16), (8, 16)]
    done = partial.settings[0].replications
    assert len(done) == 2
    whole = study.settings[0].kpis["memory_bytes_peak"].values
    assert partial.settings[0].kpis["memory_bytes_peak"].values == tuple(whole[i] for i in done)


def test_settings_meet_the_same_arrivals(study):
    first, same, tight, cleaned = study.settings
    assert same.exactly_same
    assert same.digests == first.digests
    assert cleaned.stores["texts"]["entries_mean"].values != first.stores["texts"]["entries_mean"].values
    assert cleaned.stores["table"]["inserted"].values == first.stores["table"]["inserted"].values
    assert cleaned.store_differences["table"]["entries_mean"].exact_zero
    assert tight.stores["table"]["evicted"].mean > 10
    assert tight.kpi_differences["context_lost_fraction"].detectable
    assert {v.kind for v in study.verdicts if v.setting == "cap 500"} >= {"exactly_same"}


def test_growth_is_said_of_the_map_that_nothing_cleans(study):
    grows = {v.setting for v in study.verdicts if v.kind == "grows_without_bound" and v.store == "texts"}
    assert grows == {"as found", "cap 500", "cap 2"}


def test_a_run_is_the_first_setting_alone(study):
    alone = run(load(SMALL), workers=1)
    assert alone.kpis == study.settings[0].kpis
    assert alone.study.settings[0].digests == study.settings[0].digests


def test_another_seed_is_another_run(study):
    other = compare(SMALL, workers=1, seed=6, replications=2, setting="as found")
    assert set(other.settings[0].digests).isdisjoint(study.settings[0].digests)


TRACE = """at_ms,event,session,text,source_chars,audio_ms
0,utterance,a,one,10,2000
1000,utterance,b,two,10,3000
60000,utterance,a,one,10,2000
60000,utterance,c,three,10,2000
200000,utterance,a,four,10,1000
"""


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "trace.csv"
    file.write_text(TRACE)
    return file


@pytest.fixture
def node():
    return load(
        {
            "horizon": "10min",
            "nodes": {
                "count": 3,
                "stores": {
                    "table": {"kind": "session_table", "max": 2, "ttl": "60s", "sweep_every": "60s"},
                    "cache": {"kind": "lru_cache", "max": 10},
                    "audio": {"kind": "ring_buffer"},
                    "pending": {"kind": "pending_map"},
                },
            },
            "scheduler": {"jobs_per_node": "unlimited"},
        }
    )


def test_replay_samples_before_the_rows_of_an_instant(node, trace):
    found = replay(node, trace, 60_000, until=240_000).to_dict()
    assert found["at_ms"] == [0, 60_000, 120_000, 180_000, 240_000]
    # at 60 s: a and b; c's arrival at 60 s then evicts b; at 180 s both idle 120 s > 60 s; a speaks at 200 s
    assert found["stores"]["table"]["entries"] == [0, 2, 2, 0, 1]
    assert set(found["stores"]["audio"]) == {"entries", "bytes", "chunks", "base64_chars"}
    assert set(found["stores"]["pending"]) == {"entries", "bytes", "in_flight"}
    sums = [sum(at) for at in zip(*(store["bytes"] for store in found["stores"].values()), strict=True)]
    assert found["live_bytes"] == sums
    assert len(found["rss_bytes"]) == 5
    json.dumps(found)


def test_replay_after_every_row_counts_hits_evictions_and_expiries(node, trace):
    found = replay(node, trace, "event").to_dict()
    assert found["at_ms"] == [0, 1000, 60_000, 60_000, 200_000]
    table = found["stores"]["table"]
    assert table["entries"] == [1, 2, 2, 2, 1]
    assert table["evictions"] == [0, 0, 0, 1, 1]
    assert table["expiries"] == [0, 0, 0, 0, 2]
    assert found["stores"]["cache"]["hits"] == [0, 0, 1, 1, 1]


def test_replay_changes_neither_scenario_nor_horizon_for_good(node, trace):
    replay(node, trace, 60_000, until=120_000)
    assert (node.horizon_ms, node.nodes.count) == (600_000, 3)


def test_worker_processes_that_outlive_a_change_of_folder_find_the_store(tmp_path, monkeypatch):
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        monkeypatch.chdir(tmp_path / place)
        compare(SMALL, workers=2, replications=2, store="runs.sqlite")
        assert (tmp_path / place / "runs.sqlite").stat().st_size > 0
        with RunStore("runs.sqlite") as store:
            experiment = load_experiment(SMALL)
            assert store.known([case.scenario for case in experiment.cases], 2, experiment.seed)
