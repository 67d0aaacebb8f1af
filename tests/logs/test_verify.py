"""A log of the config itself is as predicted; one of another is not; a change is told, and one that never came."""

import math
from pathlib import Path

import numpy as np
import pytest

from simulator.config import load
from simulator.logs import Troubles, read_logs, write_logs
from simulator.logs.courses import block_bootstrap, summary
from simulator.logs.quantities import read_courses
from simulator.logs.verify import verify
from simulator.workload import build_workload

CONFIG = Path(__file__).parents[2] / "configs" / "baseline.yaml"
RARE = ["horizon=3h", "nodes.count=1", "workload.sessions.arrivals={poisson: 0.02/s}"]
AUDIO = [*RARE, "nodes.stores.audio_ring_buffers.enabled=true"]


def log_of(folder, changes, *, held_against=None, seed=5, sizes=60_000, level="info"):
    """The log of a run, to be held against the same setting unless another is given."""
    scenario = load(CONFIG, set=changes)
    write_logs(folder, build_workload(scenario, 0, seed), scenario, level=level, sizes_every_ms=sizes)
    troubles = Troubles()
    ours = scenario if held_against is None else load(CONFIG, set=held_against)
    return read_courses(read_logs(folder, None, troubles), troubles, "a setting", ours)


@pytest.fixture
def certain():
    """A host whose baseline is the same in every replication."""
    return ["nodes.baseline=12GiB"]


def test_a_log_of_the_config_is_as_predicted(tmp_path, certain):
    found = verify("c", log_of(tmp_path, [*RARE, *certain]), replications=8, seed=1)
    assert found.verdict == "as predicted"
    assert found.exit_code() == 0
    names = [each.quantity.name for each in found.before.comparisons]
    assert "memory_percent.scheduler" in names
    assert "aggregator_states.entries" in names
    assert any("level info" in text for text in found.before.hidden)


def test_a_log_of_twice_the_sessions_is_not(tmp_path, certain):
    twice = [*RARE, *certain, "workload.sessions.arrivals={poisson: 0.04/s}"]
    log = log_of(tmp_path, twice, held_against=[*RARE, *certain])
    found = verify("c", log, replications=8, seed=1)
    assert found.exit_code() == 1
    verdicts = {each.quantity.name: each.verdict for each in found.before.comparisons}
    assert verdicts["jobs"] == "higher"
    assert verdicts["aggregator_states.entries"] == "higher"


def test_the_component_that_holds_the_memory_comes_first(tmp_path, certain):
    found = verify("c", log_of(tmp_path, [*AUDIO, *certain]), replications=4, seed=1)
    first, last = found.before.holders[0], found.before.holders[-1]
    assert first.name == "audio_ring_buffers"
    assert last.name == "everything else"
    total = sum(holder.held_bytes for holder in found.before.holders)
    assert math.isclose(total, found.before.memory_bytes)
    room = found.before.exhaustion
    assert "audio_ring_buffers" in room.growing
    assert room.observed_low < room.observed_per_day < room.observed_high
    assert room.predicted.low <= room.predicted.mean <= room.predicted.high


def test_a_fix_that_works_and_one_that_was_never_deployed(tmp_path, certain):
    before = log_of(tmp_path / "before", [*AUDIO, *certain])
    fixed = log_of(tmp_path / "after", [*RARE, *certain], seed=6)
    found = verify("c", before, fixed, replications=8, seed=1)
    memory = next(change for change in found.changes if change.quantity.unit == "percent")
    assert memory.expects_change
    assert memory.observed < 0
    assert found.exit_code() in (0, 3)
    still = log_of(tmp_path / "still", [*AUDIO, *certain], held_against=[*RARE, *certain], seed=6)
    assert verify("c", before, still, replications=8, seed=1).exit_code() == 1


def test_without_sizes_the_sweeps_tell_them(tmp_path, certain):
    found = verify("c", log_of(tmp_path, [*RARE, *certain], sizes=None), replications=6, seed=1)
    names = [each.quantity.name for each in found.before.comparisons]
    assert "aggregator_states.after_sweep" in names
    assert any("no size of" in text for text in found.before.hidden)
    assert found.exit_code() == 0


def test_a_block_bootstrap_of_noise_is_as_wide_as_it_should_be():
    noise = np.random.default_rng(3).normal(10, 2, 1000)
    drawn = block_bootstrap(noise, "level", 6)
    assert abs(drawn.std() - 2 / math.sqrt(1000)) < 0.01
    assert summary(np.array([np.nan, 1.0, 2.0, 4.0]), "growth") == 9.0
    assert math.isnan(summary(np.array([np.nan]), "level"))
