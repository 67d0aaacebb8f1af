"""kill -9 at random instants, as `python -m benchmarks.killed` does it: the result files are the same bytes."""

from __future__ import annotations

import pytest

from benchmarks import killed


@pytest.mark.parametrize(
    ("kill", "count"),
    [(killed.kill_main, 20), (killed.kill_worker, 20), (killed.kill_dask_worker, 20)],
    ids=["main", "worker", "dask worker"],
)
def test_a_kill_changes_no_byte(kill, count, tmp_path):
    found = kill(count, tmp_path)
    assert len(found) == count
    assert all(one.equal for one in found)
    # the instants were in the middle of it, too
    assert any(0 < one.stored < killed.RUNS for one in found)
