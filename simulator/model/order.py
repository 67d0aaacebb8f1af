"""Order of events at one instant (T2): a class each, and a place within the class.

An event is a triple (time, place, turn): the place is `place(class, within)`, and events of equal time and
place happen in the order in which they were scheduled. Lower comes first. An event is atomic; after it the
levels are recorded, then the node it touched is tested for death.
"""

from __future__ import annotations

from enum import IntEnum

_WITHIN_BITS = 48
"""Room for a place within a class: a dispatch number or a timer's rank."""


class Order(IntEnum):
    """Classes of events, in the order in which they happen at one instant.

    `EDGE` is no event of the model: it closes the bins of the record before anything happens at their edge.
    """

    EDGE = 0
    BASELINE = 1  # by node
    SETTLE = 2  # translations that end ok or fail, as they were started
    TIMEOUT = 3  # pending translations that run out of time, as they were started
    JOB_END = 4  # job slots freed, and job timeouts, as the jobs were dispatched
    TIMER = 5  # by node: sweeps and cleanups in config order, collection, heartbeat; last of all the scan
    RESTART = 6  # by node: starting, up, restarted by the operator
    SAMPLE = 7  # a replay looks at the node after its timers and before that instant's rows
    WAIT_OVER = 8  # first in, first out
    ROW = 9  # session ends and utterances in workload order


def place(order: Order, within: int = 0) -> int:
    """Place of an event among those of the same instant.

    >>> place(Order.TIMER, 3) < place(Order.TIMER, 4) < place(Order.ROW)
    True
    """
    return (
        (order << _WITHIN_BITS) + within + 2
    )  # 0 and 1 are SimPy's own: initialisation and interrupts come first


def first_tick(phase_ms: int, period_ms: int) -> int:
    """First tick after 0 of a timer with this phase (T3): the ticks are at phase mod period + k·period.

    >>> first_tick(45_000, 30_000), first_tick(60_000, 30_000), first_tick(0, 30_000)
    (15000, 30000, 30000)
    """
    return phase_ms % period_ms or period_ms
