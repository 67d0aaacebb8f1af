"""Scenarios from a few words, and everything a workload draws as one table."""

from __future__ import annotations

import hashlib

import numpy as np

from simulator.config import Scenario
from simulator.workload import Rows, Streams, build_workload
from simulator.workload.rows import ROW_NAMES, ROW_TYPES
from simulator.workload.sampling import Sampler

HOUR_MS = 3_600_000


def scenario(sessions=None, utterances=None, translation=None, nodes=None, scheduler=None, horizon="2h"):
    workload = {"sessions": sessions or {}, "utterances": utterances or {}, "translation": translation or {}}
    return Scenario.model_validate(
        {"horizon": horizon, "workload": workload, "nodes": nodes or {}, "scheduler": scheduler or {}}
    )


def draw(asked, replication=0, **options):
    """All rows of a replication."""
    return table(build_workload(asked, replication, **options))


def table(workload):
    """All rows of a workload as one, once their types are checked."""
    windows = list(workload.windows())
    for window in windows:
        for name in ROW_NAMES:
            column = getattr(window, name)
            assert column.dtype == ROW_TYPES[name], name
            assert column.flags.c_contiguous, name
            assert column.shape == (len(window),), name
    return Rows(
        *(
            np.concatenate([np.empty(0, ROW_TYPES[name]), *(getattr(each, name) for each in windows)])
            for name in ROW_NAMES
        )
    )


def same(a, b, without=()):
    """Whether two tables are equal in every column."""
    names = [name for name in ROW_NAMES if name not in without]
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def digest(rows):
    """A fingerprint of every byte."""
    joined = hashlib.sha256()
    for name in ROW_NAMES:
        joined.update(np.ascontiguousarray(getattr(rows, name)).tobytes())
    return joined.hexdigest()


def sampler(distribution, name="tested", seed=11):
    return Sampler(distribution, Streams(seed, 0), name)


def z(sample, mean):
    """How many standard errors the mean of a sample is away from another."""
    return abs(np.mean(sample) - mean) / (np.std(sample, ddof=1) / np.sqrt(len(sample)))


def z_share(hits, n, share):
    """The same for a share of n trials."""
    return abs(hits / n - share) / np.sqrt(share * (1 - share) / n)
