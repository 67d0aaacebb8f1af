"""How often `simulator verify` is right: `python -m benchmarks.verify [--logs 40] [--write]`, some minutes.

Logs of a known truth are written and read, and held against a config that is the truth, or is not; then pairs
of logs against a change that was made, or never was. A log is held against 20 runs that are drawn, for each
log anew, from a stock of runs of the config. Seeds were fixed before the first run. `--write` puts the table
into README.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import Parallel, delayed

from benchmarks.run import machine, write
from simulator.config import load
from simulator.logs import Troubles, read_logs, write_logs
from simulator.logs.quantities import read_courses
from simulator.logs.verify import expect, judge
from simulator.statistics.intervals import wilson_interval
from simulator.workload import build_workload

if TYPE_CHECKING:
    from simulator.config import Scenario
    from simulator.logs.quantities import Log
    from simulator.logs.verify import Expected

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "baseline.yaml"
SEED, STOCK_SEED = 20_263, 20_264
STOCK, HELD_AGAINST = 60, 20
STORES = "nodes.stores"
SMALL = ["horizon=3h", "nodes.count=1", "workload.sessions.arrivals={poisson: 0.03/s}"]
AUDIO = [f"{STORES}.audio_ring_buffers.enabled=true"]

CONFIGS = {"as found": [], "audio buffers alive": AUDIO}
"""What logs are held against."""

TRUTHS = {
    "as found": [],
    "audio buffers alive": AUDIO,
    "a quarter more sessions": ["workload.sessions.arrivals={poisson: 0.0375/s}"],
    "a sweep every 10 min": [f"{STORES}.aggregator_states.sweep_every=10min"],
    "a cap of 5 sessions": [f"{STORES}.aggregator_states.max=5"],
    "translations that hang, 2 %": ["workload.translation.hangs=2 %"],
    "1 GiB more on the host": ["nodes.baseline={normal: {mean: 13GiB, sd: 200MiB}}"],
}
"""What logs are of; the first two are of the configs themselves."""


HIDDEN = {
    "a sweep every 10 min": " (hardly seen at info)",
    "translations that hang, 2 %": " (not seen at info)",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Logs of `truths`, one or two, held against `configs`; `right` are the exit codes that are right."""

    truths: tuple[str, ...]
    configs: tuple[str, ...]
    right: int
    what: str


CASES = (
    Case(("as found",), ("as found",), 0, "the config is the truth"),
    Case(("audio buffers alive",), ("audio buffers alive",), 0, "the config is the truth, and leaks"),
    *(
        Case((truth,), ("as found",), 1, f"in truth {truth}{HIDDEN.get(truth, '')}")
        for truth in list(TRUTHS)[1:]
    ),
    Case(
        ("audio buffers alive", "as found"), ("audio buffers alive", "as found"), 0,
        "a leak mended: predicted and made",
    ),
    Case(
        ("audio buffers alive", "audio buffers alive"), ("audio buffers alive", "as found"), 1,
        "a leak mended: predicted, never made",
    ),
    Case(("as found", "as found"), ("as found", "as found"), 0, "a change without effect: none is seen"),
)  # fmt: skip


def scenario_of(changes: list[str]) -> Scenario:
    """The small service with changes."""
    return load(CONFIG, set=[*SMALL, *changes])


def written(truth: str, number: int) -> Log:
    """A log of a truth at level info: written, and read again."""
    scenario = scenario_of(TRUTHS[truth])
    with tempfile.TemporaryDirectory() as folder:
        write_logs(Path(folder), build_workload(scenario, number, SEED), scenario)
        troubles = Troubles()
        return read_courses(read_logs(folder, None, troubles), troubles, truth, scenario)


def stock_of(config: str, log: Log) -> Expected:
    """Runs of a config, as long as any of these logs is."""
    held = replace(log, scenario=scenario_of(CONFIGS[config]))
    return expect(held, STOCK, STOCK_SEED, workers=2)


def verdict(case: Case, number: int, logs: dict[str, list[Log]], stocks: dict[str, Expected]) -> int:
    """The exit code for the so manyth log, or pair of logs."""
    draw = random.Random(f"{case.what} {number}")
    sides = []
    for place, (truth, config) in enumerate(zip(case.truths, case.configs, strict=True)):
        every = logs[truth]
        log = every[(number + place * len(every) // 2) % len(every)]
        stock = stocks[config]
        runs = draw.sample(stock.runs, HELD_AGAINST)
        sides.append((replace(log, scenario=stock.scenario), replace(stock, runs=runs)))
    return judge("benchmark", STOCK_SEED, sides).exit_code()


def row(case: Case, count: int, logs: dict[str, list[Log]], stocks: dict[str, Expected]) -> str:
    """A line of the table: how often each exit code, and how often the right one."""
    codes = [verdict(case, number, logs, stocks) for number in range(count)]
    right = codes.count(case.right)
    low, high = wilson_interval(right, count)
    shares = " | ".join(f"{100 * codes.count(code) / count:.0f} %" for code in (0, 1, 3))
    return f"| {case.what} | {shares} | {100 * right / count:.1f} % [{100 * low:.1f}, {100 * high:.1f}] |"


def table(count: int) -> str:
    """All cases."""
    make = delayed(written)
    every = Parallel(n_jobs=2)(make(truth, number) for truth in TRUTHS for number in range(count))
    logs = {truth: every[place * count :][:count] for place, truth in enumerate(TRUTHS)}
    stocks = {config: stock_of(config, logs["as found"][0]) for config in CONFIGS}
    head = "| | as predicted | not | cannot tell | right |\n|---|---:|---:|---:|---:|\n"
    return head + "\n".join(row(case, count, logs, stocks) for case in CASES) + "\n"


def main() -> int:
    """Make logs, judge them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--logs", type=int, default=40, help="of each truth")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    report = (
        f"{machine()}. {options.logs} logs of each truth, at level info: 3 h of one node, "
        f"0.03 sessions a second. 95 % intervals.\n\n{table(options.logs)}"
    )
    print(report)
    if options.write:
        write("verify", report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
