"""simulator verify: predicted against observed, and whether a change did what was predicted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from . import terminal
from .exits import UsageError, remember_seed
from .folders import make_folder
from .study import refuse_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..config import Scenario
    from ..logs import Troubles
    from ..logs.courses import Courses
    from ..logs.mapping import Mapping
    from ..logs.quantities import Log
    from ..logs.verification import Verification


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of `verify`, as they were typed."""

    after: Sequence[Path]
    change: str | None
    mapping: Path | None
    uptime: str | None
    set: Sequence[str]
    setting: str | None
    after_setting: str | None
    profile: str | None
    replications: int
    seed: int | None
    workers: int | None
    format: str
    out: Path | None
    strict: bool
    quiet: bool


def verify_logs(config: Path, logs: Sequence[Path], wish: Wish) -> int:
    """Hold logs against a config, print the answer, and write it with -o; returns the exit code."""
    from ..config import load_experiment
    from ..logs import Troubles, read_mapping
    from ..logs.verify import verify

    _refuse(logs, wish)
    mapping = None if wish.mapping is None else read_mapping(wish.mapping)
    experiment = load_experiment(config, set=wish.set, setting=wish.setting, profile=wish.profile)
    refuse_warnings(experiment, strict=wish.strict, quiet=wish.quiet)
    case = experiment.cases[0]
    ends = [(case.setting, case.scenario)]
    if wish.after or wish.change is not None:
        ends.append(_after(config, case.setting, wish))
    seed = experiment.seed if wish.seed is None else wish.seed
    remember_seed(seed)
    troubles = Troubles()
    read = _read(logs, wish, mapping, troubles, ends)
    with terminal.progress(" and ".join(setting for setting, _ in ends), wish.quiet) as progress:
        found = verify(
            experiment.name,
            *read,
            replications=wish.replications,
            seed=seed,
            workers=wish.workers,
            progress=progress,
        )
    terminal.show(_rendered(found, troubles, wish.format))
    done = f"{troubles.lines:,} lines read"
    if wish.out is not None:
        done += _write(found, troubles, wish.out)
    terminal.close(done, _next_step(found, logs, wish), wish.quiet)
    return found.exit_code()


def _refuse(logs: Sequence[Path], wish: Wish) -> None:
    """Everything that can be refused before anything is read."""
    if not logs:
        raise UsageError("missing LOG · name the logs to hold against the config, or --before LOG")
    for path in (*logs, *wish.after):
        if str(path) != "-" and not path.exists():
            raise UsageError(f"{path}: no such file")
    if wish.after and wish.change is not None:
        raise UsageError("--change splits one log, --after names a second · leave one out")
    if wish.after_setting is not None and not wish.after and wish.change is None:
        raise UsageError("--after-setting says what a change was to · add --after LOG or --change TIME")
    if wish.out is not None:
        make_folder(wish.out)


def _after(config: Path, before: str, wish: Wish) -> tuple[str, Scenario]:
    """The setting that the change was to: the one named, or the only other one."""
    from ..config import load_experiment

    name = wish.after_setting
    if name is None:
        every = load_experiment(config, set=wish.set, profile=wish.profile)
        others = [each for each in dict.fromkeys(case.setting for case in every.cases) if each != before]
        if not others:
            raise UsageError(
                f"{config}: has one setting, so nothing says what the change was · add it to `settings:`"
            )
        if len(others) > 1:
            raise UsageError(f"--after-setting NAME says what the change was: {', '.join(others)}")
        name = others[0]
    case = load_experiment(config, set=wish.set, setting=name, profile=wish.profile).cases[0]
    return case.setting, case.scenario


