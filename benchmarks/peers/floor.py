"""Model R in C, compiled on the spot when a C compiler is there."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers.drawn import Counts, Draws

SOURCE = Path(__file__).with_name("floor.c")


@functools.cache
def library() -> ctypes.CDLL | None:
    """Compile and load the C floor; None without a compiler."""
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        return None
    digest = hashlib.sha256(SOURCE.read_bytes() + compiler.encode()).hexdigest()[:16]
    built = Path(tempfile.gettempdir()) / f"simulator-floor-{digest}.so"
    if not built.exists():
        part = built.with_suffix(".part")
        command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(part), str(SOURCE)]
        subprocess.run(command, check=True)
        part.replace(built)
    return ctypes.CDLL(str(built))


def address(column: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(np.ascontiguousarray(column).ctypes.data)


def run_rows(draws: Draws) -> Counts:
    """Run model R over the rows in time order."""
    loaded, out = library(), np.zeros(13, np.int64)
    assert loaded is not None
    loaded.run_rows(
        ctypes.c_int64(draws.horizon_ms), ctypes.c_int64(draws.utterances),
        address(draws.row_at_ms), address(draws.row_session), address(draws.row_turn),
        address(draws.row_last), address(draws.row_latency_ms),
        ctypes.c_int64(len(draws.start_ms)), address(out),
    )  # fmt: skip
    return Counts(*out.tolist())


def run_sessions(draws: Draws) -> Counts:
    """Run model R with a calendar of bit-word buckets of its own."""
    loaded, out = library(), np.zeros(13, np.int64)
    assert loaded is not None
    loaded.run_sessions(
        ctypes.c_int64(draws.horizon_ms), ctypes.c_int64(len(draws.start_ms)),
        address(draws.start_ms), address(draws.offset), address(draws.gap_ms), address(draws.latency_ms),
        address(out),
    )  # fmt: skip
    return Counts(*out.tolist())
