"""compare and run, with made-up runs in place of the engine: pairing, verdicts, JSON, frame, interruption."""

from __future__ import annotations

import json
import math

import pytest

from simulator.config import load, load_experiment
from simulator.names import KPIS
from simulator.study import compare, run
from simulator.study.execution import execute, worlds
from tests.study.made_up import EXPERIMENT, made_up_task


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch):
    monkeypatch.setattr("simulator.study.execution.run_task", made_up_task)


@pytest.fixture
def study():
    return compare(EXPERIMENT, workers=1)


def kinds(study, setting, profile="plain"):
    return [v.kind for v in study.verdicts if (v.profile, v.setting) == (profile, setting)]


def verdict(study, setting, kind, profile="plain"):
    [found] = [v for v in study.verdicts if (v.profile, v.setting, v.kind) == (profile, setting, kind)]
    return found


def test_settings_come_in_config_order_within_profiles(study):
    names = list(EXPERIMENT["settings"])
    assert [s.name for s in study.settings] == names * 2
    assert study.profiles == ("plain", "few nodes")
    assert study.replications == 8
    assert study.settings[0].differences == {"kpis": {}, "stores": {}}
    assert all(list(s.kpis) == list(KPIS) for s in study.settings)
    assert all(s.shares_workload for s in study.settings)


def test_exactly_the_same_says_why(study):
    cap = study.setting("cap 500")
    assert cap.exactly_same
    assert all(difference.exact_zero for _, _, difference in cap.each_difference())
    [reason] = verdict(study, "cap 500", "exactly_same").reasons
    assert (reason.why, reason.path) == ("cap never binds", "nodes.stores.table.max")
    assert (reason.limit, reason.reference_limit) == (500, 1000)
    assert 50 < reason.peak < 80


def test_a_detectable_difference_says_which_and_whether_it_is_good(study):
    changes = verdict(study, "all", "differs").changes
    by_name = {(change.store, change.name): change for change in changes}
    first = by_name[None, "time_to_unavailable_ms"]
    assert first.better
    assert first.holds
    assert first.difference.mean == pytest.approx(10.5 * 3_600_000, rel=0.05)
    assert by_name["texts", "growth_bytes_per_day"].better
    assert by_name[None, "unavailable_memory_fraction"].difference.mean < -0.4
    assert [change.store for change in changes] == sorted(
        (c.store for c in changes), key=lambda s: s is not None
    )


def test_small_changes_that_move_no_headline_are_not_called_a_difference(study):
    sweep = verdict(study, "sweep 30 s", "no_detectable_difference")
    assert {(c.store, c.name) for c in sweep.changes} == {("table", "entries_peak")}
    assert sweep.changes[0].difference.mean == -3.0


def test_a_store_that_is_off_counts_as_empty(study):
    off = study.setting("no audio")
    assert "audio" not in off.stores
    assert off.store_differences["audio"]["bytes_peak"].exact_zero


def test_growth_without_bound_and_when_it_fills(study):
    grows = verdict(study, "as found", "grows_without_bound")
    assert (grows.store, grows.limit) == ("texts", "threshold")
    assert grows.growth.low > 0
    room = 0.85 * 16 * 2**30 - 12 * 2**30
    assert grows.exhaustion.mean == pytest.approx(room / 2e6, rel=0.02)
    assert grows.exhaustion.low < grows.exhaustion.mean < grows.exhaustion.high
    assert "grows_without_bound" not in kinds(study, "all")
    assert study.setting("all").kpis["time_to_exhaustion_days"].mean == math.inf
    assert study.setting("as found").kpis["time_to_exhaustion_days"].method == "fieller"


def test_never_unavailable_is_said(study):
    assert "never_unavailable" in kinds(study, "all")
    assert "never_unavailable" not in kinds(study, "as found")


def test_targets_are_judged_for_every_setting(study):
    assert len(study.targets) == 3 * len(study.settings)
    by_setting = {(t.setting, t.name): t.status for t in study.targets if t.profile == "plain"}
    assert by_setting["as found", "unavailable_memory_fraction"] == "missed"
    assert by_setting["all", "unavailable_memory_fraction"] == "met"
    assert by_setting["all", "time_to_unavailable_ms"] == "met"
    assert by_setting["all", "table.entries_peak"] == "met"
    assert study.exit_code() == 1
    assert study.exit_code("all") == 0
    with pytest.raises(KeyError):
        study.exit_code("nothing of the kind")


