"""What is generated from the models is up to date, and the schema agrees with loading."""

import json
from pathlib import Path

import jsonschema
import pytest

from simulator.config import ConfigError, Scenario, load, load_experiment, schema
from simulator.config.diagnose import fields_of, part_of
from simulator.config.read import read_text, read_tree
from simulator.config.reference import reference_text, schema_text
from simulator.config.stores import STORE_KINDS
from simulator.config.tree import values

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
BAD = Path(__file__).parent / "bad"
VALIDATOR = jsonschema.Draft7Validator(schema())
SEEN_BY_A_SCHEMA = [
    "unknown-key", "unknown-top-level-key", "attribute-name-instead-of-key", "duration-without-unit", "duration-with-wrong-unit",
    "time-of-day-for-duration", "size-without-unit", "rate-without-unit", "arrivals-without-process", "share-without-percent",
    "negative-values", "zero-counts", "fractional-count", "number-in-quotes", "yes-and-no", "unknown-word", "unknown-store-kind",
    "bad-store-name", "unknown-distribution", "two-distributions", "count-distribution-for-duration", "bursts", "empirical", "mixture",
    "cleanup", "removed-on", "threshold", "threshold-rule", "degraded-counts", "until-nothing", "scalar-for-map", "map-for-scalar",
    "missing-space-in-flow", "setting-changes-the-run", "settings-a-list", "setting-bad-value", "grid-bad-value", "grid-not-a-list",
    "grid-range", "grid-range-unknown-key",
]  # fmt: skip


def data(path):
    return values(read_tree(read_text(path, str(path)), str(path)))


def test_the_generated_files_are_up_to_date():
    """`python -m simulator.config.reference configs` writes them."""
    assert (ROOT / "configs" / "reference.yaml").read_text("utf-8") == reference_text()
    assert (ROOT / "configs" / "schema.json").read_text("utf-8") == schema_text()


def test_the_reference_is_the_defaults_and_has_every_key():
    got = load(ROOT / "configs" / "reference.yaml")
    assert got.model_copy(update={"name": "unnamed"}) == Scenario()
    written = data(ROOT / "configs" / "reference.yaml")
    missing = []

    def look(model, node, path):
        for name, field in fields_of(model).items():
            if name not in node:
                missing.append(f"{path}{name}")
            elif name != "stores" and part_of(field.annotation):
                look(part_of(field.annotation), node[name], f"{path}{name}.")

    look(Scenario, written, "")
    assert missing == ["workload.sessions.duration"]
    assert load_experiment(ROOT / "configs" / "reference.yaml").warnings == ()
    for kind, model in STORE_KINDS.items():
        listed = [store for store in written["nodes"]["stores"].values() if store["kind"] == kind]
        assert any(set(store) == set(fields_of(model)) for store in listed)


def test_every_key_has_a_meaning_and_a_default():
    def look(model):
        assert model.__doc__
        for field in fields_of(model).values():
            assert field.description
            assert not field.is_required()
            if part_of(field.annotation):
                look(part_of(field.annotation))

    for model in (Scenario, *STORE_KINDS.values()):
        look(model)


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(schema())
    assert json.loads(schema_text()) == schema()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT / "configs")))
def test_the_schema_accepts_every_shipped_config(path):
    VALIDATOR.validate(data(path))


@pytest.mark.parametrize("name", SEEN_BY_A_SCHEMA)
def test_the_schema_sees_what_a_schema_can(name):
    assert not VALIDATOR.is_valid(data(BAD / f"{name}.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "workload: {sessions: {arrivals: {profile: {0h: 1/s}}, utterances: 5, gap: 6s, duration: null}}",
        "workload: {sessions: {gap: {mixture: [{weight: 70 %, constant: 1s}, {weight: 1, exponential: {mean: 2s}}]}}}",
        "workload: {utterances: {text_length: {empirical: [5, 10 chars]}, audio: {gamma: {shape: 2, scale: 1s}}}}",
        "workload: {translation: {outages: {lasting: 5min}}}",
        "nodes: {phase: 0, pointer_size: 4, stores: {aggregator_states: {max: unlimited}, translation_cache: null}}",
        "nodes: {stores: {t: {kind: session_map, cleanup: {ttl: 1min, every: 1 min}}}, baseline: {constant: 1 GiB, resample_every: 1h 30min}}",
        "scheduler: {threshold: never, jobs_per_node: unlimited, degraded: {counts: [hangs]}}",
        "settings: {a: {nodes.stores.aggregator_states.max: 5, workload.sessions.gap.exponential.mean: 3s, nodes: {count: 3}}}",
        "profiles: {a: {horizon: 72h, workload.sessions.arrivals: {poisson: 1/s}, nodes.stores.aggregator_states: {max: 5}}}",
        "grid: {nodes.stores.aggregator_states.max: [1, unlimited], workload.sessions.gap: [3s, {exponential: {mean: 6s}}]}",
        "name: 2026\ntargets: [mean jobs_lost_fraction <= 1 %]",
    ],
)
def test_schema_and_loading_accept_the_same(write, text):
    VALIDATOR.validate(values(read_tree(text, "t.yaml")))
    load_experiment(write(text))


def test_defaults_in_the_schema_are_valid():
    def look(node):
        if isinstance(node, dict):
            if "default" in node:
                body = {key: value for key, value in node.items() if key not in ("default", "description")}
                jsonschema.Draft7Validator({**body, "$defs": VALIDATOR.schema["$defs"]}).validate(
                    node["default"]
                )
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    look(VALIDATOR.schema)


def test_loading_refuses_what_the_schema_refuses():
    for path in BAD.glob("*.yaml"):
        with pytest.raises(ConfigError):
            load_experiment(path)
