"""What the reader of a terminal sees besides the result: colour, progress, warnings and the closing line.

The result goes to stdout, everything here to stderr, so that a pipe carries the result and nothing else.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from .exits import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..problems import Problem

_COLOURS = {"✓": "32", "✗": "31", "?": "33"}
_DIM, _BOLD, _RESET = "\x1b[2m", "\x1b[1m", "\x1b[0m"


def has_colour(stream: IO[str]) -> bool:
    """Whether to colour a stream: a terminal that is not dumb, and no NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str) -> str:
    """Colour the marks and dim the intervals of a screen; the words say the same without."""
    text = re.sub(r"(?m)(^ *|  )([✓✗?])(?= )", lambda m: f"{m[1]}\x1b[{_COLOURS[m[2]]}m{m[2]}{_RESET}", text)
    text = re.sub(r"\[[^\[\]\n]*\d[^\[\]\n]*\]", lambda found: f"{_DIM}{found[0]}{_RESET}", text)
    return re.sub(r"(?m)^(── .*|\S.* · seed \d+)$", lambda found: f"{_BOLD}{found[0]}{_RESET}", text)


def show(text: str) -> None:
    """Write the result to stdout, coloured on a terminal."""
    sys.stdout.write((paint(text) if has_colour(sys.stdout) else text).rstrip("\n") + "\n")
    sys.stdout.flush()


def warn(problems: Sequence[Problem]) -> None:
    """Print warnings, each with its place."""
    from ..problems import render_problem

    for problem in problems:
        complain(render_problem(problem) + "\n")


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr, when it is a terminal; yields what to call with runs done and planned."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("runs{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")

        def advance(done: int, planned: int) -> None:
            bar.update(task, completed=done, total=planned)
            if speed := bar.tasks[0].speed:  # of the last half a minute
                bar.update(task, rate=f", {speed:,.{int(speed < 10)}f}/s")

        yield advance


def remark(text: str) -> None:
    """Say on stderr what the reader would wonder about."""
    print(text, file=sys.stderr, flush=True)


def close(done: str, next_step: str, quiet: bool) -> None:
    """The last words, on stderr: what was done or written, and one useful next step."""
    if not quiet:
        complain(
            f"{done} · next: {next_step}" if len(done) + len(next_step) < 66 else f"{done}\nnext: {next_step}"
        )


def elapsed(seconds: float) -> str:
    """A duration as a reader says it: `0.8 s`, `41 s`, `3 min 20 s`.

    >>> elapsed(0.84), elapsed(41.2), elapsed(200)
    ('0.8 s', '41 s', '3 min 20 s')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
