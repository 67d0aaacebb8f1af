"""extends, null, one-of maps and the order of strength."""

import pytest

from simulator.config import ConfigError, load, load_experiment
from simulator.config.distributions import Constant, Exponential, Lognormal

BASE = """
    name: base
    horizon: 2h
    workload: {sessions: {arrivals: {poisson: 1/s}, gap: {exponential: {mean: 6s}}}}
    nodes:
      memory: 8GiB
      baseline: {normal: {mean: 4GiB, sd: 1MiB}, resample_every: 5min}
      stores:
        table: {kind: session_table, max: 10, ttl: 1min}
        texts: {kind: session_map, cleanup: {ttl: 1min, every: 30s}}
"""


@pytest.fixture
def based(write):
    """The scenario of a text that extends BASE."""

    def _based(text, **arguments):
        write(BASE, "base.yaml")
        name = write(text)
        path = name
        with open(path, "a") as file:
            file.write("\nextends: base.yaml\n")
        return load(path, **arguments)

    return _based


def test_maps_merge_key_by_key(based):
    got = based("nodes: {stores: {table: {max: 20}}}")
    assert got.nodes.stores["table"].max == 20
    assert got.nodes.stores["table"].ttl_ms == 60_000
    assert got.horizon_ms == 7_200_000
    assert got.name == "base"
    assert list(got.nodes.stores) == ["table", "texts"]


def test_null_removes_a_key(based):
    got = based("horizon: null\nnodes: {stores: {texts: null, table: {max: ~}}, memory: 16GiB}")
    assert got.horizon_ms == 86_400_000
    assert list(got.nodes.stores) == ["table"]
    assert got.nodes.stores["table"].max == 1000


def test_null_for_a_misspelt_key_is_no_secret(problems):
    codes, text = problems("nodes: {cuont: null}")
    assert codes == ["E101"]
    assert "did you mean `count`?" in text


def test_one_of_maps_replace_whole(based):
    got = based("""
        workload: {sessions: {arrivals: {profile: {0h: 1/s}}, gap: {lognormal: {median: 2s, p95: 4s}}}}
        nodes: {baseline: 2GiB, stores: {texts: {cleanup: session_end}}}
        scheduler: {threshold: {at_least: 90 %}}
    """)
    assert got.workload.sessions.arrivals.kind == "profile"
    assert isinstance(got.workload.sessions.gap, Lognormal)
    assert got.nodes.baseline.distribution == Constant(value=2 * 1024**3)
    assert got.nodes.baseline.resample_every_ms is None
    assert got.nodes.stores["texts"].cleanup.kind == "session_end"
    assert got.scheduler.threshold.rule == "at_least"


def test_another_kind_of_store_replaces_it_whole(based):
    got = based("nodes: {stores: {table: {kind: lru_cache, max: 5}}}")
    assert got.nodes.stores["table"].kind == "lru_cache"
    assert list(got.nodes.stores) == ["table", "texts"]


def test_several_parents_and_chains(write):
    write("extends: grand.yaml\nhorizon: 2h\nnodes: {count: 2}", "one/parent.yaml")
    write("name: grand\nhorizon: 1h\nseed: 99", "one/grand.yaml")
    write("nodes: {count: 3}\nwarmup: 1min", "two.yaml")
    got = load(write("extends: [one/parent.yaml, two.yaml]\nname: child"))
    assert (got.name, got.horizon_ms, got.nodes.count, got.warmup_ms, got.seed) == (
        "child",
        7_200_000,
        3,
        60_000,
        99,
    )


def test_a_file_may_be_extended_twice_but_not_in_a_circle(write):
    write("horizon: 1h", "grand.yaml")
    write("extends: grand.yaml", "a.yaml")
    write("extends: grand.yaml", "b.yaml")
    assert load(write("extends: [a.yaml, b.yaml]")).horizon_ms == 3_600_000


