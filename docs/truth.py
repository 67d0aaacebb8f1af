"""Rewrite the tables and charts of docs/truth.md: `python docs/truth.py`, a minute.

Every figure comes from a run made here: the recorded runs, the plain ones, and small traces that repeat what
was measured of resident memory and of deaths. A test compares the quick tables.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.config import load
from simulator.logs import read_observed
from simulator.study import replay
from simulator.study.fidelity import Fidelity, fidelity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from simulator.study.replay import Replay

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests"
REPORTED = DOCS.parent / "simulator" / "report" / "truth.json"
MIB = 2**20
RECORDED = {
    "E1": "10 h, 0.2 sessions/s, closes reach the table only, hung translations, keys with context",
    "E3": "1 h, 4 sessions/s, 12 in a burst: the cap of 1000 binds",
    "E5": "1.5 h, audio buffers that nobody clears",
}
PLAIN = {
    "all-fixes": "all clean-ups on close, timeout and abort, cap 500, sweep 30 s",
    "hung-jobs-with-audio": "hung translations hold their job's audio",
    "timeout": "the same with a timeout of 30 s, not aborted",
    "timeout-and-abort": "the same, aborted",
    "audio-cleared": "audio buffers cleared on close",
    "jobs-and-buffers": "hung jobs and audio buffers hold the same audio",
    "corners": "all on a grid of 500 ms, a table for 3, a cache for 20, keys said again while they hang",
}


# The runs


def held_against(name: str) -> Fidelity:
    """One run of tests/end_to_end against its observations."""
    scenario = load(TESTS / "end_to_end" / f"{name}.yaml")
    data = TESTS / "data" / "end_to_end" / name
    kinds = {store: config.kind for store, config in scenario.nodes.enabled_stores.items()}
    observed = read_observed(f"{data}.observed.json.gz", kinds)
    return fidelity(replay(scenario, f"{data}.csv.gz", 60_000), observed)


def fidelity_table(runs: Mapping[str, str], folder: str = "") -> str:
    """A row for each run: counts, and the live heap after ten minutes."""
    lines = [
        "| run | | levels equal | minutes | largest error | mean | of the peak | outside max(4 %, 120 kB) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, what in runs.items():
        lines.append(_fidelity_row(name, what, held_against(f"{folder}{name}")))
    return "\n".join(lines)


def _fidelity_row(name: str, what: str, found: Fidelity) -> str:
    (live,) = found.memory
    late = found.at_ms > 600_000
    off = np.abs(live.predicted - live.observed)[late]
    largest = int(np.argmax(off))
    outside = int((off > np.maximum(0.04 * live.observed[late], 120_000)).sum())
    equal = sum(level.equal for level in found.levels)
    error = f"{off[largest] / 1000:.0f} kB of {live.observed[late][largest] / 1e6:.2f} MB"
    cells = [name, what, f"{equal} of {len(found.levels)}", len(found.at_ms), error]
    return _cells(*cells, _percent(live.mean_error, 2, ""), _percent(live.peak_error, 2), outside)


def _percent(share: float, digits: int = 1, sign: str = "+") -> str:
    return f"{100 * share:{sign}.{digits}f} %".replace("-", "−")


def _cells(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


# Resident memory

NODE = """
extends: {recorded}
horizon: {horizon}
warmup: 0s
nodes:
  process: {{heap_limit: {limit}MiB}}
  memory: 64GiB
  stores:
    aggregator_states: {{enabled: {table}, max: unlimited}}
    translation_cache: {{enabled: false}}
    dedup_last_sent_text: {{enabled: {texts}, access_times: {times}, cleanup: session_end}}
    middleware_last_sent_text: {{enabled: false}}
    audio_ring_buffers: {{enabled: {audio}, cleanup: session_end}}
    pending_translations: {{enabled: {hung}, retains_audio: true}}
