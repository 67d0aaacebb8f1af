"""simulator replay: one node's stores driven by an explicit trace, and held against what was observed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Literal

from . import terminal
from .exits import DONE, UsageError, suggestion
from .folders import make_folder
from .study import refuse_engine, refuse_warnings, say_if_it_compiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ..study.fidelity import Fidelity, Observed
    from ..study.replay import Replay


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of `replay`, as they were typed."""

    every: str
    until: str | None
    against: Path | None
    set: Sequence[str]
    setting: str | None
    profile: str | None
    engine: str
    format: str | None
    out: Path | None
    quiet: bool


def replay_trace(config: Path, trace: Path, wish: Wish) -> int:
    """Replay a trace; print the stores over time, or how close they come to what was observed."""
    from ..config import load_experiment
    from ..logs import read_observed
    from ..study import replay

    step: int | Literal["event"] = "event" if wish.every == "event" else _step_ms(wish.every)
    stop = None if wish.until is None else duration_ms("--until", wish.until)
    if not trace.is_file():
        raise UsageError(f"{trace}: no such trace")
    if wish.against is not None and not wish.against.is_file():
        raise UsageError(f"--against {wish.against}: no such file")
    if wish.out is not None:
        make_folder(wish.out)
    experiment = load_experiment(config, set=wish.set, setting=wish.setting, profile=wish.profile)
    refuse_warnings(experiment, strict=False, quiet=True)
    scenario = experiment.cases[0].scenario
    refuse_engine(wish.engine, [scenario])
    observed = None
    if wish.against is not None:  # before the run, which may take its time
        stores = scenario.nodes.enabled_stores
        observed = read_observed(wish.against, {name: store.kind for name, store in stores.items()})
    if not wish.quiet:
        say_if_it_compiles(wish.engine, [scenario], step)
    found = replay(scenario, trace, step, stop, engine=wish.engine)
    if observed is None or wish.against is None:
        _answer(found, f"{experiment.name} · {trace.name}, {len(found.at_ms):,} samples", wish)
    else:
        title = f"{experiment.name} · {trace.name} against {wish.against.name}"
        _compare(found, observed, wish.against, title, wish)
    return DONE


def _close(found: Replay, done: str, other: str, quiet: bool) -> None:
    """The closing line, and before it how much of the trace had no effect."""
    from ..units import format_duration

    count = found.rows_left_out
    if count and not quiet:
        words = ("row", "lies", "is", "it") if count == 1 else ("rows", "lie", "are", "them")
        terminal.remark(
            f"{count:,} {words[0]} of the trace {words[1]} after the horizon of "
            f"{format_duration(found.scenario.horizon_ms)} and {words[2]} left out; "
            f"--until takes {words[3]} in"
        )
    terminal.close(done, other, quiet)


def _answer(found: Replay, title: str, wish: Wish) -> None:
    """The stores over time, on stdout and in a file."""
    from ..report import replays

    form = wish.format or "json"
    if form == "text":
        terminal.show(replays.replay_text(found, title))
    else:
        _pour(replays.csv_pieces(found) if form == "csv" else replays.json_pieces(found))
    done = f"{len(found.at_ms):,} samples of {len(found.stores)} stores"
    if found.first_death_ms is not None and form != "text":
        done += f", the process died at {found.first_death_ms:,} ms"
    done += _write_replay(found, "csv" if form == "csv" else "json", wish.out)
    every = wish.every == "event"
    other = "--every 1min for a coarser view" if every else "--every event for the state after each row"
    _close(found, done, other, wish.quiet)


def _compare(found: Replay, observed: Observed, source: Path, title: str, wish: Wish) -> None:
    """Predicted against observed, on stdout; with -o also the replay and a chart."""
    from ..report import replays
    from ..study.fidelity import fidelity

    try:
        close = fidelity(found, observed)
    except ValueError as error:
        raise UsageError(f"--against {source}: {error}") from None
    form = wish.format or "text"
    if form == "text":
        terminal.show(replays.fidelity_text(close, title, min(get_terminal_size((80, 24)).columns, 140)))
    elif form == "csv":
        terminal.show(replays.fidelity_csv(close))
    else:
        terminal.show(json.dumps(replays.fidelity_dict(close), ensure_ascii=False, indent=1))
    done = f"{len(close.at_ms):,} observations compared"
    done += _write_replay(found, "csv" if form == "csv" else "json", wish.out)
    if wish.out is not None:
        done += _write_fidelity(close, title, wish.out)
    other = "-o DIR for a chart" if wish.out is None else f"open {wish.out / 'fidelity.svg'}"
    _close(found, done, other, wish.quiet)


def _write_replay(found: Replay, form: str, out: Path | None) -> str:
    from ..report import replays
    from ..report.files import write_pieces

    if out is None:
        return ""
    pieces = replays.csv_pieces(found) if form == "csv" else replays.json_pieces(found)
    write_pieces(out / f"replay.{form}", (piece.encode() for piece in pieces))
    return f", wrote {out / f'replay.{form}'}"


def _write_fidelity(close: Fidelity, title: str, out: Path) -> str:
    from ..report.charts import render
    from ..report.fidelity_chart import fidelity as draw
    from ..report.files import write_whole
    from ..report.replays import fidelity_dict

    write_whole(out / "fidelity.json", (json.dumps(fidelity_dict(close), indent=1) + "\n").encode())
    figure = draw(close, title)
    for kind in ("svg", "png"):
        write_whole(out / f"fidelity.{kind}", render(figure, kind))
    return ", fidelity.json, fidelity.svg and .png"


def _pour(pieces: Iterable[str]) -> None:
    """Write the result to stdout piece by piece."""
    sys.stdout.writelines(pieces)
    sys.stdout.flush()


def _step_ms(text: str) -> int:
    try:
        return duration_ms("--every", text)
    except UsageError as error:
        raise UsageError(f"{error}{suggestion(text, ['event'])}") from None


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
