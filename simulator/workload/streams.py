"""Named random streams: every kind of draw has its own, so that no setting can shift another's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np


@dataclass(frozen=True, slots=True)
class Streams:
    """The random streams of one replication.

    A stream is known by a name and, where there are several alike (one per node), an index. The same seed,
    replication, name and index give the same numbers; different ones give independent numbers.
    Source: NumPy's SeedSequence with spawn keys, and SFC64, the fastest of its generators; Law, Simulation
    Modeling and Analysis, 5th ed., 11.2 (common random numbers need streams dedicated to one use).
    """

    seed: int
    replication: int

    def stream(self, name: str, index: int = 0) -> np.random.Generator:
        """A generator at the start of its stream.

        >>> a, b = Streams(7, 0).stream("gap"), Streams(7, 0).stream("gap")
        >>> bool(a.random() == b.random())
        True
        """
        key = (self.replication, crc32(name.encode()), index)
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=key)))
