"""Control variates on real runs: the same mean, less spread; and the means that are known."""

import numpy as np
import pytest

from simulator.config import load
from simulator.study import compare
from simulator.study.controls import controlled, drawn
from simulator.theory.known_means import highest_of, known_means

CONFIG = {
    "name": "controls",
    "horizon": "1h",
    "seed": 3,
    "replications": 24,
    "nodes": {"count": 3, "stores": {"texts": {"kind": "session_map"}}},
    "scheduler": {"routing": "random"},
}


@pytest.fixture(scope="module")
def study():
    return compare(CONFIG, workers=1, timelines=False)


def test_the_baseline_explains_the_memory(study):
    found = controlled(study, "memory_bytes_mean")
    assert found.helps
    assert found.controlled.half_width < 0.05 * found.plain.half_width
    assert found.plain.low <= found.controlled.mean <= found.plain.high
    peak = controlled(study, "memory_bytes_peak", controls=["baseline_bytes_highest"])
    assert peak.controlled.half_width < 0.05 * peak.plain.half_width


def test_the_sessions_explain_a_map_that_grows(study):
    found = controlled(study, "texts.entries_final", controls=["sessions", "unknown"])
    assert found.helps
    assert found.controlled.half_width < 0.6 * found.plain.half_width


def test_what_is_not_there(study):
    with pytest.raises(KeyError, match="no result"):
        controlled(study, "texts.nothing")
    with pytest.raises(KeyError, match="no setting"):
        controlled(study, "texts.entries_final", setting="other")


def test_the_means_are_those_of_the_draws():
    for changes in (
        {},
        {"nodes.baseline": {"uniform": {"low": "1GiB", "high": "3GiB"}, "resample_every": "7min"}},
    ):
        scenario = load(CONFIG, set=changes)
        known = known_means(scenario)
        given = [drawn(scenario, replication, 3) for replication in range(150)]
        for name, mean in known.items():
            values = np.array([one[name] for one in given])
            assert values.mean() == pytest.approx(mean, abs=4 * values.std() / np.sqrt(len(values))), name
    assert "baseline_bytes_highest" not in known
    limited = load(CONFIG, set={"workload.sessions.idle_limit": "70s"})
    assert "sessions" not in known_means(limited)
    assert highest_of(scenario.nodes.baseline.distribution, 1) == scenario.nodes.baseline.distribution.mean
