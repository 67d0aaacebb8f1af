"""Replications until a result is precise, and a warm-up that is found: the same on any number of workers."""

from __future__ import annotations

import pytest

from simulator.config import ConfigError, load, load_experiment
from simulator.config.replications import Until
from simulator.report import to_markdown, to_text
from simulator.study import compare, run
from tests.study.made_up import EXPERIMENT, made_up_task

SMALL = {
    "name": "small",
    "horizon": "2h",
    "seed": 5,
    "warmup": "auto",
    "replications": {"until": {"table.entries_mean": "3 %"}, "at_least": 6, "at_most": 60},
    "workload": {"sessions": {"arrivals": {"poisson": "0.02/s"}, "utterances": 3}},
    "nodes": {"count": 1, "stores": {"table": {"kind": "session_table"}}},
    "settings": {"as found": {}, "short": {"nodes.stores.table.ttl": "2min"}},
}


def exported(study):
    return {name: value for name, value in study.to_dict().items() if name != "provenance"}


@pytest.fixture
def ran(monkeypatch):
    tasks = []

    def counted(task, *arguments):
        tasks.append(task.replication)
        return made_up_task(task, *arguments)

    monkeypatch.setattr("simulator.study.execution.run_task", counted)
    return tasks


def until(goals, **numbers):
    return EXPERIMENT | {"replications": {"until": goals, **numbers}, "profiles": {}}


def test_it_runs_until_every_setting_is_precise(ran):
    study = compare(until({"table.entries_peak": "2 %"}), workers=1)
    (found,) = study.precision
    assert found.reached
    assert found.half_width <= found.wanted
    assert study.replications == found.n == len(set(ran)) == len(ran)
    assert study.provenance.replications == study.replications
    assert {setting.replications for setting in study.settings} == {tuple(range(study.replications))}
    exact = compare(until({"table.entries_peak": "2 %"}), workers=1, replications=study.replications)
    assert exact.precision == ()
    assert [s.to_dict() for s in exact.settings] == [s.to_dict() for s in study.settings]
    assert "table.entries_peak is precise enough after" in to_text(study)
    assert "- table.entries_peak is precise enough after" in to_markdown(study)


def test_it_stops_at_the_cap_and_says_so(ran):
    study = compare(until({"table.entries_peak": "0.1 %"}, at_most=45), workers=1)
    (found,) = study.precision
    assert (study.replications, found.reached, found.at_most) == (45, False, 45)
    assert found.needed > 45
    assert "is not precise enough after 45 replications" in " ".join(to_text(study).split())
    assert exported(study)["precision"][0]["reached"] is False


def test_every_kind_of_goal(ran):
    goals = {
        "p95 table.entries_peak": "10 %",
        "median table.entries_peak": {"relative": "10 %"},
        "P(table.entries_peak <= 60)": "20 %",
        "unavailable_memory_fraction": {"absolute": "5 %"},
        "censored_fraction": {"absolute": "20 %"},
        "time_to_unavailable_ms": "2h",
        "audio.entries_mean": "5",
    }
    study = compare(until(goals, at_least=10, at_most=200), workers=1)
    assert [one.goal for one in study.precision] == list(goals)
    assert all(one.reached for one in study.precision)
    by_name = {one.goal: one for one in study.precision}
    assert by_name["P(table.entries_peak <= 60)"].wanted == 0.2
    assert by_name["time_to_unavailable_ms"].wanted == 7_200_000
    assert by_name["audio.entries_mean"].setting != "no audio"


def test_a_result_that_never_exists_has_no_say(ran):
    study = compare(until({"evicted_live_fraction": "1 %", "table.entries_peak": "5 %"}), workers=1)
    assert [one.name for one in study.precision] == ["table.entries_peak"]


def test_stored_runs_are_not_run_again(ran, tmp_path):
    config, file = until({"table.entries_peak": "1 %"}, at_most=40), tmp_path / "runs.sqlite"
    first = compare(config, workers=1, store=file)
    ran.clear()
    again = compare(config, workers=1, store=file)
    assert ran == []
    assert exported(again) == exported(first)


def test_ctrl_c_keeps_what_had_finished(ran):
    def stop(done, planned):
        if done >= 6 * 25:
            raise KeyboardInterrupt

    study = compare(until({"table.entries_peak": "0.1 %"}), workers=1, progress=stop)
    assert study.interrupted
    assert study.completeness[0].finished == 25
    assert study.precision == ()


