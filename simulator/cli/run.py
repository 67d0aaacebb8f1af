"""simulator run: one setting of one config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .study import Wish, deliver, execute, prepare, scale

if TYPE_CHECKING:
    from pathlib import Path


def run_setting(config: Path, setting: str | None, profile: str | None, wish: Wish) -> int:
    """Run the named setting and profile, or the first of each, and print the answer."""
    from ..config import load_experiment
    from ..study import run

    experiment = load_experiment(config, set=wish.set, setting=setting, profile=profile)
    case = experiment.cases[0]
    prepare(experiment, [case.setting], wish)
    result, seconds = execute(
        wish,
        case.setting,
        lambda progress: run(
            case.scenario,
            replications=wish.replications,
            seed=wish.seed,
            progress=progress,
            **scale(wish),
            setting=case.setting,
            profile=case.profile,
            config=str(config),
        ),
    )
    return deliver(result, wish, seconds)
