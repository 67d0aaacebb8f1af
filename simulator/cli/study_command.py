"""simulator study: the whole plan of a config, with effects and rankings; or the cheapest value of a path."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import terminal
from .compare import keep_settings
from .exits import UsageError, complain, remember_runs, remember_seed
from .folders import make_folder
from .study import (
    Wish,
    deliver,
    ended,
    execute,
    prepare,
    refuse_engine,
    refuse_warnings,
    say_if_it_compiles,
    scale,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..config.varied import Varied
    from ..study.cheapest import Cheapest


def run_study(config: Path, wanted: Sequence[str], profile: str | None, design: str, wish: Wish) -> int:
    """Run every setting in every cell of the design and print the answer."""
    from ..config import load_experiment
    from ..study import compare
    from ..study.designs import design_of

    experiment = keep_settings(
        load_experiment(config, set=wish.set, profile=profile, design=design_of(design), ranked=True), wanted
    )
    prepare(experiment, [case.setting for case in experiment.cases if not case.made], wish)
    if len(experiment.settings) == 1 and not wish.quiet:
        complain(f"note: {experiment.path} has one setting · give it `settings:` or a `grid:`")
    study, seconds = execute(
        wish,
        experiment.name,
        [case.scenario for case in experiment.cases],
        lambda progress: compare(
            experiment,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            design=design,
            **scale(wish),
        ),
    )
    return deliver(study, wish, seconds)


def find_cheapest(
    config: Path,
    settings: Sequence[str],
    profile: str | None,
    path: str,
    bounds: tuple[str | None, str | None],
    at_most: int | None,
    wish: Wish,
) -> int:
    """Search the cheapest value of a path and print it; returns the exit code."""
    from ..config.varied import load_varied, wanted_of

    if len(settings) > 1:
        raise UsageError("--setting: --cheapest varies one setting · name one")
    if wish.gate is not None:
        raise UsageError("--gate judges settings, --cheapest values · leave one out")
    for option in wish.beside.files:
        raise UsageError(f"{option} is about settings, --cheapest about values · take -o DIR")
    if wish.format == "openmetrics":
        raise UsageError("--format openmetrics is about settings, --cheapest about values · take json")
    try:
        wanted = wanted_of(path, *bounds)
    except ValueError as error:
        raise UsageError(f"--cheapest: {error}") from None
    varied = load_varied(config, wanted, wish.set, settings[0] if settings else None, profile)
    experiment = varied.experiment
    refuse_warnings(experiment, strict=wish.strict, quiet=wish.quiet)
    refuse_engine(wish.engine, [case.scenario for case in experiment.cases])
    if wish.dask is not None and wish.workers is not None:
        raise UsageError("--workers counts processes here, --dask runs elsewhere · leave one out")
    if wish.out is not None:
        make_folder(wish.out)
    search, seconds = search_values(varied, at_most, wish)
    terminal.show(rendered(search, wish.format))
    written = ""
    if wish.out is not None:
        from ..report.files import write_search

        written = f", wrote {len(write_search(search, wish.out))} files to {wish.out}"
    if not wish.quiet:
        if search.provenance.deaths:
            terminal.remark(ended(search.provenance.deaths))
        if search.stored:
            terminal.remark(f"{search.stored:,} of {search.ran + search.stored:,} runs were stored already")
    terminal.close(f"done in {terminal.elapsed(seconds)}{written}", _next(search, wish, config), wish.quiet)
    return search.exit_code()


def search_values(varied: Varied, at_most: int | None, wish: Wish) -> tuple[Cheapest, float]:
    """Search under a progress bar; the search, and the seconds it took."""
    from ..study.cheapest import cheapest

    started = time.perf_counter()
    remember_seed(varied.experiment.seed if wish.seed is None else wish.seed)
    remember_runs(wish.runs)
    if not wish.quiet:
        say_if_it_compiles(wish.engine, [case.scenario for case in varied.experiment.cases])
    how = {name: value for name, value in scale(wish).items() if name != "resumed"}
    try:
        with terminal.progress(varied.experiment.name, wish.quiet) as progress:
            search = cheapest(
                varied,
                replications=wish.replications,
                seed=wish.seed,
                progress=progress,
                at_most=at_most,
                **how,
            )
    except KeyboardInterrupt:
        kept = "" if wish.runs is None else ": it goes on where it was"
        raise KeyboardInterrupt("the search had not ended", kept) from None
    return search, time.perf_counter() - started


def rendered(search: Cheapest, form: str) -> str:
    """The search in one of the formats."""
    from ..report import cheapest, export

    if form == "json":
        return export.to_json(search.to_dict())
    if form == "csv":
        return cheapest.to_csv(search)
    return cheapest.to_markdown_page(search) if form == "markdown" else cheapest.to_text(search)


def _next(search: Cheapest, wish: Wish, config: Path) -> str:
    """One useful thing to do now."""
    if search.exit_code() == 3:
        return f"--at-most {4 * search.at_most} may tell what cannot be told yet"
    if wish.out is not None:
        return f"open {wish.out}/cheapest.svg"
    value = next((found.value for found in search.found if found.value is not None), None)
    if value is None:
        return "--from and --to for other values"
    where = f" --profile '{search.found[0].profile}'" if search.found[0].profile else ""
    return f"simulator run {config} --set {search.path}={value}{where}"
