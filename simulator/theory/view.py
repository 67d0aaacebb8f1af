"""What one node sees of the workload: sessions thinned by routing, and whether utterances get through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..config.arrivals import PoissonArrivals
from ..config.distributions import Exponential, Geometric
from ..config.facts import facts, slot_ms, utterances_per_session
from .laws import cut_moment, generating
from .slots import erlang_b, waiting_beyond, waiting_in_runs
from .speech import Speech, sessions_in_window, sessions_in_window_at_random

if TYPE_CHECKING:
    from ..config import Scenario
    from .prediction import Prediction

Spread = Literal["one", "sticky", "chance", "even"]
"""How a session's utterances meet nodes: one node, the same one, any by chance, or as if by chance."""

FEW = 0.01
"""Share of utterances that may be lost for want of a slot without the tables noticing."""
SELDOM_MOVED = 1e-4
"""Share of utterances at which a sticky session may have to move without the tables noticing."""
ASSUMED_UP = "no node is ever out for memory or dead"
ASSUMED_EVEN = "every utterance may meet any node, all alike (the router decides by load)"


@dataclass(frozen=True, slots=True)
class View:
    """A scenario as formulas take it.

    `speech` is of all nodes together, None when sessions cannot be described by it. `reason` says why the
    stores have no closed forms ("": they have). `taken` is the chance that an utterance finds no free slot,
    `lost` that it gives up waiting for one; NaN when they are not known.
    """

    scenario: Scenario
    nodes: int
    spread: Spread
    speech: Speech | None
    reason: str
    taken: float
    lost: float

    @property
    def simple(self) -> bool:
        """Whether gaps are exponential and numbers of utterances geometric, with no idle limit in reach."""
        sessions = self.scenario.workload.sessions
        limit = sessions.idle_limit_ms
        return (
            isinstance(sessions.gap, Exponential)
            and (isinstance(sessions.utterances, Geometric) or self.later == 0)
            and (limit is None or math.exp(-limit / sessions.gap.mean) < 1e-9)
            and sessions.end_signalled == 0
        )

    @property
    def later(self) -> float:
        """Utterances of a session after its first, on average."""
        return self.speech.later if self.speech is not None else math.nan

    @property
    def spread_reason(self) -> str:
        """Why a node's own share of sessions has no closed form; "" when it has one."""
        if self.spread in ("one", "sticky") or self.simple:
            return ""
        return "on several nodes it needs exponential gaps, a geometric number of utterances and no told ends"

    @property
    def poisson(self) -> bool:
        """Whether the number of sessions on a node is Poisson (for `even`: about)."""
        return self.spread != "sticky"

    def given(self, prediction: Prediction) -> Prediction:
        """A figure of a store with the assumptions that all of them share."""
        if self.spread != "even":
            return prediction.assuming(ASSUMED_UP)
        return prediction.loosened().assuming(ASSUMED_UP, ASSUMED_EVEN)

    def in_window(self, window_ms: float) -> float:
        """Mean number of sessions per node that have touched it within the last `window_ms`."""
        assert self.speech is not None
        if self.spread in ("one", "sticky"):
            return sessions_in_window(self.speech, window_ms) / self.nodes
        return sessions_in_window_at_random(self.speech, window_ms, self.nodes)

    @property
    def nodes_met(self) -> float:
        """Nodes that a session meets, on average: N (1 - E[(1 - 1/N)^K]).

        Source: the classical occupancy problem, Feller, An Introduction to Probability Theory I, IV.2.
        """
        utterances = self.scenario.workload.sessions.utterances
        if self.spread in ("one", "sticky") or utterances is None:
            return 1.0
        return self.nodes * (1 - generating(utterances, 1 - 1 / self.nodes))

    @property
    def first_touches_per_ms(self) -> float:
        """Sessions that meet a node for the first time, per node."""
        assert self.speech is not None
        return self.speech.sessions_per_ms * self.nodes_met / self.nodes

    @property
    def utterance_delay_ms(self) -> float:
        """How much later than its session's start an utterance comes: E[K (K - 1)] / 2 E[K] gaps."""
        assert self.speech is not None
        pairs = self.speech.later_pairs + 2 * self.speech.later
        return pairs / 2 * cut_moment(self.speech.gap, math.inf) / (1 + self.speech.later)

    @property
    def utterances_per_ms(self) -> float:
        """Utterances per node."""
        assert self.speech is not None
        return self.speech.utterances_per_ms / self.nodes


