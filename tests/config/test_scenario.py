"""The scenario: attribute names, defaults, base units, frozen, hashable, the same in every process."""

import pickle
import subprocess
import sys
from fractions import Fraction

import pytest
from pydantic import ValidationError

from simulator.config import (
    LruCache,
    Nodes,
    PendingMap,
    Process,
    RingBuffer,
    Scenario,
    Scheduler,
    SessionMap,
    SessionTable,
    Threshold,
)


def test_defaults_are_the_seed_documents_figures():
    got = Scenario()
    assert (got.horizon_ms, got.warmup_ms, got.replications, got.seed, got.targets) == (
        86_400_000,
        0,
        100,
        7,
        (),
    )
    sessions = got.workload.sessions
    assert (sessions.arrivals.rate_per_s, sessions.utterances.mean, sessions.duration, sessions.gap.mean) == (
        0.1,
        20,
        None,
        6000,
    )
    assert (sessions.end_signalled, sessions.idle_limit_ms) == (0, None)
    utterances, translation = got.workload.utterances, got.workload.translation
    assert (
        utterances.two_byte,
        utterances.texts.unique,
        utterances.texts.zipf_exponent,
        utterances.texts.zipf_distinct,
    ) == (0.6, 0.7, 1, 300)
    assert round(utterances.service.mean) == 2627
    assert (translation.fails, translation.hangs, translation.outages) == (0.005, 0.001, None)
    assert (translation.expansion.one_byte, translation.expansion.two_byte) == (0.9, 3.5)
    nodes = got.nodes
    assert (nodes.count, nodes.memory_bytes, nodes.phase, nodes.footprint, nodes.pointer_size, nodes.gpu) == (
        4,
        2**34,
        "drawn",
        "document",
        8,
        "off",
    )
    assert (
        nodes.baseline.distribution.mean,
        nodes.baseline.distribution.sd,
        nodes.baseline.resample_every_ms,
    ) == (12 * 2**30, 200 * 2**20, None)
    process = nodes.process
    assert (process.base_bytes, process.base_heap_bytes, process.model, process.heap_limit_bytes) == (
        60 * 2**20,
        5 * 2**20,
        "live",
        2**32,
    )
    assert (process.restart_after_ms, process.restart_warmup_ms, process.operator_restart_ms) == (
        None,
        30_000,
        None,
    )
    scheduler = got.scheduler
    assert (
        scheduler.heartbeat_ms,
        scheduler.offline_after_ms,
        scheduler.scan_every_ms,
        scheduler.jobs_per_node,
    ) == (15_000, 45_000, 30_000, 4)
    assert (
        scheduler.pending_timeout_ms,
        scheduler.job_timeout_ms,
        scheduler.routing,
        scheduler.hangs_hold_slot,
    ) == (10_000, 60_000, "least_loaded", False)
    degraded = scheduler.degraded
    assert (degraded.failures, degraded.window, degraded.consecutive, degraded.counts) == (3, 5, 3, ())
    assert list(nodes.enabled_stores) == [
        "aggregator_states",
        "translation_cache",
        "dedup_last_sent_text",
        "pending_translations",
    ]


def test_stores_by_default():
    table, cache, texts, _, ring, pending = Scenario().nodes.stores.values()
    assert table == SessionTable(
        entry_bytes=1400, max=1000, ttl_ms=300_000, sweep_every_ms=60_000, enabled=True
    )
    assert cache == LruCache(
        entry_bytes=300, max=200, ttl_ms=600_000, instances="shared", instance_bytes=9700
    )
    assert isinstance(texts, SessionMap)
    assert (texts.entry_bytes, texts.cleanup.kind, texts.growth, texts.value) == (
        250,
        "never",
        "per_session",
        "text",
    )
    assert isinstance(ring, RingBuffer)
    assert (ring.span_ms, ring.keep_ms, ring.cleanup.kind, ring.enabled) == (15_000, 10_000, "never", False)
    assert isinstance(pending, PendingMap)
    assert (pending.entry_bytes, pending.retains_audio, pending.removed_on) == (2000, False, {"success"})
    assert (pending.timeout_ms, pending.abort_on_timeout) == (None, False)


