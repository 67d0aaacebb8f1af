"""Do calibration's intervals hold the truth? `python -m benchmarks.round_trip [--write] [--keep FILE]`.

Each repetition simulates the day of `round_trip.yaml`, writes its logs as `simulator run --logs` does, reads
them as `simulator calibrate` does, at level debug with a probe's lines beside it and at level info without,
and counts which of the fits' 95 % intervals hold the truth. The seed was fixed before the first run. 200
repetitions take about ten minutes on two cores; with `--keep` each is kept when it is done, so that a run
that was interrupted goes on where it was. Exit code 1 when an interval holds the truth in less than 91 % of
the repetitions, or all of them together in less than 93.5 % or more than 96.5 %. `--write` puts the table
into README.md.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.run import ROOT, write
from simulator.config import load
from simulator.logs import Troubles, read_logs, write_logs
from simulator.logs.calibrate import calibrate
from simulator.logs.fitting import texts, zipf
from simulator.logs.observations import observe
from simulator.report.calibration import bounds
from simulator.workload import build_workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.config import Scenario
    from simulator.logs.calibrate import Calibration
    from simulator.logs.fitting.zipf import ListDraws

    Bounds = tuple[float, float, float]
    Found = dict[str, dict[str, Bounds]]

CONFIG = ROOT / "benchmarks" / "round_trip.yaml"
SEED = 20_260
REPETITIONS = 200
LEAST, ALL_LEAST, ALL_MOST = 0.91, 0.935, 0.965
DEBUG, INFO = "debug, with a probe", "info"
STEPS = {"0 h": 4, "8 h": 14, "20 h": 22}
"""Steps of the truth's daily profile, each with an hour inside it."""


def truth(scenario: Scenario) -> dict[str, float]:
    """Every parameter of the workload that can be learnt, and the hosts' baseline, in base units."""
    sessions, said, translation = (
        scenario.workload.sessions,
        scenario.workload.utterances,
        scenario.workload.translation,
    )
    outages, baseline = translation.outages, scenario.nodes.baseline.distribution
    rates = dict(zip(STEPS, (rate for _, rate in sessions.arrivals.steps), strict=True))
    known = {"sessions: rate over the day, /s": float(np.average(list(rates.values()), weights=(8, 12, 4)))}
    known |= {f"sessions: rate from {name}, /s": rate for name, rate in rates.items()}
    known["utterances a session: mean"] = sessions.utterances.mean
    known["pause: mean, ms"] = sessions.gap.mean
    for name, of in (
        ("audio", said.audio), ("job slot", said.service), ("characters", said.text_length),
        ("latency", translation.latency), ("outages lasting", outages.lasting),
    ):  # fmt: skip
        known[f"{name}: median"] = float(np.exp(of.mu))
        known[f"{name}: p95"] = float(np.exp(of.mu + 1.6448536269514722 * of.sigma))
    return known | {
        "sessions in a two-byte script": said.two_byte,
        "texts: said once": said.texts.unique,
        "texts: Zipf's exponent": said.texts.zipf_exponent,
        "texts: length of the list": said.texts.zipf_distinct,
        "translations that fail": translation.fails,
        "translations that hang": translation.hangs,
        "outages: a day without": 86_400_000 / outages.every.mean,
        "baseline: mean, bytes": baseline.mean,
        "baseline: sd, bytes": baseline.sd,
    }


def settings(scenario: Scenario) -> dict[str, float]:
    """What is read off the session table's behaviour: not estimated, but right or wrong."""
    table = scenario.nodes.stores["aggregator_states"]
    return {
        "table: swept every, ms": table.sweep_every_ms,
        "table: TTL, ms": table.ttl_ms,
        "table: cap": table.max,
    }


