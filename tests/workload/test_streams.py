"""Named streams: one use each, the same numbers for the same name, independent of all others."""

from zlib import crc32

import numpy as np

from simulator.workload import Streams

NAMES = (
    "arrivals", "arrivals/quiet", "arrivals/busy", "utterances", "duration", "gap", "end_signalled", "two_byte", "unique", "rank",
    "text_length", "listed_length", "outcome", "latency", "audio", "service", "route", "baseline", "outages/every",
    "outages/lasting", "phase/heartbeat", "phase/scan", "phase/aggregator_states", "phase/translation_cache",
    "latency/angle", "audio/angle", "service/angle", "text_length/angle", "listed_length/angle", "baseline/angle",
)  # fmt: skip


def first(seed=7, replication=0, name="gap", index=0):
    return tuple(Streams(seed, replication).stream(name, index).integers(2**63, size=4).tolist())


def test_a_stream_is_its_seed_replication_name_and_index():
    assert first() == first()
    others = [first(seed=8), first(replication=1), first(name="audio"), first(index=1)]
    assert len({first(), *others}) == 5


def test_the_numbers_are_pinned():
    """A published result can be drawn again: this changes only with a note in the changelog."""
    assert first()[0] == 5100014030514957153


def test_no_two_names_meet():
    assert len({crc32(name.encode()) for name in NAMES}) == len(NAMES)


def test_streams_are_uncorrelated():
    columns = np.array([Streams(7, r).stream(name).random(4_000) for r in range(3) for name in NAMES[:8]])
    between = np.corrcoef(columns)[np.triu_indices(len(columns), 1)]
    assert np.abs(between).max() < 4.5 / np.sqrt(4_000)
