"""S1-S4, C1-C3: recorded behaviour of the real classes, event by event.

The recordings (tests/data/vectors) hold operations with their time, the size after each, the keys that each removed,
hits, errors, and full snapshots every 250 events.
"""

import gzip
import json
from pathlib import Path

import pytest

from simulator.model import LruCache, SessionTable

VECTORS = Path(__file__).parents[1] / "data" / "vectors"


def recording(path):
    with gzip.open(path, "rt") as stream:
        return json.load(stream)


def events(vector):
    for i, (at, op, key, size) in enumerate(
        zip(vector["t"], vector["op"], vector["key"], vector["size"], strict=True)
    ):
        yield i, at, op, key, size, vector["removed"].get(str(i), [])


@pytest.mark.parametrize("path", sorted(VECTORS.glob("session_*.json.gz")), ids=lambda path: path.name[:10])
def test_session_table_does_what_the_real_one_did(path):
    vector = recording(path)
    table = SessionTable(vector["params"]["max_sessions"], vector["params"]["ttl_ms"])
    skew = 0
    for i, at, op, key, size, removed in events(vector):
        now, gone = at + skew, []
        if op == "touch" and str(i) in vector["error"]:
            with pytest.raises(ValueError, match="blank"):
                table.touch(key, now)
        elif op == "touch":
            evicted = table.touch(key, now)
            gone = [] if evicted is None else [evicted]
        elif op == "remove":
            gone = [key] if table.remove(key) else []
        elif op == "sweep":
            gone = table.sweep(now)
        elif op == "skew":
            skew = key
        else:
            assert op in {"flush", "peek", "settr"}  # S1: none of these touches
        assert (i, len(table), gone) == (i, size, removed)
        if snapshot := vector["snapshots"].get(str(i)):
            assert table.order == snapshot["order"]
            assert [table.last_access(key) for key in table.order] == snapshot["last"]
    assert table.inserted == len(table) + table.evicted + table.expired + table.removed
    assert table.footprint.entries == len(table)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("cache_*.json.gz")), ids=lambda path: path.name[:8])
def test_lru_cache_does_what_the_real_one_did(path):
    vector = recording(path)
    cache = LruCache(vector["params"]["max"], vector["params"]["ttl_ms"])
    for i, at, op, key, size, removed in events(vector):
        hit, gone, expired = vector["hit"][i], [], cache.expired
        if op == "get":
            assert (i, cache.get(key, at)) == (i, bool(hit))
            gone = [key] if cache.expired > expired else []
        elif op == "set":
            evicted = cache.set(key, at)
            gone = [] if evicted is None else [evicted]
        elif op == "has":
            assert (i, cache.has(key, at)) == (i, bool(hit))
        elif op == "peek":
            assert (i, cache.peek(key, at)) == (i, bool(hit))
        elif op == "delete":
            gone = [key] if cache.delete(key) else []
        else:
            assert op == "purge"
            gone = cache.purge(at)
        assert (i, len(cache), gone) == (i, size, removed)
        if snapshot := vector["snapshots"].get(str(i)):
            assert cache.order == snapshot
    assert cache.hits == sum(hit for op, hit in zip(vector["op"], vector["hit"], strict=True) if op == "get")
    assert cache.inserted == len(cache) + cache.evicted + cache.expired + cache.removed


def test_c2_fractional_times_as_in_the_library():
    """performance.now and setTimeout under one fake clock: a staleness test reads it once per millisecond."""
    vector = recording(VECTORS / "fractional_cache.json.gz")
    cache = LruCache(**vector["params"])
    for at, op, key, result, size in vector["events"]:
        if op == "set":
            cache.set(key, at)
        elif op == "purge":
            assert bool(cache.purge(at)) == result
        elif op == "delete":
            assert cache.delete(key) == result
        else:
            assert getattr(cache, op)(key, at) == result
        assert len(cache) == size
