"""What is known of a workload without drawing it: the means of what control variates can use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..config.arrivals import PoissonArrivals
from .laws import below

if TYPE_CHECKING:
    from ..config import Scenario
    from ..config.distributions import Distribution

_POINTS = 4_000


def known_means(scenario: Scenario) -> dict[str, float]:
    """Exact means of a replication's own figures, by name; those that are not known are left out.

    - `sessions`: sessions that start within the run (Poisson arrivals, no idle limit)
    - `baseline_bytes_mean`: the hosts' baseline, averaged over nodes and time
    - `baseline_bytes_highest`: the highest baseline of any host (drawn once per host)
    """
    known = {}
    sessions = scenario.workload.sessions
    if isinstance(sessions.arrivals, PoissonArrivals) and sessions.idle_limit_ms is None:
        known["sessions"] = sessions.arrivals.rate_per_s * scenario.horizon_ms / 1000
    baseline = scenario.nodes.baseline
    known["baseline_bytes_mean"] = below(baseline.distribution, 1, math.inf)
    if baseline.resample_every_ms is None:
        known["baseline_bytes_highest"] = highest_of(baseline.distribution, scenario.nodes.count)
    return known


def highest_of(law: Distribution, count: int) -> float:
    """Mean of the highest of so many independent draws.

    Source: David and Nagaraja, Order Statistics, 3rd ed., eq. 3.1.1: E[max] = the integral of 1 - F(x)^n.

    >>> from ..config.distributions import Normal, Uniform
    >>> round(highest_of(Uniform(low=0.0, high=1.0), 4), 4)
    0.8
    >>> round(highest_of(Normal(mean=100.0, sd=1.0), 4), 3)            # 1.029 in the printed table
    101.029
    """
    if count == 1:
        return below(law, 1, math.inf)
    top = max(below(law, 1, math.inf), 1e-9)
    while 1 - below(law, 0, top) ** count > 1e-12 and top < 2**62:
        top *= 1.5
    low, high = 0.0, top
    for _ in range(60):  # nothing is drawn below: no need to integrate there
        middle = (low + high) / 2
        low, high = (middle, high) if below(law, 0, middle) <= 1e-12 else (low, middle)
    edges = np.linspace(low, top, _POINTS + 1)
    points = (edges[:-1] + edges[1:]) / 2
    left = np.array([1 - below(law, 0, point) ** count for point in points.tolist()])
    return low + float(left.sum()) * (top - low) / _POINTS
