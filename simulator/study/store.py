"""Runs on disk: one SQLite file per study, so that what has run need not run again.

A run is filed under everything it depends on: the scenario, the seed, the replication, and the source code
and NumPy that made it. The number of replications is no part of that, so asking for more of them runs only
what is missing; editing one setting runs only that setting. Runs of other code stay in the file, unused.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zlib
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import Timeline
from .provenance import canonical
from .reduction import Reduction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from ..config import Scenario
    from .execution import Key

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    made_by TEXT NOT NULL, scenario TEXT NOT NULL, seed INTEGER NOT NULL, replication INTEGER NOT NULL,
    run BLOB NOT NULL,
    PRIMARY KEY (made_by, scenario, seed, replication)
) WITHOUT ROWID
"""
ROOMS_THAT_MAKE_RUNS = ("config", "workload", "model", "engine", "statistics")
# what a scenario says about the study around it, and not about a run
NOT_THE_RUN = ("name", "replications", "seed", "targets")


@cache
def made_by() -> str:
    """Fingerprint of the code that runs depend on: the rooms' sources and NumPy's version."""
    root = Path(__file__).resolve().parents[1]
    hashed = blake2b(np.__version__.encode(), digest_size=12)
    for room in ROOMS_THAT_MAKE_RUNS:
        for source in sorted((root / room).rglob("*.py")):
            hashed.update(source.relative_to(root).as_posix().encode())
            hashed.update(source.read_bytes())
    return hashed.hexdigest()


def run_digest(scenario: Scenario) -> str:
    """Fingerprint of what a run of this scenario depends on besides seed and replication."""
    parts = {name: getattr(scenario, name) for name in type(scenario).model_fields if name not in NOT_THE_RUN}
    return blake2b(canonical(parts).encode(), digest_size=16).hexdigest()


class RunStore:
    """Finished runs in a SQLite file; a context manager. Written after every task: Ctrl-C loses nothing."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file, or start it (its folders too)."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.execute(SCHEMA)

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def known(
        self, scenarios: Sequence[Scenario], replications: int, seed: int, *, timelines: bool = True
    ) -> dict[Key, Reduction]:
        """Stored runs by case index and replication; with `timelines`, only those that kept one."""
        found: dict[Key, Reduction] = {}
        query = (
            "SELECT replication, run FROM runs "
            "WHERE made_by = ? AND scenario = ? AND seed = ? AND replication < ?"
        )
        for index, scenario in enumerate(scenarios):
            wanted = (made_by(), run_digest(scenario), seed, replications)
            for replication, packed in self._connection.execute(query, wanted):
                run = unpack(packed)
                if run.timeline is not None or not timelines:
                    found[index, replication] = run
        return found

    def keep(self, runs: Mapping[Key, Reduction], scenarios: Sequence[Scenario], seed: int) -> None:
        """Store runs at once."""
        rows = [
            (made_by(), run_digest(scenarios[index]), seed, replication, pack(run))
            for (index, replication), run in runs.items()
        ]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", rows)


def pack(run: Reduction) -> bytes:
    """A run as bytes: JSON for the numbers, NumPy's own format for the timeline."""
    numbers = {"kpis": run.kpis, "stores": run.stores, "rooms": run.rooms, "digest": run.digest}
    head: dict[str, Any] = {"numbers": numbers, "store_names": None}
    body = io.BytesIO()
    if run.timeline is not None:
        head["store_names"] = run.timeline.store_names
        arrays = {name: getattr(run.timeline, name) for name in _array_names()}
        np.savez(body, **arrays)
    text = json.dumps(head).encode()
    return zlib.compress(len(text).to_bytes(4, "big") + text + body.getvalue(), level=6)


def unpack(packed: bytes) -> Reduction:
    """The run that `pack` wrote."""
    raw = zlib.decompress(packed)
    size = int.from_bytes(raw[:4], "big")
    head = json.loads(raw[4 : 4 + size])
    timeline = None
    if head["store_names"] is not None:
        with np.load(io.BytesIO(raw[4 + size :]), allow_pickle=False) as arrays:
            timeline = Timeline(
                store_names=tuple(head["store_names"]), **{name: arrays[name] for name in _array_names()}
            )
    return Reduction(**head["numbers"], timeline=timeline)


def _array_names() -> list[str]:
    return [name for name in Timeline.__dataclass_fields__ if name != "store_names"]
