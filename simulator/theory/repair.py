"""Nodes that fail and come back: how many are up."""

from __future__ import annotations

import math


def share_down(up: float, down: float) -> float:
    """Share of time a node is down that alternates between lives of mean `up` and repairs of mean `down`.

    Any distributions; both in one unit. In the long run, so over many lives.

    Source: the renewal reward theorem for alternating renewal processes: Ross, Stochastic Processes, 2nd ed.,
    theorem 3.4.4.

    >>> share_down(99.0, 1.0), share_down(math.inf, 1.0)
    (0.01, 0.0)
    """
    return 0.0 if math.isinf(up) else down / (up + down)


def all_down(nodes: int, up: float, down: float) -> float:
    """Share of time in which all nodes are down at once, each repaired on its own, independently.

    >>> round(all_down(4, 9.0, 1.0), 6)
    0.0001
    """
    return share_down(up, down) ** nodes


def machine_repair(nodes: int, up: float, down: float, hands: int | None = None) -> tuple[float, ...]:
    """P(0, 1, …, nodes are down) when `hands` can be repaired at a time (None: all), the others waiting.

    Exact for exponential lives and repairs; with a hand for each node, for any distributions.

    Source: Palm's machine interference problem: Feller, An Introduction to Probability Theory I, 3rd ed.,
    XVII.7, eqs. 7.3-7.6.

    >>> [round(chance, 3) for chance in machine_repair(6, 10.0, 1.0, hands=1)]       # Feller's table 1
    [0.485, 0.291, 0.145, 0.058, 0.017, 0.003, 0.0]
    >>> round(sum(n * chance for n, chance in enumerate(machine_repair(4, 9.0, 1.0))), 6)
    0.4
    """
    able = nodes if hands is None else min(hands, nodes)
    weights = [1.0]
    for n in range(1, nodes + 1):
        weights.append(weights[-1] * (nodes - n + 1) / up * down / min(n, able))
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)
