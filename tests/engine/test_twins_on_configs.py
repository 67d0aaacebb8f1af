"""The twins on every shipped config, a hundred thousand utterances each."""

from pathlib import Path

import pytest

from simulator.config import load_experiment
from simulator.engine import check_invariants, first_difference, simulate
from simulator.workload import build_workload

pytest.importorskip("numba")

CONFIGS = Path(__file__).parents[2] / "configs"
UTTERANCES = 100_000
HOUR_MS = 3_600_000


def cases():
    """(path, index of a case): every config, its profiles, the first and the last setting of each."""
    found = []
    for path in sorted(CONFIGS.rglob("*.yaml")):
        if path.name == "reference.yaml" or path.parent.name == "fixes":
            continue  # the defaults, and overlays that the seed question has as settings
        by_profile = {}
        for index, case in enumerate(load_experiment([str(path)]).cases):
            by_profile.setdefault(case.profile, []).append(index)
        for profile, indices in by_profile.items():
            label = f"{path.stem}-{profile}" if profile else path.stem
            found += [pytest.param(path, at, id=f"{label}-{at}") for at in {indices[0], indices[-1]}]
    return found


@pytest.mark.parametrize(("path", "index"), cases())
def test_shipped_config(path, index):
    scenario = load_experiment([str(path)]).cases[index].scenario
    hour = scenario.model_copy(update={"horizon_ms": HOUR_MS, "warmup_ms": 0})
    an_hour = sum(len(window) for window in build_workload(hour).windows())
    horizon_ms = HOUR_MS * UTTERANCES * 13 // (an_hour * 10)
    long = scenario.model_copy(update={"horizon_ms": horizon_ms, "warmup_ms": horizon_ms // 5})
    workload = build_workload(long, replication=1)
    compiled = simulate(workload, long, "compiled")
    assert compiled.counters[0] >= UTTERANCES
    apart = first_difference(simulate(workload, long, "reference"), compiled)
    assert apart is None, f"reference against compiled: {apart}"
    check_invariants(compiled, long)
