"""What `run` and `compare` share: warnings first, progress, the result on stdout, files, the closing line."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..report.screen import study_of
from . import terminal
from .beside import Beside, prepare_beside, write_beside
from .exits import INTERRUPTED, UsageError, complain, remember_runs, remember_seed, suggestion, typed
from .folders import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..config import Experiment, Scenario
    from ..study import Result, Study
    from ..study.execution import Progress


@dataclass(frozen=True, slots=True)
class Wish:
    """The options that `run` and `compare` have in common, as they were typed."""

    set: list[str]
    replications: int | None
    seed: int | None
    engine: str
    workers: int | None
    format: str
    out: Path | None
    gate: str | None
    strict: bool
    quiet: bool
    store: Path | None = None
    dask: str | None = None
    beside: Beside = field(default_factory=Beside)

    @property
    def runs(self) -> Path | None:
        """The file in which runs are kept: the one named, or one beside the results."""
        return self.out / "runs.sqlite" if self.store is None and self.out is not None else self.store


def prepare(experiment: Experiment, settings: Sequence[str], wish: Wish) -> None:
    """Everything that can be refused before anything runs: warnings under --strict, the gate, the folder."""
    refuse_warnings(experiment, strict=wish.strict, quiet=wish.quiet)
    refuse_engine(wish.engine, [case.scenario for case in experiment.cases])
    remember_seed(experiment.seed if wish.seed is None else wish.seed)
    if wish.gate is not None and wish.gate not in settings:
        near = suggestion(wish.gate, settings) or f" · there are {', '.join(dict.fromkeys(settings))}"
        raise UsageError(f"--gate: no setting is called {wish.gate}{near}")
    if wish.dask is not None and wish.workers is not None:
        raise UsageError("--workers counts processes here, --dask runs elsewhere · leave one out")
    if wish.out is not None:
        make_folder(wish.out)
    prepare_beside(wish.beside)


def refuse_warnings(experiment: Experiment, *, strict: bool, quiet: bool) -> None:
    """Print a config's warnings; with --strict they are an error."""
    warnings = experiment.warnings
    if strict or not quiet:
        terminal.warn(warnings)
    if strict and warnings:
        count = f"{len(warnings)} warning{'s' * (len(warnings) != 1)}"
        raise UsageError(f"{count} in {experiment.path}, and --strict makes them errors")


def refuse_engine(engine: str, scenarios: Sequence[Scenario]) -> None:
    """Say so when an engine has a name but is not here, or does not know everything in a config."""
    if engine != "auto" and find_spec(f"simulator.engine.{engine}") is None:
        raise UsageError(f"--engine {engine}: not in this version · leave it out, or type reference")
    if engine == "compiled":
        from ..engine import not_compiled

        for scenario in scenarios:
            if why := not_compiled(scenario):
                raise UsageError(
                    f"--engine {engine}: cannot run this, {why} · leave it out, or type reference"
                )


def say_if_it_compiles(
    engine: str, scenarios: Sequence[Scenario], sample_every_ms: int | str | None = None
) -> None:
    """Say what the reader would wonder about: that nothing seems to happen for some ten seconds."""
    if engine == "reference":
        return
    from ..engine import compiles_first, keeps_machine_code

    if not compiles_first(scenarios, sample_every_ms):
        return
    if keeps_machine_code():
        terminal.remark("compiling the engine, once after an installation: some ten seconds")
    else:
        terminal.remark("compiling the engine, some ten seconds each time: there is no folder to keep it in")
        terminal.remark("next: let the variable NUMBA_CACHE_DIR name one that can be written")


def execute(
    wish: Wish, what: str, scenarios: Sequence[Scenario], work: Callable[[Progress | None], Study | Result]
) -> tuple[Study | Result, float]:
    """Do the runs of these scenarios under a progress bar; returns the result and the seconds it took."""
    started = time.perf_counter()
    if not wish.quiet:
        say_if_it_compiles(wish.engine, scenarios)
    remember_runs(wish.runs)
    try:
        with terminal.progress(what, wish.quiet) as progress:
            value = work(progress)
    except KeyboardInterrupt:
        sooner = ", or fewer replications to see something sooner"
        raise KeyboardInterrupt("no replication had finished", sooner) from None
    return value, time.perf_counter() - started