def view(scenario: Scenario) -> View:
    """Look at a scenario; never fails."""
    spread: Spread = "even"
    if scenario.nodes.count == 1:
        spread = "one"
    elif scenario.scheduler.routing == "sticky":
        spread = "sticky"
    elif scenario.scheduler.routing == "random":
        spread = "chance"
    speech, reason = _speech(scenario)
    taken, lost = chance_taken(scenario, speech), chance_taken(scenario, speech, patient=True)
    moves = _own_slots_taken(scenario, speech) if spread == "sticky" else 0.0
    load = facts(scenario).offered_load
    if not reason and load is not None and load >= 1:
        reason = f"the slots cannot do all jobs: the offered load is {_percent(load)}"
    elif not reason and lost > FEW:
        reason = f"up to {_percent(lost)} of utterances are lost for want of a slot"
    elif not reason and moves > SELDOM_MOVED:
        reason = f"sticky sessions move when their node is busy, {_percent(moves)} of the time"
    return View(scenario, scenario.nodes.count, spread, speech, reason, taken, lost)


def _own_slots_taken(scenario: Scenario, speech: Speech | None) -> float:
    """Chance that a session's own node is busy, about, as if its sessions were a fixed share of all."""
    slots = scenario.scheduler.jobs_per_node
    if slots is None or speech is None:
        return 0.0
    gap, nodes = cut_moment(speech.gap, math.inf), scenario.nodes.count
    if speech.later == 0 or gap <= 0:
        return erlang_b(slots, speech.rate_per_ms / nodes * slot_ms(scenario))
    return waiting_in_runs(slots, speech.utterances_per_ms * gap / nodes, slot_ms(scenario) / gap, wait=False)


def _percent(share: float) -> str:
    """A share as a percentage with a figure that is not 0.

    >>> _percent(0.114), _percent(0.0042)
    ('11 %', '0.4 %')
    """
    return f"{share * 100:.0f} %" if share >= 0.01 else f"{share * 100:.1g} %"


def _speech(scenario: Scenario) -> tuple[Speech | None, str]:
    sessions = scenario.workload.sessions
    if not isinstance(sessions.arrivals, PoissonArrivals):
        return None, "sessions do not start by a Poisson process of constant rate"
    if sessions.utterances is None:
        return None, "sessions end by a duration, which ties the gaps within one to each other"
    rate = sessions.arrivals.rate_per_s / 1000
    told = sessions.end_signalled
    return Speech.of(rate, sessions.utterances, sessions.gap, sessions.idle_limit_ms, told), ""


def chance_taken(
    scenario: Scenario,
    speech: Speech | None,
    *,
    at: Literal["arrival", "any"] = "arrival",
    patient: bool = False,
) -> float:
    """Chance that all slots of all nodes are taken, at an utterance's arrival or at any time.

    `patient`: that they stay taken for longer than a job waits (at most so: who gives up shortens the queue).

    Whatever the routing, an utterance finds no node only when every slot is taken: one pool of slots. 0 for
    unlimited slots, NaN when there is no formula (a GPU behind the slots, or arrivals of another kind).

    Source: Erlang B when each session speaks once and nobody waits, C when all do; `waiting_in_runs`
    otherwise.
    """
    slots = scenario.scheduler.jobs_per_node
    if slots is None:
        return 0.0
    if speech is None or scenario.nodes.gpu == "serial":
        return math.nan
    servers, service = slots * scenario.nodes.count, slot_ms(scenario)
    if service <= 0:
        return 0.0
    wait = scenario.scheduler.pending_timeout_ms > 0
    patience = scenario.scheduler.pending_timeout_ms / service if patient else 0.0
    load = speech.rate_per_ms * utterances_per_session(scenario) * service
    if speech.later == 0:
        return waiting_beyond(servers, load, patience) if wait else erlang_b(servers, load)
    gap = cut_moment(speech.gap, math.inf)
    if gap <= 0:
        return math.nan
    speaking = speech.utterances_per_ms * gap
    return waiting_in_runs(
        servers, speaking, service / gap, wait=wait, arriving=at == "arrival", patience=patience
    )
