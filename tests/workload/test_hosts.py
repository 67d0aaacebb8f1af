"""B3, T3, W4: what each host brings along, the phases of its timers, and outages."""

import numpy as np
import pytest

from simulator.workload import FAILS, HANGS, build_workload

from .drawing import HOUR_MS, scenario, z, z_share

BASELINE = {"normal": {"mean": "12GiB", "sd": "200MiB"}}
OUTAGES = {"every": {"exponential": {"mean": "5h"}}, "lasting": {"exponential": {"mean": "1h"}}}


def host(count=4, horizon="24h", translation=None, **nodes):
    return build_workload(scenario(translation=translation, nodes={"count": count, **nodes}, horizon=horizon))


def test_b3_a_baseline_is_drawn_per_node_and_stays():
    workload = host(400, baseline=BASELINE)
    assert workload.baseline_at_ms.tolist() == [0]
    assert workload.baseline_bytes.shape == (400, 1)
    assert workload.baseline_bytes.dtype == np.int64
    assert z(workload.baseline_bytes[:, 0], 12 * 2**30) < 4
    assert np.std(workload.baseline_bytes) == pytest.approx(200 * 2**20, rel=0.15)


def test_b3_a_baseline_may_be_drawn_again_at_every_step():
    workload = host(3, baseline={**BASELINE, "resample_every": "7min"})
    assert workload.baseline_at_ms.tolist() == list(range(0, 24 * HOUR_MS, 7 * 60_000))
    assert workload.baseline_bytes.shape == (3, len(workload.baseline_at_ms))
    assert z(workload.baseline_bytes.ravel(), 12 * 2**30) < 4
    assert abs(np.corrcoef(workload.baseline_bytes)[0, 1]) < 0.3


def test_t3_phases_are_uniform_below_an_hour():
    workload = host(2_000)
    assert len(workload.phase_ms["scan"]) == 1
    for name in ("heartbeat", "aggregator_states"):
        phase = workload.phase_ms[name]
        assert phase.dtype == np.int64
        assert phase.shape == (2_000,)
        assert phase.min() >= 0
        assert phase.max() < HOUR_MS
        assert z(phase, (HOUR_MS - 1) / 2) < 4
    together = np.corrcoef(workload.phase_ms["heartbeat"], workload.phase_ms["aggregator_states"])[0, 1]
    assert abs(together) < 4.5 / np.sqrt(2_000)


def test_t3_timers_may_start_together():
    workload = host(phase=0)
    assert {int(value) for phase in workload.phase_ms.values() for value in phase} == {0}
    assert set(workload.phase_ms) == set(host().phase_ms)


def test_a_node_more_shifts_no_other_node():
    def columns(count):
        translation = {"outages": {**OUTAGES, "scope": "node"}}
        workload = host(count, translation=translation, baseline={**BASELINE, "resample_every": "1h"})
        return workload, [
            [workload.baseline_bytes[node].tolist(), workload.outage_start_ms[node].tolist(),
             workload.outage_end_ms[node].tolist(), *(workload.phase_ms[name][node] for name in ("heartbeat", "translation_cache"))]
            for node in range(count)
        ]  # fmt: skip

    few, of_few = columns(3)
    many, of_many = columns(5)
    assert of_many[:3] == of_few
    assert of_many[3] != of_many[4]
    assert few.phase_ms["scan"] == many.phase_ms["scan"]


def test_w4_no_outages():
    workload = host()
    assert [len(each) for each in workload.outage_start_ms] == [0] * 4


def test_w4_an_outage_begins_so_long_after_the_one_before_has_ended():
    workload = host(1, "23h", {"outages": {"every": "5h", "lasting": "1h"}})
    assert (workload.outage_start_ms[0] // HOUR_MS).tolist() == [5, 11, 17]
    assert (workload.outage_end_ms[0] / HOUR_MS).tolist() == [6, 12, 18]
    many = host(1, "2h", {"outages": {"every": "1s", "lasting": "1ms"}})
    assert many.outage_start_ms[0].tolist() == list(range(1_000, 2 * HOUR_MS, 1_001))


def test_w4_outages_cover_their_share_and_do_not_overlap():
    workload = host(
        40, "2000h", {"outages": {**OUTAGES, "scope": "node", "outcome": "fails", "unhealthy": True}}
    )
    assert (workload.outage_outcome, workload.outage_unhealthy) == (FAILS, True)
    instants = np.arange(0, 2_000 * HOUR_MS, 50 * HOUR_MS) + HOUR_MS * 49
    covered = 0
    for start_ms, end_ms in zip(workload.outage_start_ms, workload.outage_end_ms, strict=True):
        assert (start_ms < end_ms).all()
        assert (end_ms[:-1] < start_ms[1:]).all()
        assert start_ms[-1] < 2_000 * HOUR_MS
        at = np.searchsorted(start_ms, instants, side="right") - 1
        covered += np.count_nonzero((at >= 0) & (instants < end_ms[at]))
    # 50 h are ten cycles: what one instant sees says next to nothing about the next
    assert z_share(covered, 40 * len(instants), 1 / 6) < 4
    assert (
        z(
            np.concatenate(
                [e - s for s, e in zip(workload.outage_start_ms, workload.outage_end_ms, strict=True)]
            ),
            HOUR_MS,
        )
        < 4
    )


def test_w4_an_outage_of_all_nodes_is_one():
    workload = host(3, "200h", {"outages": {**OUTAGES, "scope": "all"}})
    assert workload.outage_outcome == HANGS
    assert len(workload.outage_start_ms[0]) > 5
    for node in (1, 2):
        assert np.array_equal(workload.outage_start_ms[0], workload.outage_start_ms[node])
        assert np.array_equal(workload.outage_end_ms[0], workload.outage_end_ms[node])


@pytest.mark.parametrize("name", ["heartbeat", "scan"])
def test_a_store_cannot_have_a_timers_name(name):
    with pytest.raises(ValueError, match="is the name of a timer"):
        scenario(nodes={"stores": {name: {"kind": "session_map"}}})