def found_by(fits: Calibration) -> dict[str, Bounds]:
    """What a calibration says of each of these, in the truth's own terms whatever family it chose."""
    said = bounds(fits)
    every: dict[str, Bounds | None] = {}
    if fits.arrivals is not None:
        every["sessions: rate over the day, /s"] = _rate(fits.arrivals.overall)
        for name, hour in STEPS.items():
            step = next(each for each in fits.arrivals.steps if each.from_hour <= hour < each.to_hour)
            every[f"sessions: rate from {name}, /s"] = _rate(step)
    if fits.sessions is not None:
        every["utterances a session: mean"] = fits.sessions.utterances.mean()
        every["pause: mean, ms"] = fits.sessions.gap.mean()
    lasting = None if fits.outages is None else fits.outages.lasting
    for name, fit in (
        ("audio", fits.audio), ("job slot", fits.service), ("characters", fits.length),
        ("latency", fits.latency), ("outages lasting", lasting),
    ):  # fmt: skip
        if fit is not None:
            every[f"{name}: median"], every[f"{name}: p95"] = fit.quantile(0.5), fit.quantile(0.95)
    for name, key in (
        ("sessions in a two-byte script", "workload.utterances.two_byte"),
        ("texts: said once", "workload.utterances.texts.unique"),
        ("texts: Zipf's exponent", "workload.utterances.texts.zipf.exponent"),
        ("texts: length of the list", "workload.utterances.texts.zipf.distinct"),
        ("translations that fail", "workload.translation.fails"),
        ("translations that hang", "workload.translation.hangs"),
        ("outages: a day without", "workload.translation.outages.per_day"),
        ("baseline: mean, bytes", "nodes.baseline.mean"),
        ("baseline: sd, bytes", "nodes.baseline.sd"),
    ):
        every[name] = tuple(said[key]) if key in said else None
    table = fits.table
    if table is not None:
        every |= {"table: swept every, ms": table.period_ms, "table: TTL, ms": table.ttl_ms}
        every["table: cap"] = None if table.cap is None else (table.cap, table.cap, table.cap)
    return {name: tuple(map(float, of)) for name, of in every.items() if of is not None}


def _rate(step) -> Bounds:
    return step.rate, step.low, step.high


def repetition(number: int) -> Found:
    """Simulate a day, log it, calibrate: value, low and high of each parameter by the level of the logs."""
    scenario = load(CONFIG)
    with tempfile.TemporaryDirectory() as name:
        debug, info = Path(name) / "debug", Path(name) / "info"
        workload = build_workload(scenario, number, SEED)
        files, _ = write_logs(debug, workload, scenario, level="debug", sizes_every_ms=60_000)
        info.mkdir()
        for file in files:
            if not file.name.startswith("probe"):
                at_info(file, info / file.name)
        return {DEBUG: learnt(debug, scenario), INFO: learnt(info, scenario)}


def at_info(file: Path, to: Path) -> None:
    """A node's log without its debug lines: what `level="info"` would have written."""
    with file.open("rb") as lines, to.open("wb") as kept:
        kept.writelines(line for line in lines if not line.startswith(b'{"level":20,'))


def learnt(folder: Path, scenario: Scenario) -> dict[str, Bounds]:
    """Calibrate the logs of a folder."""
    troubles = Troubles()
    seen = observe(read_logs(folder, None, troubles), troubles)
    assert not troubles.found
    return found_by(calibrate(seen, memory_bytes=scenario.nodes.memory_bytes))


@lru_cache(maxsize=1)
def _lists(scripts: tuple[bytes, ...], telling: float, seed: int) -> ListDraws | None:
    return zipf.draw_lists(pickle.loads(scripts[0]), telling, seed)


def _lists_once(scripts: Sequence[zipf.Seen], telling: float, seed: int = 0) -> ListDraws | None:
    """Both levels of a day's logs see the same texts: the draws of their lists are made once."""
    return _lists((pickle.dumps(scripts),), telling, seed)


texts.draw_lists = _lists_once


