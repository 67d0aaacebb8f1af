"""kill -9 at random instants: `python -m benchmarks.killed [--instants 20] [--write]`.

A small study is run once undisturbed. Then a process is killed at instants drawn uniformly over the time that
takes: the study's own process (which is then started again, as one would), one of two local worker processes,
one of two workers of a Dask cluster. Every time the result files must be the same bytes. The seed of the
instants was fixed before the first run. Exit code 1 when a file differs.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.export import to_csv, to_json
from simulator.report.screen import markdown
from simulator.report.theory import beside_markdown
from simulator.study import compare
from simulator.study.cluster import connected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SEED = 20_261
STUDY = {
    "name": "killed",
    "horizon": "4min",
    "replications": 6,
    "nodes": {"count": 1},
    "settings": {
        "as found": {},
        "sweep 30 s": {"nodes.stores.aggregator_states.sweep_every": "30s"},
        "two nodes": {"nodes.count": 2},
    },
    "targets": ["mean jobs_lost_fraction <= 0.1 %"],
}
RUNS = 18
# new processes come from one that has imported everything: time is to be spent on the study, not on imports
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["simulator.study", "simulator.engine.reference", "simulator.report.theory", "distributed"]
)


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: how many runs the store had at that instant, and whether the files were equal in the end."""

    stored: int
    equal: bool


def files(**options: Any) -> dict[str, bytes]:
    """The study's result files."""
    study = compare(STUDY, engine="reference", **options)
    plain = study.to_dict()
    del plain["provenance"]
    texts = {
        "results.json": to_json(plain),
        "results.csv": to_csv(study),
        "answer.md": markdown(study),
        "theory.md": beside_markdown(study),
    }
    return {name: text.encode() for name, text in texts.items()}


def write_files(store: str, out: str) -> None:
    """What a process of its own does: the study, kept in a store, and its files."""
    for name, content in files(workers=1, store=store).items():
        Path(out, name).write_bytes(content)


def instants(count: int, seconds: float, kind: int) -> list[float]:
    """Seconds after the start, uniform over the study's duration."""
    return list(np.random.default_rng([SEED, kind]).uniform(0, seconds, count))


def stored_runs(store: Path) -> int:
    """How many runs a store has."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as connection, suppress(sqlite3.OperationalError):  # no table yet
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    return 0


def kill_main(count: int, folder: Path) -> list[Killed]:
    """Kill the study's own process; start it again."""

    def start(place: str) -> Any:
        (folder / place).mkdir(exist_ok=True)
        arguments = (str(folder / place / "runs.sqlite"), str(folder / place))
        process = processes.Process(target=write_files, args=arguments)
        process.start()
        return process

    def written(place: str) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes() for path in (folder / place).iterdir() if path.suffix != ".sqlite"
        }

    start("warm").join()
    began = time.perf_counter()
    start("undisturbed").join()
    undisturbed, killed = written("undisturbed"), []
    for number, instant in enumerate(instants(count, time.perf_counter() - began, 0)):
        place = f"main-{number}"
        process = start(place)
        time.sleep(instant)
        with suppress(ProcessLookupError):  # it had just ended
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        stored = stored_runs(folder / place / "runs.sqlite")
        process = start(place)
        process.join()
        killed.append(Killed(stored, process.exitcode == 0 and written(place) == undisturbed))
    return killed


def kill_worker(count: int, folder: Path) -> list[Killed]:
    """Kill one of two local worker processes in the middle of a study, which has to go on."""
    undisturbed = files(workers=1)

    def victims() -> Sequence[Any]:
        return [child for child in multiprocessing.active_children() if "Loky" in type(child).__name__]

    return _kill_others(count, folder / "worker", 1, undisturbed, victims, {"workers": 2})


def kill_dask_worker(count: int, folder: Path) -> list[Killed]:
    """Kill one of two Dask workers in the middle of a study; another starts before the next."""
    undisturbed = files(workers=1)
    with _scheduler() as address:
        workers: list[Any] = []

        def victims() -> Sequence[Any]:
            return [worker for worker in workers if worker.is_alive()]

        def two() -> None:
            while len(victims()) < 2:
                workers.append(processes.Process(target=_work_for, args=(address,), daemon=True))
                workers[-1].start()
            with connected(address) as cluster:
                cluster.await_workers(2)

        return _kill_others(count, folder / "dask", 2, undisturbed, victims, {"client": address}, two)


def _kill_others(
    count: int,
    folder: Path,
    kind: int,
    undisturbed: Mapping[str, bytes],
    victims: Callable[[], Sequence[Any]],
    options: Mapping[str, Any],
    before: Callable[[], None] = lambda: None,
) -> list[Killed]:
    folder.mkdir()
    before()
    files(**options)  # processes start
    began = time.perf_counter()
    files(**options)
    killed = []
    chance = np.random.default_rng([SEED, kind, 1])
    for number, instant in enumerate(instants(count, time.perf_counter() - began, kind)):
        store, stored = folder / f"{number}.sqlite", []
        before()

        def kill(store: Path = store, stored: list[int] = stored) -> None:
            while not (found := victims()):  # the pool is just being started
                time.sleep(0.01)
            victim = found[int(chance.integers(len(found)))]
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
            stored.append(stored_runs(store))
            victim.join()

        timer = threading.Timer(instant, kill)
        timer.start()
        equal = files(store=store, **options) == undisturbed
        timer.join()
        killed += [Killed(at, equal) for at in stored]
    return killed


@contextmanager
def _scheduler() -> Iterator[str]:
    ready, address = processes.Queue(), ""
    scheduler = processes.Process(target=_schedule, args=(ready,), daemon=True)
    scheduler.start()
    address = ready.get(timeout=60)
    yield address
    scheduler.kill()
    scheduler.join()


def _schedule(ready: Any) -> None:
    import asyncio

    from distributed import Scheduler

    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    async def serve() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
            ready.put(scheduler.address)
            await scheduler.finished()

    asyncio.run(serve())


def _work_for(address: str) -> None:
    import asyncio

    from distributed import Worker

    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    async def serve() -> None:
        async with Worker(address, nthreads=1, dashboard=False) as worker:
            await worker.finished()

    asyncio.run(serve())


KINDS = {
    "the study's own process": kill_main,
    "a local worker process": kill_worker,
    "a Dask worker": kill_dask_worker,
}


def table(count: int) -> tuple[str, bool]:
    """The table, and whether all files were equal."""
    lines = [f"| killed | instants | runs stored by then, of {RUNS} | same bytes |", "|---|---:|---|---:|"]
    well = True
    for what, kill in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            killed = kill(count, Path(folder))
        stored = sorted(one.stored for one in killed)
        equal = sum(one.equal for one in killed)
        well &= equal == len(killed) == count
        lines.append(f"| {what} | {len(killed)} | {', '.join(map(str, stored))} | {equal} |")
    return "\n".join(lines), well


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instants", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    text, well = table(options.instants)
    print(text)
    if options.write:
        from benchmarks.run import write

        write("killed", text + "\n")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
