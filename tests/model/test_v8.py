"""B2, B3, B4: bytes against measurements on a real heap (tests/data/v8_bytes.json), tables, resident memory, deaths.

A row of the measurements is the heap per entry, forced collection, median of several processes, N entries at once.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simulator.model import v8
from simulator.model.map_table import MapTable
from simulator.model.process import MIB, ProcessMemory, bare_bytes, doubling_fits, resident_bytes
from simulator.model.v8_columns import row_bytes
from simulator.model.v8_sessions import V8MapFootprint, V8SessionFootprint
from simulator.model.v8_texts import V8AudioFootprint, V8CacheFootprint, V8RequestFootprint
from simulator.model.v8_weigh import weigh

MEASURED = json.loads((Path(__file__).parents[1] / "data" / "v8_bytes.json").read_text())


def row(chars=100, *, spaces=0, two_byte=0, target=200, key=106, context=0, audio_ms=0):
    return SimpleNamespace(
        stored_chars=chars, stored_spaces=spaces, two_byte=two_byte, target_chars=target, key_chars=key,
        key_two_byte=two_byte, context_chars=context, audio_ms=audio_ms,
    )  # fmt: skip


def measured(store, tag, kind=None, n=10_000):
    found = [
        r for r in MEASURED if (r["store"], r["tag"], r["N"]) == (store, tag, n) and r.get("kind") == kind
    ]
    assert len(found) == 1
    return found[0]["bytes"]


def capacity(n):
    return max(4, 1 << (n - 1).bit_length())


@pytest.mark.parametrize(
    ("tag", "chars", "target", "utterances"),
    [
        ("1utt_len100", 100, None, 1),
        ("10utt_len40_tr60", 40, 60, 10),
        ("10utt_len100_tr200", 100, 200, 10),
        ("10utt_len200_tr200", 200, 200, 10),
    ],
)
@pytest.mark.parametrize("kind", ["ascii", "cjk"])
def test_session_weighs_what_was_measured(tag, chars, target, utterances, kind):
    n = 10_000
    footprint = V8SessionFootprint(v8.Sizes(**{**v8_fields(v8.PLAIN), "session_id_chars": 40}))
    spoken = row(chars, two_byte=kind == "cjk", target=target)
    for key in range(n):
        footprint.inserted(key, spoken)
        for _ in range(utterances - 1):
            footprint.rewritten(key, spoken)
        if target is not None:
            footprint.translated(key, spoken)
    assert footprint.bytes / n == pytest.approx(measured("state", tag, kind), rel=0.01)


def v8_fields(sizes):
    return {name: getattr(sizes, name) for name in sizes.__slots__}


@pytest.mark.parametrize("n", [10_000, 100_000])
@pytest.mark.parametrize(("kind", "two_byte"), [("ascii", 0), ("cjk", 1)])
def test_last_sent_text_weighs_what_was_measured(kind, two_byte, n):
    footprint = V8MapFootprint("text")
    for key in range(n):
        footprint.inserted(key, row(200, two_byte=two_byte))
    assert footprint.bytes / n == pytest.approx(
        measured("map", "len200", kind, n), rel=0.04 if n == 10_000 else 0.001
    )


@pytest.mark.parametrize(("jobs", "tag"), [(1, "1job"), (10, "10jobs")])
def test_set_of_job_ids_weighs_what_was_measured(jobs, tag):
    """The measured stage keeps a time beside it; here every one of them is a number of its own (16 B)."""
    n = 10_000
    footprint = V8MapFootprint("ids", access_times=True)
    for key in range(n):
        footprint.inserted(key)
        for _ in range(jobs - 1):
            footprint.rewritten(key)
    assert footprint.bytes / n - 16 == pytest.approx(measured("dedupjob", tag), rel=0.02)


@pytest.mark.parametrize(("most", "n"), [(200, 1000), (1000, 100), (100_000, 5)])
def test_empty_cache_weighs_what_was_measured(most, n):
    found = next(r for r in MEASURED if r["store"] == "lruempty" and r["max"] == most and r["N"] == n)
    assert v8.cache_fixed_bytes(most) == pytest.approx(found["bytes"] + found["external"], rel=0.01)


@pytest.mark.parametrize(
    ("texts", "measured_bytes"),
    [  # a full cache of 200 through the real key code, per entry
        (row(40, two_byte=1, target=120, key=46), 352),
        (row(40, two_byte=1, target=120, key=91, context=40), 528),
        (row(80, spaces=11, target=80, key=86), 1207),
        (row(80, spaces=11, target=80, key=141, context=80), 1398),
        (row(200, spaces=28, target=200, key=76), 784),
        (row(200, spaces=28, target=200, key=131, context=200), 1096),
    ],
)
def test_cache_entry_through_the_real_key_code(texts, measured_bytes):
    """Spaces of the measured texts: one in seven characters, as in the recorded runs."""
    footprint = V8CacheFootprint(200)
    for key in range(200):
        footprint.inserted(key, texts)
    assert footprint.bytes / 200 == pytest.approx(measured_bytes, rel=0.045)


def test_cache_key_is_flat_once_found():
    footprint = V8CacheFootprint(200)
    footprint.inserted("a", row(80, spaces=11, target=80, key=86))
    before = footprint.bytes
    footprint.read("a")
    assert before - footprint.bytes == v8.key_bytes(80, 11, 0, 86, 0, 0) - v8.string_bytes(86)
    footprint.read("a")
    footprint.removed("a")
    assert footprint.bytes == v8.cache_fixed_bytes(200)


@pytest.mark.parametrize(
    ("kind", "texts"), [("ascii", row(80, spaces=11, key=86)), ("cjk", row(80, two_byte=1, key=86))]
)
def test_pending_translation_weighs_what_was_measured(kind, texts):
    n = 10_000
    tag = "real reach1 audio0" if kind == "ascii" else "real reach1 cjk"
    footprint = V8RequestFootprint()
    for key in range(n):
        footprint.opened(key, texts)
    assert footprint.bytes / n == pytest.approx(measured("pending", tag, kind), rel=0.015)


@pytest.mark.parametrize("chars", [100_000, 350_000])
def test_pending_translation_holds_its_job_and_audio(chars):
    """The base64 string is there once, however many refer to it; the map's entry has little to do with it (P4)."""
    audio_ms = chars * 3 // 4 // 32
    footprint = V8RequestFootprint(retains_audio=True)
    held = footprint.opened("a", row(80, spaces=11, key=86, audio_ms=audio_ms))
    assert held == pytest.approx(measured("pending", f"real reach1 audio{chars}", "ascii", 1000), rel=0.001)
    footprint.unlisted("a")
    assert (footprint.entries, footprint.bytes) == (0, held)
    footprint.released(held)
    assert footprint.bytes == 0


