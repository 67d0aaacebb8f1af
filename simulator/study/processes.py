"""Tasks in local processes. A process that is killed costs its task's time, not the study.

Results travel as files. All processes of a pool share one pipe, and one that is killed while it sends would
leave half a message in it, for whose other half the pool would wait for ever. A task's number is short enough
to be written whole or not at all (POSIX: up to PIPE_BUF bytes, at least 512, are written in one piece).
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..problems import Problem, StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

DEATHS_AT_MOST = 3
"""So many in a row, without a task finishing in between, are no accident."""


def pooled(
    tasks: Sequence[Any],
    processes: int,
    how: tuple[Any, ...],
    died: Callable[[str], None],
    work: Callable[..., Any] | None = None,
) -> Generator[Any, None, None]:
    """What `work(task, *how)` returns, by default `run_task`'s runs, for each task as it ends, in any order.

    `died` is told when a process was ended from outside; its task, and the others it took down, run again.
    Raises StudyError E304 when that goes on.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    from .execution import run_task

    waiting = dict(enumerate(tasks))
    deaths = 0
    while waiting:
        try:
            for place, runs in _one_pool(waiting, processes, how, work or run_task):
                del waiting[place]
                deaths = 0
                yield runs
        except BrokenProcessPool as error:
            deaths += 1
            died(str(error))
            if deaths >= DEATHS_AT_MOST:
                raise _keeps_dying() from None


def _run_in_process(
    folder: str, place: int, task: Any, how: tuple[Any, ...], work: Callable[..., Any], parent: int
) -> int:
    _end_with(parent)
    # Ctrl-C reaches the whole process group; only the parent decides what it means
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    Path(folder, str(place)).write_bytes(pickle.dumps(work(task, *how)))
    return place


@cache
def _end_with(parent: int) -> None:
    """Do not outlive a parent that was killed: the pool's own processes would wait for minutes."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _one_pool(
    tasks: Mapping[int, Any], processes: int, how: tuple[Any, ...], work: Callable[..., Any]
) -> Generator[tuple[int, Any], None, None]:
    import joblib
    from joblib.externals.loky import get_reusable_executor

    pool = joblib.Parallel(n_jobs=processes, backend="loky", batch_size=1, return_as="generator_unordered")
    with TemporaryDirectory(prefix="simulator-") as folder:
        results = pool(
            joblib.delayed(_run_in_process)(folder, place, task, how, work, os.getpid())
            for place, task in list(tasks.items())
        )
        try:
            for place in results:
                file = Path(folder, str(place))
                runs = pickle.loads(file.read_bytes())
                file.unlink()
                yield place, runs
        except (GeneratorExit, KeyboardInterrupt):
            # nobody waits for what the processes are at: do not leave them working
            with warnings.catch_warnings(), _deaf():
                warnings.simplefilter("ignore", UserWarning)
                results.close()
                get_reusable_executor().shutdown(wait=True, kill_workers=True)
            raise


@contextmanager
def _deaf() -> Iterator[None]:
    """An impatient second Ctrl-C must not stop the ending of processes halfway."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _keeps_dying() -> StudyError:
    message = f"worker processes were ended from outside {DEATHS_AT_MOST} times in a row"
    advice = (
        "most likely memory ran out: type the same again with --workers 1, or half as many",
        "with -o DIR or --store FILE what has finished is kept, and only the rest runs",
    )
    return StudyError([Problem("E304", message, help=advice)])
