"""Every shipped config loads, says nothing, and means what its name says; F1 to F6 are what their overlays change."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from simulator.config import load, load_experiment

CONFIGS = Path(__file__).parents[2] / "configs"
OVERLAYS = sorted(path for path in (CONFIGS / "fixes").glob("*.yaml"))
WHOLE = sorted(path for path in CONFIGS.rglob("*.yaml") if path not in OVERLAYS)

SETTINGS = [
    "as found", "sweep 30 s", "cap 500", "both", "F1 on removal", "F2 on removal", "F3 timeout", "F3 timeout and abort",
    "F6 on close", "F6 on removal", "all six on close", "all six on removal with abort",
]  # fmt: skip
PROFILES = ["nothing matters", "audio alive", "hung jobs hold audio", "tight host", "code of June 2026"]
SETTING_OF_OVERLAY = {
    "f1-on-removal": "F1 on removal",
    "f2-on-removal": "F2 on removal",
    "f3-timeout": "F3 timeout",
    "f3-timeout-and-abort": "F3 timeout and abort",
    "f4": "cap 500",
    "f5": "sweep 30 s",
    "f6-on-close": "F6 on close",
    "f6-on-removal": "F6 on removal",
    "all-six-on-close": "all six on close",
    "all-six-on-removal-with-abort": "all six on removal with abort",
}
CHANGES = {  # what each fix may change, and nothing else
    "F1": {"dedup_last_sent_text"},
    "F2": {"middleware_last_sent_text"},
    "F3": {"pending_translations"},
    "F4": {"aggregator_states"},
    "F5": {"aggregator_states"},
    "F6": {"audio_ring_buffers"},
}
NO_EFFECT = {"f1-as-shipped", "f2-as-shipped", "f3-as-shipped", "f6-as-shipped"}


def overlaid(tmp_path: Path, *parents: Path):
    """The scenario of a file that does nothing but extend others."""
    listed = ", ".join(str(parent) for parent in parents)
    path = tmp_path / "overlaid.yaml"
    path.write_text(f"extends: [{listed}]\nname: overlaid\n")
    return load(path)


def unnamed(scenario, **changes):
    """A scenario without what does not change the model."""
    return scenario.model_copy(update={"name": "", "targets": (), "replications": 1, **changes})


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_every_shipped_config_loads_without_a_warning(path):
    experiment = load_experiment([path])
    assert experiment.warnings == ()
    assert experiment.cases


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.stem)
def test_every_overlay_applies_to_the_baseline(path, tmp_path):
    base = load(CONFIGS / "baseline.yaml")
    changed = overlaid(tmp_path, CONFIGS / "baseline.yaml", path)
    assert (unnamed(changed) == unnamed(base)) == (path.stem in NO_EFFECT)


@pytest.mark.parametrize("path", [p for p in OVERLAYS if p.stem[0] == "f"], ids=lambda path: path.stem)
def test_a_fix_changes_its_own_store_only(path, tmp_path):
    base = load(CONFIGS / "baseline.yaml")
    changed = overlaid(tmp_path, CONFIGS / "baseline.yaml", path)
    differing = {name for name, store in base.nodes.stores.items() if changed.nodes.stores[name] != store}
    assert differing <= CHANGES[path.stem[:2].upper()]
    assert changed.scheduler == base.scheduler
    assert changed.workload == base.workload


def test_the_seed_question_has_its_settings_in_its_worlds():
    cases = load_experiment([CONFIGS / "seed-question.yaml"]).cases
    assert list(dict.fromkeys(case.profile for case in cases)) == PROFILES
    for profile in PROFILES:
        assert [case.setting for case in cases if case.profile == profile] == SETTINGS


@pytest.mark.parametrize(("overlay", "setting"), SETTING_OF_OVERLAY.items())
def test_a_fix_means_the_same_as_overlay_and_as_setting(overlay, setting, tmp_path):
    question = CONFIGS / "seed-question.yaml"
    by_overlay = overlaid(tmp_path, question, CONFIGS / "fixes" / f"{overlay}.yaml")
    assert unnamed(by_overlay) == unnamed(load(question, setting=setting))


def test_no_setting_touches_the_workload():
    """What is drawn must be the same for all settings of a profile: common random numbers."""
    cases = load_experiment([CONFIGS / "seed-question.yaml"]).cases
    for before, after in pairwise(cases):
        if before.profile == after.profile:
            assert before.scenario.workload == after.scenario.workload
            assert before.scenario.nodes.baseline == after.scenario.nodes.baseline
            assert before.scenario.horizon_ms == after.scenario.horizon_ms


def test_the_baseline_has_the_seed_documents_figures():
    nodes = load(CONFIGS / "baseline.yaml").nodes
    table = nodes.stores["aggregator_states"]
    assert (table.entry_bytes, table.max, table.ttl_ms, table.sweep_every_ms) == (1400, 1000, 300_000, 60_000)
    cache = nodes.stores["translation_cache"]
    assert (cache.entry_bytes, cache.max, cache.ttl_ms) == (300, 200, 600_000)
    for name in ("dedup_last_sent_text", "middleware_last_sent_text"):
        assert nodes.stores[name].entry_bytes == 250
        assert nodes.stores[name].cleanup.kind == "never"
    ring = nodes.stores["audio_ring_buffers"]
    assert 32 * ring.span_ms == 480_000
    assert not ring.enabled
    assert nodes.stores["pending_translations"].removed_on == {"success"}


def test_the_eras_differ_as_the_modelled_system_did():
    document, january, june = (
        load(CONFIGS / "eras" / f"{name}.yaml") for name in ("document", "code-2026-01", "code-2026-06")
    )
    assert document.scheduler.threshold.rule == "over"
    assert january.scheduler.threshold.rule == "at_least"
    assert june.threshold_bytes is None
    assert january.nodes.stores["aggregator_states"].max == 500
    assert june.nodes.stores["translation_cache"].instances == "per_job"
    assert january.workload.sessions.idle_limit_ms == 70_000


def test_the_architectures_keep_one_or_two_of_each():
    kept = {}
    for name in ("old", "new", "both"):
        kept[name] = set(load(CONFIGS / "architectures" / f"{name}.yaml").nodes.enabled_stores)
    assert kept["both"] - kept["new"] == {"middleware_last_sent_text", "middleware_translation_cache"}
    assert kept["old"] ^ kept["new"] == {"middleware_last_sent_text", "dedup_last_sent_text"}