@pytest.mark.parametrize(
    ("tag", "chunk_ms", "chunks"),
    [
        ("rt 15s fed", 100, 100),
        ("rt 15s fed", 1000, 10),
        ("rt 15s fed", 5000, 2),
        ("burst 3x5s", 5000, 3),
        ("one 15s chunk", 15_000, 1),
    ],
)
def test_audio_buffer_weighs_what_was_measured(tag, chunk_ms, chunks):
    found = next(r for r in MEASURED if (r["store"], r["tag"], r.get("chunkMs")) == ("audio", tag, chunk_ms))
    footprint = V8AudioFootprint()
    for key in range(100):
        footprint.inserted(key)
        for _ in range(chunks):
            footprint.appended(key, chunk_ms)
    assert footprint.bytes / 100 == pytest.approx(found["bytes"], rel=0.01)


def test_under_pointer_compression():
    """V8 12.1 in headless Chromium: sessions of ten utterances, last sent texts, an empty cache."""
    n, sizes = 10_000, v8.sizes_of(4)
    for two_byte, session, last_sent in [(0, 1516, 294), (1, 2016, 495)]:
        states, texts = V8SessionFootprint(sizes), V8MapFootprint("text", sizes)
        for key in range(n):
            texts.inserted(key, row(200, two_byte=two_byte))
            states.inserted(key, row(two_byte=two_byte))
            for _ in range(9):
                states.rewritten(key, row(two_byte=two_byte))
            states.translated(key, row())
        assert states.bytes / n == pytest.approx(session, rel=0.02)
        assert texts.bytes / n == pytest.approx(last_sent, rel=0.02)
    assert sizes.cache_fixed + sizes.cache_slot * 200 == pytest.approx(4300, rel=0.01)


def test_table_follows_a_real_map():
    """Live, deleted and capacity after each phase of a random walk that 50 real Maps made (heap per Map within 0.2 kB)."""
    table, churned = MapTable(), MapTable()
    for _ in range(10_000):
        table.insert()
    assert v8.table_bytes(table.capacity) == 458_792
    for _ in range(300):
        churned.insert()
    for _ in range(5000):  # steady churn: at least twice as large as its entries, less than four times
        churned.delete()
        churned.insert()
    assert 600 <= churned.capacity < 1200
    while churned.live > 3:
        churned.delete()
    assert churned.capacity <= 16
    churned.clear()
    assert (churned.capacity, churned.live, churned.deleted) == (4, 0, 0)


def test_columns_and_single_rows_weigh_the_same():
    rng = np.random.default_rng(4)
    most = {"stored_chars": 300, "stored_spaces": 40, "two_byte": 2, "key_chars": 160, "key_two_byte": 2}
    most |= {"context_chars": 210, "audio_ms": 15_000, "target_chars": 300}
    columns = {name: rng.integers(0, limit, 500) for name, limit in most.items()}
    weights = row_bytes(SimpleNamespace(**columns), retains_audio=True)
    for i in range(500):
        one = SimpleNamespace(**{name: int(column[i]) for name, column in columns.items()})
        requests, cache, audio = (
            V8RequestFootprint(retains_audio=True),
            V8CacheFootprint(200),
            V8AudioFootprint(),
        )
        assert requests.opened("a", one) == weights.request[i]
        cache.inserted("a", one)
        assert cache.bytes == weights.key[i] + weights.target[i] + v8.cache_fixed_bytes(200)
        cache.read("a")
        assert cache.bytes == weights.flat_key[i] + weights.target[i] + v8.cache_fixed_bytes(200)
        audio.appended("a", one.audio_ms)
        assert audio.bytes == weights.chunk[i]
        assert type(v8.string_bytes(one.stored_chars, one.two_byte)) is int
        assert v8.string_bytes(one.stored_chars, one.two_byte) == weights.text[i]


