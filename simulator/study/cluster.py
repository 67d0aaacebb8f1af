"""The same tasks on a Dask cluster: any number of machines, the same results.

Tasks go out a few per thread at a time, so that neither the scheduler nor Ctrl-C has thousands to deal with.
When a worker dies, Dask gives its tasks to others. Workers must have this very version of the simulator; each
task says which one it expects.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..problems import StudyError
from .packing import made_by

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from distributed import Client

    from .execution import Key, Task
    from .reduction import Reduction

TIMEOUT_S = 10
PATIENCE_S = 60
"""So long may a study wait for a worker when all have gone."""
TASKS_PER_THREAD = 2


class Cluster:
    """A cluster that answers, and whose workers run this version."""

    def __init__(self, client: Client, address: str) -> None:
        """Check the workers. Raises StudyError: E311 when there is none, E312 when one has other code."""
        self._client = client
        self.address = address
        self.await_workers(1)
        found = client.run(made_by, on_error="return")
        # one that dies while it is asked is no worker any more
        answered = {worker: code for worker, code in found.items() if not isinstance(code, OSError)}
        others = {worker: code for worker, code in answered.items() if code != made_by()}
        if others:
            raise _other_code(address, others)

    def await_workers(self, count: int) -> None:
        """Wait for so many workers. Raises StudyError E311 when there are none."""
        try:
            self._client.wait_for_workers(count, timeout=TIMEOUT_S)
        except TimeoutError:
            advice = f"start one: dask worker {self.address} --nthreads 1"
            raise StudyError.of("E311", "this Dask scheduler has no workers", self.address, advice) from None

    def threads(self) -> int:
        """How many tasks run there at once."""
        return max(sum(int(threads) for threads in self._client.nthreads().values()), 1)

    def run(
        self, tasks: Sequence[Task], how: tuple[Any, ...]
    ) -> Generator[Mapping[Key, Reduction], None, None]:
        """The runs of each task as it ends, in any order; `how` are `run_task`'s other arguments.

        Raises StudyError: E304 when a task's workers keep dying, E311 when the cluster is gone, E312.
        """
        from concurrent.futures import CancelledError

        from distributed import KilledWorker, wait
        from distributed.comm import CommClosedError

        waiting = iter(tasks)
        running: set[Any] = set()
        alone_s = 0
        try:
            while True:
                room = TASKS_PER_THREAD * self.threads() - len(running)
                for _, task in zip(range(room), waiting, strict=False):
                    running.add(self._client.submit(_run_there, task, how, made_by(), pure=False))
                if not running:
                    return
                try:
                    with self._client.as_current():
                        done, running = wait(running, timeout=TIMEOUT_S, return_when="FIRST_COMPLETED")
                except TimeoutError:
                    alone_s = 0 if self._client.nthreads() else alone_s + TIMEOUT_S
                    if alone_s >= PATIENCE_S:
                        raise self._gone("all workers of this cluster have gone") from None
                    continue
                for future in done:
                    yield future.result(timeout=PATIENCE_S)
        except KilledWorker as error:
            advice = "most likely memory ran out: give each worker more, or run fewer of them on a machine"
            message = f"worker processes of this cluster keep dying: {error.last_worker.address} was the last"
            raise StudyError.of("E304", message, self.address, advice) from None
        except (CancelledError, CommClosedError, OSError, TimeoutError):
            raise self._gone("this Dask cluster does not answer any more") from None
        finally:
            if self._client.status == "running":
                self._client.cancel(list(running), force=True)

    def _gone(self, what: str) -> StudyError:
        advice = "see to the cluster, then type the same again: with -o or --store what has finished is kept"
        return StudyError.of("E311", what, self.address, advice)


def _run_there(task: Task, how: tuple[Any, ...], code: str) -> Mapping[Key, Reduction]:
    from .execution import run_task

    if made_by() != code:  # a worker that has joined meanwhile
        raise _other_code("", {"a worker that joined": made_by()})
    return run_task(task, *how)


@contextmanager
def connected(where: str | Client | None) -> Iterator[Cluster | None]:
    """The cluster at an address, or behind a client; closes only what it opened. None stays None.

    Raises StudyError: E311 when nobody answers, E312 when workers have other code, E313 without Dask.
    """
    if where is None:
        yield None
        return
    if not isinstance(where, str):
        yield Cluster(where, where.scheduler.address)
        return
    try:
        from distributed import Client
        from distributed.comm.addressing import parse_address, parse_host_port
    except ImportError:
        advice = "type pip install 'simulator[dask]'"
        raise StudyError.of("E313", "Dask is not installed here", where, advice) from None
    # what goes wrong is said once, in the user's words
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    advice = "an address looks like tcp://10.0.0.5:8786; the scheduler prints its own when it starts"
    try:
        parse_host_port(parse_address(where)[1])
    except ValueError as error:
        message = f"this is no address of a Dask scheduler: {error}"
        raise StudyError.of("E311", message, where, advice) from None
    try:
        client = Client(where, timeout=TIMEOUT_S, set_as_default=False)
    except (OSError, TimeoutError):
        message = f"no Dask scheduler answers within {TIMEOUT_S} s"
        raise StudyError.of("E311", message, where, advice) from None
    try:
        yield Cluster(client, where)
    finally:
        client.close(timeout=TIMEOUT_S)


def _other_code(address: str, others: Mapping[str, object]) -> StudyError:
    first, code = next(iter(others.items()))
    how = f"version {code}" if isinstance(code, str) else f"{type(code).__name__}: {code}"
    message = f"{len(others)} of the Dask workers, such as {first}, cannot run this simulator ({how})"
    advice = f"install this very version there, with its pins (here it is version {made_by()})"
    return StudyError.of("E312", message, address, advice)
