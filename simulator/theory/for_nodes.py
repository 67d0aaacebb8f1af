"""What theory says of nodes: load, free slots, memory, when the first one is out, and repairs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..config.distributions import Constant, Normal
from ..config.facts import facts, slot_ms, utterances_per_session
from .laws import below, variance
from .passage import erlang_not_yet, first_of
from .prediction import Prediction, absent
from .repair import share_down
from .slots import offered_load
from .view import ASSUMED_EVEN, FEW, chance_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..config.facts import Facts
    from .leaks import Course
    from .prediction import Sense
    from .view import View

LITTLE = "Little (1961); rule A8"
RUNS = "Green and Kolesar (1991), pointwise stationary approximation"
PASSAGE = "linear leak: Ross, Introduction to Probability Models, proposition 5.1"
RENEWAL = "alternating renewal: Ross, Stochastic Processes, theorem 3.4.4"
OFFERED, FIND_NO_SLOT = "offered load, share of the slots", "utterances that find no free slot"
GIVE_UP = "utterances that give up waiting"
FIRST_OUT, FIRST_DEAD = "first node out for memory", "first process dead of memory"
"""Names of figures that an answer speaks of."""
HEAP_SHARE = {"session_table": 0.8, "lru_cache": 0.8}
"""Share of the heap limit that small objects can fill before the process dies (rule B4); large ones 0.99."""
LIVES = 10
"""Lives of a node that a run has to last for the long-run share of time it is down."""


def predict_slots(view: View) -> Iterator[Prediction]:
    """Offered load, and the chance that an utterance finds every slot taken."""
    scenario = view.scenario
    known = facts(scenario)
    if known.jobs_per_s is None:
        yield absent("load", "offered load", "fraction", None, "arrivals come from a trace", LITTLE)
    else:
        busy = offered_load(known.jobs_per_s, slot_ms(scenario))
        yield Prediction("load", "slots in use", busy, "count", "equals", None, ("no job is lost",), LITTLE)
        if known.offered_load is not None:
            words = OFFERED
            yield Prediction("load", words, known.offered_load, "fraction", "equals", None, (), LITTLE)
    yield from _taken(view, known)


def _taken(view: View, known: Facts) -> Iterator[Prediction]:
    scenario = view.scenario
    jobs, time = "no_node_jobs_fraction", "no_node_time_fraction"
    words = (FIND_NO_SLOT, "time with every slot taken")
    reason = ""
    if scenario.scheduler.jobs_per_node is None:
        reason = "slots are unlimited"
    elif scenario.nodes.gpu == "serial":
        reason = "a serial GPU queues jobs behind their slots"
    elif math.isnan(view.taken) or (known.offered_load or 0.0) >= 1:
        reason = view.reason
    elif (view.lost > FEW and view.later > 0) or view.taken > 0.999:
        reason = "the slots are full for so long that the queue has no steady state"
    if reason:
        yield absent("load", words[0], "fraction", jobs, reason, RUNS)
        yield absent("load", GIVE_UP, "fraction", "jobs_lost_fraction", reason, RUNS)
        yield absent("load", words[1], "fraction", time, reason, RUNS)
        return
    speech = view.speech
    single = utterances_per_session(scenario) == 1
    lossy = single and scenario.scheduler.pending_timeout_ms == 0
    source = (
        "Erlang B: Jagerman (1974), eq. 5"
        if lossy
        else "Erlang C: Cooper (1981), eq. 3.4.8"
        if single
        else RUNS
    )
    # service that varies less than an exponential one makes jobs wait less often
    regular = variance(scenario.workload.utterances.service) <= slot_ms(scenario) ** 2
    words_assumed = "jobs vary in length no more than exponential ones" if regular else "jobs are exponential"
    assumed: tuple[str, ...] = () if lossy else (words_assumed,)
    if not single:
        assumed = (*assumed, "sessions speak for much longer than a job takes")
    sense: Sense = "equals" if lossy else "at most" if regular else "about"
    most: Sense = "equals" if lossy else "at most"
    yield Prediction("load", GIVE_UP, view.lost, "fraction", most, "jobs_lost_fraction", assumed, source)
    at_any = chance_taken(scenario, speech, at="any") if speech is not None else view.taken
    for name, value, beside in ((words[0], view.taken, jobs), (words[1], at_any, time)):
        yield Prediction("load", name, value, "fraction", sense, beside, assumed, source)
    if view.nodes == 1:
        beside = "unavailable_busy_fraction"
        yield Prediction("load", "time the node is busy", at_any, "fraction", sense, beside, assumed, source)


def predict_memory(view: View, found: Sequence[Course]) -> Iterator[Prediction]:
    """Mean memory of a node, when every store's course is known."""
    scenario, nodes = view.scenario, view.scenario.nodes
    words, beside = "memory on average", "memory_bytes_mean"
    source = "sums of means"
    unknown = [c for c in found if c.reason]
    if nodes.process.model == "v8":
        yield absent("memory", words, "bytes", beside, "process model v8: garbage comes on top", source)
    elif unknown:
        yield absent("memory", words, "bytes", beside, _reason_of(view, unknown[0]), source)
    else:
        held = math.fsum(c.mean_bytes(scenario.warmup_ms, scenario.horizon_ms) for c in found)
        rest = below(nodes.baseline.distribution, 1, math.inf) + nodes.process.base_bytes
        in_all = Prediction("memory", words, rest + held, "bytes", "about", beside, (), source)
        yield view.given(in_all)
    yield from _first_out(view, found)


