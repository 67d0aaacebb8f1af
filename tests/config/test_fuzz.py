"""Whatever is in a file, the answer is a scenario or a ConfigError that can be shown: never another exception."""

import re
from contextlib import contextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.config import ConfigError, load_experiment
from simulator.config.cases import build, plan_of
from simulator.config.options import read_options
from simulator.config.read import read_tree
from simulator.config.tree import Branch

from .conftest import ROOT

GOOD = [
    (ROOT / "configs" / name).read_text("utf-8").replace("extends: baseline.yaml\n", "")
    for name in ("reference.yaml", "seed-question.yaml", "baseline.yaml")
]
SNIPPETS = [
    "~", "null", "-1", "0", "1e400", "1e-400s", ".inf", ".nan", "1e308s", "999999999999999999999s", "never", "unlimited", "85 %", "101 %", "30s", "30",
    "[]", "{}", "[[]]", "{a: }", ": ", ":", "\t", "&a ", "*a", "!!int ", "%", "'", '"', "|\n", "- ", "#", "\n", "\n  ", "{", "}", ",", "？", "\u2028", "<<: ",
    "{normal: {mean: 1s, sd: 1s}}", "{zipf: {exponent: 40, distinct: 999999}}", "{mixture: [{weight: 1, constant: 1}]}", "{empirical: .}",
    "{trace: /}", "{weibull: {mean: 1s, sd: 1e9s}}", "{weibull: {median: 1s, p95: 1.0000001s}}", "{lognormal: {mean: 1e-300s, sd: 1e300s}}",
    "{gamma: {mean: 1e300s, sd: 1ms}}", "{profile: {0h: 1/s}}", "{poisson: 0/s}", "1e18B", "9000000000000000000B", "kind: pending_map",
    "nodes.stores.aggregator_states.max: 5", "extends: 5", "settings: {a: {b.c: 1}}", "grid: {a.b: [1]}", "name: ''",
]  # fmt: skip
LOTS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def suppress_shown():
    """Nothing but a ConfigError may come out, and it can be shown."""
    caught = None
    try:
        yield
    except ConfigError as error:
        caught = error
    if caught is not None:
        assert re.search(r"\d+ errors?( in .*)?$", str(caught))
        assert all(problem.message for problem in caught.problems)


def try_text(text, options=None):
    """Read, compose and check a config as a file would be, without writing one."""
    with suppress_shown():
        tree = read_tree(text, "fuzz.yaml")
        if isinstance(tree, Branch):
            plan = plan_of(tree, "fuzz.yaml", "fuzz", read_options(options))
            for profile in plan.profiles[:2]:
                for setting in plan.settings[:2]:
                    _, _, problems = build(plan, profile, setting)
                    if problems:
                        raise ConfigError(problems, "fuzz.yaml")


@LOTS
@given(st.text(max_size=80))
def test_any_text(text):
    try_text(text)


@LOTS
@given(st.data())
def test_a_good_config_mutated(data):
    text = data.draw(st.sampled_from(GOOD))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=4)))
        text = text[:at] + put + text[at + cut :]
    try_text(text)


@LOTS
@given(st.data())
def test_values_replaced_in_a_good_config(data):
    lines = data.draw(st.sampled_from(GOOD)).split("\n")
    keyed = [number for number, line in enumerate(lines) if re.match(r"\s*[\w.]+: \S", line)]
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.sampled_from(keyed))
        lines[number] = lines[number].split(": ")[0] + ": " + data.draw(st.sampled_from(SNIPPETS))
    try_text("\n".join(lines))


PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(SNIPPETS)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS = [
    "name", "horizon", "targets", "nodes", "nodes.stores", "nodes.stores.aggregator_states", "nodes.stores.aggregator_states.max", "nodes.baseline",
    "workload", "workload.sessions", "workload.sessions.arrivals", "workload.sessions.gap", "workload.sessions.gap.exponential", "workload.utterances.texts",
    "workload.translation.outages", "scheduler.threshold", "scheduler.degraded.counts", "scheduler.threshold.over", "settings", "a.b.c", "nodes.stores.x.kind",
]  # fmt: skip


@LOTS
@given(st.sampled_from(PATHS), PLAIN)
def test_any_value_at_any_path(path, value):
    with suppress_shown():
        load_experiment({"name": "fuzz"}, set={path: value})


@LOTS
@given(st.sampled_from(PATHS), st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=10)))
def test_any_option(path, text):
    try_text("name: fuzz", [f"{path}={text}"])
    try_text("name: fuzz", [f"{text}={path}", text])
