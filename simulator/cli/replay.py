"""simulator replay: one node's stores driven by an explicit trace."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Literal

from . import terminal
from .exits import DONE, UsageError
from .study import make_folder, refuse_engine, refuse_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def replay_trace(
    config: Path,
    trace: Path,
    every: str,
    until: str | None,
    changes: Sequence[str],
    setting: str | None,
    profile: str | None,
    engine: str,
    form: str,
    out: Path | None,
    quiet: bool,
) -> int:
    """Replay a trace and print the stores' entries and bytes at every step."""
    from ..config import load_experiment
    from ..report.export import to_json
    from ..study import replay

    step: int | Literal["event"] = "event" if every == "event" else duration_ms("--every", every)
    stop = None if until is None else duration_ms("--until", until)
    refuse_engine(engine)
    if not trace.is_file():
        raise UsageError(f"{trace}: no such trace")
    if out is not None:
        make_folder(out)
    experiment = load_experiment(config, set=changes, setting=setting, profile=profile)
    refuse_warnings(experiment, strict=False, quiet=True)
    found = replay(experiment.cases[0].scenario, trace, step, stop, engine=engine)
    text = to_json(found) if form == "json" else to_csv(found)
    terminal.show(text)
    samples = len(found["at_ms"])
    done = f"{samples:,} samples of {len(found['stores'])} stores"
    if out is not None:
        from ..report.files import write_whole

        write_whole(out / f"replay.{form}", text.encode())
        done += f", wrote {out / f'replay.{form}'}"
    other = (
        "--every event for the state after each row"
        if every != "event"
        else "--every 1min for a coarser view"
    )
    terminal.close(done, other, quiet)
    return DONE


def duration_ms(option: str, text: str) -> int:
    """A duration typed after an option, in whole ms and above zero."""
    from ..units import UnitError, parse_duration

    try:
        length = parse_duration(text)
    except UnitError as error:
        hint = f" · {error.advice}" if error.advice else ""
        raise UsageError(f"{option} {text}: {error.message}{hint}") from None
    if length < 1:
        raise UsageError(f"{option} {text}: takes at least 1ms")
    return int(length)


def to_csv(found: dict[str, Any]) -> str:
    """One row per sample: time, the stores' sum, the process, then every store's columns as STORE.NAME."""
    columns: dict[str, Sequence[int]] = {name: found[name] for name in ("at_ms", "live_bytes", "rss_bytes")}
    for store, outputs in found["stores"].items():
        columns |= {f"{store}.{name}": values for name, values in outputs.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()
