"""Files that commands write beside the answer, each by an option of its own: JUnit, Parquet, OpenMetrics.

What can be refused is refused before anything runs. Each file appears whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .exits import UsageError
from .folders import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..study import Study


@dataclass(frozen=True, slots=True)
class Beside:
    """The files that are wanted, as the options were typed. `start` is when `over_time` begins."""

    junit: Path | None = None
    parquet: Path | None = None
    over_time: Path | None = None
    start: str | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The wanted files by their options."""
        named = {"--junit": self.junit, "--parquet": self.parquet, "--openmetrics": self.over_time}
        return {option: path for option, path in named.items() if path is not None}


def prepare_beside(beside: Beside) -> None:
    """Refuse what cannot be written; make the files' folders."""
    if beside.start is not None and beside.over_time is None:
        raise UsageError("--openmetrics-start says when --openmetrics FILE begins · add --openmetrics FILE")
    start_seconds(beside.start)
    if beside.parquet is not None and find_spec("pyarrow") is None:
        raise UsageError("--parquet: pyarrow is not installed here · type pip install 'simulator[parquet]'")
    for option, path in beside.files.items():
        if path.is_dir():
            raise UsageError(f"{option} {path}: this is a folder · name a file in it")
        make_folder(path.parent, option)


def start_seconds(start: str | None) -> float:
    """The start of simulated time in seconds of Unix time; 0 when nothing is said.

    >>> start_seconds("2026-01-05T08:00:00+08:00") == start_seconds("2026-01-05") == 1_767_571_200
    True
    """
    if start is None:
        return 0.0
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        how = "takes a date and time such as 2026-01-05T08:00:00Z"
        raise UsageError(f"--openmetrics-start: {how}, not `{start}`") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def write_beside(study: Study, beside: Beside, gate: str | None) -> list[str]:
    """Write the wanted files; their names."""
    from ..report.files import write_pieces

    def junit() -> Iterator[bytes]:
        from ..report.junit import to_junit

        yield to_junit(study, gate)

    def parquet() -> Iterator[bytes]:
        from ..report.export import to_parquet

        yield to_parquet(study)

    def over_time() -> Iterator[bytes]:
        from ..report.openmetrics import over_time

        for piece in over_time(study.settings[0], start_seconds(beside.start)):
            yield piece.encode()

    contents: dict[str, Callable[[], Iterator[bytes]]] = {
        "--junit": junit,
        "--parquet": parquet,
        "--openmetrics": over_time,
    }
    for option, path in beside.files.items():
        write_pieces(path, contents[option]())
    return [str(path) for path in beside.files.values()]
