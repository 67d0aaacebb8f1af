"""Where the cheapest value is searched: which ranks are tried, and what is said of them."""

from __future__ import annotations

import pytest

from simulator.study.search import Edge, Search, Standing

FIRST = [0, 25, 50, 75, 100]
MET, MISSED = Standing("met"), Standing("missed", frozenset({0}))
UNTOLD = Standing("cannot tell", frozenset(), frozenset({0}))


def search(standing, sure=None):
    """A search over made-up standings; `sure` is what trying harder says."""
    made = Search(lambda ranks: [standing(rank) for rank in ranks], sure or standing)
    return made, made.edge(FIRST)


@pytest.mark.parametrize("limit", [1, 24, 25, 26, 49, 50, 51, 99, 100])
def test_every_limit_is_found_exactly(limit):
    made, edge = search(lambda rank: MET if rank >= limit else MISSED)
    assert edge == Edge(limit, limit - 1)
    assert len(made.standings) <= len(FIRST) + 5  # halving 25 takes five


def test_all_or_none():
    assert search(lambda rank: MET)[1] == Edge(0, None)
    assert search(lambda rank: MISSED)[1] == Edge(None, None)


@pytest.mark.parametrize(("low", "high"), [(30, 40), (51, 51), (5, 12), (60, 99)])
def test_a_window_between_two_limits_is_found_although_no_first_rank_is_in_it(low, high):
    """One target holds from `low` on, another up to `high`."""

    def standing(rank):
        missed = frozenset({0} if rank < low else ()) | frozenset({1} if rank > high else ())
        return Standing("missed" if missed else "met", missed)

    assert search(standing)[1] == Edge(low, low - 1)


def test_where_the_limits_cross_there_is_no_window():
    def standing(rank):
        return Standing("missed", frozenset({0} if rank < 60 else ()) | frozenset({1} if rank > 40 else ()))

    made, edge = search(standing)
    assert edge == Edge(None, None)
    assert len(made.standings) < 12


def test_what_stays_undecided_lies_between_the_two_ends():
    def standing(rank):
        return MISSED if rank < 30 else UNTOLD if rank < 44 else MET

    made, edge = search(standing)
    assert edge == Edge(44, 29)
    assert {made.standings[rank].status for rank in (30, 43)} == {"cannot tell"}


def test_an_undecided_rank_is_tried_harder_once():
    tried = []

    def sure(rank):
        tried.append(rank)
        return MET if rank >= 37 else MISSED

    _, edge = search(lambda rank: MISSED if rank < 25 else UNTOLD if rank < 60 else MET, sure)
    assert edge == Edge(37, 36)
    assert len(tried) == len(set(tried)) < 10


def test_ranks_beyond_the_answer_are_not_tried_harder():
    tried = []
    standing = {0: MISSED, 25: MET, 50: UNTOLD, 75: UNTOLD, 100: UNTOLD}
    search(
        lambda rank: standing.get(rank, MISSED if rank < 25 else MET),
        lambda rank: tried.append(rank) or UNTOLD,
    )
    assert tried == []


def test_pieces_show_that_meeting_is_not_monotone():
    made, edge = search(lambda rank: MET if rank in (25, 75, 100) else MISSED)
    assert edge == Edge(25, 24)
    assert made.pieces() == [("missed", 0, 24), ("met", 25, 25), ("missed", 50, 50), ("met", 75, 100)]


def test_a_cheaper_one_among_the_undecided_is_taken():
    """Nothing that is known to meet the targets is cheaper than the answer."""

    def standing(rank):
        if rank == 31:
            return MET
        return MISSED if rank < 30 else UNTOLD if rank < 44 else MET

    made, edge = search(standing)
    met = [rank for rank, one in made.standings.items() if one.status == "met"]
    assert edge.met == min(met)
