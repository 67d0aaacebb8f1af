"""simulator check: validate configs without running them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import terminal
from .exits import DONE, WRONG, complain
from .study import refuse_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..config import Experiment


def check_configs(
    configs: Sequence[Path], changes: Sequence[str], strict: bool, verbose: bool, quiet: bool
) -> int:
    """Check every config, all of its problems at once; facts on stderr with -v or on a terminal.

    One bad config does not hide the next one's problems.
    """
    from ..config import load_experiment
    from ..problems import ConfigError

    wrong = False
    talks = verbose or (sys.stderr.isatty() and not quiet)
    for config in configs:
        try:
            experiment = load_experiment(config, set=changes)
        except ConfigError as error:
            complain(str(error))
            wrong = True
            continue
        refuse_warnings(experiment, strict=strict, quiet=quiet)
        if talks:
            for line in fact_lines(experiment):
                complain(line)
    if wrong:
        return WRONG
    if talks:
        terminal.close("no problems", f"simulator run {configs[0]}", quiet)
    return DONE


def fact_lines(experiment: Experiment) -> list[str]:
    """What the config alone says of each profile's reference: load, largest tables, what only grows.

    Profiles of which the same can be said share a block.
    """
    from shutil import get_terminal_size

    from ..config.facts import facts
    from ..report.format import wrap

    width = min(get_terminal_size((80, 24)).columns, 140)
    blocks: dict[tuple[str, ...], list[str]] = {}
    for profile in experiment.profiles:
        first = next(case for case in experiment.cases if case.profile == profile)
        blocks.setdefault(facts(first.scenario).sentences(), []).append(profile)
    lines = []
    for sentences, profiles in blocks.items():
        heading = " · ".join([experiment.name, *([", ".join(profiles)] if any(profiles) else [])])
        lines += wrap(heading, width, hanging="    ")
        lines += [line for sentence in sentences for line in wrap(sentence, width, "  ", "    ")]
    return lines
