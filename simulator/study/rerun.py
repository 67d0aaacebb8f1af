"""A study again, from its provenance alone: its config may have moved or changed since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config.recipe import follow
from ..problems import StudyError
from .packing import made_by
from .provenance import commit, config_digest, installed_versions, recorded_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..config import Experiment


@dataclass(frozen=True, slots=True)
class Again:
    """What a provenance says to run, and why the results may come out otherwise (in words)."""

    experiment: Experiment
    arguments: Mapping[str, Any]
    seed: int
    notes: tuple[str, ...]


def read_again(folder: Path) -> Again:
    """The study that wrote a folder.

    Raises StudyError E321 when its provenance cannot be read or names no config, ConfigError when this
    version cannot read that config or a file it names is gone.
    """
    path = folder / "provenance.json"
    try:
        plain = json.loads(path.read_text("utf-8"))
    except OSError as error:
        advice = "name the folder of an earlier -o DIR"
        raise StudyError.of(
            "E321", f"no provenance: {(error.strerror or '').lower()}", str(path), advice
        ) from None
    except ValueError as error:
        raise _unreadable(path, f"not JSON: {error}") from None
    if isinstance(plain, dict) and plain.get("recipe") == {}:
        advice = "run it again from Python, or write its config down"
        raise StudyError.of("E321", "this study was made of values in Python", str(path), advice)
    try:
        experiment = follow(plain["recipe"])
        asked = plain["arguments"]
        kept = ("replications", "design", "cheapest", "at_most")
        arguments = {name: asked[name] for name in kept if name in asked}
        return Again(experiment, arguments, plain["seed"], tuple(_notes(plain, experiment)))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path, f"{type(error).__name__} {error}") from None


def _notes(plain: Mapping[str, Any], experiment: Experiment) -> Iterator[str]:
    """What is not as it was."""
    scenarios = [case.scenario for case in experiment.cases]
    if plain["code"] != made_by():
        then, now = (plain["commit"] or plain["code"]), (commit() or made_by())
        yield f"the simulator has changed: {then} then, {now} now"
    versions = installed_versions()
    for name, version in plain["versions"].items():
        if versions.get(name) != version:
            yield f"{name} was {version} and is {versions.get(name, 'not installed')}"
    if config_digest(scenarios) != plain["config_digest"]:
        yield "this version reads the config otherwise"
    files = recorded_files(scenarios)
    for name, digest in plain["files"].items():
        if files.get(name) != digest:
            yield f"{name} has changed"


def differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where two results differ: `path: before → now`, leaf by leaf; lists and maps of other shape as a whole.

    >>> list(differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}))
    ['a[1].b: 2 → 3']
    """
    if isinstance(before, dict) and isinstance(now, dict) and list(before) == list(now):
        for name, value in before.items():
            yield from differences(value, now[name], f"{path}.{name}" if path else str(name))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif before != now or type(before) is not type(now):
        yield f"{path}: {_short(before)} → {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _unreadable(path: Path, why: str) -> StudyError:
    advice = "it was written by another version, or by hand: run the study again from its config"
    return StudyError.of("E321", f"this provenance cannot be followed: {why}", str(path), advice)
