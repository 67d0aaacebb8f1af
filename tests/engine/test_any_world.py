"""Any small world, the nastier the better: invariants hold, and what must not matter does not."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine import check_invariants, first_difference, simulate
from tests.engine.world import end, run, say, setting, world

CLEANUPS = ["never", "session_end", "session_removed", {"ttl": "5ms", "every": "7ms"}]
SMALL = st.integers(0, 12)


@st.composite
def worlds(draw, horizon_ms=200):
    """A world of ties, zero gaps, tiny caps, timers that coincide, deaths and restarts."""
    size = draw(st.integers(0, 40))
    at_ms = sorted(draw(st.lists(st.integers(0, horizon_ms + 5), min_size=size, max_size=size)))
    rows = []
    for at in at_ms:
        session = draw(st.integers(0, 5))
        if draw(st.integers(0, 9)) == 0:
            rows.append(end(at, session))
            continue
        rows.append(say(
            at, session, text=draw(st.integers(0, 4)), outcome=draw(st.sampled_from([0, 0, 1, 2])), latency_ms=draw(SMALL),
            service_ms=draw(SMALL), audio_ms=draw(SMALL), cacheable=draw(st.booleans()), route=draw(st.floats(0, 0.99)),
        ))  # fmt: skip
    nodes = draw(st.integers(1, 3))
    period = st.sampled_from([5, 10, 20])
    stores = {
        "t": ("session_table", {"max": draw(st.integers(1, 4)), "ttl_ms": draw(st.integers(1, 20)), "sweep_every_ms": draw(period)}),
        "c": ("lru_cache", {"max": draw(st.integers(1, 3)), "ttl_ms": draw(st.integers(1, 20))}),
        "j": ("lru_cache", {"instances": "per_job", "enabled": draw(st.booleans())}),
        "m": ("session_map", {"cleanup": draw(st.sampled_from(CLEANUPS)), "growth": draw(st.sampled_from(["per_session", "per_job"]))}),
        "r": ("ring_buffer", {"cleanup": draw(st.sampled_from(CLEANUPS)), "span_ms": draw(SMALL), "keep_ms": draw(SMALL)}),
        "p": ("pending_map", {"timeout_ms": draw(st.none() | st.integers(1, 15)), "abort_on_timeout": draw(st.booleans()),
                              "retains_audio": draw(st.booleans()),
                              "removed_on": draw(st.sampled_from([["success"], ["success", "failure"]]))}),
    }  # fmt: skip
    memory = draw(st.sampled_from([4_000, 8_000, 10**9]))
    options = {
        "nodes": nodes,
        "memory": memory,
        "gpu": draw(st.sampled_from(["off", "serial"])),
        "warmup_ms": draw(st.sampled_from([0, 37])),
        "process": {
            "restart_after_ms": draw(st.sampled_from([None, 0, 3, 30])), "restart_warmup_ms": draw(st.integers(1, 9)),
            "operator_restart_ms": draw(st.sampled_from([None, 1, 20])),
        },
        "scheduler": {
            "threshold": draw(st.sampled_from(["never", {"over": "50 %"}, {"at_least": "80 %"}])),
            "heartbeat_ms": draw(period), "offline_after_ms": draw(SMALL), "scan_every_ms": draw(period),
            "jobs_per_node": draw(st.sampled_from([1, 2, None])), "pending_timeout_ms": draw(SMALL),
            "job_timeout_ms": draw(st.integers(1, 12)), "hangs_hold_slot": draw(st.booleans()),
            "routing": draw(st.sampled_from(["least_loaded", "round_robin", "random", "sticky"])),
            "degraded": {"consecutive": 2, "failures": 2, "window": 3, "counts": draw(st.sampled_from([[], ["fails", "hangs", "timeouts"]]))},
        },
    }  # fmt: skip
    steps = st.lists(st.tuples(st.integers(1, horizon_ms - 1), st.integers(0, 5_000)), max_size=3)
    baseline = [[(0, draw(st.integers(0, 3_000))), *draw(steps)] for _ in range(nodes)]
    spells = [(node, start, start + draw(st.integers(1, 30))) for node in range(nodes)
              for start in draw(st.sets(st.sampled_from([0, 40, 80, 120]), max_size=2))]  # fmt: skip
    phases = {name: draw(st.integers(0, 25)) for name in ("t", "m", "r", "heartbeat", "scan")}
    made = world(
        rows, horizon_ms, nodes, baseline, phases, spells, draw(st.sampled_from([1, 2])), draw(st.booleans())
    )
    return made, setting(stores, horizon_ms, **options)


FUZZ = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@FUZZ
@given(worlds())
def test_invariants_hold_and_a_run_repeats(made):
    workload, scenario = made
    history = simulate(workload, scenario, "reference")
    check_invariants(history, scenario)
    assert first_difference(history, simulate(workload, scenario, "reference")) is None


@FUZZ
@given(worlds())
def test_slots_that_nobody_can_fill_are_as_good_as_unlimited_ones(made):
    """On one node the engine keeps jobs in a list instead of as events; the History must not tell."""
    workload, scenario = made
    if workload.node_count > 1:
        return

    def slots(number):
        return scenario.model_copy(
            update={"scheduler": scenario.scheduler.model_copy(update={"jobs_per_node": number})}
        )

    assert (
        first_difference(
            simulate(workload, slots(None), "reference"), simulate(workload, slots(10**6), "reference")
        )
        is None
    )


@FUZZ
@given(worlds())
def test_a_longer_run_begins_like_a_shorter_one(made):
    workload, scenario = made
    whole = simulate(workload, scenario, "reference")
    half = simulate(
        replace(workload, horizon_ms=100), scenario.model_copy(update={"horizon_ms": 100}), "reference"
    )
    assert (half.entry_ms == whole.entry_ms[..., : half.entry_ms.shape[-1]]).all()
    assert (half.memory_bytes_max == whole.memory_bytes_max[..., : half.memory_byte_ms.shape[-1]]).all()
    assert (half.cause_ms == whole.cause_ms[..., : half.cause_ms.shape[-1]]).all()


def test_a_run_of_one_millisecond():
    assert run([say(0), say(0, 1)], {"m": ("session_map", {})}, 1).store("m").entry_ms == 2


@pytest.mark.parametrize("warmup_ms", [0, 99])
def test_no_rows_at_all(warmup_ms):
    made = run([], {"m": ("session_map", {})}, 100, warmup_ms=warmup_ms, nodes=2)
    assert made.history.counters.sum() == 0
    assert made.causes() == [100, 0, 0, 0, 0, 0]
