"""Job slots as a queue: offered load, the most a table can hold, the chance that all slots are taken."""

from __future__ import annotations

import math

from .laws import poisson_chances


def erlang_b(servers: int, load: float) -> float:
    """Chance that all servers are taken when nobody waits (M/G/c/c), for an offered load in Erlang.

    Holds for every distribution of the service time. Stable for any size.

    Source: Erlang (1917); the recursion B(n) = a B(n - 1) / (n + a B(n - 1)): Jagerman (1974), Bell System
    Technical Journal 53, eq. 5.

    >>> erlang_b(0, 3.0), round(erlang_b(4, 3.0), 4), round(erlang_b(10, 5.0), 4)   # printed tables
    (1.0, 0.2061, 0.0184)
    """
    if load <= 0:
        return 1.0 if servers == 0 else 0.0
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Chance that an arrival has to wait when all do (M/M/c); 1 when the load is not below the servers.

    Exact for exponential service; close to it for others.

    Source: Erlang (1917); from B: Cooper, Introduction to Queueing Theory, 2nd ed., eq. 3.4.8.

    >>> round(erlang_c(4, 3.0), 4), erlang_c(4, 4.0), round(erlang_c(10, 7.0), 4)
    (0.5094, 1.0, 0.2217)
    """
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def waiting_beyond(servers: int, load: float, patience: float) -> float:
    """Chance of waiting longer than `patience`, in mean service times, when all wait (M/M/c, in turn).

    1 when the load is not below the servers. Who gives up then shortens the queue, so fewer really do.

    Source: Cooper, Introduction to Queueing Theory, 2nd ed., eq. 3.4.15: C(c, a) e^(-(c - a) patience).

    >>> round(waiting_beyond(4, 3.0, 0.0), 4), round(waiting_beyond(4, 3.0, 2.0), 4)
    (0.5094, 0.0689)
    """
    if load >= servers:
        return 1.0
    return erlang_c(servers, load) * math.exp(-(servers - load) * patience)


def waiting_in_runs(
    servers: int,
    sessions: float,
    load_each: float,
    *,
    wait: bool = True,
    arriving: bool = True,
    patience: float = 0.0,
) -> float:
    """Chance that all slots are taken, when sessions speak for much longer than a job takes.

    Given n sessions speaking, utterances are Poisson with load n · `load_each`; n is Poisson with mean
    `sessions`, and an utterance is more likely to come when many speak (`arriving=False`: at any time
    instead). With `patience`, the chance of waiting longer than that, in mean service times. Utterances of
    sessions come in runs, so this is more than Erlang's formula says for the same load.

    Source: the pointwise stationary approximation, Green and Kolesar (1991), Management Science 37, eq. 3,
    with the number of speaking sessions in place of the time of day.

    >>> round(waiting_in_runs(16, 11.4, 2.627 / 6), 4), round(erlang_c(16, 11.4 * 2.627 / 6), 6)
    (0.0019, 7e-05)
    """
    if sessions <= 0:
        return 0.0
    chances = poisson_chances(sessions, math.ceil(sessions + 12 * math.sqrt(sessions) + 25))

    def taken(load: float) -> float:
        return waiting_beyond(servers, load, patience) if wait else erlang_b(servers, load)

    weighted = (
        float(chance) * taken(n * load_each) * (n / sessions if arriving else 1.0)
        for n, chance in enumerate(chances)
    )
    return min(math.fsum(weighted), 1.0)


def offered_load(jobs_per_s: float, service_ms: float) -> float:
    """Slots that are in use on average, in Erlang, while none is refused.

    Source: Little (1961), Operations Research 9: L = lambda W.

    >>> offered_load(2.0, 2_500.0)
    5.0
    """
    return jobs_per_s * service_ms / 1000


def most_entries(slots: int, service_ms: float, ttl_ms: float, sweep_ms: float) -> float:
    """Most sessions that a node's table can hold, in the long run: what its slots can touch before a sweep.

    Every session in the table was touched by a job within ttl + sweep, and a node does at most `slots` jobs
    in `service_ms`.

    Source: rule A8.

    >>> round(most_entries(4, 2_627.0, 300_000, 60_000))
    548
    """
    return slots * (ttl_ms + sweep_ms) / service_ms