def scale(wish: Wish) -> dict[str, Any]:
    """The options of `run` and `compare` that say how and where, not what: none changes a result."""

    def resumed(stored: int, planned: int | None) -> None:
        if not wish.quiet:
            terminal.remark(_stored(stored, planned))

    how = {"engine": wish.engine, "workers": wish.workers, "client": wish.dask}
    return {**how, "store": wish.runs, "resumed": resumed}


def _stored(stored: int, planned: int | None) -> str:
    """What the store saves.

    >>> _stored(88, 100)
    '88 of 100 replications already stored, running 12'
    """
    if planned is None:
        return f"{stored} replications already stored"
    running = f"running {planned - stored}" if stored < planned else "nothing to run"
    return f"{stored} of {planned} replications already stored, {running}"


def deliver(value: Study | Result, wish: Wish, seconds: float) -> int:
    """Print the result, write the files, say what was written and what to do next; returns the exit code."""
    study = study_of(value)
    terminal.show(rendered(study, wish.format))
    written = ""
    if wish.out is not None:
        from ..report.files import write_study

        with terminal.progress("drawing", wish.quiet) as progress:
            names = write_study(study, wish.out, progress=progress)
        written = f", wrote {len(names)} files to {wish.out}"
    if beside := write_beside(study, wish.beside, wish.gate):
        written += f"{' and' if written else ', wrote'} {' and '.join(beside)}"
    if study.interrupted:
        done = sum(part.finished for part in study.completeness)
        planned = sum(part.planned for part in study.completeness)
        complain(f"interrupted: {done} of {planned} replications had finished, this is their result{written}")
        complain(f"next: {how_to_go_on(wish)}")
        return INTERRUPTED
    if study.provenance.deaths and not wish.quiet:
        terminal.remark(ended(study.provenance.deaths))
    terminal.close(f"done in {terminal.elapsed(seconds)}{written}", next_step(study, wish), wish.quiet)
    return study.exit_code(wish.gate)


def ended(deaths: int) -> str:
    """That workers died, and what came of it."""
    if deaths == 1:
        return "1 worker process ended from outside; what it was at was run again"
    return f"{deaths} worker processes ended from outside; what they were at was run again"


def how_to_go_on(wish: Wish) -> str:
    """What to type after an interruption."""
    if wish.runs is None:
        return f"run all of it with `{typed()}`, or add -o DIR and nothing is lost the next time"
    return f"go on from here with `{typed()}`: what had finished is in {wish.runs}"


def rendered(study: Study, form: str) -> str:
    """The study in one of the formats."""
    if form == "json":
        from ..report.export import to_json

        return to_json(study.to_lazy_dict())
    if form == "csv":
        from ..report.export import to_csv

        return to_csv(study)
    if form == "openmetrics":
        from ..report.openmetrics import to_openmetrics

        return to_openmetrics(study)
    from .. import report

    return report.to_markdown(study) if form == "markdown" else report.to_text(study)


def next_step(study: Study, wish: Wish) -> str:
    """One useful thing to do now."""
    untold = [
        verdict.more_replications
        for verdict in study.targets
        if verdict.status == "cannot tell" and wish.gate in (None, verdict.setting)
    ]
    more = max((count for count in untold if count is not None), default=0)
    if 0 < more <= 100_000:
        return f"--replications {_round_up(study.replications + more)} would tell what cannot be told yet"
    if study.replications == 1:
        return "--replications 10, for intervals"
    if wish.out is not None:
        several = len(study.profiles) > 1
        return f"open {wish.out}/{'answer.md' if several else 'memory.svg'}"
    return f"add -o reports/{'-'.join(study.name.split())} to keep the figures and draw charts"


def _round_up(count: int) -> int:
    """To two significant figures, upwards: a rough number should look like one."""
    step: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // step) * step
