"""Settings, profiles, the grid, `--set`, and several configs at once."""

import pytest

from simulator.config import ConfigError, load, load_experiment
from simulator.config.load import Case

QUESTION = """
    name: question
    seed: 3
    replications: 5
    settings:
      as found: {}
      cap 500: {nodes.stores.aggregator_states.max: 500}
      nested: {nodes: {stores: {aggregator_states: {max: 250, sweep_every: 30s}}}}
      010: {nodes: {stores.aggregator_states: {max: 100}}}
    profiles:
      documented: {}
      audio alive: {nodes.stores.audio_ring_buffers.enabled: true, horizon: 72h, warmup: 1h}
"""


def test_every_setting_in_every_profile(write):
    experiment = load_experiment(write(QUESTION))
    assert (experiment.name, experiment.seed, experiment.replications) == ("question", 3, 5)
    assert experiment.settings == ("as found", "cap 500", "nested", "010")
    assert experiment.profiles == ("documented", "audio alive")
    assert [case.profile for case in experiment.cases] == ["documented"] * 4 + ["audio alive"] * 4
    assert [case.scenario.nodes.stores["aggregator_states"].max for case in experiment.cases] == [
        1000,
        500,
        250,
        100,
    ] * 2
    assert [case.scenario.horizon_ms // 3_600_000 for case in experiment.cases] == [24] * 4 + [72] * 4
    assert experiment.scenario == experiment.cases[0].scenario
    assert experiment.cases[-2].changes == (
        ("nodes.stores.audio_ring_buffers.enabled", "true"), ("horizon", "72h"), ("warmup", "1h"),
        ("nodes.stores.aggregator_states.max", "250"), ("nodes.stores.aggregator_states.sweep_every", "30s"),
    )  # fmt: skip


def test_one_setting_or_profile_alone(write):
    path = write(QUESTION)
    experiment = load_experiment(path, setting="cap 500", profile="audio alive")
    assert [(case.profile, case.setting) for case in experiment.cases] == [("audio alive", "cap 500")]
    assert load(path, setting="cap 500").nodes.stores["aggregator_states"].max == 500


def test_a_wrong_name_has_a_suggestion(write):
    path = write(QUESTION)
    for arguments, advice in [
        ({"setting": "cap500"}, "did you mean `cap 500`?"),
        ({"profile": "Audio Alive"}, "did you mean `audio alive`?"),
        ({"setting": "zzz"}, "settings: as found, cap 500, nested, 010"),
    ]:
        with pytest.raises(ConfigError, match="E116") as caught:
            load_experiment(path, **arguments)
        assert advice in str(caught.value)
    with pytest.raises(ConfigError, match="it has no profiles"):
        load(write("name: x", "x.yaml"), profile="any")


def test_a_config_without_settings_is_one_setting_of_its_name(write):
    assert [(c.profile, c.setting) for c in load_experiment(write("name: alone")).cases] == [("", "alone")]
    assert load_experiment(write("horizon: 1h", "by-file.yaml")).name == "by-file"


def test_the_grid_is_a_full_factorial_crossed_with_the_settings(write):
    experiment = load_experiment(
        write("""
        settings: {few: {nodes.count: 2}, many: {nodes.count: 8}}
        grid:
          nodes.stores.aggregator_states.max: [500, unlimited]
          nodes: {stores: {translation_cache: {max: [100, 200]}}}
          scheduler.threshold: [{over: 85 %}, never]
    """)
    )
    assert len(experiment.cases) == 2 * 2 * 2 * 2
    assert (
        experiment.cases[0].setting
        == "few · aggregator_states.max=500, translation_cache.max=100, scheduler.threshold={over: 85 %}"
    )
    last = experiment.cases[-1]
    assert (
        last.setting
        == "many · aggregator_states.max=unlimited, translation_cache.max=200, scheduler.threshold=never"
    )
    stores = last.scenario.nodes.stores
    assert (
        stores["aggregator_states"].max,
        stores["translation_cache"].max,
        last.scenario.threshold_bytes,
    ) == (None, 200, None)
    assert len({case.setting for case in experiment.cases}) == 16


def test_names_of_grid_cells_are_short(write):
    experiment = load_experiment(
        write("grid: {nodes.count: [2, 4], workload.sessions.gap: [3s, {exponential: {mean: 6s}}]}")
    )
    assert experiment.settings == (
        "count=2, gap=3s", "count=2, gap={exponential: {mean: 6s}}", "count=4, gap=3s", "count=4, gap={exponential: {mean: 6s}}",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["nodes.stores.table", "nodes.stores.table.max", "nodes"])
def test_a_path_in_the_grid_and_in_a_setting(problems, path):
    value = {
        "nodes.stores.table": "{max: 1}",
        "nodes.stores.table.max": "1",
        "nodes": "{stores: {table: {max: 2}}}",
    }[path]
    codes, _ = problems(f"""
        nodes: {{stores: {{table: {{kind: session_table}}}}}}
        settings: {{a: {{{path}: {value}}}}}
        grid: {{nodes.stores.table.max: [1, 2]}}
    """)
    assert codes == ["E117"]


def test_a_setting_may_add_a_store_and_a_later_change_find_it(write):
    path = write("""
        profiles: {with log: {nodes.stores.log: {kind: session_map, growth: per_job}}}
        settings: {a: {}, b: {nodes.stores.log.cleanup: session_end}, c: {nodes.stores.log: null}}
    """)
    kinds = [case.scenario.nodes.stores.get("log") for case in load_experiment(path).cases]
    assert [kind and kind.cleanup.kind for kind in kinds] == ["never", "session_end", None]


def test_set_has_the_same_parser_and_the_same_errors(write):
    path = write("name: x")
    got = load(
        path,
        set=[
            "workload.sessions.utterances={constant: 1}",
            "nodes.phase=0",
            "scheduler.degraded.counts=[hangs, fails]",
            "name=no",
        ],
    )
    assert got.workload.sessions.utterances.mean == 1
    assert got.nodes.phase == "together"
    assert got.scheduler.degraded.counts == ("hangs", "fails")
    assert got.name == "no"
    wrong = [
        "scheduler.heartbeat=15", "nodes.cuont=3", "nodes.count", "=3", "nodes..count=3", "settings={}", "nodes.count={a: [}",
        "nodes.stores.aggregator_states.max_session=3", "nodes.count.x=3", "seed=-1", "workload.sessions.gap.exponetial.mean=3s",
    ]  # fmt: skip
    for text, code in zip(
        wrong,
        ["E103", "E101", "E120", "E120", "E120", "E114", "E111", "E101", "E104", "E105", "E106"],
        strict=True,
    ):
        with pytest.raises(ConfigError) as caught:
            load(path, set=[text])
        assert [problem.code for problem in caught.value.problems] == [code], text
        assert f"--> --set {text}" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load(path, set=wrong[:2] + wrong[-1:])
    assert len(caught.value.problems) == 3


def test_set_from_python(write):
    path = write("name: x")
    got = load(path, set={
        "workload.sessions.arrivals": {"poisson": "2/s"}, "nodes.count": 8, "scheduler.hangs_hold_slot": True,
        "nodes.stores.aggregator_states.max": "unlimited", "nodes.stores.translation_cache": None, "nodes.stores": {"log": {"kind": "session_map"}},
    })  # fmt: skip
    assert got.workload.sessions.arrivals.rate_per_s == 2
    assert (got.nodes.count, got.scheduler.hangs_hold_slot) == (8, True)
    assert "translation_cache" not in got.nodes.stores
    assert list(got.nodes.stores)[-1] == "log"
    with pytest.raises(ConfigError, match="write `300s` if you mean seconds"):
        load(path, set={"nodes.stores.aggregator_states.ttl": 300})
    endless = {}
    endless["again"] = endless
    with pytest.raises(ConfigError, match="levels deep"):
        load(path, set={"nodes": endless})


def test_bytes_of_the_command_line_that_are_no_text(write):
    with pytest.raises(ConfigError, match="not Unicode text"):
        load(write("name: x"), set=["name=caf\udce9"])


def test_plain_values_may_extend_a_file(write):
    write("nodes: {count: 9}", "base.yaml")
    assert load({"extends": "base.yaml", "horizon": "1h"}).nodes.count == 9
    with pytest.raises(ConfigError, match="E113"):
        load({"extends": "nowhere.yaml"})


def test_plain_values_instead_of_a_file():
    got = load({"name": "x", "nodes": {"count": 2, "memory": "8GiB", "baseline": "1GiB"}})
    assert (got.name, got.nodes.count) == ("x", 2)
    with pytest.raises(ConfigError, match="E103"):
        load({"nodes": {"memory": 8}})


def test_the_resolved_config_gives_the_same_cases_without_the_files(write):
    write("1s\n2s\n", "gaps.txt")
    write("horizon: 1h\nworkload: {sessions: {gap: {empirical: ../gaps.txt}}}", "sub/base.yaml")
    path = write(QUESTION + "    extends: sub/base.yaml\n    grid: {nodes.count: [2, 4]}\n")
    first = load_experiment(path)
    again = load_experiment(first.resolved)
    assert again.cases == first.cases
    assert all(isinstance(case, Case) for case in again.cases)


def test_several_configs_are_settings_of_one_experiment(write):
    write("name: one\nseed: 1\nreplications: 2", "one.yaml")
    write("name: two\nsettings: {a: {}, b: {nodes.count: 2}}", "two.yaml")
    experiment = load_experiment(["one.yaml", "two.yaml"])
    assert experiment.settings == ("one", "two: a", "two: b")
    assert (experiment.name, experiment.seed, experiment.replications) == ("one", 1, 2)
    assert load_experiment(["one.yaml", "one.yaml"], set={"nodes.count": 2}).settings == ("one.yaml", "one 2")