"""


def run(
    rows: Iterable[str],
    horizon: str,
    every: Any = 1000,
    *,
    limit_mib: int = 4144,
    table: bool = False,
    texts: bool = False,
    times: bool = False,
    audio: bool = False,
    hung: bool = False,
) -> Replay:
    """Replay rows `at_ms,event,session,source_chars,audio_ms,outcome` on a node with only these stores."""
    words = {
        name: str(on).lower()
        for name, on in {"table": table, "texts": texts, "times": times, "audio": audio, "hung": hung}.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        trace, config = Path(folder) / "trace.csv", Path(folder) / "node.yaml"
        with trace.open("w") as file:
            file.write("at_ms,event,session,source_chars,audio_ms,outcome\n")
            file.writelines(rows)
        recorded = TESTS / "end_to_end" / "recorded.yaml"
        config.write_text(NODE.format(recorded=recorded, horizon=horizon, limit=limit_mib, **words))
        return replay(load(config), trace, every)


def say(at_ms: int, session: int, chars: int = 20, audio_ms: int = 0, outcome: str = "ok") -> str:
    """A row."""
    return f"{at_ms},utterance,s{session},{chars},{audio_ms},{outcome}\n"


def close(at_ms: int, session: int) -> str:
    """A row."""
    return f"{at_ms},session_end,s{session},,,\n"


def resident_table() -> str:
    """What was measured of resident memory, and what a run here gives, in MiB."""
    lines = ["| | measured | here | error |", "|---|---|---|---|"]
    growing = run((say(3250 * i, i, audio_ms=5000) for i in range(480)), "26min", 10_000, audio=True)
    live, rss = growing.live_bytes / MIB, growing.rss_bytes / MIB
    for wanted in (4, 25, 50, 75, 98):
        at = int(np.argmin(np.abs(live - wanted)))
        measured = 58 + 1.01 * live[at]
        lines.append(_row(f"at work, {live[at]:.0f} MiB live (58 + 1.01 · live)", measured, rss[at]))
    audio = [say(10 * i, i, audio_ms=5000) for i in range(853)] + [close(10_000, i) for i in range(853)]
    freed = run(audio, "2min", audio=True)
    lines.append(_row("182 MB of audio held", 276, freed.rss_bytes.max() / MIB))
    lines.append(_row("the same, freed and collected", 60, freed.rss_bytes[-1] / MIB))
    everybody = range(43_000)
    small = [say(i // 40, i, 4000) for i in everybody]
    halved = run([*small, *(close(20_000, i) for i in everybody if i % 2)], "2min", texts=True)
    lines.append(_row("small objects held (taken as given)", 252, halved.rss_bytes.max() / MIB))
    lines.append(_row("the same, a random half freed", 206, halved.rss_bytes[-1] / MIB))
    gone = run([*small, *(close(20_000, i) for i in everybody)], "2min", texts=True)
    lines.append(_row("the same, all freed", 52, gone.rss_bytes[-1] / MIB))
    return "\n".join(lines)


def _row(what: str, measured: float, here: float) -> str:
    return _cells(what, f"{measured:.0f}", f"{here:.0f}", _percent(here / measured - 1))


# Deaths


def deaths_table() -> str:
    """Live heap at death, base heap included, in MiB, for a limit of so many."""
    lines = ["| | limit | measured | here | error |", "|---|---|---|---|---|"]
    for limit in (100, 400):
        many = 7 * limit
        audio = (say(100 * i, i, audio_ms=5000) for i in range(many))
        lines.append(_death("audio buffers", limit, 0.99 * limit, audio, audio=True))
        hung = (say(100 * i, i, audio_ms=5000, outcome="hangs") for i in range(many))
        lines.append(_death("hung translations that hold audio", limit, 0.99 * limit, hung, hung=True))
        texts = (say(i, i, 4000) for i in range(280 * limit))
        lines.append(_death("last sent texts, long ones", limit, 0.99 * limit, texts, texts=True))
        churn = (say(i, i, 2000) for i in range(400 * limit))
        lines.append(_death("sessions", limit, 0.80 * limit, churn, table=True))
    for limit, measured, entries in ((100, 94.5, 2**18), (400, 364.5, 2**20)):
        short = (say(i // 100, i, 200) for i in range(entries + 10))
        what = "last sent texts of 200 characters with access times, at a Map's doubling"
        lines.append(_death(what, limit, measured, short, texts=True, times=True))
    return "\n".join(lines)


def _death(what: str, limit: int, measured: float, rows: Iterator[str], **stores: bool) -> str:
    found = run(rows, "1h", "event", limit_mib=limit, **stores)
    assert found.deaths == 1, what
    fall = int(np.flatnonzero(np.diff(found.live_bytes) < 0)[0])
    here = 5 + found.live_bytes[fall] / MIB
    return _cells(what, limit, f"{measured:.1f}", f"{here:.1f}", _percent(here / measured - 1))


# The page

PARTS: Mapping[str, Callable[[], str]] = {
    "recorded": lambda: fidelity_table(RECORDED),
    "plain": lambda: fidelity_table(PLAIN, "plain/"),
    "resident": resident_table,
    "deaths": deaths_table,
}


def for_reports(page: str) -> None:
    """Put the table of recorded runs where every report can show it."""
    table = page.split("<!-- recorded -->\n")[1].split("<!-- /recorded -->")[0]
    names = ("run", "what", "levels", "minutes", "largest", "mean", "peak", "outside")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    runs = [dict(zip(names, row, strict=True)) for row in rows]
    REPORTED.write_text(json.dumps(runs, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_page() -> None:
    """Run everything and write the page's tables and charts."""
    from simulator.report.charts import render
    from simulator.report.fidelity_chart import fidelity as draw

    page = DOCS / "truth.md"
    text = page.read_text(encoding="utf-8")
    for name, make in PARTS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, rest = text.split(start)
        text = f"{before}{start}{make()}\n{end}{rest.split(end)[1]}"
    page.write_text(text, encoding="utf-8")
    for_reports(text)
    images = DOCS / "images"
    images.mkdir(exist_ok=True)
    for name in RECORDED:
        figure = draw(held_against(name), f"{name}: predicted against observed")
        (images / f"truth-{name}.svg").write_bytes(render(figure, "svg"))
    print(f"wrote {page} and its charts", file=sys.stderr)


if __name__ == "__main__":
    write_page()
