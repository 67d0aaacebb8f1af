"""First passages of a leak: when does what never shrinks reach a limit?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc, log_ndtr, ndtr

if TYPE_CHECKING:
    from collections.abc import Callable

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def erlang_passage(room: float, step: float, rate: float) -> tuple[float, float]:
    """Mean and standard deviation of the time until equal steps at a Poisson rate have filled the room.

    `room` and `step` in bytes, `rate` in steps per unit of time. The n-th step does it, n = ceil(room /
    step): an Erlang time of n stages.

    Source: Ross, Introduction to Probability Models, 11th ed., proposition 5.1.

    >>> mean, spread = erlang_passage(4_000.0, 100.0, 1.0)
    >>> mean, round(spread, 4)
    (40.0, 6.3246)
    """
    steps = max(math.ceil(room / step), 0)
    return (steps / rate, math.sqrt(steps) / rate) if rate > 0 else (math.inf, math.nan)


def erlang_not_yet(time: float, room: float, step: float, rate: float) -> float:
    """Chance that equal steps at a Poisson rate have not filled the room by a time.

    Source: as `erlang_passage`: P(fewer than n events by t) = Q(n, rate t).

    >>> round(erlang_not_yet(40.0, 4_000.0, 100.0, 1.0), 4)
    0.479
    """
    steps = math.ceil(room / step)
    return 0.0 if steps <= 0 else float(gammaincc(steps, rate * time))


def drift_passage(room: float, drift: float, variance: float) -> tuple[float, float]:
    """Mean and standard deviation of the time at which a drifting level first gains `room`: inverse Gaussian.

    `drift` and `variance` are per unit of time. For steps of varying size at a Poisson rate, drift = rate ·
    mean step and variance = rate · mean squared step: then it is an approximation for many steps.

    Source: Schrödinger (1915), Physikalische Zeitschrift 16; Chhikara and Folks, The Inverse Gaussian
    Distribution, section 2.2: mean room / drift, variance room · variance / drift³.

    >>> drift_passage(100.0, 2.0, 8.0)
    (50.0, 10.0)
    """
    if drift <= 0:
        return math.inf, math.nan
    return room / drift, math.sqrt(max(room, 0.0) * variance / drift**3)


def drift_not_yet(time: float, room: float, drift: float, variance: float) -> float:
    """Chance that a drifting level has not yet gained `room` by a time: the inverse Gaussian's tail.

    Source: Chhikara and Folks, The Inverse Gaussian Distribution, eq. 2.10.

    >>> round(drift_not_yet(50.0, 100.0, 2.0, 8.0), 4)
    0.4605
    """
    if room <= 0:
        return 0.0
    if time <= 0:
        return 1.0
    if variance <= 0:
        return 1.0 if drift * time < room else 0.0
    root = math.sqrt(variance * time)
    reflected = 2 * drift * room / variance + float(log_ndtr(-(room + drift * time) / root))
    return float(ndtr((room - drift * time) / root)) - math.exp(min(reflected, 0.0))


def first_of(not_yet: Callable[[float], float], nodes: int, horizon: float, panels: int = 12) -> float:
    """Mean of min(first of `nodes` independent times, horizon), from one time's chance of not being over yet.

    Source: E[min(T, h)] = the integral of P(T > t) over [0, h]; Gauss's rule with 16 points in each panel of
    the stretch in which the chance falls.

    >>> round(first_of(lambda t: math.exp(-t), 4, 100.0), 4)
    0.25
    """
    start = _where(lambda time: not_yet(time) < 1 - 1e-9, horizon)
    end = _where(lambda time: not_yet(time) ** nodes < 1e-9, horizon)
    width = (end - start) / panels
    times = start + (np.arange(panels)[:, None] + (_NODES + 1) / 2) * width
    chances = np.array([not_yet(time) for time in times.ravel().tolist()]) ** nodes
    return start + float(np.tile(_WEIGHTS, panels) @ chances / 2 * width)


def _where(holds: Callable[[float], bool], horizon: float) -> float:
    """The time from which something holds for good, by bisection; the horizon when it never does."""
    if not holds(horizon):
        return horizon
    low, high = 0.0, horizon
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
