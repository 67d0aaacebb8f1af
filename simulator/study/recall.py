"""A study from the folder that it was written to: the experiment again, with what was asked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..config.recipe import follow
from ..problems import ConfigError, StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config import Experiment

RECORD, RUNS, RESULTS = "provenance.json", "runs.sqlite", "results.json"


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a folder says of its study. `store` is where its runs are kept (None: they run again)."""

    folder: Path
    experiment: Experiment
    replications: int
    seed: int
    design: str | None
    store: Path | None


def recall(folder: Path) -> Recalled:
    """Read a study's folder.

    The config is taken as it was composed then, from the record: the file may have changed since.

    Raises:
        StudyError: E305 when the folder holds no study, E306 when its record is damaged.
        ConfigError: the recorded config is not one for this version.
    """
    record = _record(folder)
    try:
        asked, recipe = dict(record["arguments"]), record["recipe"]
        replications, seed, config = int(record["replications"]), int(record["seed"]), str(record["config"])
        if not recipe:
            how = f"it holds one setting, run by itself: type `simulator report {config or 'CONFIG'}`"
            raise StudyError.of(
                "E305", "this folder holds no study that can be drawn again", str(folder), how
            )
        if "cheapest" in asked:
            said = "this folder holds a search for the cheapest value, which has no page"
            advice = f"open {folder / 'answer.md'}, or make a page of its config"
            raise StudyError.of("E305", said, str(folder), advice)
        experiment = follow(recipe)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise _damaged(folder, f"{error} is missing or no value" if error.args else "") from None
    store = folder / RUNS
    return Recalled(
        folder,
        replace(experiment, path=config, asked=asked),
        replications,
        seed,
        asked.get("design"),
        store if store.exists() else None,
    )


def _record(folder: Path) -> Mapping[str, Any]:
    path = folder / RECORD
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        advice = "name a config, or a folder that compare, study or report wrote with -o"
        raise StudyError.of("E305", f"no study is here: {RECORD} is missing", str(folder), advice) from None
    except UnicodeDecodeError:
        raise _damaged(folder, "it is not text") from None
    try:
        record = json.loads(text)
    except ValueError as error:
        raise _damaged(folder, str(error)) from None
    if not isinstance(record, dict):
        raise _damaged(folder, "it is no record")
    return record


def _damaged(folder: Path, how: str) -> StudyError:
    said = f"the record of this study is damaged: {how}" if how else "the record of this study is damaged"
    advice = "make the study again from its config; runs that are stored beside it need not run again"
    return StudyError.of("E306", said, str(folder / RECORD), advice)


def results_differ(folder: Path, results: bytes) -> bool:
    """Whether a folder's results are there and are not these: damaged, or made by another version."""
    path = folder / RESULTS
    return path.exists() and path.read_bytes() != results