def test_workers_change_nothing_and_the_warm_up_is_found():
    alone, together = (compare(SMALL, workers=workers, timelines=False) for workers in (1, 2))
    assert exported(alone) == exported(together)
    (warm_up,) = alone.warm_ups
    assert warm_up.reliable
    assert 0 < warm_up.warmup_ms < 3_600_000
    assert {setting.scenario.warmup_ms for setting in alone.settings} == {warm_up.warmup_ms}
    explicit = compare(
        SMALL | {"warmup": f"{warm_up.warmup_ms}ms"},
        replications=alone.replications,
        workers=1,
        timelines=False,
    )
    assert [s.to_dict() for s in explicit.settings] == [s.to_dict() for s in alone.settings]
    said = " ".join(to_text(alone).split())
    assert f"found by MSER-5: {warm_up.store} takes longest to fill, in {warm_up.setting}." in said


def test_a_run_too_short_to_settle_is_said(tmp_path):
    short = SMALL | {"horizon": "8min", "replications": 3, "settings": {}}
    file = tmp_path / "runs.sqlite"
    study = compare(short, workers=1, store=file)
    (warm_up,) = study.warm_ups
    assert not warm_up.reliable
    assert "do not rely on it" in to_text(study)
    assert exported(compare(short, workers=1, store=file)) == exported(study)


def test_a_single_run_does_both():
    result = run(load(SMALL), workers=1, timelines=False)
    assert result.study.precision[0].reached
    assert result.scenario.warmup_ms == result.study.warm_ups[0].warmup_ms > 0


def test_nothing_to_fill_needs_no_warm_up():
    cap = {"kind": "session_table", "enabled": False}
    empty = SMALL | {"nodes": {"count": 1, "stores": {"table": cap}}, "settings": {}, "replications": 2}
    study = compare(empty, workers=1)
    assert study.warm_ups[0].warmup_ms == 0
    assert "every store is at its level from the start" in to_text(study)


def test_how_it_is_written():
    scenario = load(SMALL)
    assert isinstance(scenario.replications, Until)
    assert (scenario.replications.at_least, scenario.most_replications) == (6, 60)
    assert scenario.warmup_auto
    assert scenario.warmup_ms == 0
    assert not load(SMALL | {"warmup": "1h"}).warmup_auto
    assert load(SMALL, set=["replications=7"]).most_replications == 7
    assert (
        load(
            SMALL, set={"replications": {"until": {"memory_bytes_mean": "50MB"}, "at_most": 9}}
        ).replications.at_least
        == 9
    )
    assert scenario.warmed_up(5) == load(SMALL | {"warmup": "5ms"})
    assert load_experiment(load_experiment(SMALL).resolved).cases == load_experiment(SMALL).cases


@pytest.mark.parametrize(
    ("width", "words"),
    [
        ("2", "a unit"),
        ({"absolute": "2 %"}, "a size with a unit"),
        ([1], "expected a width"),
        ("150 %", "between 0 % and"),
    ],
)
def test_widths_that_make_no_sense(width, words):
    with pytest.raises(ConfigError, match="E124") as caught:
        load(SMALL, set={"replications": {"until": {"memory_bytes_peak": width}}})
    assert words in str(caught.value)


@pytest.mark.parametrize("value", [{"until": {}}, {"until": "soon"}, {"until": {"P(nothing <= 1)": "5 %"}}])
def test_goals_that_make_no_sense(value):
    with pytest.raises(ConfigError):
        load(SMALL, set={"replications": value})


def test_what_grows_has_no_warm_up_to_find():
    told = {"workload.sessions.end_signalled": "50 %"}
    grows = SMALL | {
        "nodes": {"count": 1, "stores": {"texts": {"kind": "session_map", "cleanup": "session_end"}}}
    }
    grows |= {"settings": {}, "replications": 2}
    with pytest.raises(ConfigError, match="nothing keeps texts from growing"):
        load(grows, set=told)
    assert load(grows, set={"workload.sessions.end_signalled": "100 %"}).warmup_auto
    with pytest.raises(ConfigError, match="nothing keeps texts from growing"):
        load(grows, set={"nodes.stores.texts.cleanup": "session_removed"})
    assert load(grows, set={"nodes.stores.texts.cleanup": {"ttl": "5min", "every": "1min"}}).warmup_auto
