"""simulator report: one HTML page that answers first, with its results beside it."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import terminal
from .exits import INTERRUPTED, complain
from .study import Wish, execute, how_to_go_on, make_folder, prepare, scale

if TYPE_CHECKING:
    from ..study import Study
    from ..study.agreement import Agreement


def write_report(config: Path, profile: str | None, language: str, bounds: bool, wish: Wish) -> int:
    """Run a config's settings, write the page, and print the answer as `compare` does."""
    from ..config import load_experiment
    from ..report.screen import study_of
    from ..study import compare

    experiment = load_experiment(config, set=wish.set, profile=profile)
    prepare(experiment, experiment.settings, wish)
    out = wish.out or Path("reports") / "-".join(experiment.name.split())
    make_folder(out)
    wish = replace(wish, out=out)
    started = time.perf_counter()
    value, _ = execute(
        wish,
        experiment.name,
        lambda progress: compare(
            experiment,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            **scale(wish),
        ),
    )
    study = study_of(value)
    command = _again(config, profile, language, bounds, wish)
    written = deliver_page(study, command, out, language, bounds, wish)
    from .. import report

    terminal.show(report.to_text(study))
    if study.interrupted:
        complain(f"interrupted: {out}/index.html holds what had finished")
        complain(f"next: {how_to_go_on(wish)}")
        return INTERRUPTED
    took = terminal.elapsed(time.perf_counter() - started)
    done = f"done in {took}, wrote {', '.join(written)} to {out}"
    terminal.close(done, f"open {out}/index.html", wish.quiet)
    return study.exit_code(wish.gate)


def deliver_page(study: Study, command: str, out: Path, language: str, bounds: bool, wish: Wish) -> list[str]:
    """Run what the page wants beside the study, draw it, and write its files; names of the files."""
    from ..report.page import PageInput, write_page
    from ..study.agreement import compare_engines
    from ..study.bounds import bounding_study

    bounding: Study | None = None
    agreements: tuple[Agreement, ...] = ()
    if not study.interrupted:
        if bounds:
            with terminal.progress("bounds", wish.quiet) as progress:
                bounding = bounding_study(study, progress=progress, **(scale(wish) | {"resumed": None}))
        references = [next(s for s in study.settings if s.profile == name) for name in study.profiles]
        agreements = compare_engines(references, study.seed)
    with terminal.progress("drawing", wish.quiet) as progress:
        return write_page(PageInput(study, bounding, agreements, command), out, language, progress)


def _again(config: Path, profile: str | None, language: str, bounds: bool, wish: Wish) -> str:
    """The command that makes the same page; workers and engine do not change it."""
    words = ["simulator", "report", str(config)]
    for change in wish.set:
        words += ["--set", change]
    for option, value in (
        ("--profile", profile),
        ("--replications", wish.replications),
        ("--seed", wish.seed),
    ):
        if value is not None:
            words += [option, str(value)]
    if language != "en":
        words += ["--lang", language]
    if not bounds:
        words.append("--no-bounds")
    return shlex.join(words)
