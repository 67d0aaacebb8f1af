"""A run as bytes and back, and what it is filed under: everything that it depends on, and nothing else."""

from __future__ import annotations

import io
import json
import platform
import zlib
from functools import cache, lru_cache
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import Timeline
from .provenance import canonical, installed_versions
from .reduction import Reduction

if TYPE_CHECKING:
    from ..config import Scenario

SOURCES_THAT_MAKE_RUNS = (
    *("config", "workload", "model", "engine", "statistics"),
    *("study/reduction.py", "study/packing.py", "study/twins.py"),
)
PACKAGES_THAT_MAKE_RUNS = ("numpy", "scipy", "numba", "simpy")
# what a scenario says about the study around it, and not about a run
NOT_THE_RUN = ("name", "replications", "seed", "targets")


@cache
def made_by() -> str:
    """Fingerprint of the code that runs depend on: sources, versions of packages, kind of processor."""
    root = Path(__file__).resolve().parents[1]
    versions = {name: installed_versions().get(name) for name in PACKAGES_THAT_MAKE_RUNS}
    hashed = blake2b(f"{versions}{platform.machine()}".encode(), digest_size=12)
    for part in SOURCES_THAT_MAKE_RUNS:
        place = root / part
        for source in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            hashed.update(source.relative_to(root).as_posix().encode())
            hashed.update(source.read_bytes())
    return hashed.hexdigest()


def run_digest(scenario: Scenario) -> str:
    """Fingerprint of what a run of this scenario depends on besides seed and replication.

    Of a file of recorded arrivals the content counts, not the name. Raises OSError when it is gone.
    """
    parts = {name: getattr(scenario, name) for name in type(scenario).model_fields if name not in NOT_THE_RUN}
    hashed = blake2b(canonical(parts).encode(), digest_size=16)
    recorded = getattr(scenario.workload.sessions.arrivals, "file", None)
    if recorded is not None:
        now = Path(recorded).stat()
        hashed.update(_content(recorded, now.st_size, now.st_mtime_ns))
    return hashed.hexdigest()


@lru_cache(maxsize=16)
def _content(file: str, size: int, mtime_ns: int) -> bytes:  # noqa: ARG001  (a file that changed is read again)
    with Path(file).open("rb") as opened:
        return file_digest(opened, "sha256").digest()


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
