"""simulator run: one setting of one config."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from . import terminal
from .exits import UsageError
from .folders import make_folder
from .study import Wish, deliver, execute, prepare, scale

if TYPE_CHECKING:
    from pathlib import Path

    from ..config import Scenario


@dataclass(frozen=True, slots=True)
class LogWish:
    """Log lines that `run` is to write besides, as the options were typed."""

    folder: Path | None
    level: str
    sizes_every: str | None


def run_setting(config: Path, setting: str | None, profile: str | None, wish: Wish, logs: LogWish) -> int:
    """Run the named setting and profile, or the first of each, and print the answer."""
    from ..config import load_experiment
    from ..config.recipe import recipe_of
    from ..study import run

    experiment = load_experiment(config, set=wish.set, setting=setting, profile=profile)
    case = experiment.cases[0]
    prepare(experiment, [case.setting], wish)
    every_ms = _prepare_logs(logs)
    result, seconds = execute(
        wish,
        case.setting,
        [case.scenario],
        lambda progress: run(
            case.scenario,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            **scale(wish),
            setting=case.setting,
            profile=case.profile,
            config=str(config),
            recipe=recipe_of(replace(experiment, cases=(case,))),
        ),
    )
    if logs.folder is not None:
        _write(case.scenario, logs, every_ms, wish)
    return deliver(result, wish, seconds)


def _prepare_logs(logs: LogWish) -> int | None:
    """How often sizes are to be written, in ms; everything that can be refused is, before anything runs."""
    from .replay import duration_ms

    if logs.folder is None:
        if logs.sizes_every is not None or logs.level != "info":
            raise UsageError("--log-level and --log-sizes say how --logs DIR is written · add --logs DIR")
        return None
    make_folder(logs.folder, "--logs")
    return None if logs.sizes_every is None else duration_ms("--log-sizes", logs.sizes_every)


def _write(scenario: Scenario, logs: LogWish, every_ms: int | None, wish: Wish) -> None:
    """Write the log lines of the first replication."""
    from ..logs import write_logs
    from ..workload import build_workload

    assert logs.folder is not None
    level = cast("Literal['info', 'debug']", logs.level)
    workload = build_workload(scenario, 0, wish.seed)
    files, _ = write_logs(logs.folder, workload, scenario, level=level, sizes_every_ms=every_ms)
    if not wish.quiet:
        size = sum(file.stat().st_size for file in files) / 1e6
        terminal.remark(f"wrote {len(files)} logs of the first replication to {logs.folder}, {size:,.1f} MB")
