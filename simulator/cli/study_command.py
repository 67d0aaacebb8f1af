"""simulator study: the whole plan of a config, with effects and rankings; or the cheapest value of a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .compare import keep_settings
from .exits import complain
from .study import Wish, deliver, execute, prepare, scale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run_study(config: Path, wanted: Sequence[str], profile: str | None, design: str, wish: Wish) -> int:
    """Run every setting in every cell of the design and print the answer."""
    from ..config import load_experiment
    from ..study import compare
    from ..study.designs import design_of

    experiment = keep_settings(
        load_experiment(config, set=wish.set, profile=profile, design=design_of(design), ranked=True), wanted
    )
    prepare(experiment, experiment.settings, wish)
    if len(experiment.settings) == 1 and not wish.quiet:
        complain(f"note: {experiment.path} has one setting · give it `settings:` or a `grid:`")
    study, seconds = execute(
        wish,
        experiment.name,
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
