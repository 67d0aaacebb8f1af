"""A recipe, written down as JSON, gives the same cases without the files it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.config import load_experiment
from simulator.config.designs import one_at_a_time
from simulator.config.recipe import follow, recipe_of

from .conftest import ROOT

SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))


def again(experiment):
    return follow(json.loads(json.dumps(recipe_of(experiment))))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT / "configs")))
def test_every_shipped_config(path):
    experiment = load_experiment(path)
    found = again(experiment)
    assert found.cases == experiment.cases
    assert (found.name, found.seed, found.replications) == (
        experiment.name,
        experiment.seed,
        experiment.replications,
    )


def test_options_overlays_nulls_and_several_configs(write):
    one = write(
        "nodes: {count: 2}\n"
        "profiles: {plain: {}, 'no cap': {nodes.stores.aggregator_states.max: null}}\n"
        "settings:\n"
        "  a: {}\n"
        "  'b: c': {nodes.stores.dedup_last_sent_text: {cleanup: {ttl: 10min, every: 5min}}}\n"
        "  off: {workload.sessions.idle_limit: never, nodes.stores.translation_cache.enabled: false}\n",
        "one.yaml",
    )
    two = write("workload: {sessions: {arrivals: {renewal: {gamma: {mean: 3s, sd: 1s}}}}}\n", "two.yaml")
    options = ["workload.sessions.utterances={constant: 3}", "horizon=1h"]
    experiment = load_experiment([one, two], set=options)
    for path in (one, two):
        Path(path).unlink()
    assert again(experiment).cases == experiment.cases
    assert [case.config for case in experiment.cases] == [0] * 6 + [1]


def test_designs(write):
    path = write(
        "grid: {nodes.count: [2, 4], nodes.stores.aggregator_states.max: {from: 100, to: 1000}}\n", "a.yaml"
    )
    experiment = load_experiment(path, design=one_at_a_time)
    assert again(experiment).cases == experiment.cases


def test_part_of_the_cases(write):
    path = write("settings: {a: {}, b: {nodes.count: 2}, c: {nodes.count: 3}}\n", "a.yaml")
    experiment = load_experiment(path, setting="c")
    assert [case.setting for case in again(experiment).cases] == ["c"]
