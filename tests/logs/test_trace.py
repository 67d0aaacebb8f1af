"""A node's logs as a trace: replayed, its stores hold what they held when the logs were written."""

import gzip
import json

import numpy as np
import pytest

import simulator as sim
from simulator.cli.app import invoke
from simulator.logs import Troubles, read_logs
from simulator.logs.calibrate import calibrate
from simulator.logs.observations import observe
from simulator.logs.synthetic import EPOCH_MS, write_logs
from simulator.logs.trace import beginning_ms, trace_of
from simulator.study.replay import replay
from simulator.workload import build_workload

SET = {
    "horizon": "3h",
    "nodes.count": 1,
    "nodes.phase": 0,
    "workload.sessions.arrivals": {"poisson": "0.05/s"},
    "scheduler.jobs_per_node": "unlimited",
}


def logged(folder, changes=None, level="debug"):
    """A run, its calibration, and the sizes that its probe told each minute."""
    scenario = sim.load("configs/baseline.yaml", set={**SET, **(changes or {})})
    write_logs(folder, build_workload(scenario, 0), scenario, level=level, sizes_every_ms=60_000)
    troubles = Troubles()
    seen = observe(read_logs(str(folder), None, troubles), troubles)
    sizes = [json.loads(line) for line in (folder / "probe.NODE-1.jsonl").read_text().splitlines()]
    return scenario, calibrate(seen), sizes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"nodes.stores.aggregator_states.max": 12},
        {"nodes.stores.translation_cache.max": 40, "nodes.stores.aggregator_states.sweep_every": "30s"},
        {"nodes.stores.pending_translations.removed_on": ["success", "failure"], "workload.translation.hangs": "1 %"},
    ],
)  # fmt: skip
def test_a_replay_holds_what_the_run_held(tmp_path, changes):
    scenario, found, sizes = logged(tmp_path, changes)
    path = tmp_path / "trace.csv"
    path.write_text(trace_of(found, "NODE-1", 600_000), encoding="utf-8")
    assert beginning_ms(found, "NODE-1") == EPOCH_MS
    again = replay(scenario, path, every=60_000)
    assert again.rows_left_out == 0
    for store, columns in again.stores.items():
        then = np.array([each["stores"][store] for each in sizes])
        apart = np.abs(columns["entries"][: len(then)] - then)
        if store in ("aggregator_states", "dedup_last_sent_text"):
            assert apart.max() == 0, store
        else:  # which text a cache answered for is a guess; that it answered is not
            assert apart.max() <= 3, store


def test_hits_of_the_cache_come_again(tmp_path):
    scenario, found, _ = logged(tmp_path)
    path = tmp_path / "trace.csv"
    path.write_text(trace_of(found, "NODE-1", 600_000), encoding="utf-8")
    again = replay(scenario, path, every="event")
    hits = int(again.stores["translation_cache"]["hits"][-1])
    assert hits == pytest.approx(int(found.seen.cache_hit.sum()), rel=0.02)


def test_sweeps_of_any_phase_come_when_they_came(tmp_path):
    scenario, found, sizes = logged(tmp_path, {"nodes.phase": "drawn"})
    path = tmp_path / "trace.csv"
    path.write_text(trace_of(found, "NODE-1", 600_000), encoding="utf-8")
    begin = beginning_ms(found, "NODE-1") - EPOCH_MS
    assert -60_000 < begin <= 60_000
    again = replay(scenario, path, every=1000, until=scenario.horizon_ms)
    last = again.stores["aggregator_states"]["entries"]
    then = [each["stores"]["aggregator_states"] for each in sizes]
    now = [int(last[(each["uptime_ms"] - begin) // 1000]) for each in sizes[:-2]]
    assert np.mean(np.array(now) != np.array(then[:-2])) < 0.1  # within the second that is sampled


def test_the_command_writes_one_file_a_node(tmp_path, capsys):
    folder = tmp_path / "logs"
    scenario = sim.load("configs/baseline.yaml", set={**SET, "horizon": "1h", "nodes.count": 2})
    write_logs(folder, build_workload(scenario, 0), scenario, level="debug")
    assert invoke(["calibrate", str(folder), "--trace", str(tmp_path / "day.csv.gz"), "-q"]) == 0
    capsys.readouterr()
    assert sorted(path.name for path in tmp_path.glob("day*")) == ["day.NODE-1.csv.gz", "day.NODE-2.csv.gz"]
    rows = gzip.decompress((tmp_path / "day.NODE-1.csv.gz").read_bytes()).decode().splitlines()
    assert rows[0].startswith("at_ms,event,session,text,outcome")
    assert (
        invoke(["replay", "configs/baseline.yaml", str(tmp_path / "day.NODE-1.csv.gz"), "--every", "10min"])
        == 0
    )
    scheduler = tmp_path / "scheduler"
    scheduler.mkdir()
    (folder / "scheduler.log").rename(scheduler / "scheduler.log")
    assert invoke(["calibrate", str(scheduler), "--trace", str(tmp_path / "none.csv")]) == 2
    assert "no utterances" in capsys.readouterr().err
