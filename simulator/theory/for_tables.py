"""What theory says of a session table: entries, peak, cap, evictions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config.facts import slot_ms
from .laws import cut_moment, survival
from .prediction import Prediction, absent
from .slots import most_entries
from .speech import Speech, found_gone, missing_while_filling
from .swept_table import (
    evictions_per_ms,
    expected_peak,
    idle_when_evicted_ms,
    live_when_evicted,
    mean_entries,
    over_a_sweep,
    peak_chances,
    peak_chances_at_most,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.stores import SessionTable
    from .view import View

M_G_INF = "M/G/∞: Takács (1962), chapter 3.2"
PEAK = "Glaz and Johnson (1984), product-type approximation"
BOUND = "associated counts: Esary, Proschan and Walkup (1967)"
RULE_A8 = "rule A8"
VICTIMS = "characteristic time: Che, Tung and Wang (2002)"
FULL = "PASTA: Wolff (1982)"

ENTRIES, MOST_ENTRIES = "entries on average", "most entries at any time"
MOST_TOUCHED, CAP_REACHED = "most entries the slots can touch", "chance to reach the cap of"
"""Names of figures that an answer speaks of."""
SETTLED = 3.0
"""Lives of an entry that a run, or a warm-up, has to last for long-run formulas."""
SELDOM = 1e-4
"""A cap that is reached in fewer runs than this does not bind."""


@dataclass(frozen=True, slots=True)
class Swept:
    """A table whose occupancy has a closed form: what a node sees, and the table's times, cap and entry."""

    view: View
    speech: Speech
    name: str
    ttl_ms: int
    sweep_ms: int
    cap: int | None

    @property
    def longest_ms(self) -> int:
        """Longest stay after the last touch."""
        return self.ttl_ms + self.sweep_ms

    @property
    def span_ms(self) -> int:
        """Time that statistics cover."""
        return self.view.scenario.horizon_ms - self.view.scenario.warmup_ms

    def peak_inputs(self) -> tuple[float, float, float]:
        """Mean just before a sweep, mean number that two sweeps in a row share, sweeps after filling."""
        before = self.view.in_window(self.longest_ms)
        shared = max(2 * before - self.view.in_window(self.longest_ms + self.sweep_ms), 0.0)
        filled = max(self.view.scenario.warmup_ms, self.longest_ms + self.speech.spoken_ms)
        return before, shared, max((self.view.scenario.horizon_ms - filled) / self.sweep_ms, 1.0)

    @property
    def ever_full(self) -> float:
        """Chance that some node's table reaches its cap during the run."""
        chances = peak_chances(*self.peak_inputs())
        if self.cap is None or self.cap > len(chances):
            return 0.0
        return 1 - float(chances[self.cap - 1]) ** self.view.nodes

    @property
    def binds(self) -> bool:
        """Whether the cap is in reach."""
        return self.ever_full > SELDOM


def swept(view: View, name: str, store: SessionTable) -> Swept | str:
    """The table as formulas take it, or why they do not apply."""
    if view.speech is None or view.reason:
        return view.reason
    if store.ttl_ms is None or store.sweep_every_ms is None:
        return "nothing expires: the table only grows, up to its cap"
    if view.spread_reason:
        return view.spread_reason
    table = Swept(view, view.speech, name, store.ttl_ms, store.sweep_every_ms, store.max)
    life = table.longest_ms + view.speech.spoken_ms
    if view.scenario.horizon_ms < SETTLED * life:
        return "the run is hardly longer than an entry lives: there is no long run"
    if 0 < view.scenario.warmup_ms < SETTLED * life:
        return "the warm-up ends while the table still fills"
    if table.binds and view.speech.told > 0:
        return "the cap is in reach, and its formula needs entries that leave by expiry alone; ends are told"
    if table.binds and not view.poisson:
        return "the cap is in reach, and with sticky routing a node's number of sessions is not Poisson"
    return table


def predict_table(view: View, name: str, store: SessionTable) -> Iterator[Prediction]:
    """Every figure of one session table, given or refused."""
    yield _most_touched(view, name, store)
    table = swept(view, name, store)
    if isinstance(table, str):
        yield absent(name, ENTRIES, "count", f"{name}.entries_mean", table, M_G_INF)
        yield absent(name, MOST_ENTRIES, "count", f"{name}.entries_peak", table, PEAK)
        yield absent(name, "sessions inserted", "count", f"{name}.inserted", table, M_G_INF)
        return
    yield from _entries(table, store)
    yield from _peak(table)
    yield from _evictions(table) if table.binds else _turnover(table)