# What stores share


def config(kind, **more):
    return SimpleNamespace(
        kind=kind,
        growth="per_session",
        value="text",
        access_times=None,
        max=1000,
        instances="shared",
        retains_audio=False,
        **more,
    )


def test_strings_that_stores_share_are_charged_once():
    footprints = weigh(
        {"table": config("session_table"), "dedup": config("session_map"), "sent": config("session_map")},
        "v8",
    )

    def of(spaces):
        for footprint in footprints.values():
            footprint.cleared()
            footprint.inserted("a", row(40, spaces=spaces))
        return [footprint.bytes for footprint in footprints.values()]

    text, key, time = v8.string_bytes(40), v8.string_bytes(50), 16
    assert of(spaces=0) == [1080 + time, key + text, time]
    assert of(spaces=6) == [1080 + time, key + text, time + text]  # a normalised copy


def test_a_table_alone_is_charged_for_everything():
    (footprint,) = weigh({"table": config("session_table")}, "v8").values()
    footprint.inserted("a", row(40, spaces=6))
    footprint.translated("a", row(target=60))
    assert footprint.bytes == 1080 + 16 + v8.string_bytes(50) + v8.string_bytes(40) + 16 + v8.string_bytes(60)
    for chars in (40, 48, 56, 64, 72):
        footprint.rewritten("a", row(chars))
    assert footprint.bytes == 1112 + 16 + v8.string_bytes(50) + sum(
        16 + c for c in (40, 48, 56, 64, 72)
    ) + v8.string_bytes(60)
    footprint.removed("a")
    assert (footprint.entries, footprint.bytes) == (0, 0)


# Resident memory

# measured: 50 for a bare process, 58 at work, 52 and 60 after everything was freed
BASE = bare_bytes(52 * MIB, "v8")


@pytest.mark.parametrize("live_mib", [4, 10, 25, 50, 75, 98])
def test_resident_memory_at_real_rates(live_mib):
    """58 + 1.01 live MiB over a run with 4 to 98 MiB of live heap."""
    resident = BASE + resident_bytes(live_mib * MIB, 4144 * MIB)
    assert resident == pytest.approx((58 + 1.01 * live_mib) * MIB, rel=0.1)


def test_freed_audio_comes_back_with_a_major_collection():
    """182 MB of audio freed: 276 MiB, then 60."""
    process = ProcessMemory(4144 * MIB)
    full = process.update(0, 182_000_000)
    assert BASE + full == pytest.approx(276 * MIB, rel=0.1)
    assert process.update(0, 0) == full  # a sweep by itself changes nothing
    assert BASE + process.release() == pytest.approx(60 * MIB, rel=0.1)


def test_freed_strings_come_back_unless_survivors_are_scattered():
    """400,000 small strings freed: 279 MiB, then 52. Half of those that made 252 MiB, at random: 206."""
    process = ProcessMemory(4144 * MIB)
    process.update(190 * MIB, 0)
    process.update(0, 0)
    assert BASE + process.release() == pytest.approx(52 * MIB, rel=0.1)
    live = next(mib for mib in range(400) if BASE + resident_bytes(mib * MIB, 4144 * MIB) >= 252 * MIB)
    process.update(live * MIB, 0)
    process.update(live * MIB // 2, 0)
    assert BASE + process.release() == pytest.approx(206 * MIB, rel=0.1)
    before = process.bytes
    assert process.update(live * MIB * 3 // 4, 0) == before  # freed places are used again first


# Deaths


@pytest.mark.parametrize(("limit_mib", "died_at_mib"), [(100, 94.5), (400, 364.5)])
def test_a_process_dies_where_a_map_doubles(limit_mib, died_at_mib):
    """Last sent texts of 200 characters with access times: the heap had 94.5 of 100 and 364.5 of 400 MiB."""
    base_heap = 5 * MIB
    footprint = V8MapFootprint("text", access_times=True)
    entry = v8.string_bytes(50) + v8.string_bytes(200) + 16
    table = MapTable()
    while True:
        entries = table.capacity  # full: the next insert doubles it
        heap = base_heap + entries * entry + 2 * v8.table_bytes(entries)
        after = heap + 2 * (v8.table_bytes(2 * entries) - v8.table_bytes(entries))
        if not doubling_fits(after, v8.table_bytes(entries), limit_mib * MIB):
            break
        table.capacity *= 2
    assert heap == pytest.approx(died_at_mib * MIB, rel=0.03)
    for key in range(9):
        footprint.inserted(key, row(200))
    assert footprint.tables.doubled_bytes == v8.table_bytes(8)
