"""S1-S4 on the class alone: corners that the recordings do not reach."""

import math
import random

import pytest

from simulator.model import SessionTable


class Plain:
    """The modelled system's own way: two maps and linear scans."""

    def __init__(self, cap, ttl_ms):
        self.cap, self.ttl_ms, self.last = cap, ttl_ms, {}

    def touch(self, key, now):
        victim = None
        if key not in self.last and len(self.last) >= self.cap:
            least = math.inf
            for other, at in self.last.items():
                if at < least:
                    victim, least = other, at
            if victim is not None:
                del self.last[victim]
        self.last[key] = now
        return victim

    def sweep(self, now):
        stale = [key for key, at in self.last.items() if now - at > self.ttl_ms]
        for key in stale:
            del self.last[key]
        return stale


@pytest.mark.parametrize("steps_back", [False, True])
@pytest.mark.parametrize("cap", [1, 2, 7, 2.5, 0, -3, math.nan, math.inf])
def test_equals_the_linear_scans_on_random_operations(cap, steps_back):
    draw = random.Random(f"{cap}{steps_back}")
    table, plain, now = SessionTable(cap, 20), Plain(cap, 20), 0
    for _ in range(3000):
        now += draw.choice([0, 0, 1, 5]) if not steps_back or draw.random() > 0.1 else draw.randint(-30, 30)
        action = draw.random()
        key = draw.randrange(12)
        if action < 0.8:
            assert table.touch(key, now) == plain.touch(key, now)
        elif action < 0.9:
            assert table.sweep(now) == plain.sweep(now)
        else:
            assert table.remove(key) == (plain.last.pop(key, None) is not None)
        assert table.order == list(plain.last)
        assert [table.last_access(key) for key in table.order] == list(plain.last.values())


@pytest.mark.parametrize(
    ("cap", "size"), [(0, 1), (-5, 1), (1, 1), (2.5, 3), (3, 3), (None, 9), (math.nan, 9)]
)
def test_s2_the_size_never_exceeds_the_cap(cap, size):
    table = SessionTable(cap, None)
    for key in range(9):
        table.touch(key, key)
        assert len(table) <= size
    assert len(table) == size
    assert table.evicted == 9 - size


def test_s3_idle_for_exactly_the_ttl_survives_the_sweep():
    table = SessionTable(None, 100)
    table.touch("a", 0)
    assert table.sweep(100) == []
    assert table.sweep(101) == ["a"]


@pytest.mark.parametrize("ttl_ms", [None, math.nan])
def test_s3_without_a_ttl_nothing_expires(ttl_ms):
    table = SessionTable(None, ttl_ms)
    table.touch("a", 0)
    assert table.sweep(10**12) == []


def test_s3_sweeps_in_creation_order_not_by_recency():
    table = SessionTable(None, 10)
    for key, at in (("a", 0), ("b", 0), ("c", 0), ("a", 3)):
        table.touch(key, at)
    assert table.sweep(100) == ["a", "b", "c"]


def test_s4_among_equals_the_one_created_first_goes_wherever_touches_put_it():
    table = SessionTable(3, None)
    for key, at in (("a", 0), ("b", 1), ("c", 2), ("c", 5), ("b", 5), ("a", 5)):
        table.touch(key, at)
    assert [table.touch(key, 6) for key in "def"] == ["a", "b", "c"]


def test_s4_removal_and_re_creation_moves_a_session_to_the_end():
    table = SessionTable(2, None)
    table.touch("a", 0)
    table.touch("b", 0)
    table.remove("a")
    table.touch("a", 0)
    assert table.touch("c", 0) == "b"


def test_a_clock_step_back_delays_expiry_and_makes_the_touched_one_the_oldest():
    table = SessionTable(2, 10)
    table.touch("a", 100)
    table.touch("b", 50)
    assert table.touch("c", 55) == "b"
    assert table.sweep(105) == ["c"]


@pytest.mark.parametrize("key", ["", " ", "\t ", "\u00a0", "\ufeff", "\u3000\n", None])
def test_a_blank_key_is_refused_and_changes_nothing(key):
    table = SessionTable(1, 10)
    table.touch("a", 0)
    with pytest.raises(ValueError, match="blank"):
        table.touch(key, 5)
    assert (table.order, table.last_access("a"), table.evicted) == (["a"], 0, 0)


def test_what_only_python_takes_for_white_space_is_a_key():
    table = SessionTable(1, 10)
    table.touch("\x1f", 0)
    assert len(table) == 1
