"""What can be said of a scenario before it runs: load, the largest table, stores that nothing empties.

These are not warnings: the seed's own figures have a cap that cannot bind and stores without a limit, and
that is what the simulation is asked about. `simulator check -v` and `explain` print them.
"""

from dataclasses import dataclass
from math import floor

from .arrivals import BurstArrivals, PoissonArrivals, ProfileArrivals, RenewalArrivals
from .bounds import growing_stores
from .scenario import Scenario
from .stores import SessionTable


@dataclass(frozen=True, slots=True)
class TableBound:
    """The most entries that a node's session table can hold (rule A8), beside its cap (None: unlimited)."""

    store: str
    most_entries: int
    max: int | None

    @property
    def can_bind(self) -> bool:
        """Whether the cap is within reach."""
        return self.max is not None and self.max <= self.most_entries


@dataclass(frozen=True, slots=True)
class Facts:
    """Load, bounds of tables, and stores that only grow.

    `offered_load` is the share of all job slots that the arrivals keep busy on average, `busiest_load` the
    same in the busiest hours of a daily profile. Rates are per second over all nodes. None: slots are
    unlimited, or the arrivals come from a trace.
    """

    sessions_per_s: float | None
    jobs_per_s: float | None
    capacity_jobs_per_s: float | None
    offered_load: float | None
    busiest_load: float | None
    tables: tuple[TableBound, ...]
    growing: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        """The facts in words, one line each."""
        said: list[str] = []
        if self.offered_load is not None and self.capacity_jobs_per_s is not None:
            rate = f"{self.jobs_per_s:.3g} of {self.capacity_jobs_per_s:.3g} jobs a second"
            said.append(f"offered load is {self.offered_load * 100:.0f} % of the job slots ({rate})")
            if self.busiest_load is not None and self.busiest_load > self.offered_load * 1.005:
                said.append(f"at its busiest it is {self.busiest_load * 100:.0f} %")
        for table in self.tables:
            most = f"{table.store} can hold at most about {table.most_entries:,} entries on a node"
            if table.max is None or table.can_bind:
                said.append(most)
            else:
                said.append(f"{most}: a cap of {table.max:,} cannot bind")
        said += [f"nothing keeps {store} from growing for ever" for store in self.growing]
        return tuple(said)


def facts(scenario: Scenario) -> Facts:
    """What follows from the config alone. Source: rule A8 and Little's law."""
    rates = session_rates(scenario)
    per_session = utterances_per_session(scenario)
    capacity = capacity_jobs_per_s(scenario)
    jobs = rates[0] * per_session if rates else None
    load = jobs / capacity if jobs is not None and capacity else None
    busiest = rates[1] * per_session / capacity if rates and capacity else None
    return Facts(
        sessions_per_s=rates[0] if rates else None,
        jobs_per_s=jobs,
        capacity_jobs_per_s=capacity,
        offered_load=load,
        busiest_load=busiest,
        tables=table_bounds(scenario),
        growing=growing_stores(scenario),
    )


def session_rates(scenario: Scenario) -> tuple[float, float] | None:
    """Mean and largest rate of sessions per second; None for a trace."""
    arrivals = scenario.workload.sessions.arrivals
    if isinstance(arrivals, PoissonArrivals):
        return arrivals.rate_per_s, arrivals.rate_per_s
    if isinstance(arrivals, ProfileArrivals):
        return _profile_rates(arrivals, scenario.horizon_ms)
    if isinstance(arrivals, BurstArrivals):
        quiet, busy = arrivals.quiet.mean, arrivals.busy.mean
        mean = (arrivals.quiet_per_s * quiet + arrivals.busy_per_s * busy) / (quiet + busy)
        return mean, mean
    if isinstance(arrivals, RenewalArrivals):
        rate = 1000 / arrivals.interval.mean
        return rate, rate
    return None


def _profile_rates(arrivals: ProfileArrivals, horizon_ms: int) -> tuple[float, float]:
    """Time-weighted mean and maximum of a step profile over the horizon."""
    starts = [start for start, _ in arrivals.steps]
    ends = [*starts[1:], arrivals.period_ms]
    whole, rest = divmod(horizon_ms, arrivals.period_ms)
    total, largest = 0.0, 0.0
    for (start, rate), end in zip(arrivals.steps, ends, strict=True):
        time = whole * (end - start) + max(0, min(rest, end) - start)
        total += rate * time
        largest = max(largest, rate) if time else largest
    return total / horizon_ms, largest


def utterances_per_session(scenario: Scenario) -> float:
    """Mean utterances of a session; a session of a given duration has one more than the gaps that fit."""
    sessions = scenario.workload.sessions
    if sessions.utterances is not None:
        return sessions.utterances.mean
    if sessions.duration is None or sessions.gap.mean <= 0:
        return 1.0
    return 1 + sessions.duration.mean / sessions.gap.mean


def slot_ms(scenario: Scenario) -> float:
    """Mean time for which a job holds its slot."""
    service, hangs = scenario.workload.utterances.service.mean, scenario.workload.translation.hangs
    timeout = scenario.scheduler.job_timeout_ms
    if scenario.scheduler.hangs_hold_slot:
        return (1 - hangs) * min(service, timeout) + hangs * timeout
    return min(service, timeout)


def capacity_jobs_per_s(scenario: Scenario) -> float | None:
    """Jobs per second that all slots can do; None when slots are unlimited or jobs take no time."""
    slots: int | None = scenario.scheduler.jobs_per_node
    if scenario.nodes.gpu == "serial":
        slots = 1
    time = slot_ms(scenario)
    return scenario.nodes.count * slots * 1000 / time if slots is not None and time > 0 else None


def table_bounds(scenario: Scenario) -> tuple[TableBound, ...]:
    """The bound of rule A8 for every session table that has a time to live, a sweep and limited slots.

    Jobs per second and node × (ttl + sweep): what a node can touch before the first of it is swept.
    """
    capacity = capacity_jobs_per_s(scenario)
    if capacity is None:
        return ()
    found = []
    for name, store in scenario.nodes.enabled_stores.items():
        if isinstance(store, SessionTable) and store.ttl_ms is not None and store.sweep_every_ms is not None:
            stay_s = (store.ttl_ms + store.sweep_every_ms) / 1000
            found.append(TableBound(name, floor(capacity / scenario.nodes.count * stay_s), store.max))
    return tuple(found)


def load_text(load: float) -> str:
    """A load as the share of the job slots.

    >>> load_text(3.12)
    'offered load is 312 % of the job slots'
    """
    return f"offered load is {load * 100:.0f} % of the job slots"
