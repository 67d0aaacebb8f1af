"""Cross-field notes: configs that are legal and probably not meant (W2xx).

A note is about the first setting of each profile, so that a setting may well try something odd. A cap that
cannot bind is said only when the cap is what is asked about: when `--set` gives it, or when settings or the
grid vary it and none of the values can bind in any profile. (The seed's own cap cannot bind; see `facts`.)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .. import units
from ..problems import Place, Problem
from .cases import Plan
from .diagnose import problem_at
from .facts import capacity_jobs_per_s, facts, load_text, table_bounds
from .merge import Change
from .part import Finding
from .scenario import Scenario
from .stores import PendingMap, RingBuffer, SessionMap, SessionTable
from .tree import Branch, annotate

BUSY_LOAD = 0.85
"""From this share of the slots on, nodes are busy too often for anything else to be seen well."""
HEAP_LIMIT_SHARE = 0.8
"""Share of the heap limit at which churning entries end a process (rule B4)."""
Path = tuple[str, ...]


def check_notes(scenario: Scenario) -> list[Problem]:
    """The notes on one scenario, without places in a file."""
    return [
        Problem(f.code, f.message, Place(path=".".join(map(str, f.path))), f.advice)
        for f in findings(scenario)
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """The paths that the user asks about: those of `--set`, and those that settings and the grid vary."""

    options: frozenset[Path]
    varied: frozenset[Path]

    @classmethod
    def about(cls, options: Sequence[Change], settings: Iterable[Sequence[Change]]) -> "Asked":
        """From the changes of `--set` and of each setting."""
        varied = frozenset(change.path for setting in settings for change in setting)
        return cls(frozenset(change.path for change in options), varied)

    def pointless(self, scenarios: Sequence[Scenario], plan: Plan) -> list[Problem]:
        """W206 for a varied cap of which no value binds in any case."""
        problems = []
        for path in sorted(self.varied - self.options):
            if len(path) != 4 or path[3] != "max":
                continue
            bounds = [bound for s in scenarios for bound in table_bounds(s) if bound.store == path[2]]
            if len(bounds) < len(scenarios) or any(bound.can_bind for bound in bounds):
                continue
            caps = ", ".join(f"{cap:,}" for cap in sorted({b.max for b in bounds if b.max is not None}))
            most = max(bound.most_entries for bound in bounds)
            message = f"none of the caps compared ({caps}) can bind here: at most {most:,} entries"
            problems.append(problem_at(Finding("W206", message, (WHY_BOUND,), path), plan.tree, plan.shown))
        return problems


WHY_BOUND = "job slots / mean service × (ttl + sweep_every) is all that a node can touch before the sweep"


def notes_on(scenario: Scenario, tree: Branch, shown: str, asked: Asked, note: str = "") -> list[Problem]:
    """The notes on one case, with places. `note` names its profile."""
    found = list(findings(scenario))
    for bound in table_bounds(scenario):
        path = ("nodes", "stores", bound.store, "max")
        if path in asked.options and bound.max is not None and not bound.can_bind:
            message = f"a cap of {bound.max:,} cannot bind here: at most {bound.most_entries:,} entries"
            found.append(Finding("W206", message, (WHY_BOUND,), path))
    if note:
        noted = annotate(tree, note)
        assert isinstance(noted, Branch)
        tree = noted
    return [problem_at(finding, tree, shown) for finding in found]


def findings(scenario: Scenario) -> Iterator[Finding]:
    """Every note, by the path it is about."""
    yield from _load(scenario)
    yield from _memory(scenario)
    yield from _stores(scenario)
    yield from _scheduler(scenario)


def _load(scenario: Scenario) -> Iterator[Finding]:
    known = facts(scenario)
    load = known.busiest_load
    path = ("workload", "sessions", "arrivals")
    if load is not None and load >= BUSY_LOAD:
        at = "" if known.offered_load is None or load <= known.offered_load * 1.005 else " at its busiest"
        effect = "busy will hide everything else" if load >= 1 else "nodes will often be busy"
        capacity = capacity_jobs_per_s(scenario)
        sessions = known.sessions_per_s and known.jobs_per_s and known.jobs_per_s / known.sessions_per_s
        advice = f"the slots do {capacity:.3g} jobs a second"
        if capacity and sessions:
            advice += f", {capacity / sessions:.2g} sessions a second"
        yield Finding("W202", f"{load_text(load)}{at}: {effect}", (advice,), path)
    service, timeout = scenario.workload.utterances.service, scenario.scheduler.job_timeout_ms
    if service.mean >= timeout:
        took, limit = units.format_duration(round(service.mean)), units.format_duration(timeout)
        message = f"a job takes {took} on average, job_timeout is {limit}: most jobs will be lost"
        yield Finding("W209", message, (), ("workload", "utterances", "service"))


def _memory(scenario: Scenario) -> Iterator[Finding]:
    nodes, limit = scenario.nodes, scenario.threshold_bytes
    resting = nodes.baseline.distribution.mean + nodes.process.base_bytes
    if limit is not None and resting > limit:
        message = (
            f"baseline and process ({units.format_bytes(resting)}) are above the threshold "
            f"({units.format_bytes(limit)}): no node will take jobs"
        )
        yield Finding("W204", message, (), ("scheduler", "threshold"))
    if nodes.process.operator_restart_ms is not None and limit is None:
        message = "operator_restart waits for an exclusion for memory, which `threshold: never` rules out"
        yield Finding("W212", message, (), ("nodes", "process", "operator_restart"))
    ignored = [n for n, s in nodes.enabled_stores.items() if "entry_bytes" in s.model_fields_set]
    if nodes.footprint == "v8" and ignored:
        names = ", ".join(ignored)
        message = f"footprint v8 computes bytes from the contents: `entry` of {names} is ignored"
        yield Finding("W205", message, (), ("nodes", "footprint"))


def _stores(scenario: Scenario) -> Iterator[Finding]:
    told = scenario.workload.sessions.end_signalled > 0
    for name, store in scenario.nodes.enabled_stores.items():
        path = ("nodes", "stores", name)
        if isinstance(store, SessionTable):
            yield from _table(store, path, scenario)
        if isinstance(store, SessionMap | RingBuffer) and store.cleanup.kind == "session_end" and not told:
            message = "cleanup: session_end never fires: no node is told of an end (end_signalled is 0 %)"
            advice = "`session_removed` also fires on expiry and eviction"
            yield Finding("W207", message, (advice,), (*path, "cleanup"))
        if isinstance(store, PendingMap) and store.abort_on_timeout and store.timeout_ms is None:
            message = "abort_on_timeout has no effect while timeout is never"
            yield Finding("W210", message, (), (*path, "abort_on_timeout"))


def _table(store: SessionTable, path: Path, scenario: Scenario) -> Iterator[Finding]:
    ttl, sweep = store.ttl_ms, store.sweep_every_ms
    if ttl is not None and sweep is not None:
        yield from _expiry(ttl, sweep, path, scenario.horizon_ms)
    elif ttl is not None or sweep is not None:
        missing, given = ("ttl", "sweep_every") if ttl is None else ("sweep_every", "ttl")
        message = f"{given} has no effect while {missing} is never: nothing expires"
        yield Finding("W213", message, (), (*path, given))
    if store.max is not None and scenario.nodes.footprint == "document":
        yield from _full_table(store.max, store.entry_bytes, path, scenario)


def _expiry(ttl_ms: int, sweep_ms: int, path: Path, horizon_ms: int) -> Iterator[Finding]:
    ttl, sweep = units.format_duration(ttl_ms), units.format_duration(sweep_ms)
    stay = units.format_duration(ttl_ms + sweep_ms)
    if sweep_ms > ttl_ms:
        effect = f"a session can stay {stay} after its last utterance"
        message = f"sweep_every ({sweep}) is longer than ttl ({ttl}): {effect}"
        yield Finding("W201", message, (), (*path, "sweep_every"))
    if ttl_ms + sweep_ms > horizon_ms:
        run = units.format_duration(horizon_ms)
        message = (
            f"ttl and sweep_every together ({stay}) are longer than the run ({run}): hardly anything expires"
        )
        yield Finding("W211", message, (), (*path, "ttl"))


def _full_table(cap: int, entry_bytes: int, path: Path, scenario: Scenario) -> Iterator[Finding]:
    size, memory = cap * entry_bytes, scenario.nodes.memory_bytes
    heap = scenario.nodes.process.heap_limit_bytes * HEAP_LIMIT_SHARE
    full = f"a full table ({cap:,} × {units.format_bytes(entry_bytes)} = {units.format_bytes(size)})"
    if size > memory:
        message = f"{full} is more than the host has ({units.format_bytes(memory)}): the cap protects nothing"
        yield Finding("W203", message, (), (*path, "max"))
    elif size > heap:
        message = (
            f"{full} is more than the heap can hold ({units.format_bytes(heap)}): the process dies first"
        )
        yield Finding("W203", message, (), (*path, "max"))


def _scheduler(scenario: Scenario) -> Iterator[Finding]:
    scheduler = scenario.scheduler
    if scheduler.heartbeat_ms > scheduler.offline_after_ms:
        beat, limit = (units.format_duration(t) for t in (scheduler.heartbeat_ms, scheduler.offline_after_ms))
        message = (
            f"heartbeat ({beat}) is longer than offline_after ({limit}): healthy nodes will count as offline"
        )
        yield Finding("W208", message, (), ("scheduler", "offline_after"))
