"""What the same arrivals are worth: `python -m benchmarks.common_random_numbers [--write]`.

`configs/baseline.yaml` with a constant baseline, a sweep every 60 s against one every 30 s: the variance of
the difference in peaks when replication i of both settings has the same workload, and when the second has
one of its own. The ratio is also how many times as many replications independent runs would take for the
same interval. Its bounds are a bootstrap over replications (percentiles, seed fixed). Exit code 1 when a
ratio is below 5. `--write` puts the table into README.md and a sentence into docs/statistics.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.run import ROOT, write
from simulator.report.format import estimate
from simulator.study import compare

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG = ROOT / "configs" / "baseline.yaml"
SWEEP = "nodes.stores.aggregator_states.sweep_every"
SETTINGS = {"sweep 60 s": {SWEEP: "60s"}, "sweep 30 s": {SWEEP: "30s"}}
MEMORY, TABLE = "memory_bytes_peak", "aggregator_states.bytes_peak"
RESULTS = {MEMORY: "peak memory of a node", TABLE: "peak of the session table alone, without what leaks"}
SEED, OTHER_SEED = 7, 8
HORIZON = "24h"
AT_LEAST = 5.0
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Gain:
    """Variances of a difference, and their ratio with its bounds."""

    paired: float
    independent: float
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """How many times smaller the variance is on the same arrivals."""
        return self.independent / self.paired


def gain(values: NDArray[np.float64]) -> Gain:
    """From (3, R): reference, setting on the same workloads, setting on others.

    The variance of an independent difference is the sum of both settings' own, the second from its own runs.
    """

    def variances(one: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        paired = (one[1] - one[0]).var(axis=-1, ddof=1)
        return paired, one[0].var(axis=-1, ddof=1) + one[2].var(axis=-1, ddof=1)

    paired, independent = variances(values)
    picks = np.random.default_rng(SEED).integers(values.shape[1], size=(RESAMPLES, values.shape[1]))
    again = variances(values[:, picks])
    low, high = np.quantile(again[1] / again[0], [0.025, 0.975])
    return Gain(float(paired), float(independent), float(low), float(high))


def measure(replications: int) -> dict[str, Gain]:
    """Run both settings on the same workloads, and the second on others."""
    config = {
        "extends": str(CONFIG),
        "horizon": HORIZON,
        "nodes": {"baseline": "12GiB"},
        "settings": SETTINGS,
    }

    def values(seed: int) -> dict[tuple[str, str], tuple[float, ...]]:
        study = compare(config, replications=replications, seed=seed, timelines=False)
        found = {(s.name, name): s.estimate(name) for s in study.settings for name in RESULTS}
        return {key: result.values for key, result in found.items() if result is not None}

    same, other = values(SEED), values(OTHER_SEED)
    first, second = SETTINGS
    return {
        name: gain(np.array([same[first, name], same[second, name], other[second, name]])) for name in RESULTS
    }


def table(gains: dict[str, Gain], replications: int) -> str:
    """The figures as Markdown."""
    lines = [
        f"`configs/baseline.yaml` with a constant baseline, {HORIZON}, {replications} replications: a sweep "
        "every 30 s against one every 60 s.",
        "",
        "| difference in | standard deviation, same arrivals | independent | variance is smaller by |",
        "|---|---:|---:|---:|",
    ]
    for name, found in gains.items():
        sds = [estimate("bytes", sd**0.5, np.nan, np.nan).value for sd in (found.paired, found.independent)]
        times = f"{_three(found.ratio)} × [{_three(found.low)}, {_three(found.high)}]"
        lines.append(f"| {RESULTS[name]} | {sds[0]} | {sds[1]} | {times} |")
    return "\n".join(lines) + "\n"


def _three(value: float) -> str:
    """Three significant digits."""
    return f"{float(f'{value:.3g}'):,g}"


def sentence(gains: dict[str, Gain]) -> str:
    """What docs/statistics.md says of it."""
    said = [
        f"{_three(found.ratio)} times [{_three(found.low)}, {_three(found.high)}]" for found in gains.values()
    ]
    return (
        "Measured (`python -m benchmarks.common_random_numbers`): with a sweep every 30 s instead of 60 s, "
        f"the variance of the difference is {said[0]} smaller than with independent runs for the peak memory "
        f"of a node, and {said[1]} for the peak of the session table alone; independent runs would take as "
        "many times more replications for the same interval.\n"
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.common_random_numbers", description=__doc__)
    parser.add_argument("--replications", type=int, default=200, help="default 200")
    parser.add_argument("--write", action="store_true", help="put the figures into README and docs")
    options = parser.parse_args()
    gains = measure(options.replications)
    text = table(gains, options.replications)
    print(text)
    if options.write:
        write("common random numbers", text)
        write("common random numbers", sentence(gains), ROOT / "docs" / "statistics.md")
    return 0 if min(found.ratio for found in gains.values()) >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
