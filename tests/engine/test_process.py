"""B3, B4 under the v8 footprint and process model, by whole runs: resident memory, and where a process dies.

The figures were measured on Node 20.20.2 under natural garbage collection, and with --max-old-space-size.
"""

import numpy as np
import pytest

from simulator.model.process import MIB
from tests.engine.world import HANGS, end, run, say

AUDIO = {"audio": ("ring_buffer", {})}
TEXTS = {"sent": ("session_map", {"access_times": True})}
MINUTE = 60_000


def v8(heap_limit_mib=4144, base_mib=52, **more):
    """A process of the measured kind, beside a host that is never full."""
    return {
        "footprint": "v8",
        "process": {
            "base_bytes": base_mib * MIB,
            "base_heap_bytes": 5 * MIB,
            "heap_limit_bytes": heap_limit_mib * MIB,
            "model": "v8",
        },
        "memory": 2**40,
        **more,
    }


def rss_and_live(made):
    samples = made.history.samples
    return samples.rss_bytes / MIB, samples.bytes.sum(axis=0) / MIB


def buffers(count, every_ms, audio_ms=5000, first=0):
    """Sessions that leave one chunk of audio each, about 0.2 MiB."""
    return [say(first + i * every_ms, first + i, audio_ms=audio_ms) for i in range(count)]


@pytest.mark.parametrize("base_mib", [50, 52, 56, 58, 60])
def test_b3_resident_memory_at_real_rates(base_mib):
    """58 + 1.01 live MiB over a run of 26 minutes with 4 to 98 MiB of live heap, whoever calls what the base."""
    made = run(buffers(480, 3250), AUDIO, 26 * MINUTE, sample=10_000, **v8(base_mib=base_mib))
    rss, live = rss_and_live(made)
    measured = (live >= 4) & (live <= 98)
    assert measured.sum() > 140
    assert live.max() > 95
    assert rss[measured] == pytest.approx(58 + 1.01 * live[measured], rel=0.1)


def test_b3_freed_audio_comes_back_whole_at_a_collection():
    """182 MB of audio freed: 276 MiB, then 60, 10 to 30 s later."""
    sessions = 853
    rows = buffers(sessions, 10) + [end(10_000, i) for i in range(sessions)]
    stores = {"audio": ("ring_buffer", {"cleanup": "session_end"})}
    made = run(rows, stores, 2 * MINUTE, sample=2500, **v8())
    rss, live = rss_and_live(made)
    assert live.max() * MIB == pytest.approx(182e6, rel=0.01)
    full, freed = rss.max(), rss[6:]
    assert full == pytest.approx(276, rel=0.1)
    assert live[6:].max() == 0
    assert rss[5:8] == pytest.approx([full, full, full], rel=0.01)  # a sweep by itself changes nothing
    assert freed[-1] == pytest.approx(60, rel=0.1)
    assert (15 + 2.5 * np.flatnonzero(freed < 100)[0]) - 10 <= 30


def small(count, chars=400):
    """Sessions that leave a text each: some 500 B."""
    return [say(i // 40, i, stored_chars=chars) for i in range(count)]


def test_b3_survivors_that_lie_scattered_keep_pages():
    """Small objects that made 252 MiB, half of them freed at random: 206. All of them freed: 52."""
    sessions = 43_000  # a tenth of the measured ones, each ten times as large
    rows = small(sessions, chars=4000)
    half = [end(20_000, i) for i in range(0, sessions, 2)]
    stores = {"sent": ("session_map", {"cleanup": "session_end"})}
    made = run(rows + half, stores, 2 * MINUTE, sample=10_000, **v8())
    rss, _ = rss_and_live(made)
    assert rss.max() == pytest.approx(252, rel=0.02)
    assert rss[-1] == pytest.approx(206, rel=0.1)
    everyone = [end(20_000, i) for i in range(sessions)]
    made = run(rows + everyone, stores, 2 * MINUTE, sample=10_000, **v8())
    rss, live = rss_and_live(made)
    assert live[-1] < 0.01
    assert rss[-1] == pytest.approx(52, rel=0.1)


# Deaths


def heap_at_death(rows, stores, limit_mib, horizon=60 * MINUTE):
    """The live heap in MiB, base included, after the last row before the process died."""
    made = run(rows, stores, horizon, sample="event", **v8(limit_mib))
    assert made.history.deaths.tolist() == [1]
    live = made.history.samples.bytes.sum(axis=0)
    died = int(np.flatnonzero(np.diff(live) < 0)[0])
    return 5 + live[died] / MIB


@pytest.mark.parametrize(
    ("stores", "rows"),
    [
        (AUDIO, buffers(700, 100)),
        (
            {"hung": ("pending_map", {"retains_audio": True})},
            [say(i * 100, i, audio_ms=5000, outcome=HANGS) for i in range(700)],
        ),
    ],
)
def test_b4_large_objects_fill_099_of_the_limit(stores, rows):
    assert heap_at_death(rows, stores, 100) / 100 == pytest.approx(0.99, rel=0.03)


def test_b4_last_sent_texts_fill_099_of_the_limit():
    """Between two doublings of the tables."""
    rows = [say(i, i, stored_chars=4000) for i in range(28_000)]
    assert heap_at_death(rows, {"sent": ("session_map", {})}, 100) / 100 == pytest.approx(0.99, rel=0.03)


def test_b4_sessions_that_come_and_go_fill_080_of_the_limit():
    rows = [say(i, i, stored_chars=2000) for i in range(40_000)]
    assert heap_at_death(rows, {"t": ("session_table", {"max": None})}, 100) / 100 == pytest.approx(
        0.80, rel=0.03
    )


def test_b4_the_doubling_of_a_table_kills_before_that():
    """Last sent texts of 200 characters with access times under a limit of 100 MiB: the heap had 94.5 MiB."""
    rows = [say(i // 100, i, stored_chars=200) for i in range(262_144 + 10)]
    made = run(rows, TEXTS, 10_000, sample=None, **v8(100))
    assert made.history.deaths.tolist() == [1]
    assert made.store("sent").lost == 262_145  # the one that did not fit into the tables
    heap = 5 + made.store("sent").bytes_peak / MIB  # the new tables included
    tables = 2 * 28 * (524_288 - 262_144) / MIB
    assert heap - tables == pytest.approx(94.5, rel=0.03)
