"""Runs on disk: kept after every task, found again, and never mistaken for others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simulator.config import load
from simulator.study import compare
from simulator.study.packing import pack, run_digest, unpack
from simulator.study.reduction import reduce_history
from simulator.study.store import RunStore
from tests.study.made_up import EXPERIMENT, made_up_run, made_up_task


@pytest.fixture
def ran(monkeypatch):
    tasks = []

    def counted(task, *arguments):
        tasks.append((task.replication, len(task.cases)))
        return made_up_task(task, *arguments)

    monkeypatch.setattr("simulator.study.execution.run_task", counted)
    return tasks


def exported(study):
    return {name: value for name, value in study.to_dict().items() if name != "provenance"}


def test_a_run_comes_back_as_it_was():
    world = load(EXPERIMENT)
    run = reduce_history(made_up_run(world, 0), world)
    again = unpack(pack(run))
    assert repr((again.kpis, again.stores, again.rooms, again.digest)) == repr(
        (run.kpis, run.stores, run.rooms, run.digest)
    )
    for field in dataclasses.fields(run.timeline):
        assert np.array_equal(getattr(again.timeline, field.name), getattr(run.timeline, field.name))
    bare = reduce_history(made_up_run(world, 0), world, timelines=False)
    assert unpack(pack(bare)).timeline is None


def test_more_replications_run_only_what_is_missing(ran, tmp_path):
    file = tmp_path / "new" / "runs.sqlite"
    compare(EXPERIMENT, workers=1, replications=3, store=file)
    assert len(ran) == 6
    ran.clear()
    whole = compare(EXPERIMENT, workers=1, replications=5, store=file)
    assert sorted(ran) == [(3, 6), (3, 6), (4, 6), (4, 6)]
    assert exported(whole) == exported(compare(EXPERIMENT, workers=1, replications=5))


def test_an_interrupted_study_goes_on_where_it_stopped(ran, tmp_path):
    file = tmp_path / "runs.sqlite"

    def stop(done, planned):
        if done == 24:
            raise KeyboardInterrupt

    assert compare(EXPERIMENT, workers=1, replications=4, store=file, progress=stop).interrupted
    ran.clear()
    assert not compare(EXPERIMENT, workers=1, replications=4, store=file).interrupted
    assert len(ran) == 4


def test_another_seed_or_setting_is_another_run(ran, tmp_path):
    file = tmp_path / "runs.sqlite"
    compare(EXPERIMENT, workers=1, replications=1, store=file)
    ran.clear()
    compare(EXPERIMENT, workers=1, replications=1, store=file, seed=4)
    assert ran == [(0, 6), (0, 6)]
    ran.clear()
    edited = EXPERIMENT | {"settings": EXPERIMENT["settings"] | {"cap 500": {"nodes.stores.table.max": 400}}}
    compare(edited, workers=1, replications=1, store=file)
    assert ran == [(0, 1), (0, 1)]


def test_runs_of_other_code_are_not_used(ran, tmp_path, monkeypatch):
    file = tmp_path / "runs.sqlite"
    compare(EXPERIMENT, workers=1, replications=1, store=file)
    ran.clear()
    monkeypatch.setattr("simulator.study.store.made_by", lambda: "somebody else")
    compare(EXPERIMENT, workers=1, replications=1, store=file)
    assert len(ran) == 2


def test_runs_without_a_timeline_do_when_none_is_wanted(ran, tmp_path):
    file = tmp_path / "runs.sqlite"
    compare(EXPERIMENT, workers=1, replications=1, store=file, timelines=False)
    ran.clear()
    compare(EXPERIMENT, workers=1, replications=1, store=file, timelines=False)
    assert ran == []
    compare(EXPERIMENT, workers=1, replications=1, store=file)
    assert len(ran) == 2


def test_names_and_targets_are_no_part_of_a_run(tmp_path):
    world = load(EXPERIMENT)
    other = load(EXPERIMENT | {"name": "else", "targets": [], "replications": 3, "seed": 99})
    assert run_digest(world) == run_digest(other)
    assert run_digest(world) != run_digest(load(EXPERIMENT | {"horizon": "23h"}))
    with RunStore(tmp_path / "empty.sqlite") as store:
        assert store.known([world], 5, 7) == {}
