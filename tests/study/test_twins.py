"""One run stands for another only if they are equal bit for bit: each claim is checked against both runs (S2)."""

from __future__ import annotations

from itertools import permutations

import pytest

from simulator.config import load
from simulator.engine import simulate
from simulator.study.reduction import reduce_history
from simulator.study.twins import essence, stands_for
from simulator.workload import build_workload

BASE = {
    "name": "base",
    "horizon": "1h",
    "workload": {"sessions": {"arrivals": {"poisson": "0.2/s"}, "utterances": {"geometric": {"mean": 5}}}},
    "nodes": {"count": 2, "stores": {"audio_ring_buffers": {"enabled": True}}},
}
TABLE, AUDIO = "nodes.stores.aggregator_states", "nodes.stores.audio_ring_buffers"
CHANGES = {
    "as found": {},
    "cap 500": {f"{TABLE}.max": 500},
    "no cap": {f"{TABLE}.max": "unlimited"},
    "cap 10": {f"{TABLE}.max": 10},
    "sweep": {f"{TABLE}.sweep_every": "30s"},
    "sweep and cap": {f"{TABLE}.sweep_every": "30s", f"{TABLE}.max": 500},
    "off": {"nodes.stores.middleware_last_sent_text.cleanup": "session_removed"},
    "on close": {f"{AUDIO}.cleanup": "session_end"},
    "on removal": {f"{AUDIO}.cleanup": "session_removed"},
    "threshold": {"scheduler.threshold": {"over": "90 %"}},
}
TWINS = [{"as found", "cap 500", "no cap", "off", "on close"}, {"sweep", "sweep and cap"}]


def runs(**more):
    scenarios = {name: load(BASE, set={**more, **changes}) for name, changes in CHANGES.items()}
    workload = build_workload(scenarios["as found"], 0)
    return {name: (each, reduce_history(simulate(workload, each), each)) for name, each in scenarios.items()}


@pytest.mark.parametrize("more", [{}, {"workload.sessions.end_signalled": "50 %"}, {"warmup": "20min"}])
def test_what_stands_for_a_run_equals_it(more):
    claimed = set()
    for (one, (scenario, run)), (other, (wanted, truth)) in permutations(runs(**more).items(), 2):
        if stands_for(run, essence(scenario), essence(wanted)):
            assert run.digest == truth.digest
            assert repr((run.kpis, run.stores, run.rooms)) == repr((truth.kpis, truth.stores, truth.rooms))
            claimed.add(frozenset({one, other}))
    if not more:
        assert claimed == {frozenset(pair) for group in TWINS for pair in permutations(group, 2)}
    assert frozenset({"as found", "off"}) in claimed
    assert frozenset({"as found", "cap 10"}) not in claimed
