"""Files of log lines, written in time order though lines are told a little late, or early."""

from __future__ import annotations

import os
import tempfile
from heapq import heappop, heappush
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from types import TracebackType


class Logs:
    """Log files of one folder, opened as lines for them come. As a context: whole files, or none."""

    def __init__(self, folder: Path, lateness_ms: int) -> None:
        """Write to a folder; a line is told at most `lateness_ms` after later ones."""
        self.folder, self.lateness_ms = folder, lateness_ms
        self.written: list[Path] = []
        self._waiting: list[tuple[int, int, str, bytes]] = []
        self._told = 0
        self._files: dict[str, tuple[BinaryIO, str]] = {}

    def now(self, at_ms: int) -> None:
        """Write what no later event can come before."""
        until_ms = at_ms - self.lateness_ms
        waiting = self._waiting
        while waiting and waiting[0][0] < until_ms:
            self._write(*heappop(waiting)[2:])

    def line(self, name: str, at_ms: int, line: bytes) -> None:
        """Tell a line of a file; lines of the same instant keep the order in which they are told."""
        self._told += 1
        heappush(self._waiting, (at_ms, self._told, name, line))

    def _write(self, name: str, line: bytes) -> None:
        if name not in self._files:
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")
            self._files[name] = (os.fdopen(handle, "wb", buffering=2**16), temporary)
        self._files[name][0].write(line + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is None:
            while self._waiting:
                self._write(*heappop(self._waiting)[2:])
        umask = os.umask(0)
        os.umask(umask)
        for name, (file, temporary) in sorted(self._files.items()):
            file.close()
            if kind is None:
                os.chmod(temporary, 0o666 & ~umask)
                os.replace(temporary, self.folder / name)
                self.written.append(self.folder / name)
            else:
                Path(temporary).unlink(missing_ok=True)
