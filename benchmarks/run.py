"""Time every way to run model R in one interleaved session: `python -m benchmarks.run`.

Each round runs every contender once, so that a busy spell of the machine hits all of them; the table shows
medians. Peak memory comes from a fresh process per contender.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers import callbacks, drawn, floor, heap_loop, processes
from benchmarks.peers.drawn import Counts, Draws

ROOT = Path(__file__).resolve().parent.parent
IDIOMATIC = "SimPy, process per session and translation"

Contender = Callable[[Draws], Counts]


def contenders() -> dict[str, Contender]:
    """Everything that runs here, by the name it has in the table."""
    found: dict[str, Contender] = {
        IDIOMATIC: processes.run,
        "SimPy, the same, drawing in place": processes.run_drawing,
        "SimPy, callbacks": callbacks.run,
        "heapq loop": heap_loop.run,
    }
    if floor.library() is not None:
        found["C, own calendar (bit-word buckets)"] = floor.run_sessions
        found["C, rows in time order"] = floor.run_rows
    return found


def check(found: dict[str, Contender]) -> list[str]:
    """Run all on a small workload; return where their counts part."""
    draws = drawn.draw(0.5)
    expected = heap_loop.run(draws)
    problems = []
    for name, run in found.items():
        tolerance = 1.0 if "in place" in name else 0.001 if "SimPy" in name else 0.0
        problems += [f"{name}: {text}" for text in expected.differences(run(draws), tolerance)]
    return problems


def peak_bytes(name: str, hours: float) -> int:
    """Peak resident bytes of a fresh process that draws and runs once, less those of one that only draws."""

    def measured(only: str) -> int:
        command = [sys.executable, "-m", "benchmarks.run", "--peak", only, "--hours", str(hours)]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        return int(json.loads(out.stdout))

    return measured(name)


def median_seconds(found: dict[str, Contender], draws: Draws, rounds: int) -> dict[str, float]:
    """Run interleaved rounds; return the median wall seconds of each contender."""
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(rounds):
        for name, run in found.items():
            start = time.perf_counter()
            run(draws)
            seconds[name].append(time.perf_counter() - start)
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr)
    return {name: statistics.median(values) for name, values in seconds.items()}


def machine() -> str:
    """Name the machine in one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = f"{names[0]} x {len(names)}" if names else model
    return f"{model}, {platform.system()}, Python {platform.python_version()}"


def table(seconds: dict[str, float], utterances: int, peaks: dict[str, int]) -> str:
    """Render the Markdown table."""
    base = seconds[IDIOMATIC]
    lines = [
        "| engine | ns per utterance | whole run | times idiomatic SimPy | peak memory |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        memory = f"{peaks[name] / 1e6:.0f} MB" if name in peaks else ""
        lines.append(
            f"| {name} | {value / utterances * 1e9:,.1f} | {value:.3f} s | {base / value:,.1f} | {memory} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="simulated hours (default 24)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument(
        "--no-memory", action="store_true", help="skip the fresh processes that measure memory"
    )
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    options = parser.parse_args()
    found = contenders()
    if options.peak:
        draws = drawn.draw(options.hours)
        found[options.peak](draws)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        return 0
    problems = check(found)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    draws = drawn.draw(options.hours)
    seconds = median_seconds(found, draws, options.rounds)
    peaks = {} if options.no_memory else {name: peak_bytes(name, options.hours) for name in found}
    print(f"Model R, {options.hours:g} h, {draws.utterances:,} utterances;", end=" ")
    print(f"medians of {options.rounds} interleaved rounds.")
    print(f"{machine()}\n")
    print(table(seconds, draws.utterances, peaks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
