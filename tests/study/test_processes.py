"""Local worker processes that are killed: their work is done again, and only a habit of it ends a study."""

from __future__ import annotations

import os
import signal

import pytest

from simulator.cli.app import invoke
from simulator.problems import StudyError
from simulator.study.processes import DEATHS_AT_MOST, pooled


class Deadly:
    """Stands in for a task's `finished`: kills the process that it is called in, `times` times in all."""

    def __init__(self, folder, times):
        self.folder, self.times = folder, times

    def __call__(self, runs):
        for place in range(self.times):
            try:
                (self.folder / str(place)).touch(exist_ok=False)
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)


def tasks(count):
    from simulator.config import load
    from simulator.study.execution import tasks_for

    world = load({"name": "small", "horizon": "2min", "nodes": {"count": 1}})
    return tasks_for([world], count, (), 2)


def test_killed_processes_cost_no_task(tmp_path):
    died = []
    how = (7, "reference", Deadly(tmp_path, 2))
    runs = [key for done in pooled(tasks(6), 2, how, died.append) for key in done]
    assert sorted(runs) == [(0, replication) for replication in range(6)]
    assert 1 <= len(died) <= 2


def test_a_task_that_kills_whoever_takes_it_ends_the_study(tmp_path):
    died = []
    with pytest.raises(StudyError) as caught:
        list(pooled(tasks(2), 2, (7, "reference", Deadly(tmp_path, 1000)), died.append))
    assert len(died) == DEATHS_AT_MOST
    assert str(caught.value).startswith(
        "error[E304]: worker processes were ended from outside 3 times in a row"
    )


def test_the_command_says_that_a_process_died(tmp_path, monkeypatch, capsys):
    config = tmp_path / "config.yaml"
    config.write_text("horizon: 2min\nreplications: 4\nnodes: {count: 1}\n")
    monkeypatch.setattr("simulator.study.store.RunStore.keeper", lambda *_: Deadly(tmp_path, 1))
    options = ["--engine", "reference", "--workers", "2", "--store", str(tmp_path / "runs.sqlite")]
    assert invoke(["run", str(config), *options]) == 0
    assert "1 worker process ended from outside; what it was at was run again" in capsys.readouterr().err
