"""Draw traces and record what plain JavaScript stores hold under them: `python tests/end_to_end/plain/record.py [RUN…]`.

Each config beside this file is one run: its trace is drawn here, its stores are run by drive.js on the Node.js that is
installed (with lru-cache: `npm install` in tools/measure-node). Both go to tests/data/end_to_end/plain.
"""

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.config import load

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data" / "end_to_end" / "plain"
FLAGS = ["--expose-gc", "--no-opt", "--no-sparkplug", "--no-flush-bytecode"]
COLUMNS = (
    "at_ms", "event", "session", "text", "outcome", "latency_ms", "source_chars", "stored_chars", "stored_spaces",
    "target_chars", "two_byte", "key_chars", "key_two_byte", "context_chars", "audio_ms", "cacheable",
)  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """How a run's trace is drawn."""

    seed: int
    sessions_per_s: float = 0.2
    session_s: float = 120
    hangs: float = 0.0
    closed: float = 0.7
    context: bool = True
    pool: float = 0.3
    pool_size: int = 300
    step_ms: int = 1


RUNS = {
    "all-fixes": Draw(1, hangs=0.005),
    "hung-jobs-with-audio": Draw(2, hangs=0.01),
    "timeout": Draw(3, hangs=0.01),
    "timeout-and-abort": Draw(4, hangs=0.01),
    "audio-cleared": Draw(5, sessions_per_s=0.1),
    "jobs-and-buffers": Draw(7, hangs=0.02, session_s=60),
    "corners": Draw(
        6, hangs=0.05, sessions_per_s=0.1, session_s=60, context=False, pool=0.9, pool_size=40, step_ms=500
    ),
}


def rows(draw, horizon_ms):
    """The trace's rows in time order."""
    rng = np.random.default_rng(draw.seed)
    made = []
    starts = np.cumsum(rng.exponential(1000 / draw.sessions_per_s, horizon_ms // 100))
    for session, start in enumerate(starts[starts < horizon_ms].tolist()):
        name, two_byte = f"session-{session:042d}", int(rng.random() < 0.6)
        end = start + rng.exponential(1000 * draw.session_s)
        at, context = start, 0
        while at <= end and at < horizon_ms:
            # a key says text and context, so with contexts no key comes twice
            again = not draw.context and rng.random() < draw.pool
            number = int(draw.pool_size * rng.random() ** 2) if again else 10_000 + len(made)
            row = utterance(rng, draw, 2 * number + two_byte, context)
            made.append((grid(at, draw), "utterance", name, *row))
            context = row[4] if draw.context else 0
            at += rng.exponential(4000)
        closed = max(end, at) + 500
        if rng.random() < draw.closed and closed < horizon_ms:
            made.append((grid(closed, draw), "session_end", name, *[""] * (len(COLUMNS) - 3)))
    return sorted(made, key=lambda row: row[0])


def utterance(rng, draw, text, context):
    """What a row says after its session; the length of a text follows from its number, odd ones are two-byte."""
    shape, two_byte = np.random.default_rng(text), text % 2
    chars = int(shape.integers(6, 60) if two_byte else shape.integers(20, 150))
    key = 6 + (chars if chars <= 100 else 69) + (1 + min(context, 50)) * (context > 0)
    outcome = "hangs" if rng.random() < draw.hangs else "ok"
    audio_ms = int(np.clip(rng.gamma(4, 1000), 800, 9000))
    spaces, target = (0, 3 * chars) if two_byte else (chars // 7, chars)
    return (
        f"k{text}",
        outcome,
        0,
        chars,
        chars,
        spaces,
        target,
        two_byte,
        key,
        two_byte,
        context,
        audio_ms,
        1,
    )


def grid(at, draw):
    return int(at) // draw.step_ms * draw.step_ms


def options(scenario):
    """What drive.js has to know, from the config."""
    stores = scenario.nodes.stores
    table, cache, pending = (
        stores[name] for name in ("aggregator_states", "translation_cache", "pending_translations")
    )
    ring, sent = stores["audio_ring_buffers"], stores["dedup_last_sent_text"]
    return {
        "horizonMs": scenario.horizon_ms, "maxSessions": table.max, "ttlMs": table.ttl_ms, "sweepMs": table.sweep_every_ms,
        "cacheMax": cache.max, "cacheTtlMs": cache.ttl_ms, "timeoutMs": pending.timeout_ms, "abort": pending.abort_on_timeout,
        "jobAudio": pending.retains_audio, "audio": ring.enabled, "spanMs": ring.span_ms, "keepMs": ring.keep_ms,
        "cleanAudio": ring.cleanup.kind == "session_end", "cleanMaps": sent.cleanup.kind == "session_end",
    }  # fmt: skip


def pack(path, text):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as file:
        file.write(text.encode())
    path.write_bytes(buffer.getvalue())


def record(name):
    scenario = load(HERE / f"{name}.yaml")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(RUNS[name], scenario.horizon_ms))
    DATA.mkdir(exist_ok=True)
    pack(DATA / f"{name}.csv.gz", text.getvalue())
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as trace:
        trace.write(text.getvalue())
        trace.flush()
        command = ["node", *FLAGS, str(HERE / "drive.js"), trace.name, json.dumps(options(scenario))]
        pack(
            DATA / f"{name}.observed.json.gz",
            subprocess.run(command, check=True, capture_output=True, text=True).stdout,
        )
    print(name, len(text.getvalue().splitlines()) - 1, "rows")


if __name__ == "__main__":
    for run in sys.argv[1:] or RUNS:
        record(run)
