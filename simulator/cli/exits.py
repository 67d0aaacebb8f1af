"""Exit codes, and what every way of failing says.

0 done, targets met · 1 a target is missed · 2 what was typed or configured is wrong · 3 cannot tell yet ·
70 a bug · 130 interrupted. A bug, and only a bug, shows a traceback.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

DONE, MISSED, WRONG, CANNOT_TELL, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130


class UsageError(Exception):
    """Something typed that cannot be done; the message says what to type instead. Exit code 2."""


def suggestion(word: str, known: Sequence[str]) -> str:
    """` · did you mean X?` when a known word is near, else nothing."""
    from ..units import closest

    near = closest(word, list(known))
    return f" · did you mean {near}?" if near else ""


def guarded(command: Callable[..., int]) -> Callable[..., int]:
    """Turn everything that a command can raise into its message on stderr and its exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> int:
        remember_runs(None)
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt as interrupt:
            # `execute` knows that no run had finished; elsewhere a trace, a log or a chart was cut short
            unfinished, sooner = interrupt.args or ("it was not done", "")
            complain(f"interrupted: {unfinished}")
            if _runs:
                complain(f"single runs that had ended are in {_runs[0]}, and will not run again")
            complain(f"next: start again with `{typed()}`{sooner}")
            return INTERRUPTED
        except BrokenPipeError:
            swallow_broken_pipe()
            return DONE
        except Exception as error:
            return report_failure(error)

    return run


def report_failure(error: Exception) -> int:
    """Say what went wrong: what the user can mend plainly, anything else as a bug with its traceback."""
    from ..problems import ConfigError

    if isinstance(error, ConfigError):
        complain(str(error))
        return WRONG
    if isinstance(error, UsageError):
        complain(f"error: {error}")
        return WRONG
    if isinstance(error, OSError) and error.filename is not None:
        complain(f"error: {error.filename}: {(error.strerror or str(error)).lower()}")
        return WRONG
    complain(f"internal error, please report it: {identity()}")
    traceback.print_exception(error)
    return BUG


_seeds: list[int] = []


def remember_seed(seed: int) -> None:
    """Keep the seed that is about to be used, for the report of a bug."""
    _seeds[:] = [seed]


_runs: list[Path] = []


def remember_runs(store: Path | None) -> None:
    """Keep where this command keeps its runs, for whoever interrupts it."""
    _runs[:] = [] if store is None else [store]


def identity() -> str:
    """Seed, version and commit: what makes a failure happen again."""
    from .. import __version__
    from ..study.provenance import commit

    parts = [f"seed {_seeds[0]}" if _seeds else "no seed in use yet", f"version {__version__}"]
    found = commit()
    return ", ".join([*parts, f"commit {found}"] if found else parts)


def typed() -> str:
    """The command line as it was typed."""
    import shlex

    return shlex.join(["simulator", *sys.argv[1:]])


def complain(text: str) -> None:
    """A line on stderr; silent when nobody can read it any more."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (BrokenPipeError, ValueError):
        return


def swallow_broken_pipe() -> None:
    """The reader of stdout has gone (`… | head`): let the interpreter's last flush go nowhere."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
