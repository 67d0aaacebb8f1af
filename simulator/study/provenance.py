"""Where a result comes from: versions, seed, engine, workers, command, times. Nothing else records them."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .differing import parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Scenario

PACKAGES = ("simulator", "numpy", "scipy", "simpy", "numba", "pydantic", "joblib", "pandas")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything needed to run a study again and to explain a difference, and nothing that is a result.

    `recipe` is the composed experiment as plain values (`config.recipe`; empty when a Scenario was run
    directly), `files` the digests of recorded arrivals that it names, `arguments` what was asked beside it,
    `command` the process's own command line. `code` is the fingerprint of what made the runs. `deaths` counts
    worker processes that ended from outside, so that their work was done again.
    """

    config: str
    config_digest: str
    seed: int
    replications: int
    engine: str
    workers: int
    deaths: int
    arguments: Mapping[str, Any]
    recipe: Mapping[str, Any]
    files: Mapping[str, str]
    command: tuple[str, ...]
    started_at: str
    elapsed_s: float
    platform: str
    python: str
    commit: str | None
    code: str
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"command": list(self.command)}


def config_digest(scenarios: Sequence[Scenario]) -> str:
    """Fingerprint of resolved scenarios: equal when every value is, however it was written.

    >>> config_digest([]) == config_digest(())
    True
    """
    return blake2b(canonical(list(scenarios)).encode(), digest_size=16).hexdigest()


def canonical(value: Any) -> str:
    """A value written so that equal values give equal text in every process (sets are sorted, names kept).

    >>> canonical({"a": frozenset({"y", "x"}), "b": (1, 2.5)})
    '{a:[x,y],b:[1,2.5]}'
    """
    parts = parts_of(value)
    if parts is not None:
        kind = "" if isinstance(value, Mapping) else type(value).__name__
        return f"{kind}{{{','.join(f'{name}:{canonical(part)}' for name, part in parts.items())}}}"
    if isinstance(value, (set, frozenset)):
        return f"[{','.join(sorted(canonical(part) for part in value))}]"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(canonical(part) for part in value)}]"
    return str(value)


@cache
def installed_versions() -> dict[str, str]:
    """Versions of the packages that results can depend on; those that are not installed are left out."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str | None:
    """The source tree's git commit, with `+` when files differ from it; None outside a git tree."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def recorded_files(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Digests of the files of recorded arrivals, by name; empty for one that is gone."""
    names = {getattr(scenario.workload.sessions.arrivals, "file", None) for scenario in scenarios} - {None}
    found = {}
    for name in sorted(map(str, names)):
        path = Path(name)
        found[name] = blake2b(path.read_bytes(), digest_size=16).hexdigest() if path.is_file() else ""
    return found


def now_text() -> str:
    """The time now, UTC, to the second (`SOURCE_DATE_EPOCH` is honoured)."""
    pinned = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(pinned), UTC) if pinned else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(
    scenarios: Sequence[Scenario],
    *,
    config: str,
    seed: int,
    replications: int,
    engine: str,
    workers: int,
    deaths: int,
    arguments: Mapping[str, Any],
    recipe: Mapping[str, Any],
    code: str,
    started_at: str,
    elapsed_s: float,
) -> Provenance:
    """Write down the provenance of a study that has just run."""
    return Provenance(
        config=config,
        config_digest=config_digest(scenarios),
        seed=seed,
        replications=replications,
        engine=engine,
        workers=workers,
        deaths=deaths,
        arguments={name: value for name, value in arguments.items() if value is not None},
        recipe=recipe,
        files=recorded_files(scenarios),
        command=tuple(sys.argv),
        started_at=started_at,
        elapsed_s=round(elapsed_s, 3),
        platform=platform.platform(),
        python=platform.python_version(),
        commit=commit(),
        code=code,
        versions=installed_versions(),
    )