def test_words_that_stand_for_no_limit(scenario):
    got = scenario("""
        nodes:
          process: {restart_after: 5min, operator_restart: 1h}
          stores:
            table: {kind: session_table, max: unlimited, ttl: never, sweep_every: never}
            pending: {kind: pending_map, timeout: 30s, removed_on: failure}
        scheduler: {threshold: never, jobs_per_node: unlimited}
        workload: {sessions: {idle_limit: 70s}, translation: {outages: {scope: node, unhealthy: true}}}
    """)
    table = got.nodes.stores["table"]
    assert (table.max, table.ttl_ms, table.sweep_every_ms) == (None, None, None)
    assert (got.nodes.stores["pending"].timeout_ms, got.nodes.stores["pending"].removed_on) == (
        30_000,
        {"failure"},
    )
    assert (got.threshold_bytes, got.scheduler.jobs_per_node) == (None, None)
    assert (got.nodes.process.restart_after_ms, got.nodes.process.operator_restart_ms) == (300_000, 3_600_000)
    assert got.workload.sessions.idle_limit_ms == 70_000
    outages = got.workload.translation.outages
    assert (outages.every.mean, outages.outcome, outages.scope, outages.unhealthy) == (
        7 * 86_400_000,
        "hangs",
        "node",
        True,
    )


@pytest.mark.parametrize("memory", [1, 2, 7, 100, 101, 2**34, 10**12 + 7])
@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 3), Fraction(17, 20), Fraction(1)])
def test_the_threshold_in_integer_bytes(memory, share):
    over, at_least = (
        Threshold(rule="over", share=share).limit_bytes(memory),
        Threshold(rule="at_least", share=share).limit_bytes(memory),
    )
    for used in {0, max(0, over - 1), over, over + 1, memory}:
        assert (used > over) == (used > share * memory)
        assert (used > at_least) == (used >= share * memory)
    assert Threshold().limit_bytes(memory) is None


def test_the_threshold_is_exact_where_floats_are_not(scenario):
    got = scenario(
        "nodes: {memory: 100B, baseline: 1B, process: {base: 1B}}\nscheduler: {threshold: {over: 29 %}}"
    )
    assert got.threshold_bytes == 29
    assert 0.29 * 100 < 29


def test_a_scenario_is_frozen_hashable_and_pickles():
    got = Scenario()
    with pytest.raises(ValidationError):
        got.seed = 8
    with pytest.raises(TypeError, match="frozen"):
        got.nodes.stores["x"] = SessionMap()
    again = pickle.loads(pickle.dumps(got))
    assert again == got
    assert hash(again) == hash(got)
    assert again.threshold_bytes == got.threshold_bytes
    assert got.model_copy(update={"seed": 8}) != got


def test_from_python_numbers_are_in_the_attributes_unit():
    got = Scenario(
        horizon_ms=1000,
        nodes=Nodes(count=1, process=Process(restart_after_ms=0, restart_warmup_ms=1)),
        scheduler=Scheduler(heartbeat_ms=5),
    )
    assert (got.horizon_ms, got.nodes.process.restart_warmup_ms, got.scheduler.heartbeat_ms) == (1000, 1, 5)
    with pytest.raises(ValidationError):
        Scenario(horizon=-1)


def test_text_and_json_are_the_same_in_every_process():
    """A set of words has no order of its own; digests of a scenario's text must not depend on the hash seed."""
    code = (
        "from simulator.config import load\n"
        "s = load({'nodes': {'stores': {'p': {'kind': 'pending_map', 'removed_on': ['success', 'failure']}}}})\n"
        "print(repr(s), s.model_dump_json())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
                       capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(runs) == 1
