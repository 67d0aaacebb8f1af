"""C1-C3 on the class alone, with the library's clock that ticks once per millisecond."""

import random

import pytest

from simulator.model import LruCache


def test_c1_evicts_the_least_recently_used_stale_or_not():
    cache = LruCache(2, 10)
    cache.set("a", 0)
    cache.set("b", 20)
    cache.set("a", 21)
    assert cache.set("c", 22) == "b"  # live, while
    cache.get("a", 25)
    assert cache.set("d", 100) == "c"  # all are stale by now: recency decides, not staleness


def test_c2_exactly_the_ttl_is_not_stale():
    cache = LruCache(5, 10)
    cache.set("a", 5)
    assert cache.get("a", 15)
    assert not cache.get("a", 16)
    assert (len(cache), cache.expired, cache.hits, cache.misses) == (0, 1, 1, 1)


def test_c2_a_stale_entry_counts_until_it_is_read():
    cache = LruCache(5, 10)
    cache.set("a", 0)
    assert not cache.has("a", 100)
    assert not cache.peek("a", 100)
    assert len(cache) == 1
    assert not cache.get("a", 100)
    assert len(cache) == 0


def test_c3_a_hit_refreshes_recency_not_age():
    cache = LruCache(2, 10)
    cache.set("a", 0)
    cache.set("b", 1)
    assert cache.get("a", 9)
    assert cache.order == ["b", "a"]
    assert not cache.get("a", 11)


def test_c3_setting_again_refreshes_both():
    cache = LruCache(2, 10)
    cache.set("a", 0)
    cache.set("b", 1)
    cache.set("a", 9)
    assert cache.order == ["b", "a"]
    assert cache.get("a", 19)
    assert (cache.inserted, cache.evicted) == (2, 0)


def test_c3_setting_a_stale_entry_revives_it():
    cache = LruCache(2, 10)
    cache.set("a", 0)
    cache.set("a", 50)
    assert cache.get("a", 60)
    assert cache.expired == 0


@pytest.mark.parametrize("ask", [LruCache.has, LruCache.peek])
def test_c3_asking_refreshes_neither(ask):
    cache = LruCache(2, 10)
    cache.set("a", 0)
    cache.set("b", 1)
    assert ask(cache, "a", 10)
    assert cache.order == ["a", "b"]
    assert not ask(cache, "a", 11)


def test_purge_removes_the_stale_ones_from_least_to_most_recent():
    cache = LruCache(9, 10)
    for key, at in (("a", 0), ("b", 1), ("c", 8)):
        cache.set(key, at)
    cache.get("a", 9)
    assert cache.purge(12) == ["b", "a"]
    assert cache.order == ["c"]


def test_delete_takes_stale_entries_too():
    cache = LruCache(9, 10)
    cache.set("a", 0)
    assert cache.delete("a")
    assert not cache.delete("a")
    assert cache.removed == 1


def test_without_a_ttl_nothing_grows_stale():
    cache = LruCache(1)
    cache.set("a", 0)
    assert cache.get("a", 10**15)


def test_fractional_times_use_a_clock_read_at_most_once_per_millisecond():
    """Recorded from lru-cache 10.4.3 with performance.now and setTimeout under one fake clock."""
    cache = LruCache(9, 10)
    cache.set("a", 0.25)
    assert cache.has("a", 10.0)  # reads the clock: 10.0, used for staleness until 11.0
    assert cache.has("a", 10.75)  # 10.5 old by the true clock, 9.75 by the one in use
    assert not cache.has("a", 11.0)


def test_counts_balance_on_random_operations():
    draw = random.Random(1)
    cache, now = LruCache(10, 50), 0
    for _ in range(5000):
        now += draw.choice([0, 1, 2, 9])
        key = draw.randrange(25)
        draw.choice([cache.set, cache.get, cache.has])(key, now)
        if draw.random() < 0.01:
            cache.purge(now)
        assert len(cache) == cache.footprint.entries <= 10
    assert cache.inserted == len(cache) + cache.evicted + cache.expired + cache.removed


def test_c1_no_limit_and_impossible_limits():
    cache = LruCache(0, 10)
    for key in range(1_000):
        assert cache.set(key, 1) is None
    assert len(cache) == 1_000
    with pytest.raises(ValueError, match="max must be 0"):
        LruCache(-1, 10)
