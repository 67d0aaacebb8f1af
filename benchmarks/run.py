"""Time every way to run the model in one interleaved session: `python -m benchmarks.run`.

Each round runs every contender once, so that a busy spell of the machine hits all of them; the tables show
medians of processor time. Peak memory (`--memory`) is that of a fresh process. `--write` puts the tables into
README.md.
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
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import product
from benchmarks.peers import callbacks, drawn, floor, heap_loop, packages, processes
from simulator.engine import simulate
from simulator.workload import build_workload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.peers.drawn import Counts, Draws
    from simulator.config import Scenario
    from simulator.workload import Workload

ROOT = Path(__file__).resolve().parent.parent
IDIOMATIC = "SimPy, a process per session and per translation"
DRAWING = "SimPy, the same, drawing in place"
FLOOR = "C, own calendar (bit-word buckets)"
TWIN = "**compiled engine**, loop alone"
SETTINGS = 9
"""Settings that share one workload in the last row of the first table."""
TITLES = {
    "reduced": "Model R",
    "full": "Everything switched on",
    "packages": "Model R in other simulators from PyPI",
}
PACKAGES_HOURS = 0.25
LONGEST_HOURS = {"reduced": 24.0, "full": 8.0, "packages": PACKAGES_HOURS}
"""Of each table: 8 h so that the workload is kept, a quarter of one because some packages are slow."""


@dataclass(frozen=True)
class Contender:
    """A way to run: `ready` prepares its input and returns what to time, which may return counts to check.

    `share` of the time counts: a ninth where nine settings are run at once.
    """

    ready: Callable[[], Callable[[], Counts | None]]
    share: float = 1.0


def reduced(hours: float) -> dict[str, Contender]:
    """Every way to run model R, by its name in the table."""

    @cache
    def draws() -> Draws:
        return drawn.draw(hours)

    @cache
    def workload() -> Workload:
        return product.workload_of(draws())

    def peer(run: Callable[[Draws], Counts]) -> Contender:
        return Contender(lambda: partial(run, draws()))

    def engine(name: str) -> Contender:
        return Contender(lambda: partial(product.run, name, draws(), workload()))

    def with_drawing() -> Callable[[], None]:
        scenario = product.reduced(hours)
        return lambda: void(simulate(build_workload(scenario), scenario, "compiled"))

    def sharing() -> Callable[[], None]:
        caps = [{"nodes.stores.sessions.max": 100 * (1 + cap)} for cap in range(SETTINGS)]
        scenarios = [product.scenario("reduced", hours, changed) for changed in caps]

        def run() -> None:
            workload = build_workload(scenarios[0]).keeping()
            for scenario in scenarios:
                simulate(workload, scenario, "compiled")

        return run

    found = {
        DRAWING: peer(processes.run_drawing),
        IDIOMATIC: peer(processes.run),
        "SimPy, callbacks": peer(callbacks.run),
        "heapq loop": peer(heap_loop.run),
        "reference engine (SimPy)": engine("reference"),
    }
    if floor.library() is not None:
        found[FLOOR] = peer(floor.run_sessions)
        found["C, rows in time order"] = peer(floor.run_rows)
    found[TWIN] = engine("compiled")
    found["compiled engine and the drawing of its workload"] = Contender(with_drawing)
    found[f"the same for {SETTINGS} settings that share it, each"] = Contender(sharing, 1 / SETTINGS)
    return found


def full(hours: float) -> dict[str, Contender]:
    """One node with everything switched on, and ten such nodes under the same load."""

    @cache
    def world(nodes: int) -> tuple[Scenario, Workload]:
        scenario = product.scenario("full", hours, {"nodes.count": nodes})
        workload = build_workload(scenario).keeping(10**10)
        simulate(workload, scenario, "compiled")  # which draws what it reads
        return scenario, workload

    def on(nodes: int, engine: str) -> Contender:
        def ready() -> Callable[[], None]:
            scenario, workload = world(nodes)
            return lambda: void(simulate(workload, scenario, engine))

        return Contender(ready)

    return {
        "reference engine, one node": on(1, "reference"),
        "**compiled engine**, one node": on(1, "compiled"),
        "compiled engine, ten nodes": on(10, "compiled"),
    }


def others(hours: float) -> dict[str, Contender]:
    """Other simulators, as far as they are installed."""

    @cache
    def draws() -> Draws:
        return drawn.draw(hours)

    def peer(run: Callable[[Draws], Counts | None]) -> Contender:
        return Contender(lambda: partial(run, draws()))

    return {IDIOMATIC: peer(processes.run)} | {name: peer(run) for name, run in packages.installed().items()}


def void(_: object) -> None:
    """Forget a result."""


def utterances_of(name: str, hours: float) -> int:
    """Utterances of a table's workload; the two of model R's are near enough to each other."""
    if name != "full":
        return drawn.draw(hours).utterances
    return sum(len(window) for window in build_workload(product.scenario("full", hours)).windows())


def check(found: Mapping[str, Contender]) -> list[str]:
    """Run all once; return where the counts of those that read the same draws part."""
    expected = found["heapq loop" if "heapq loop" in found else IDIOMATIC].ready()()
    assert expected is not None
    problems = []
    for name, contender in found.items():
        counts = contender.ready()()
        if counts is not None and name != DRAWING:
            in_order = name == "heapq loop" or "engine" in name or name.startswith("C, ")
            tolerance = 0.0 if in_order else 0.001  # ties in no documented order
            problems += [f"{name}: {text}" for text in expected.differences(counts, tolerance)]
    return problems


def median_seconds(found: Mapping[str, Contender], rounds: int) -> dict[str, float]:
    """Run interleaved rounds; return the median processor seconds of each contender."""
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(rounds):
        for name, contender in found.items():
            run = contender.ready()
            start = time.process_time()
            run()
            seconds[name].append((time.process_time() - start) * contender.share)
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr)
    return {name: statistics.median(values) for name, values in seconds.items()}


def peak_bytes(table: str, name: str, hours: float) -> int:
    """Peak resident bytes of a fresh process that makes one contender's input and runs it once."""
    command = [sys.executable, "-m", "benchmarks.run", "--peak", table, name, "--hours", str(hours)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return int(json.loads(out.stdout))


def own_peak_bytes() -> int:
    """Peak resident bytes of this process; getrusage would say its parent's where that was larger."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def machine() -> str:
    """Name the machine in one line."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
        model = f"{names[0]}, {len(names)} cores" if names else model
    return f"{model}, {platform.system()}, Python {platform.python_version()}"


def table(seconds: Mapping[str, float], utterances: int, peaks: Mapping[str, int], base: str) -> str:
    """Render a Markdown table, slowest first."""
    each = {name: value / utterances * 1e9 for name, value in seconds.items()}
    lines = [
        f"| | ns per utterance | times {base.split(',')[0]} | peak memory |",
        "|---|---:|---:|---:|",
    ]
    for name in sorted(each, key=lambda name: -each[name]):
        memory = f"{peaks[name] / 1e6:,.0f} MB" if name in peaks else ""
        times = each[base] / each[name]
        lines.append(f"| {name} | {each[name]:,.1f} | {times:,.{1 if times >= 0.3 else 2}f} | {memory} |")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="simulated hours (default 24)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--peers", action="store_true", help="also other simulators from PyPI, if installed")
    parser.add_argument("--memory", action="store_true", help="also measure peak memory in fresh processes")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    makers: dict[str, Callable[[float], dict[str, Contender]]] = {
        "reduced": reduced, "full": full, "packages": others
    }  # fmt: skip
    if options.peak:
        makers[options.peak[0]](options.hours)[options.peak[1]].ready()()
        print(own_peak_bytes())
        return 0
    if not options.peers:
        del makers["packages"]
    elif absent := packages.missing():
        print(f"not installed, so left out: {', '.join(absent)}", file=sys.stderr)
    problems = check(reduced(min(options.hours, 0.5)))
    if options.peers:
        problems += check(others(min(options.hours, PACKAGES_HOURS)))
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    text = [f"{machine()}; medians of {options.rounds} interleaved rounds, processor time.", ""]
    for name, make in makers.items():
        hours = min(options.hours, LONGEST_HOURS[name])
        for contender in make(0.02).values():  # the compiler has its turn before the clock runs
            contender.ready()()
        found = make(hours)
        seconds = median_seconds(found, options.rounds)
        peaks = {each: peak_bytes(name, each, hours) for each in found} if options.memory else {}
        base = "reference engine, one node" if name == "full" else IDIOMATIC
        n = utterances_of(name, hours)
        text += [f"{TITLES[name]}: {hours:g} h, {n:,} utterances.", "", table(seconds, n, peaks, base), ""]
    report = "\n".join(text)
    print(report)
    if options.write:
        write("run", report)
    return 0


README = ROOT / "benchmarks" / "README.md"


def write(mark: str, report: str, path: Path = README) -> None:
    """Replace what stands between a pair of marks in the README, or in another page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    _, _, after = rest.partition(f"<!-- /{mark} -->")
    path.write_text(f"{before}<!-- {mark} -->\n{report}<!-- /{mark} -->{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
