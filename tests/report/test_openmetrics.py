"""OpenMetrics text is what the format's own parser, and promtool where it is installed, take it for."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from simulator.names import KPIS, STORE_OUTPUTS
from simulator.report.openmetrics import BASE, SAID_OTHERWISE, family, over_time, to_openmetrics
from simulator.study import compare

PROMTOOL = shutil.which("promtool")
START = 1_767_225_600
HOSTILE = 'as "found" \\ back\nnext {line} 关'
EXPERIMENT = {
    "name": "metrics",
    "horizon": "2h",
    "warmup": "10min",
    "replications": 3,
    "nodes": {"count": 2, "stores": {"audio_ring_buffers": {"enabled": True}}},
    "settings": {HOSTILE: {}, "cap 3": {"nodes.stores.aggregator_states.max": 3}},
    "targets": ["mean jobs_lost_fraction <= 0.1 %"],
}


@pytest.fixture(scope="module")
def study():
    return compare(EXPERIMENT, workers=1)


@pytest.fixture(scope="module")
def families(study):
    return {one.name: one for one in text_string_to_metric_families(to_openmetrics(study))}


def samples(families, name, **labels):
    return {
        sample.labels["estimate"]: sample.value
        for sample in families[name].samples
        if labels.items() <= sample.labels.items()
    }


def test_every_result_is_there_with_its_bounds_in_base_units(study, families):
    reference = study.settings[0]
    for name, unit in KPIS.items():
        result = reference.kpis[name]
        if name in SAID_OTHERWISE or (name == "evicted_live_fraction" and math.isnan(result.mean)):
            continue
        found = samples(families, family(name, unit, "").name, setting=HOSTILE)
        factor = BASE[unit][1]
        assert found["mean"] == pytest.approx(result.mean * factor), name
        assert found["low"] == pytest.approx(result.low * factor), name
    for name, unit in STORE_OUTPUTS.items():
        for store, outputs in study.settings[1].stores.items():
            found = samples(families, family(name, unit, "", store=True).name, setting="cap 3", store=store)
            assert found["mean"] == pytest.approx(outputs[name].mean * BASE[unit][1])
    change = study.settings[1].kpi_differences["stores_bytes_peak"]
    found = samples(families, "simulator_difference_stores_peak_bytes", setting="cap 3")
    assert found == {"mean": change.mean, "low": change.low, "high": change.high}


def test_targets_can_be_asked_for(study, families):
    found = families["simulator_target_status"].samples
    assert sum(sample.value for sample in found) == len(study.targets) == 2
    assert {s.labels["status"] for s in found} == {"met", "missed", "cannot tell"}
    assert {s.labels["target"] for s in found} == {"mean jobs_lost_fraction <= 0.1 %"}


def test_names_end_with_their_unit_and_say_no_other(families):
    for one in families.values():
        assert re.fullmatch("simulator_[a-z0-9_]+", one.name)
        assert one.documentation[0].isupper()
        assert one.name.endswith(one.unit)
        assert not re.search("_(ms|days?|minutes|fraction|percent|count|total)(_|$)", one.name)


def test_a_prediction_over_time_has_stamps_and_counters(study):
    setting = study.settings[0]
    text = "".join(over_time(setting, START))
    families = {one.name: one for one in text_string_to_metric_families(text)}
    ends = [START + edge / 1000 for edge in setting.timelines[0].edges_ms[1:]]
    median = [s for s in families["simulator_node_memory_bytes"].samples if s.labels["quantity"] == "median"]
    assert [float(sample.timestamp) for sample in median] == ends
    assert ends[-1] == START + 7200
    low, high = (
        [s.value for s in families["simulator_node_memory_bytes"].samples if s.labels["quantity"] == which]
        for which in ("p5", "p95")
    )
    assert all(a <= s.value <= b for a, s, b in zip(low, median, high, strict=True))
    entries = families["simulator_store_entries"]
    assert {s.labels["store"] for s in entries.samples} == set(setting.stores)
    inserted = families["simulator_store_inserted_entries"]
    assert inserted.type == "counter"
    table = [s for s in inserted.samples if s.labels["store"] == "aggregator_states"]
    assert [(s.name, float(s.timestamp) - START) for s in table] == [
        ("simulator_store_inserted_entries_total", at) for at in (0, 600, 7200)
    ]
    assert [s.value for s in table] == [0, 0, setting.stores["aggregator_states"]["inserted"].mean]


def test_entries_over_time_are_the_engine_s(study):
    """Their mean after the warm-up is the result; single precision allows a little."""
    setting = study.settings[0]
    line = setting.timelines[0]
    kept = line.edges_ms[:-1] >= setting.scenario.warmup_ms
    widths = (line.edges_ms[1:] - line.edges_ms[:-1])[kept]
    for place, store in enumerate(line.store_names):
        mean = (line.stores_entries[place, kept] * widths).sum() / widths.sum()
        assert mean == pytest.approx(setting.stores[store]["entries_mean"].values[0], rel=1e-5, abs=1e-9)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_takes_it(study, tmp_path):
    checked = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=to_openmetrics(study), text=True, capture_output=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    file = tmp_path / "over_time.om"
    file.write_text("".join(over_time(study.settings[0], START)), encoding="utf-8")
    blocks = tmp_path / "blocks"
    command = [PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", str(file), str(blocks)]
    subprocess.run(command, check=True, capture_output=True)
    metas = [json.loads(meta.read_text()) for meta in blocks.glob("*/meta.json")]
    counted = sum(not line.startswith("#") for line in file.read_text().splitlines())
    assert sum(meta["stats"]["numSamples"] for meta in metas) == counted
