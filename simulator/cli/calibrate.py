"""simulator calibrate: logs in, a `workload:` block with its uncertainty out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from . import terminal
from .exits import DONE, UsageError, remember_seed
from .folders import make_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ..logs.calibrate import Calibration

DRAWS = 200
SEED = 7


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of `calibrate`, as they were typed."""

    mapping: Path | None
    memory: str | None
    process: str
    cache: str
    draws: int
    seed: int | None
    format: str
    out: Path | None
    trace: Path | None
    quiet: bool


def calibrate_logs(logs: list[Path], wish: Wish) -> int:
    """Fit what the logs say, print it, and with -o write it as a config."""
    from ..logs import Troubles, read_logs, read_mapping
    from ..logs.calibrate import calibrate
    from ..logs.observations import observe
    from ..report.calibration import calibration_text

    memory = None if wish.memory is None else _bytes("--memory", wish.memory)
    process = _bytes("--process", wish.process)
    cache_ms = 0.0 if wish.cache == "none" else float(_milliseconds("--cache", wish.cache))
    for path in logs:
        if str(path) != "-" and not path.exists():
            raise UsageError(f"{path}: no such file")
    if wish.out is not None:
        make_folder(wish.out)
    remember_seed(SEED if wish.seed is None else wish.seed)
    troubles = Troubles()
    mapping = None if wish.mapping is None else read_mapping(wish.mapping)
    seen = observe(read_logs([str(path) for path in logs], mapping, troubles), troubles)
    found = calibrate(seen, memory_bytes=memory, process_bytes=process, cache_ms=cache_ms)
    text = written(found)
    if wish.format == "json":
        terminal.show(json.dumps(summary(found), ensure_ascii=False, indent=1))
    elif wish.format == "yaml":
        terminal.show(text)
    else:
        width = max(60, min(get_terminal_size((100, 24)).columns, 140))
        terminal.show(calibration_text(found, troubles, width))
    done = f"{len(seen):,} utterances of {seen.sessions:,} sessions read"
    next_step = "-o DIR for a config that `simulator compare CONFIG DIR/calibrated.yaml` can read"
    if wish.out is not None:
        done += _write(found, text, wish, calibration_text(found, troubles))
        next_step = f"give a config `extends: [baseline.yaml, {wish.out / 'calibrated.yaml'}]`"
    if wish.trace is not None:
        done += _write_traces(found, wish.trace, cache_ms)
        next_step = f"simulator replay CONFIG {wish.trace}" if wish.out is None else next_step
    terminal.close(done, next_step, wish.quiet)
    return DONE


def _write_traces(found: Calibration, path: Path, cache_ms: float) -> str:
    """A trace of each node: of one under the name itself, of several with theirs before the ending."""
    import gzip
    import re

    from ..logs.trace import trace_of
    from ..report.files import write_whole

    if not found.seen.nodes:
        raise UsageError("--trace: these logs have no utterances, only the scheduler's sessions")
    packed = path.suffix == ".gz"
    stem, *endings = path.name.split(".", 1)
    names = []
    for node in found.seen.nodes:
        name = path
        if len(found.seen.nodes) > 1:
            name = path.with_name(".".join([stem, re.sub(r"[^\w-]", "_", node), *endings]))
        content = trace_of(found, node, cache_ms).encode()
        write_whole(name, gzip.compress(content, mtime=0) if packed else content)
        names.append(str(name))
    return f", wrote {' and '.join(names)}"


def written(found: Calibration) -> str:
    """The config, read back by the loader before anybody sees it."""
    from ..config import load, yaml_text
    from ..logs.calibrated import nested, point

    plain = nested(point(found))
    load({"name": "calibrated", **plain})
    comments = {"workload": "\n".join(_unknown(found))} if found.missing else {}
    return yaml_text({"name": "calibrated", **plain}, comments=comments)


def _unknown(found: Calibration) -> list[str]:
    """Comments: what the logs do not say, and the config leaves as it is."""
    return ["not identifiable from these logs, and so as in the config this one extends:"] + [
        f"  {key}: {why}" for key, why in found.missing.items()
    ]


def summary(found: Calibration) -> dict[str, Any]:
    """The point, its bounds and what is missing, for machines."""
    from ..logs.calibrated import point
    from ..report.calibration import answer, bounds

    return {
        "answer": answer(found),
        "values": point(found),
        "bounds": bounds(found),
        "not_identifiable": found.missing,
    }


def _write(found: Calibration, text: str, wish: Wish, said: str) -> str:
    import numpy as np

    from ..logs.calibrated import draw
    from ..report.calibration_chart import calibration_chart
    from ..report.charts import render
    from ..report.files import write_whole

    assert wish.out is not None
    generator = np.random.default_rng(SEED if wish.seed is None else wish.seed)
    draws = "".join(json.dumps(draw(found, generator), ensure_ascii=False) + "\n" for _ in range(wish.draws))
    files = {
        "calibrated.yaml": text,
        "calibrated.draws.jsonl": draws,
        "calibration.txt": said + "\n",
        "calibration.json": json.dumps(summary(found), ensure_ascii=False, indent=1) + "\n",
    }
    for name, content in files.items():
        write_whole(wish.out / name, content.encode())
    figure = calibration_chart(found, "What the logs say, and what was fitted")
    for kind in ("svg", "png"):
        write_whole(wish.out / f"calibration.{kind}", render(figure, kind))
    return f", wrote {', '.join(files)} and calibration.svg to {wish.out}"


def _bytes(option: str, text: str) -> int:
    from ..units import UnitError, parse_bytes

    try:
        size = int(parse_bytes(text))
    except UnitError as error:
        hint = f" · {error.advice}" if error.advice else ""
        raise UsageError(f"{option} {text}: {error.message}{hint}") from None
    if size < 1:
        raise UsageError(f"{option} {text}: takes at least 1B")
    return size


def _milliseconds(option: str, text: str) -> int:
    from .replay import duration_ms

    return duration_ms(option, text)