def test_json_is_the_same_again_apart_from_provenance(study):
    def exported(value):
        return json.dumps({k: v for k, v in value.to_dict().items() if k != "provenance"}, allow_nan=False)

    again = compare(EXPERIMENT, workers=1)
    assert exported(study) == exported(again)
    plain = json.loads(json.dumps(study.to_dict(), allow_nan=False))
    assert list(plain) == [
        "name", "seed", "replications", "horizon_ms", "settings", "targets", "verdicts", "provenance",
    ]  # fmt: skip
    setting = plain["settings"][1]
    assert list(setting) == ["name", "profile", "kpis", "stores", "differences"]
    assert set(setting["differences"]["kpis"]) == set(setting["kpis"])
    estimate = setting["kpis"]["memory_bytes_peak"]
    assert list(estimate) == ["mean", "low", "high", "n", "values"]
    assert len(estimate["values"]) == estimate["n"] == 8
    assert plain["provenance"]["seed"] == 3
    assert plain["provenance"]["recipe"]["configs"][0]["name"] == "made up"


def test_frame_is_tidy(study):
    frame = study.frame()
    assert list(frame.columns) == ["profile", "setting", "replication", "name", "store", "value"]
    assert not frame.duplicated(["profile", "setting", "replication", "name", "store"]).any()
    peaks = frame[(frame.name == "entries_peak") & (frame.store == "table") & (frame.profile == "plain")]
    assert peaks.groupby("setting").value.count().eq(8).all()
    assert frame[frame.name == "memory_bytes_peak"].store.isna().all()


def test_run_is_a_study_of_one():
    scenario = load(EXPERIMENT)
    result = run(scenario, replications=4, seed=9, workers=1)
    assert result.kpis["memory_bytes_peak"].n == 4
    assert result.study.seed == 9
    assert result.stores["table"]["entries_peak"].mean > 50
    assert len(result.timelines) == 4
    assert result.to_dict()["settings"][0]["differences"] == {"kpis": {}, "stores": {}}
    assert result.exit_code() == 1
    assert run(scenario, replications=2, workers=1, timelines=False).timelines == ()


def test_ctrl_c_keeps_what_has_finished():
    calls = []

    def progress(done, planned):
        calls.append((done, planned))
        if len(calls) == 7:
            raise KeyboardInterrupt

    partial = compare(EXPERIMENT, workers=1, progress=progress)
    assert partial.interrupted
    assert calls[:2] == [(6, 96), (12, 96)]
    # two worlds in turn: seven tasks finish 4 replications of the first and 3 of the second
    assert [(part.finished, part.planned) for part in partial.completeness] == [(4, 8), (3, 8)]
    assert partial.setting("all").replications == (0, 1, 2, 3)
    assert partial.setting("all").kpis["memory_bytes_peak"].n == 4
    assert partial.to_dict()["interrupted"][1] == {"profile": "few nodes", "finished": 3, "planned": 8}


def test_ctrl_c_before_anything_finished_is_an_interrupt(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.study.execution.run_task", interrupt)
    with pytest.raises(KeyboardInterrupt):
        compare(EXPERIMENT, workers=1)


def test_known_runs_are_not_repeated(monkeypatch):
    scenarios = [case.scenario for case in load_experiment(EXPERIMENT).cases]
    half = execute(scenarios, 2, workers=1)
    ran = []

    def counted(task, *arguments):
        ran.append(task.replication)
        return made_up_task(task, *arguments)

    monkeypatch.setattr("simulator.study.execution.run_task", counted)
    whole = execute(scenarios, 4, workers=1, known=half.reductions)
    assert sorted(ran) == [2, 2, 3, 3]
    assert len(whole.reductions) == 4 * len(scenarios)


def test_cases_share_a_workload_when_nothing_that_draws_it_differs():
    scenarios = [case.scenario for case in load_experiment(EXPERIMENT).cases]
    assert worlds(scenarios) == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="workers"):
        compare(EXPERIMENT, workers=0)
    with pytest.raises(ValueError, match="replications"):
        compare(EXPERIMENT, replications=0, workers=1)
    with pytest.raises(ValueError, match="already loaded"):
        compare(load_experiment(EXPERIMENT), set={"nodes.count": 3})


def test_one_setting_of_a_loaded_experiment():
    study = compare(load_experiment(EXPERIMENT), workers=1, replications=2, setting="all", profile="plain")
    assert [(s.profile, s.name) for s in study.settings] == [("plain", "all")]
