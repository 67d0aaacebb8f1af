"""C1-C5 in a run: what is read and written, and by whom."""

from tests.engine.world import FAILS, HANGS, run, say

CACHE = {"c": ("lru_cache", {"max": 2, "ttl_ms": 100})}


def hits(*rows, stores=CACHE, horizon_ms=10_000, **options):
    made = run(list(rows), stores, horizon_ms, **options)
    return made.count["cache_hits"], made.count["cache_misses"]


def test_c1_the_cap_evicts_the_least_recently_used():
    made = run(
        [say(0, text=1), say(1, text=2), say(2, text=1), say(3, text=3), say(4, text=1), say(5, text=2)],
        CACHE,
        10,
    )
    assert (made.count["cache_hits"], made.store("c").evicted, made.store("c").entries_peak) == (2, 2, 2)


def test_c2_stale_entries_stay_until_read():
    made = run([say(0, text=1), say(1000, text=2)], CACHE, 2000)
    assert (made.store("c").entries, made.store("c").expired) == (2, 0)
    assert hits(say(0, text=1), say(100, text=1)) == (1, 1)
    made = run([say(0, text=1), say(101, text=1)], CACHE, 2000)
    assert (made.count["cache_hits"], made.store("c").expired, made.store("c").inserted) == (0, 1, 2)


def test_c3_a_hit_does_not_renew_the_age():
    assert hits(say(0, text=1), say(90, text=1), say(101, text=1)) == (1, 2)


def test_c4_what_may_not_be_cached_is_neither_read_nor_written():
    made = run([say(0, text=1, cacheable=False), say(1, text=1)], CACHE, 10)
    assert (made.count["cache_hits"], made.count["cache_misses"]) == (0, 1)
    assert made.store("c").inserted == 1


def test_c4_only_an_ok_translation_is_written_when_it_settles():
    assert hits(say(0, text=1, outcome=FAILS), say(1, text=1)) == (0, 2)
    assert hits(say(0, text=1, latency_ms=50), say(49, text=1), say(50, text=1)) == (1, 2)
    assert hits(say(0, text=1, outcome=HANGS), say(1, text=1)) == (0, 1)  # a hang does not even read


def test_c5_two_caches_are_both_read_and_written_and_one_hit_is_enough():
    stores = {"a": ("lru_cache", {"max": 1}), "b": ("lru_cache", {"max": 2})}
    made = run([say(0, text=1), say(1, text=2), say(2, text=1), say(3, text=2)], stores, 10)
    # a holds 2 only, b both: both later reads hit in b; a sees a miss, then a hit
    assert (made.count["cache_hits"], made.count["cache_misses"]) == (2, 2)
    assert (made.store("a").inserted, made.store("b").inserted) == (2, 2)


def test_c5_a_cache_per_job_grows_with_translations_and_never_hits():
    stores = {"c": ("lru_cache", {"instances": "per_job", "max": 2}), "p": ("pending_map", {})}
    rows = [say(0, text=1, latency_ms=10), say(1, text=1), say(20, text=1), say(30, outcome=HANGS)]
    made = run(rows, stores, 100)  # the second is coalesced: no translation starts
    assert (made.store("c").entries, made.store("c").bytes) == (3, 3 * 9700)
    assert (made.count["cache_hits"], made.count["cache_misses"]) == (0, 0)


def test_c5_a_hit_starts_no_translation():
    stores = CACHE | {"j": ("lru_cache", {"instances": "per_job"})}
    assert run([say(0, text=1), say(1, text=1)], stores, 100).store("j").entries == 1
