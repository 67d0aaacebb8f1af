"""Records of many files as one stream in time order: rotated sets, folders, standard input.

Memory is bounded whatever the files hold: one piece of each set, and a window of records that puts lines
right which are a little out of order.
"""

from __future__ import annotations

import re
from heapq import heappop, heappush, heappushpop, merge
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .lines import STDIN, file_lines
from .parse import LineParser
from .records import Record, Troubles
from .values import WrongValueError, time_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from .mapping import Mapping

WINDOW: Final = 256
"""So many records wait for earlier ones: lines of one event may swap, threads write a little late."""

JUMP_MS: Final = 3_600_000
"""A line so far ahead of both its neighbours has a wrong clock."""

_ROTATED = re.compile(r"(\.\d+|\.\d{4}-\d\d-\d\d[\w-]*|-\d{8})?(\.gz)?$")
_LOG_NAMES: Final = ("*.log", "*.log.*", "*.log-*", "*.jsonl", "*.jsonl.*")
_FIRST_TIME = re.compile(rb'"(?:time|timestamp|at)"\s*:\s*(?:"([^"]{10,40})"|(\d{10,16}))')

at_ms = attrgetter("at_ms")


def read_logs(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    mapping: Mapping | None = None,
    troubles: Troubles | None = None,
) -> Iterator[Record]:
    """The records of log files, merged in time order.

    Args:
        paths: files, plain or gzipped; rotated ones in any order (`a.log`, `a.log.1`, `a.log.2.gz`);
            folders, of which every log is read, deeper ones too; "-" for standard input.
        mapping: how the lines of another service read (`read_mapping`); None for the modelled system's own
            node logs, scheduler logs and probe lines, told apart line by line.
        troubles: filled with what was read and what could not be; complete when the stream has ended.

    Yields:
        Records in time order, except where a clock was set back by more than a few lines: then as they
        stand, and `clock_back` counts them.
    """
    troubles = Troubles() if troubles is None else troubles
    sets = rotated_sets(paths if isinstance(paths, list | tuple) else _listed(paths))
    streams = [_set_records(files, mapping, troubles) for files in sets]
    counted, nodes = troubles.records, troubles.nodes
    for record in merge(*streams, key=at_ms) if len(streams) > 1 else (streams or [iter(())])[0]:
        counted[record.kind] += 1
        if record.node and record.node not in nodes:
            nodes.add(record.node)
        if troubles.first_ms is None or record.at_ms < troubles.first_ms:
            troubles.first_ms = record.at_ms
        if troubles.last_ms is None or record.at_ms > troubles.last_ms:
            troubles.last_ms = record.at_ms
        yield record


def _listed(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
) -> list[str | PathLike[str]]:
    return [paths] if isinstance(paths, str) or hasattr(paths, "__fspath__") else list(paths)  # type: ignore[list-item]


def rotated_sets(paths: Iterable[str | PathLike[str]]) -> list[list[str]]:
    """The files, those of one rotation together and oldest first; each file once.

    Which is older says the first time in each: numbers rise with age in one tool, and fall in another.
    """
    files: dict[str, str] = {}
    for path in paths:
        name = str(path)
        inside = [name]
        if name != STDIN and Path(name).is_dir():
            inside = sorted(
                {str(each) for form in _LOG_NAMES for each in Path(name).rglob(form) if each.is_file()}
            )
        for each in inside:
            files.setdefault(each if each == STDIN else str(Path(each).resolve()), each)
    sets: dict[str, list[str]] = {}
    for whole, each in files.items():
        sets.setdefault(_ROTATED.sub("", whole), []).append(each)
    return [sorted(rotation, key=_age) if len(rotation) > 1 else rotation for rotation in sets.values()]


def _age(name: str) -> tuple[int, str]:
    """The first time in a file, in ms; files without one come first, by their name."""
    for line, (_, raw) in enumerate(file_lines(name, Troubles())):
        found = _FIRST_TIME.search(raw[:4096])
        if found is not None:
            try:
                return time_ms(found[1].decode("ascii", "replace") if found[1] else int(found[2])), name
            except WrongValueError:
                pass
        if line > 100:
            break
    return 0, name


def _set_records(files: list[str], mapping: Mapping | None, troubles: Troubles) -> Iterator[Record]:
    """The records of one rotation, file after file, in time order as far as the window reaches."""
    return _in_order(_as_they_stand(files, mapping, troubles))


def _as_they_stand(files: list[str], mapping: Mapping | None, troubles: Troubles) -> Iterator[Record]:
    clock = _Clock(troubles)
    for name in files:
        troubles.files.append(name)
        parser = LineParser(name, troubles)
        parse: Callable[[int, bytes], Record | None] = parser.parse
        if mapping is not None:
            parse = mapping.parser(name, troubles)
        for number, raw in file_lines(name, troubles):
            record = parse(number, raw)
            if record is not None:
                yield from clock.check(record, name, number)
    yield from clock.rest()


class _Clock:
    """Tells a clock that was set from a line that lies: one that is far ahead waits for the next to agree."""

    def __init__(self, troubles: Troubles) -> None:
        self.troubles = troubles
        self.latest_ms: int | None = None
        self.doubted: tuple[Record, str] | None = None

    def check(self, record: Record, name: str, number: int) -> tuple[Record, ...]:
        """The records that are believed now, this one among them unless it must wait."""
        doubted = self.doubted
        if doubted is None:
            if self.latest_ms is None or record.at_ms > self.latest_ms + JUMP_MS:
                self.doubted = (record, f"{name}:{number}")
                return ()
            self._note(record, name, number)
            return (record,)
        self.doubted = None
        if record.at_ms < doubted[0].at_ms - JUMP_MS:
            ahead_s = (doubted[0].at_ms - record.at_ms) / 1000
            self.troubles.add("clock_ahead", doubted[1], f"{ahead_s:,.0f} s ahead of the line that follows")
            return self.check(record, name, number) if self.latest_ms is not None else self._first(record)
        self.latest_ms = doubted[0].at_ms
        self._note(record, name, number)
        return (doubted[0], record)

    def _first(self, record: Record) -> tuple[Record, ...]:
        self.latest_ms = record.at_ms
        return (record,)

    def _note(self, record: Record, name: str, number: int) -> None:
        if self.latest_ms is not None and record.at_ms < self.latest_ms:
            back_s = (self.latest_ms - record.at_ms) / 1000
            self.troubles.add("clock_back", f"{name}:{number}", f"{back_s:,.3f} s")
            if back_s * 1000 < JUMP_MS:
                return
        self.latest_ms = record.at_ms

    def rest(self) -> tuple[Record, ...]:
        """What still waits when the files have ended."""
        return () if self.doubted is None else (self.doubted[0],)


def _in_order(records: Iterator[Record]) -> Iterator[Record]:
    heap: list[tuple[int, int, Record]] = []
    for number, record in enumerate(records):
        entry = (record.at_ms, number, record)
        if number < WINDOW:
            heappush(heap, entry)
        else:
            yield heappushpop(heap, entry)[2]
    while heap:
        yield heappop(heap)[2]
