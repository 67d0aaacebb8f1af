"""Bytes of files, plain or gzipped, cut into lines with bounded memory."""

from __future__ import annotations

import codecs
import gzip
import sys
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from .records import Troubles

CHUNK_BYTES = 2**18
LONGEST_BYTES = 16 * 2**20
"""A longer line is skipped. The longest that mean something, node messages with speech, have some 3 MB."""

STDIN = "-"


def file_lines(name: str, troubles: Troubles) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers from 1, without their line ends.

    What cannot be read is counted in `troubles`: a file that is not there, a compressed one that ends early,
    lines that are too long. Empty lines are left out.
    """
    try:
        with _opened(name) as file:
            yield from _lines(_Chunks(file, name, troubles), name, troubles)
    except OSError as error:
        troubles.add("cannot_open", name, (error.strerror or str(error)).lower())


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The decompressed bytes, whatever the name ends in."""
    if name == STDIN:
        yield _unzipped(cast("io.BufferedReader", sys.stdin.buffer))
    else:
        with open(name, "rb") as file:
            yield _unzipped(file)


def _unzipped(file: io.BufferedReader) -> BinaryIO:
    if file.peek(2)[:2] == b"\x1f\x8b":
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    return file


class _Chunks:
    """Pieces of a file, until it ends or what is left is damaged."""

    def __init__(self, file: BinaryIO, name: str, troubles: Troubles) -> None:
        self.file, self.name, self.troubles = file, name, troubles
        self.line = 1  # where the reader is

    def __iter__(self) -> Iterator[bytes]:
        read = self.file.read1  # type: ignore[attr-defined]  # one piece at a time, so that none is lost
        decoder: codecs.IncrementalDecoder | None = None
        first = True
        while True:
            try:
                chunk = read(CHUNK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                said = "ends before its end-of-stream mark" if isinstance(error, EOFError) else str(error)
                self.troubles.add("truncated_gzip", f"{self.name}:{self.line}", said)
                return
            if not chunk:
                return
            self.troubles.bytes += len(chunk)
            if first and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                decoder = codecs.getincrementaldecoder("utf-16")("replace")  # what PowerShell's `>` writes
            first = False
            yield chunk if decoder is None else decoder.decode(chunk).encode()


def _lines(chunks: _Chunks, name: str, troubles: Troubles) -> Iterator[tuple[int, bytes]]:
    held: list[bytes] = []  # the beginning of a line whose end is in a later chunk
    size = number = 0
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        if size <= LONGEST_BYTES:
            held.append(first)
        else:
            held.clear()  # too long already: only its end matters
        size += len(first)
        if not others:
            continue
        number += 1
        if size > LONGEST_BYTES:
            troubles.add("too_long", f"{name}:{number}", f"{size:,} bytes")
        else:
            yield number, b"".join(held)
        last = others.pop()
        for number, line in enumerate(others, start=number + 1):  # noqa: B020  (goes on counting)
            yield number, line
        held, size = [last], len(last)
        chunks.line = number + 1
    number += 1
    if size > LONGEST_BYTES:
        troubles.add("too_long", f"{name}:{number}", f"{size:,} bytes")
    elif size:
        yield number, b"".join(held)