def _first_out(view: View, found: Sequence[Course]) -> Iterator[Prediction]:
    """Time to the first exclusion for memory, the first death, and the share of time that nodes are down."""
    scenario = view.scenario
    reason = _no_passage(view, found)
    first, oom = FIRST_OUT, FIRST_DEAD
    beat = scenario.scheduler.heartbeat_ms / 2
    limit = scenario.threshold_bytes
    excluded_first = False
    if limit is None:
        why = "the scheduler does not look at memory"
        yield absent("nodes", first, "ms", "time_to_unavailable_ms", why, PASSAGE)
    elif reason:
        yield absent("nodes", first, "ms", "time_to_unavailable_ms", reason, PASSAGE)
    else:
        chances = _not_yet(view, found, limit, heap=False)
        mean = first_of(chances, view.nodes, scenario.horizon_ms)
        mean = min(mean + beat, float(scenario.horizon_ms))
        excluded_first = chances(scenario.horizon_ms) ** view.nodes < 0.999
        yield _passage(view, first, mean, "time_to_unavailable_ms")
        never = chances(scenario.horizon_ms) ** view.nodes
        words = "chance that no node is ever out"
        given = Prediction("nodes", words, never, "fraction", "about", "censored_fraction", (), PASSAGE)
        yield view.given(given)
    up = math.inf
    if reason or excluded_first:
        why = reason or "nodes are out for memory before, and take no more jobs"
        yield absent("nodes", oom, "ms", "time_to_oom_ms", why, PASSAGE)
    else:
        heap = _not_yet(view, found, scenario.nodes.process.heap_limit_bytes, heap=True)
        host = _not_yet(view, found, scenario.nodes.memory_bytes, heap=False)

        def alive(time: float) -> float:
            return min(heap(time), host(time))

        mean = first_of(alive, view.nodes, scenario.horizon_ms)
        yield _passage(view, oom, mean, "time_to_oom_ms")
        up = first_of(alive, 1, 100 * scenario.horizon_ms)
    yield _down(view, up)


def _passage(view: View, words: str, mean: float, beside: str) -> Prediction:
    assumed = "the horizon stands for what has not happened by then"
    # a router that prefers some nodes fills those sooner
    uneven = view.nodes > 1 and view.scenario.scheduler.routing == "least_loaded"
    sense: Sense = "at most" if uneven and mean < view.scenario.horizon_ms else "about"
    return view.given(Prediction("nodes", words, mean, "ms", sense, beside, (assumed,), PASSAGE))


def _no_passage(view: View, found: Sequence[Course]) -> str:
    nodes = view.scenario.nodes
    if nodes.process.model == "v8":
        return "process model v8: garbage comes on top"
    if nodes.baseline.resample_every_ms is not None:
        return "the baseline fluctuates"
    for c in found:
        if c.reason and c.reason not in HARMLESS:
            return _reason_of(view, c)
    if not any(c.leaks for c in found):
        return "no store leaks"
    return ""


def _reason_of(view: View, course: Course) -> str:
    """Why a store's course is not known; one that is the same for all stores names none."""
    return course.reason if course.reason == view.reason else f"{course.name}: {course.reason}"


HARMLESS = (
    "nothing stays in it",
    "the run ends before the cache is full",
    "a time-out and aborted requests keep it small: no closed form is needed",
)
"""Reasons that leave a store small: a first passage does not need its level."""


def _not_yet(view: View, found: Sequence[Course], limit: float, *, heap: bool) -> Callable[[float], float]:
    """P(one node is still below a limit) as a function of time in ms."""
    nodes = view.scenario.nodes
    share = {c.name: (HEAP_SHARE.get(nodes.stores[c.name].kind, 0.99) if heap else 1.0) for c in found}
    known = [c for c in found if not c.reason]
    rest = nodes.process.base_heap_bytes / 0.99 if heap else nodes.process.base_bytes
    settled = rest + math.fsum(c.level * c.entry_bytes / share[c.name] for c in known if not c.leaks)
    leaking = [c for c in known if c.leaks]
    law = Constant(value=0.0) if heap else nodes.baseline.distribution
    room = limit - settled

    def chance(time: float) -> float:
        grown = math.fsum(c.entries_at(time) * c.entry_bytes / share[c.name] for c in leaking)
        if isinstance(law, Constant) and len(leaking) == 1 and leaking[0].exact:
            only = leaking[0]
            return erlang_not_yet(
                time, room - law.value, only.entry_bytes / share[only.name], only.entries_per_ms
            )
        if isinstance(law, Normal | Constant):
            spread = math.fsum(c.entries_at(time) * (c.entry_bytes / share[c.name]) ** 2 for c in leaking)
            mixed = Normal(mean=law.mean, sd=math.sqrt(variance(law) + spread))
            return below(mixed, 0, room - grown)
        return below(law, 0, room - grown)

    return chance


def _down(view: View, up_ms: float) -> Prediction:
    process = view.scenario.nodes.process
    words = "share of time that a node is down"
    if process.restart_after_ms is None:
        return absent("nodes", words, "fraction", None, "nothing restarts a dead process", RENEWAL)
    if LIVES * up_ms > view.scenario.horizon_ms:
        reason = (
            "nodes hardly ever die" if math.isinf(up_ms) else "the run is short beside the life of a node"
        )
        return absent("nodes", words, "fraction", None, reason, RENEWAL)
    down = process.restart_after_ms + process.restart_warmup_ms
    value = share_down(up_ms, down)
    return Prediction("nodes", words, value, "fraction", "about", None, (ASSUMED_EVEN,), RENEWAL)
