"""A planner's study of a thousand settings: `python -m benchmarks.study [--replications 30] [--write]`.

Runs `simulator study study.yaml -o DIR` as one would, runs kept and charts drawn, and watches all of its
processes: wall time, processor time, and the memory that they hold together. Beside it stands what the engine
alone would take at the rate at which it runs these settings in the same minutes: some of them, before and
after the study, on workloads that are there. The study may take 1.5 times that and 2 GiB; exit code 1 when it
takes more. Where other programs share the machine wall time says little. Processor time is the study's own,
and what its first process and its busiest worker took, one after the other, cannot be done in less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.run import ROOT, machine, write
from simulator.config import load_experiment
from simulator.engine import simulate
from simulator.workload import build_workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.config import Scenario

CONFIG = ROOT / "benchmarks" / "study.yaml"
AT_MOST = 1.5
GIB = 2**30
MEMORY_AT_MOST = 2 * GIB
SAMPLE = 40
"""Settings whose rate is measured before the study and again after it."""
EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command and all its processes took. `peak_bytes` counts shared pages once for each process.

    `in_turn_s`: processor time of the first process and of the busiest of the others.
    """

    wall_s: float
    processor_s: float
    in_turn_s: float
    peak_bytes: int
    exit_code: int


def rate_ns(scenarios: Sequence[Scenario]) -> float:
    """Median processor time per utterance of a setting's run, in ns; the workload is there."""
    workload = build_workload(scenarios[0], 0).keeping(10**10)
    simulate(workload, scenarios[0], "compiled")  # which draws what it reads
    utterances = sum(len(window) for window in workload.windows())
    seconds = []
    for scenario in scenarios[:: max(len(scenarios) // SAMPLE, 1)]:
        start = time.process_time()
        simulate(workload, scenario, "compiled")
        seconds.append(time.process_time() - start)
    return statistics.median(seconds) / utterances * 1e9


def utterances_of(scenario: Scenario, replications: int) -> int:
    """Utterances of all replications of one setting."""
    return sum(
        len(window)
        for replication in range(replications)
        for window in build_workload(scenario, replication).windows()
    )


def watch(command: Sequence[str]) -> Watched:
    """Run a command; look at all its processes five times a second."""
    processor: dict[int, float] = {}
    peak, start = 0, time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    root = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        for each in _family(root):
            try:
                with each.oneshot():
                    times = each.cpu_times()
                    held += each.memory_info().rss
                    processor[each.pid] = times.user + times.system
            except psutil.Error:
                continue  # it has just ended
        peak = max(peak, held)
        time.sleep(EVERY_S)
    wall_s, first = time.perf_counter() - start, processor.pop(process.pid)
    busiest = max(processor.values(), default=0.0)
    total = first + sum(processor.values())
    return Watched(wall_s, total, first + busiest, peak, process.returncode)


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def report(took: Watched, ns: float, utterances: int, settings: int, replications: int, cores: int) -> str:
    """The figures as Markdown."""
    processor_s = ns * 1e-9 * utterances * settings
    rows = [
        ("processor time", took.processor_s, processor_s, "s"),
        ("first process and busiest worker in turn", took.in_turn_s, processor_s / cores, "s"),
        (f"wall time on {cores} cores, as busy as they were", took.wall_s, processor_s / cores, "s"),
    ]
    lines = [
        f"{machine()}. {settings:,} settings × {replications} replications of 8 h, {cores} workers: "
        f"{settings * replications:,} runs, {settings * utterances:,} utterances; "
        f"the engine alone takes {ns:,.0f} ns for one.",
        "",
        "| | the study | the engine alone | times | at most |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, seconds, predicted, unit in rows:
        times = seconds / predicted
        lines.append(
            f"| {name} | {seconds:,.0f} {unit} | {predicted:,.0f} {unit} | {times:.2f} | {AT_MOST} |"
        )
    held = f"{took.peak_bytes / GIB:.2f} GiB"
    lines.append(f"| memory of all processes, at its peak | {held} | | | {MEMORY_AT_MOST / GIB:.0f} GiB |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument("--replications", type=int, default=30, help="default 30")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: cores)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    scenarios = [case.scenario for case in load_experiment(CONFIG).cases]
    utterances = utterances_of(scenarios[0], options.replications)
    before = rate_ns(scenarios)
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        command = [sys.executable, "-m", "simulator", "study", str(CONFIG), "-o", folder, "-q"]
        command += ["--replications", str(options.replications), "--workers", str(options.workers)]
        took = watch(command)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        print(f"{took.exit_code=}, {size / 1e6:,.0f} MB of files", file=sys.stderr)
    if took.exit_code not in (0, 1, 3):
        return took.exit_code
    ns = (before + rate_ns(scenarios)) / 2
    text = report(took, ns, utterances, len(scenarios), options.replications, options.workers)
    print(text)
    if options.write:
        write("study", text)
    alone_s = ns * 1e-9 * utterances * len(scenarios)
    fast = took.processor_s <= AT_MOST * alone_s and took.in_turn_s <= AT_MOST * alone_s / options.workers
    return 0 if fast and took.peak_bytes < MEMORY_AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
