"""simulator report: one HTML page that answers first, with its results beside it."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..report.screen import study_of
from . import terminal
from .exits import INTERRUPTED, UsageError, complain
from .study import Wish, execute, how_to_go_on, prepare, scale

if TYPE_CHECKING:
    from ..config import Experiment
    from ..study import Study
    from ..study.agreement import Agreement


@dataclass(frozen=True, slots=True)
class PageWish:
    """How the page is to be: its language, and which runs beside the study's own it shows."""

    language: str = "en"
    bounds: bool = True
    ranking: bool = True


def write_report(source: Path, profile: str | None, on_page: PageWish, wish: Wish) -> int:
    """Run a config's settings, or take a study from its folder, write the page, print the answer."""
    from ..study import compare

    asked = _from_folder(source, profile, wish) if source.is_dir() else _from_config(source, profile, wish)
    experiment, wish = asked.experiment, asked.wish
    assert wish.out is not None
    prepare(experiment, experiment.settings, wish)
    started = time.perf_counter()
    value, _ = execute(
        wish,
        experiment.name,
        [case.scenario for case in experiment.cases],
        lambda progress: compare(
            experiment,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            design=asked.design,
            **scale(wish),
        ),
    )
    study = study_of(value)
    if asked.folder is not None and not wish.quiet:
        _warn_of_other_results(asked.folder, study)
    written = deliver_page(experiment, study, wish.out, on_page, wish)
    from .. import report

    terminal.show(report.to_text(study))
    if study.interrupted:
        complain(f"interrupted: {wish.out}/index.html holds what had finished")
        complain(f"next: {how_to_go_on(wish)}")
        return INTERRUPTED
    took = terminal.elapsed(time.perf_counter() - started)
    done = f"done in {took}, wrote {', '.join(written)} to {wish.out}"
    terminal.close(done, f"open {wish.out}/index.html", wish.quiet)
    return study.exit_code(wish.gate)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run, with the options completed; `folder` is where a study is taken from."""

    experiment: Experiment
    wish: Wish
    design: str | None = None
    folder: Path | None = None


def _from_config(config: Path, profile: str | None, wish: Wish) -> Asked:
    from ..config import load_experiment

    experiment = load_experiment(config, set=wish.set, profile=profile)
    out = wish.out or Path("reports") / ("-".join(re.findall(r"[^\s/\\\\]+", experiment.name)) or "study")
    return Asked(experiment, replace(wish, out=out))


def _from_folder(folder: Path, profile: str | None, wish: Wish) -> Asked:
    """A study that was written before: its record says what to run, its store has most or all of the runs."""
    from ..study.recall import recall

    if wish.set or profile is not None:
        option = "--set" if wish.set else "--profile"
        raise UsageError(f"{option}: {folder} holds a study as it was run · name its config to change it")
    found = recall(folder)
    replications = found.replications if wish.replications is None else wish.replications
    wish = replace(
        wish,
        replications=replications,
        seed=found.seed if wish.seed is None else wish.seed,
        store=wish.store or found.store,
        out=wish.out or folder,
    )
    return Asked(found.experiment, wish, found.design, folder)


def _warn_of_other_results(folder: Path, study: Study) -> None:
    from ..report.files import result_files
    from ..study.recall import RESULTS, results_differ

    planned = study.replications
    if results_differ(folder, b"".join(result_files(study)[RESULTS])):
        terminal.remark(
            f"note: {folder / RESULTS} was other than what {planned} replications give here: it was damaged, "
            "or made with another version, seed or number of replications"
        )


def deliver_page(experiment: Experiment, study: Study, out: Path, on_page: PageWish, wish: Wish) -> list[str]:
    """Run what the page wants beside the study, draw it, and write its files; names of the files."""
    from ..report.page import PageInput, write_page
    from ..study.agreement import compare_engines
    from ..study.bounds import bounding_study
    from ..study.omissions import omitting_study

    bounding: Study | None = None
    omitted: Study | None = None
    agreements: tuple[Agreement, ...] = ()
    if not study.interrupted:
        how = scale(wish) | {"resumed": None}
        if on_page.bounds:
            with terminal.progress("bounds", wish.quiet) as progress:
                bounding = bounding_study(study, progress=progress, **how)
        if on_page.ranking:
            with terminal.progress("fixes left out", wish.quiet) as progress:
                omitted = omitting_study(experiment, study, progress=progress, **how)
        references = [next(s for s in study.settings if s.profile == name) for name in study.profiles]
        agreements = compare_engines(references, study.seed)
    with terminal.progress("drawing", wish.quiet) as progress:
        return write_page(
            PageInput(study, bounding, agreements, _again(study, on_page), omitted),
            out,
            on_page.language,
            progress,
        )


def _again(study: Study, on_page: PageWish) -> str:
    """The command that makes the same page; workers, engine and folder do not change it."""
    made = study.provenance
    words = ["simulator", "report", *made.config.split(" ")]
    for change in made.arguments.get("set", ()):
        words += ["--set", change]
    if profile := made.arguments.get("profile"):
        words += ["--profile", profile]
    words += ["--replications", str(study.replications), "--seed", str(study.seed)]
    if on_page.language != "en":
        words += ["--lang", on_page.language]
    words += [flag for flag in ("--no-bounds", "--no-ranking") if not getattr(on_page, flag[5:])]
    return shlex.join(words)
