"""The command itself, killed in the middle: typed again it goes on, and the folder is the same in every byte."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """\
horizon: 5min
replications: 6
nodes: {count: 2}
settings: {as found: {}, sweep 30 s: {nodes.stores.aggregator_states.sweep_every: 30s}}
"""
RUNS = 12


def stored(folder):
    store = folder / "runs.sqlite"
    with suppress(sqlite3.OperationalError):
        if store.exists():
            with closing(sqlite3.connect(store)) as connection:
                return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    return 0


def processes_with(text):
    """Processes whose environment has this text; Linux tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if text.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_command_goes_on_where_it_was(tmp_path, workers):
    (tmp_path / "config.yaml").write_text(CONFIG)
    mark = f"KILLED_MARK={tmp_path}"

    def start(out):
        arguments = ["compare", "config.yaml", "--engine", "reference", "--workers", workers, "-o", out]
        return subprocess.Popen(
            [sys.executable, "-m", "simulator", *arguments],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT), "KILLED_MARK": str(tmp_path)},
        )  # fmt: skip

    undisturbed = start("undisturbed")
    killed = start("killed")
    while not stored(tmp_path / "killed") and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert 0 < stored(tmp_path / "killed") < RUNS
    undisturbed.communicate(timeout=60)
    # worker processes do not outlive it for long
    if Path("/proc/self/environ").exists():
        until = time.monotonic() + 30
        while processes_with(mark) and time.monotonic() < until:
            time.sleep(0.1)
        assert not processes_with(mark)
    again = start("killed")
    _, said = again.communicate(timeout=60)
    assert again.returncode == undisturbed.returncode == 0, said
    names = sorted(path.name for path in (tmp_path / "undisturbed").iterdir())
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == names
    for name in names:
        if name not in ("provenance.json", "runs.sqlite"):
            same = (tmp_path / "killed" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
            assert same, name
