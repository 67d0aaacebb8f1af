"""Inputs that are not known exactly: a calibrated config and its draws, as files have them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from ..problems import ConfigError, Place, Problem
from .files import compose, shown_path
from .tree import values

CALIBRATE = "simulator calibrate LOG… -o DIR writes both"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Values by dotted path: as they probably are, and draws of what they may be as well.

    `file` is the name of the draws' file, without its folder.
    """

    file: str
    point: Mapping[str, Any]
    draws: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, from which `of_dict` makes the same."""
        return {"file": self.file, "point": dict(self.point), "draws": [dict(each) for each in self.draws]}

    @classmethod
    def of_dict(cls, plain: Mapping[str, Any]) -> "Inputs":
        """Inputs from what `to_dict` gave."""
        return cls(plain["file"], plain["point"], tuple(plain["draws"]))


def read_inputs(path: str | PathLike[str]) -> Inputs:
    """A config that `calibrate` wrote, and its draws beside it (`NAME.draws.jsonl`).

    Raises:
        ConfigError: E129 when draws cannot be read, are fewer than two, or do not belong to the config; as
            `compose` for the config.
    """
    config = Path(path)
    plain = values(compose(config))
    beside = config.with_suffix(".draws.jsonl")
    shown = shown_path(beside)
    try:
        lines = beside.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "not UTF-8"
        raise wrong(shown, 0, f"no draws beside {config.name}: {why}", CALIBRATE) from None
    draws: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            draw = json.loads(line)
        except ValueError as error:
            raise wrong(shown, number, f"not JSON: {error}", CALIBRATE) from None
        if not isinstance(draw, dict):
            raise wrong(shown, number, "a draw is a map of dotted paths to values", CALIBRATE)
        if draws and draw.keys() != draws[0].keys():
            other = sorted(draw.keys() ^ draws[0].keys())[0]
            raise wrong(shown, number, f"not every draw has `{other}`", CALIBRATE)
        draws.append(draw)
    if len(draws) < 2:
        count = f"{len(draws)} draw{'s' * (len(draws) != 1)}"
        raise wrong(shown, 0, f"{count} cannot tell how uncertain inputs are", "calibrate with --draws 200")
    missing = [path for path in draws[0] if _at(plain, path) is None]
    if missing:
        message = (
            f"the draws have `{missing[0]}`, which {config.name} has not: they are of another calibration"
        )
        raise wrong(shown, 1, message, CALIBRATE)
    return Inputs(beside.name, {path: _at(plain, path) for path in draws[0]}, tuple(draws))


def _at(plain: Mapping[str, Any], path: str) -> Any:
    part: Any = plain
    for key in path.split("."):
        part = part.get(key) if isinstance(part, Mapping) else None
    return part


def wrong(file: str, line: int, message: str, *advice: str) -> ConfigError:
    """The error E129 at a line of the draws' file (0: no line)."""
    return ConfigError([Problem("E129", message, Place(file=file, line=line), advice)], file)


def draws_for(replications: int, draws: Sequence[Any]) -> int:
    """How many draws are used: as many as can have the same number of replications, two at least, each.

    Raises:
        ConfigError: E129 when no number of draws divides the replications.

    >>> draws_for(100, range(200)), draws_for(100, range(30)), draws_for(9, range(200))
    (50, 25, 3)
    """
    for count in range(min(len(draws), replications // 2), 1, -1):
        if replications % count == 0:
            return count
    message = f"{replications} replications cannot be divided over draws, two or more each"
    raise wrong("", 0, message, "--replications takes 4, 6, 8 … with --inputs; 100 are better")