def _read(
    logs: Sequence[Path],
    wish: Wish,
    mapping: Mapping | None,
    troubles: Troubles,
    ends: Sequence[tuple[str, Scenario]],
) -> list[Log]:
    """One log, or two: each reduced, with what it is held against."""
    from ..logs import read_logs
    from ..logs.courses import Courses
    from ..logs.quantities import log_of, split_at
    from .replay import duration_ms

    uptime_ms = None if wish.uptime is None else duration_ms("--uptime", wish.uptime)
    every: list[Courses]
    if wish.change is not None:
        at_ms = _instant_ms("--change", wish.change)
        every = list(split_at(read_logs([str(path) for path in logs], mapping, troubles), at_ms))
        _refuse_sides(every, wish.change)
    else:
        every = [Courses() for _ in ends]
        for courses, paths in zip(every, (logs, wish.after), strict=False):
            courses.take(read_logs([str(path) for path in paths], mapping, troubles))
    for courses, option in zip(every, ("", "--after"), strict=False):
        if courses.first_ms is None:
            raise _nothing(troubles, option)
    first = [courses.first_ms or 0 for courses in every]
    if first != sorted(first):
        raise UsageError(f"--after: these logs begin at {_at(first[1])}, before the others · swap them")
    uptimes = (uptime_ms, None)  # a change restarts
    return [
        log_of(courses, troubles, *end, uptime)
        for courses, end, uptime in zip(every, ends, uptimes, strict=False)
    ]


def _refuse_sides(every: Sequence[Courses], typed: str) -> None:
    """A change has to be within the log."""
    before, after = every
    if (before.first_ms is None) == (after.first_ms is None):
        return
    told = after if before.first_ms is None else before
    side = "before" if before.first_ms is None else "after"
    span = f"they are from {_at(told.first_ms or 0)} to {_at(told.last_ms or 0)}"
    raise UsageError(f"--change {typed}: nothing in the logs is {side} it, {span}")


def _nothing(troubles: Troubles, option: str) -> Exception:
    """What to say of logs that say nothing: the commonest reason, and what to do about it."""
    from ..problems import ConfigError, Place, Problem
    from ..report.verification import trouble_lines

    message = f"{option + ': ' if option else ''}these logs say nothing that could be held against a config"
    advice = [
        f"{troubles.lines:,} lines were read, and none is an event that is known",
        *trouble_lines(troubles),
    ]
    advice.append("another service's logs need --mapping FILE: docs/logs.md")
    return ConfigError([Problem("E131", message, Place(), tuple(advice))])


def _instant_ms(option: str, text: str) -> int:
    """A date with a time, typed after an option."""
    from ..logs.values import WrongValueError, time_ms

    try:
        return time_ms(int(text) if text.isdigit() else text)
    except WrongValueError:
        raise UsageError(f"{option} {text}: expected a time, such as 2026-01-01T06:00Z") from None


def _at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rendered(found: Verification, troubles: Troubles, form: str) -> str:
    from ..report import verification

    if form == "json":
        plain = verification.verification_dict(found, troubles)
        return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
    if form == "csv":
        return verification.verification_csv(found)
    if form == "markdown":
        return verification.verification_markdown(found, troubles)
    return verification.verification_text(found, troubles, min(get_terminal_size((80, 24)).columns, 140))


def _write(found: Verification, troubles: Troubles, out: Path) -> str:
    from ..report.charts import render
    from ..report.files import write_whole
    from ..report.verification_chart import verification_chart

    suffixes = {"txt": "text", "md": "markdown", "json": "json", "csv": "csv"}
    for suffix, form in suffixes.items():
        text = _rendered(found, troubles, form).rstrip("\n") + "\n"
        write_whole(out / f"verification.{suffix}", text.encode())
    figure = verification_chart(found)
    for kind in ("svg", "png"):
        write_whole(out / f"verification.{kind}", render(figure, kind))
    return f", wrote verification.txt, .md, .json, .csv, .svg and .png to {out}"


def _next_step(found: Verification, logs: Sequence[Path], wish: Wish) -> str:
    """One useful thing to do now."""
    if wish.out is None:
        return "-o DIR for a chart"
    if found.before.verdict == "not as predicted":
        return f"simulator calibrate {logs[0]} -o {wish.out}, for a workload from these logs"
    return f"open {wish.out / 'verification.svg'}"
