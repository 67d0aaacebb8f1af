"""The same tasks on a Dask cluster: any number of machines, the same results.

Tasks go out a few per thread at a time, so that neither the scheduler nor Ctrl-C has thousands to deal with.
When a worker dies, Dask gives its tasks to others. Workers must have this very version of the simulator; each
task says which one it expects.
"""

from __future__ import annotations

import logging
import threading
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
GRACE_S = 5
"""So much longer than its time-out may Dask take to say that nobody answers."""
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
        with self._answering():
            found = client.run(made_by, on_error="return")
        # one that dies while it is asked is no worker any more
        answered = {worker: code for worker, code in found.items() if not isinstance(code, OSError)}
        others = {worker: code for worker, code in answered.items() if code != made_by()}
        if others:
            raise _other_code(address, others)

    def await_workers(self, count: int) -> None:
        """Wait for so many workers. Raises StudyError E311 when there are none, or nobody answers."""
        advice = f"start one: dask worker {self.address} --nthreads 1"
        with self._answering():
            try:
                self._client.wait_for_workers(count, timeout=TIMEOUT_S)
            except TimeoutError:
                raise StudyError.of(
                    "E311", "this Dask scheduler has no workers", self.address, advice
                ) from None

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn what Dask raises when nobody answers into what the user can do about it."""
        from concurrent.futures import CancelledError

        try:
            yield
        except (CancelledError, OSError, TimeoutError):  # Dask's CommClosedError is an OSError
            raise self._gone("this Dask cluster does not answer any more") from None

    def threads(self) -> int:
        """How many tasks run there at once."""
        return max(sum(int(threads) for threads in self._client.nthreads().values()), 1)

    def run(
        self, tasks: Sequence[Task], how: tuple[Any, ...]
    ) -> Generator[Mapping[Key, Reduction], None, None]:
        """The runs of each task as it ends, in any order; `how` are `run_task`'s other arguments.

        Raises StudyError: E304 when a task's workers keep dying, E311 when the cluster is gone, E312.
        """
        from distributed import KilledWorker, wait

        waiting = iter(tasks)
        running: set[Any] = set()
        alone_s = 0
        try:
            while True:
                with self._answering():
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
                    ended = [_result(future, self.address) for future in done]
                yield from ended
        except KilledWorker as error:
            advice = "most likely memory ran out: give each worker more, or run fewer of them on a machine"
            message = f"worker processes of this cluster keep dying: {error.last_worker.address} was the last"
            raise StudyError.of("E304", message, self.address, advice) from None
        finally:
            if self._client.status == "running":
                self._client.cancel(list(running), force=True)

    def _gone(self, what: str) -> StudyError:
        advice = "see to the cluster, then type the same again: with -o or --store what has finished is kept"
        return StudyError.of("E311", what, self.address, advice)


def _result(future: Any, address: str) -> Mapping[Key, Reduction]:
    """What a task gave. Raises what it raised; StudyError E314 when that was a file missing on a worker."""
    error = future.exception(timeout=PATIENCE_S) if future.status == "error" else None
    if isinstance(error, OSError) and error.filename is not None:
        message = f"a worker of this cluster cannot read {error.filename}: {(error.strerror or '').lower()}"
        advice = "copy the file there, to the same path on every worker"
        raise StudyError.of("E314", message, address, advice) from None
    runs: Mapping[Key, Reduction] = future.result(timeout=PATIENCE_S)
    return runs


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
        import distributed  # noqa: F401
    except ImportError:
        advice = "type pip install 'simulator[dask]'"
        raise StudyError.of("E313", "Dask is not installed here", where, advice) from None
    # what goes wrong is said once, in the user's words
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    client = _client(where)
    try:
        yield Cluster(client, where)
    finally:
        client.close(timeout=TIMEOUT_S)


def _client(where: str) -> Client:
    """A connection to the scheduler at an address. Raises StudyError E311 when there is none.

    In a thread of its own: what listens there may be something else, for which Dask waits without end.
    """
    from concurrent.futures import Future

    from distributed import Client
    from distributed.comm.addressing import parse_address, parse_host_port

    advice = "an address looks like tcp://10.0.0.5:8786; the scheduler prints its own when it starts"
    try:
        scheme, rest = parse_address(where)
        if scheme not in ("tcp", "tls", "ws", "wss"):
            raise ValueError(f"`{scheme}` is no way to reach one")
        parse_host_port(rest)
    except ValueError as error:
        message = f"this is no address of a Dask scheduler: {error}"
        raise StudyError.of("E311", message, where, advice) from None
    made: Future[Client] = Future()

    def connect() -> None:
        try:
            made.set_result(Client(where, timeout=TIMEOUT_S, set_as_default=False))
        except BaseException as error:
            made.set_exception(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        return made.result(timeout=TIMEOUT_S + GRACE_S)
    except (OSError, TimeoutError):
        message = f"no Dask scheduler answers within {TIMEOUT_S} s"
    except Exception as error:  # a scheme that needs certificates or a package, a peer of another kind: many
        message = f"no Dask scheduler can be reached there: {error}"
    raise StudyError.of("E311", message, where, advice)


def _other_code(address: str, others: Mapping[str, object]) -> StudyError:
    first, code = next(iter(others.items()))
    how = f"version {code}" if isinstance(code, str) else f"{type(code).__name__}: {code}"
    message = f"{len(others)} of the Dask workers, such as {first}, cannot run this simulator ({how})"
    advice = f"install this very version there, with its pins (here it is version {made_by()})"
    return StudyError.of("E312", message, address, advice)