def _most_touched(view: View, name: str, store: SessionTable) -> Prediction:
    words, beside = MOST_TOUCHED, f"{name}.entries_peak"
    slots = view.scenario.scheduler.jobs_per_node
    if slots is None or slot_ms(view.scenario) <= 0:
        return absent(name, words, "count", beside, "slots are unlimited", RULE_A8)
    if store.ttl_ms is None or store.sweep_every_ms is None:
        return absent(name, words, "count", beside, "nothing expires", RULE_A8)
    servers = 1 if view.scenario.nodes.gpu == "serial" else slots
    most = most_entries(servers, slot_ms(view.scenario), store.ttl_ms, store.sweep_every_ms)
    assumed = ("jobs take their mean time over the life of an entry",)
    return Prediction(name, words, most, "count", "at most", beside, assumed, RULE_A8)


def entries_on_average(table: Swept) -> float:
    """Entries per node averaged over the time that statistics cover, an empty start included."""
    view = table.view
    level = mean_entries(view.in_window, table.ttl_ms, table.sweep_ms, table.cap)
    if view.scenario.warmup_ms > 0:
        return level
    lacking = over_a_sweep(lambda since: _missing(table, table.ttl_ms + since), table.sweep_ms)
    free = mean_entries(view.in_window, table.ttl_ms, table.sweep_ms)
    # a table whose cap binds is full earlier: what it lacks shrinks about as the square of its level
    return level - lacking * (level / free) ** 2 / view.scenario.horizon_ms if free > 0 else 0.0


def _missing(table: Swept, window_ms: float) -> float:
    """Entry-milliseconds per node lacking in all because the table starts empty."""
    view, speech = table.view, table.speech
    lacking = missing_while_filling(speech, window_ms)
    if view.spread in ("one", "sticky"):
        return lacking / view.nodes
    # the node's share of a session's ages is about its share of the sessions within the window
    whole = speech.rate_per_ms * (window_ms + speech.later * cut_moment(speech.gap, window_ms))
    return lacking * view.in_window(window_ms) / whole


def _entries(table: Swept, store: SessionTable) -> Iterator[Prediction]:
    view, name = table.view, table.name
    if not table.binds:
        for words, window in (("after", table.ttl_ms), ("before", table.longest_ms)):
            value = view.in_window(window)
            yield view.given(
                Prediction(name, f"entries just {words} a sweep", value, "count", "equals", None, (), M_G_INF)
            )
    mean, beside = entries_on_average(table), f"{name}.entries_mean"
    # the correction for the empty start leaves caps, told ends and idle limits out of account
    rough = table.binds or table.speech.told > 0 or table.speech.idle_limit_ms < math.inf
    entries = Prediction(name, ENTRIES, mean, "count", "equals", beside, (), M_G_INF)
    yield view.given(entries.loosened() if rough else entries)
    size, beside = mean * store.entry_bytes, f"{name}.bytes_mean"
    in_bytes = Prediction(name, "bytes on average", size, "bytes", "equals", beside, (), M_G_INF)
    if view.scenario.nodes.footprint == "document":
        yield view.given(in_bytes.loosened() if rough else in_bytes)
    else:
        yield in_bytes.refused("footprint v8: bytes depend on the contents")


def _peak(table: Swept) -> Iterator[Prediction]:
    view, name, words, beside = (
        table.view,
        table.name,
        MOST_ENTRIES,
        f"{table.name}.entries_peak",
    )
    if table.speech.told > 0:
        yield absent(name, words, "count", beside, "ends are told: it may peak between sweeps", PEAK)
        return
    if not view.poisson:
        reason = "with sticky routing a node's number of sessions is not Poisson"
        yield absent(name, words, "count", beside, reason, PEAK)
        return
    before, shared, sweeps = table.peak_inputs()
    about = expected_peak(peak_chances(before, shared, sweeps, table.cap), view.nodes)
    bound = expected_peak(peak_chances_at_most(before, sweeps, table.cap), view.nodes)
    assumed = ("each sweep's number depends on the one before alone",)
    yield view.given(Prediction(name, words, about, "count", "about", beside, assumed, PEAK))
    if bound > about * 1.001 and view.spread != "even":
        yield view.given(Prediction(name, f"{words}, bound", bound, "count", "at most", beside, (), BOUND))
    if table.cap is not None:
        words = f"{CAP_REACHED} {table.cap:,}"
        yield view.given(Prediction(name, words, table.ever_full, "fraction", "about", None, (), PEAK))