class Kept:
    """Repetitions that are done, a line each, as long as the modules that they use stay as they were."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.done = path, {}
        loaded = sorted(name for name in sys.modules if name.startswith("simulator."))
        files = [Path(str(sys.modules[name].__file__)) for name in loaded]
        made = b"".join(file.read_bytes() for file in [*files, CONFIG, Path(__file__)])
        self.of = blake2b(made, digest_size=8).hexdigest()
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                if one["of"] == self.of:
                    self.done[one["repetition"]] = one["found"]

    def add(self, number: int, found: Found) -> None:
        """Keep one more."""
        self.done[number] = found
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"of": self.of, "repetition": number, "found": found}) + "\n")


def measure(repetitions: int, workers: int, kept: Kept) -> list[Found]:
    """All repetitions, those that are kept as they are."""
    missing = [number for number in range(repetitions) if number not in kept.done]
    with ProcessPoolExecutor(workers) as pool:
        waiting = {pool.submit(repetition, number): number for number in missing}
        for done in as_completed(waiting):
            kept.add(waiting[done], done.result())
            print(f"\r{len(kept.done)} of {repetitions}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [kept.done[number] for number in range(repetitions)]


def shares(
    found: Sequence[Found], level: str, known: Mapping[str, float]
) -> dict[str, tuple[int, int, float]]:
    """By parameter: intervals that hold the truth, intervals, and their mean width over the truth."""
    rows = {}
    for name, value in known.items():
        seen = [each[level][name] for each in found if name in each[level]]
        held = sum(low <= value <= high for _, low, high in seen)
        width = float(np.mean([high - low for _, low, high in seen])) / value if seen else float("nan")
        rows[name] = held, len(seen), width
    return rows


def verdict(rows: Mapping[str, tuple[int, int, float]]) -> tuple[float, list[str]]:
    """The mean share over parameters, and those that miss what is demanded of each."""
    each = {name: held / n for name, (held, n, _) in rows.items() if n}
    return float(np.mean(list(each.values()))), [name for name, share in each.items() if share < LEAST]


def table(found: Sequence[Found], scenario: Scenario) -> tuple[str, bool]:
    """The table in Markdown, and whether all that is demanded holds."""
    known, fixed = truth(scenario), settings(scenario)
    levels = {level: shares(found, level, known | fixed) for level in (DEBUG, INFO)}
    lines = [
        f"{len(found)} repetitions of 24 h, seed {SEED:,}: how often 95 % intervals hold the truth, "
        "and how wide they are on average, of the truth.\n",
        f"| | truth | {DEBUG} | width | {INFO} | width |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, value in (known | fixed).items():
        cells = [_cell(levels[level][name], len(found), name in fixed) for level in levels]
        lines.append(f"| {name} | {value:,.6g} | {' | '.join(cells)} |")
    means, right = [], True
    for level in levels:
        mean, missed = verdict({name: levels[level][name] for name in known})
        within = ALL_LEAST <= mean <= ALL_MOST
        right &= within and not missed
        means.append(f"**{mean:.1%}**{'' if within else ' **missed**'} | ".replace("%", " %"))
    lines.append(f"| mean over parameters, the table's settings left out | | {' | '.join(means)}|")
    return "\n".join(lines) + "\n", right


def _cell(row: tuple[int, int, float], repetitions: int, fixed: bool) -> str:
    held, n, width = row
    if not n:
        return "not identifiable | "
    said = f"{held / n:.1%}".replace("%", " %")
    if n < repetitions:
        said += f" of {n}"
    if held / n < LEAST:
        said += " **missed**"
    return f"{said} | {'' if fixed and not width else f'{width:.2%}'.replace('%', ' %')}"


def main() -> int:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description="Measure how often calibration's intervals hold the truth.")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"default {REPETITIONS}")
    parser.add_argument("--workers", type=int, default=2, help="processes, default 2")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="keep repetitions here, and go on from there"
    )
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    started = time.perf_counter()
    found = measure(options.repetitions, options.workers, Kept(options.keep))
    text, right = table(found, load(CONFIG))
    print(text)
    if options.write:
        write("round trip", text)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