def test_settings_merge_by_name_and_keep_their_order(write):
    write("settings: {first: {nodes.count: 2}, second: {nodes.count: 3}}", "base.yaml")
    path = write(
        "extends: base.yaml\nsettings: {second: {nodes.count: 5}, first: {scheduler.jobs_per_node: 9}, third: {}}"
    )
    cases = load_experiment(path).cases
    assert [case.setting for case in cases] == ["first", "second", "third"]
    assert [case.scenario.nodes.count for case in cases] == [2, 5, 4]
    assert cases[0].scenario.scheduler.jobs_per_node == 9


def test_a_setting_of_a_parent_can_be_removed(write):
    write("settings: {first: {}, second: {nodes.count: 3}}", "base.yaml")
    assert load_experiment(write("extends: base.yaml\nsettings: {second: null}")).settings == ("first",)


def test_order_of_strength(write):
    path = write("""
        nodes: {count: 1}
        profiles: {world: {nodes.count: 2}}
        settings: {as it is: {}, more: {nodes.count: 3}}
    """)
    assert load(path).nodes.count == 2
    assert load(path, setting="more").nodes.count == 3
    assert load(path, setting="more", set={"nodes.count": 4}).nodes.count == 4
    assert load(path, set=["nodes.count=4", "nodes.count=5"]).nodes.count == 5


def test_a_path_into_a_one_of_map_changes_that_value_only(based):
    got = based(
        "name: x", set=["nodes.baseline.normal.mean=5GiB", "workload.sessions.gap.exponential.mean=3s"]
    )
    assert got.nodes.baseline.distribution.mean == 5 * 1024**3
    assert got.nodes.baseline.distribution.sd == 1024**2
    assert got.nodes.baseline.resample_every_ms == 300_000
    assert got.workload.sessions.gap == Exponential(mean=3000)
    got = based(
        "name: x", set=["workload.sessions.arrivals.profile={0h: 2/s}", "nodes.baseline.constant=3GiB"]
    )
    assert got.workload.sessions.arrivals.kind == "profile"
    assert got.nodes.baseline.distribution == Constant(value=3 * 1024**3)
    assert got.nodes.baseline.resample_every_ms == 300_000
    got = based("name: x", set=["nodes.stores.texts.cleanup.every=10s"])
    assert got.nodes.stores["texts"].cleanup.every_ms == 10_000
    assert got.nodes.stores["texts"].cleanup.ttl_ms == 60_000
    got = based("name: x", set=["workload.translation.outages.outcome=fails"])
    assert got.workload.translation.outages.outcome == "fails"


def test_stores_of_the_seed_document(scenario):
    six = [
        "aggregator_states",
        "translation_cache",
        "dedup_last_sent_text",
        "middleware_last_sent_text",
        "audio_ring_buffers",
        "pending_translations",
    ]
    assert list(scenario("name: x").nodes.stores) == six
    changed = scenario("nodes: {stores: {aggregator_states: {max: 5}}}")
    assert list(changed.nodes.stores) == six
    assert changed.nodes.stores["aggregator_states"].max == 5
    own = scenario("nodes: {stores: {sessions: {kind: session_table}, translation_cache: {max: 7}}}")
    assert list(own.nodes.stores) == ["sessions", "translation_cache"]
    assert own.nodes.stores["translation_cache"].kind == "lru_cache"
    assert list(scenario("nodes: {stores: {only: {kind: session_map}}}").nodes.enabled_stores) == ["only"]


def test_what_came_through_extends_and_what_was_overridden_is_said(write):
    write("horizon: 24\nnodes: {count: 4}", "base.yaml")
    with pytest.raises(ConfigError) as caught:
        load(write("extends: base.yaml"), set=["nodes.count=-1"])
    assert "base.yaml:1:10  (horizon, through extends of config.yaml)" in str(caught.value)
    assert "--> --set nodes.count=-1  (overrides base.yaml:2:16)" in str(caught.value)


def test_a_long_chain_is_refused(write):
    for index in range(40):
        write(f"extends: c{index + 1}.yaml", f"c{index}.yaml")
    write("name: end", "c40.yaml")
    with pytest.raises(ConfigError, match="files deep"):
        load("c0.yaml")
