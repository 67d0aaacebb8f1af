"""How cost grows with sessions, nodes, stores, settings, horizon and workers: `python -m benchmarks.growth`.

One thing at a time is changed in `full.yaml`; tables show medians of processor time per utterance, or per
utterance and setting. Peak memory is that of a fresh process. `--write` puts the tables into README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import product
from benchmarks.run import ROOT, machine, own_peak_bytes, write
from simulator.engine import simulate
from simulator.workload import build_workload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.config import Scenario

STORES = "nodes.stores"
ORDER = (
    "aggregator_states", "dedup_last_sent_text", "pending_translations",
    "translation_cache", "middleware_last_sent_text", "audio_ring_buffers",
)  # fmt: skip
MAPS = ("dedup_last_sent_text", "middleware_last_sent_text")
LEAKS = {f"{STORES}.{name}.cleanup": "never" for name in MAPS}
NO_LEAKS = {f"{STORES}.{name}.cleanup": "session_removed" for name in MAPS}
QUESTION = ROOT / "configs" / "seed-question.yaml"


def timed(scenario: Scenario, rounds: int) -> tuple[float, float, int]:
    """Median ns per utterance of drawing a workload and of running it, and the number of utterances.

    A workload draws what is read: so drawing is what a first run takes longer than a second one.
    """
    drawing, running = [], []
    utterances = 0
    for _ in range(rounds + 1):  # the first time the compiler may be at work
        start = time.process_time()
        workload = build_workload(scenario).keeping(10**10)
        simulate(workload, scenario, "compiled")
        middle = time.process_time()
        simulate(workload, scenario, "compiled")
        running.append(time.process_time() - middle)
        drawing.append(middle - start - running[-1])
        utterances = sum(len(window) for window in workload.windows())
    each = 1e9 / utterances
    return statistics.median(drawing[1:]) * each, statistics.median(running[1:]) * each, utterances


def grown(title: str, variants: Mapping[str, tuple[float, Mapping[str, object]]], rounds: int) -> str:
    """A table with a row per variant: its hours and what it changes."""
    lines = [f"| {title} | utterances | drawing, ns | engine, ns |", "|---|---:|---:|---:|"]
    for name, (hours, changed) in variants.items():
        drawing, running, utterances = timed(product.scenario("full", hours, changed), rounds)
        lines.append(f"| {name} | {utterances:,} | {drawing:,.0f} | {running:,.0f} |")
    return "\n".join(lines)


def by_settings(hours: float, rounds: int) -> str:
    """How the cost of a setting falls as more of them share the drawing."""
    lines = [
        "| settings on one workload | ns per utterance and setting | drawing's share |",
        "|---|---:|---:|",
    ]
    scenario = product.scenario("full", hours)
    drawing, _, utterances = timed(scenario, rounds)
    for count in (1, 3, 9, 27):
        settings = [
            product.scenario("full", hours, {f"{STORES}.aggregator_states.max": 100 + 50 * cap})
            for cap in range(count)
        ]
        seconds = []
        for _ in range(rounds):
            start = time.process_time()
            workload = build_workload(scenario).keeping()
            for setting in settings:
                simulate(workload, setting, "compiled")
            seconds.append(time.process_time() - start)
        each = statistics.median(seconds) / utterances * 1e9
        lines.append(f"| {count} | {each / count:,.0f} | {drawing / each:.0%} |")
    return "\n".join(lines)


def peak_of(changed: Mapping[str, object], hours: float) -> tuple[int, int]:
    """Peak bytes of a fresh process that runs this, and how many entries its maps have at the end."""
    command = [sys.executable, "-m", "benchmarks.growth", "--peak", json.dumps(changed), str(hours)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    peak, entries = json.loads(out.stdout)
    return peak, entries


def measure_peak(changed: Mapping[str, object], hours: float) -> str:
    """What the fresh process prints."""
    scenario = product.scenario("full", hours, changed)
    history = simulate(build_workload(scenario), scenario, "compiled")
    maps = [history.store_names.index(name) for name in MAPS]
    return json.dumps([own_peak_bytes(), int(history.entries_final[0, maps].sum())])


def by_days() -> str:
    """Peak memory from one day to thirty, without and with maps that are never cleaned.

    Every session says one thing, so that entries leak by the million: a peak is known to a megabyte or two.
    """
    lines = [
        "| days | peak memory, nothing leaks | peak memory, two maps leak | leaked entries | bytes each |",
        "|---|---:|---:|---:|---:|",
    ]
    short = {
        "workload.sessions": {"arrivals": {"poisson": "8/s"}, "utterances": {"constant": 1}},
        **{f"{STORES}.{name}.entry": "1B" for name in MAPS},  # the process is to live to the end
    }
    first, begun = peak_of({**short, **LEAKS}, 24)
    for days in (1, 3, 10, 30):
        flat, _ = peak_of({**short, **NO_LEAKS}, 24 * days)
        leaky, entries = peak_of({**short, **LEAKS}, 24 * days)
        each = f"{max(leaky - first, 0) / (entries - begun):.1f}" if days > 1 else ""
        lines.append(f"| {days} | {flat / 1e6:,.0f} MB | {leaky / 1e6:,.0f} MB | {entries:,} | {each} |")
    return "\n".join(lines)


def by_workers(replications: int, rounds: int) -> str:
    """The seed question by number of workers, each time a fresh process.

    Where others want the cores too, a second worker gains nothing: then processor time says what it costs.
    """
    lines = ["| workers | wall s | as fast | processor s |", "|---|---:|---:|---:|"]
    counts = range(1, (os.cpu_count() or 1) + 1)
    wall: dict[int, list[float]] = {count: [] for count in counts}
    processor: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count in counts:
            command = [sys.executable, "-m", "simulator", "compare", str(QUESTION), "--quiet"]
            options = ["--replications", str(replications), "--workers", str(count)]
            start, used = time.perf_counter(), _seconds_of_children()
            code = subprocess.run([*command, *options], capture_output=True, cwd=ROOT).returncode
            if code > 1:  # 1 says that a target is missed
                raise RuntimeError(f"`simulator compare` ended with exit code {code}")
            wall[count].append(time.perf_counter() - start)
            processor[count].append(_seconds_of_children() - used)
    base = statistics.median(wall[1])
    for count in counts:
        took = statistics.median(wall[count])
        busy = statistics.median(processor[count])
        lines.append(f"| {count} | {took:.1f} | {base / took:.2f} x | {busy:.1f} |")
    if hasattr(os, "getloadavg"):
        lines += [
            "",
            f"Load average while the workers ran: {os.getloadavg()[1]:.0f}, on {len(counts)} cores.",
        ]
    return "\n".join(lines)


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--hours", type=float, default=4.0, help="simulated hours (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="runs per row (default 3)")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(measure_peak(json.loads(options.peak[0]), float(options.peak[1])))
        return 0
    hours, rounds = options.hours, options.rounds
    load = "workload.sessions.arrivals"
    slots = "scheduler.jobs_per_node"
    sessions = {
        f"{rate:g} a second": (
            hours / rate,
            {load: {"poisson": f"{rate:g}/s"}, slots: max(4, round(160 * rate))},
        )
        for rate in (0.1, 1, 10)
    }
    nodes: dict[str, tuple[float, Mapping[str, object]]] = {
        str(count): (hours, {"nodes.count": count, slots: max(20, 320 // count)})
        for count in (1, 2, 5, 10, 50)
    }
    stores: dict[str, tuple[float, Mapping[str, object]]] = {
        str(count): (hours, {f"{STORES}.{name}.enabled": False for name in ORDER[count:]})
        for count in range(7)
    }
    horizons: dict[str, tuple[float, Mapping[str, object]]] = {
        f"{each:g} h": (each, {}) for each in (0.25, 1, 4, 16)
    }
    parts = [
        f"{machine()}; medians of {rounds}, processor time.",
        grown("sessions", sessions, rounds),
        grown("nodes under the same load", nodes, rounds),
        grown("stores", stores, rounds),
        by_settings(hours, rounds),
        grown("horizon", horizons, rounds),
        by_days(),
        by_workers(8, rounds),
    ]
    report = "\n\n".join(parts) + "\n"
    print(report)
    if options.write:
        write("growth", report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
