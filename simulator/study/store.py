"""Runs on disk: one SQLite file per study, so that what has run need not run again.

A run is filed under everything it depends on: the scenario, the seed, the replication, and the code that made
it (`packing.made_by`). The number of replications is no part of that, so asking for more of them runs only
what is missing; editing one setting runs only that setting. Runs of other code stay in the file, unused.

Each run is written in a transaction of its own as it ends. The journal is a write-ahead log without a sync
per transaction: a killed process loses nothing that was written, a power cut may lose the last runs but not
the file. Several processes may use one file, on a local disk. Every row carries a checksum, and the pages are
checked when the file is opened: a damaged file is an error (E303), never a source of results, and never
deleted.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from ..problems import StudyError
from .packing import made_by, pack, run_digest, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from ..config import Scenario
    from .execution import Key
    from .reduction import Reduction

APPLICATION = 0x53_49_4D_52  # "SIMR"
VERSION = 1
SCHEMA = """
CREATE TABLE runs (
    scenario TEXT NOT NULL, seed INTEGER NOT NULL, replication INTEGER NOT NULL, made_by TEXT NOT NULL,
    timeline INTEGER NOT NULL, run BLOB NOT NULL, checksum BLOB NOT NULL,
    PRIMARY KEY (scenario, seed, made_by, replication, timeline)
) WITHOUT ROWID
"""
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes runs from whichever process made them; called with runs by case index and replication.

    `digests` are those of the cases. Raises StudyError (E301–E303).
    """

    path: Path
    digests: tuple[str, ...]
    seed: int

    def __call__(self, runs: Mapping[Key, Reduction]) -> None:
        """Store runs in one transaction; those that are there already stay."""
        rows = [
            _row(
                (self.digests[index], self.seed, replication, made_by(), run.timeline is not None), pack(run)
            )
            for (index, replication), run in runs.items()
        ]
        with _reported(self.path), closing(_connection(self.path)) as connection, _transaction(connection):
            connection.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


class RunStore:
    """Finished runs in a SQLite file; a context manager."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open and check the file, or start it (its folders too).

        Raises StudyError: E301 when it cannot be opened, E302 when it is something else, E303 when damaged.
        """
        self.path = Path(path)
        with _reported(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connection(self.path)
            try:
                _prepare(self._connection, self.path)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def keeper(self, scenarios: Sequence[Scenario], seed: int) -> Keeper:
        """What stores runs of these scenarios; it can be sent to other processes."""
        # absolute: a worker process may outlive a change of folder
        return Keeper(self.path.absolute(), tuple(run_digest(scenario) for scenario in scenarios), seed)

    def known(
        self,
        scenarios: Sequence[Scenario],
        replications: int,
        seed: int,
        *,
        drawn: frozenset[int] | None = None,
    ) -> dict[Key, Reduction]:
        """Stored runs by case index and replication; of cases in `drawn` (None: all) those with a timeline.

        Raises StudyError (E303) when a row is not what was written.
        """
        found: dict[Key, Reduction] = {}
        query = (
            "SELECT replication, timeline, run, checksum FROM runs "
            "WHERE scenario = ? AND seed = ? AND made_by = ? AND replication < ? AND timeline >= ?"
        )
        with _reported(self.path):
            for index, scenario in enumerate(scenarios):
                digest = run_digest(scenario)
                with_timeline = drawn is None or index in drawn
                wanted = (digest, seed, made_by(), replications, with_timeline)
                for replication, timeline, packed, checksum in self._connection.execute(query, wanted):
                    row = _row((digest, seed, replication, made_by(), timeline), packed)
                    if row[-1] != checksum:
                        raise _damaged(self.path, f"replication {replication} of a run fails its checksum")
                    run = unpack(packed)
                    found[index, replication] = run if with_timeline else replace(run, timeline=None)
        return found


def _row(key: tuple[str, int, int, str, int], packed: bytes) -> tuple[object, ...]:
    """A row of the table; its checksum covers the key too."""
    scenario, seed, replication, code, timeline = key
    text = f"{scenario} {seed} {replication} {code} {int(timeline)} "
    checksum = blake2b(text.encode() + packed, digest_size=8).digest()
    return scenario, seed, replication, code, int(timeline), packed, checksum


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make an empty file a store; refuse everything that is no sound store of this version."""
    if _pragma(connection, "application_id") != APPLICATION:
        with _transaction(connection):  # another process may be doing the same
            if _pragma(connection, "application_id") != APPLICATION:
                (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                if tables or _pragma(connection, "application_id") or _pragma(connection, "user_version"):
                    raise _not_a_store(path, "a database of another program")
                connection.execute(SCHEMA)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    version = _pragma(connection, "user_version")
    if version != VERSION:
        raise _not_a_store(path, f"a store of version {version}, and this simulator has version {VERSION}")
    for (finding,) in connection.execute("PRAGMA quick_check(1)"):
        if finding != "ok":
            raise _damaged(path, " ".join(str(finding).replace("***", "").split()))
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log. SQLite does not wait for others here, so this does."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into what the user can do about it."""
    try:
        yield
    except OSError as error:
        raise _unusable(
            path, (error.strerror or str(error)).lower(), "name another file with --store"
        ) from None
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF  # the low byte is the kind of error
        if code == sqlite3.SQLITE_NOTADB:
            raise _not_a_store(path, "not an SQLite file") from None
        if code == sqlite3.SQLITE_CORRUPT:
            raise _damaged(path, str(error)) from None
        if code in ADVICE:
            raise _unusable(path, str(error), ADVICE[code]) from None
        raise


ADVICE = {
    sqlite3.SQLITE_BUSY: "another process has kept it locked for a minute: end that one, or wait for it",
    sqlite3.SQLITE_FULL: "make room, then type the same again: what has finished is kept",
    sqlite3.SQLITE_IOERR: "see to the disk, then type the same again: what has finished is kept",
    sqlite3.SQLITE_CANTOPEN: "change the rights of file and folder, or name another file with --store",
    sqlite3.SQLITE_PERM: "change the rights of file and folder, or name another file with --store",
    sqlite3.SQLITE_READONLY: "change the rights of file and folder, or name another file with --store",
}


def _unusable(path: Path, why: str, advice: str) -> StudyError:
    return StudyError.of("E301", f"the stored runs cannot be used: {why}", os.fspath(path), advice)


def _not_a_store(path: Path, what: str) -> StudyError:
    advice = "name another file with --store; this one was left as it is"
    return StudyError.of(
        "E302", f"this file does not hold stored runs: it is {what}", os.fspath(path), advice
    )


def _damaged(path: Path, how: str) -> StudyError:
    advice = (
        f"move it away (`mv {path} {path}.damaged`) and type the same again: everything runs anew",
        "nothing in it was used or changed",
    )
    return StudyError.of("E303", f"the stored runs are damaged: {how}", os.fspath(path), *advice)