def _turnover(table: Swept) -> Iterator[Prediction]:
    """Sessions inserted, and none evicted: the cap is out of reach."""
    view, name = table.view, table.name
    gone = gone_chance(table)
    back = view.utterances_per_ms - view.first_touches_per_ms  # touches of a node that the session knows
    inserted = view.nodes * table.span_ms * (view.first_touches_per_ms + back * gone)
    given = Prediction(
        name, "sessions inserted", inserted, "count", "equals", f"{name}.inserted", (), M_G_INF
    )
    yield view.given(given if view.spread == "one" and gone < 1e-9 else given.loosened())
    yield view.given(Prediction(name, "evicted", 0.0, "count", "about", f"{name}.evicted", (), PEAK))


def gone_chance(table: Swept) -> float:
    """Chance that a session which comes back to a node finds its entry swept away."""
    view, speech = table.view, table.speech
    if view.spread in ("one", "sticky"):
        return found_gone(speech, table.ttl_ms, table.sweep_ms)
    # coming back to this very node takes an exponential time: see `sessions_in_window_at_random`
    mean = 1 + speech.later
    rate = (1 / mean + (1 - 1 / mean) / view.nodes) / cut_moment(speech.gap, math.inf)
    return over_a_sweep(lambda since: math.exp(-rate * (table.ttl_ms + since)), table.sweep_ms)


def _evictions(table: Swept) -> Iterator[Prediction]:
    """Evictions, and their victims that speak again: the cap is in reach."""
    view, name, speech = table.view, table.name, table.speech
    assert table.cap is not None
    words, beside = "evicted sessions that speak again", "evicted_live_fraction"
    if view.spread != "one":
        reason = "the cap binds on several nodes: no closed form"
        yield absent(name, "evicted", "count", f"{name}.evicted", reason, FULL)
        yield absent(name, words, "fraction", beside, reason, VICTIMS)
        return
    if speech.later == 0:
        rate = evictions_per_ms(view.in_window, speech.rate_per_ms, table.ttl_ms, table.sweep_ms, table.cap)
        evicted = rate * table.span_ms
        yield view.given(Prediction(name, "evicted", evicted, "count", "about", f"{name}.evicted", (), FULL))
    else:
        reason = "sessions come back to a full table: how often has no simple form"
        yield absent(name, "evicted", "count", f"{name}.evicted", reason, FULL)
    idle = idle_when_evicted_ms(view.in_window, table.cap, table.longest_ms)
    live = live_when_evicted(speech.later, survival(speech.gap, idle))
    assumed = (f"victims have been idle for {idle / 1000:.0f} s",)
    yield view.given(Prediction(name, words, live, "fraction", "about", beside, assumed, VICTIMS))


def predict_context(view: View, tables: dict[str, SessionTable]) -> Iterator[Prediction]:
    """Later utterances that find their session gone, or never met this node; by the first table."""
    lost, elsewhere = "context_lost_fraction", "context_elsewhere_fraction"
    words = ("later utterances, session dropped", "later utterances on a new node")
    source = "the gap's tail beyond ttl and sweep"
    reason = "" if tables else "there is no session table"
    table: Swept | str = reason
    if not reason:
        name, store = next(iter(tables.items()))
        table = swept(view, name, store)
    if isinstance(table, str) or view.later == 0 or table.binds:
        if not isinstance(table, str):
            table = (
                "sessions speak once"
                if view.later == 0
                else "the cap is in reach: evictions lose context too"
            )
        yield absent("sessions", words[0], "fraction", lost, table, source)
        yield absent("sessions", words[1], "fraction", elsewhere, table, source)
        return
    back = (view.utterances_per_ms - view.first_touches_per_ms) / view.utterances_per_ms
    share = back / (table.speech.later_share)
    gone = gone_chance(table)
    dropped = Prediction("sessions", words[0], share * gone, "fraction", "equals", lost, (), source)
    # a session that comes back late may come back after the end of the run, and is not counted
    yield view.given(dropped if gone < 1e-9 else dropped.loosened())
    other = (view.nodes_met - 1) / view.later
    met = "occupancy: Feller I, IV.2"
    yield view.given(Prediction("sessions", words[1], other, "fraction", "equals", elsewhere, (), met))
