"""One profile's sections, in the order of the page, from the answer to what grows."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from ..effects import cure
from ..format import estimate
from ..growth import is_full, largest
from ..labels import label
from ..language import say
from ..profile import names
from ..screen import heading
from ..sentences import answer, verdict_sentences
from ..tables import Cell, Row, Table
from ..targets import target_lines
from .chart import chart
from .matters import effects_parts, ranking_parts
from .tables import Captioned, comparison, outages, shown
from .trade import OBJECTIVES, trades_of

if TYPE_CHECKING:
    from ...study import Study
    from ..profile import Profile
    from .matters import Matters

CONTENTS = (
    ("comparison", "Comparison"),
    ("time", "Memory over time"),
    ("peak", "What the peak is made of"),
    ("out", "Unavailability"),
    ("trade", "Trade-off"),
    ("matters", "What matters"),
)
_KINDS = {"✓": "met", "✗": "missed", "?": "unsure"}

RULES = {
    "session_table": ("S1–S7", "one entry a session, with a cap, a time to live and a sweep"),
    "lru_cache": ("C1–C5", "a cache by text; the least recently used entry goes"),
    "session_map": ("M1–M2", "a map without a limit; only its clean-up empties it"),
    "ring_buffer": ("R1–R2", "each session's last audio, trimmed only when more is appended"),
    "pending_map": ("P1–P4", "translations under way; what hangs stays"),
}
"""By kind: its rules in docs/model.md, and what they come to."""


def profile_part(
    profile: Profile, study: Study, bounds: Profile | None, found: Matters, place: str
) -> dict[str, Any]:
    """Everything that the page says of one profile; `place` begins the ids of its charts."""
    first = answer(profile)
    return {
        "id": place,
        "name": profile.name,
        "heading": heading(profile, study, named=False),
        "answer": first,
        "targets": [
            (mark.strip(), _KINDS[mark.strip()], said, mark.startswith(" "))
            for mark, said in target_lines(profile)
        ],
        "numbers": _numbers(profile),
        "sentences": [said for said in verdict_sentences(profile) if said != first],
        "sections": [
            section
            for section in (
                _comparison(profile, study, bounds, place),
                _over_time(profile, study, place),
                _peak(profile, study, place),
                _outages(profile, study, place),
                _trade_off(profile, study, place),
                _matters(profile, study, found, place),
            )
            if section is not None
        ],
    }


def _section(place: int, **parts: Any) -> dict[str, Any]:
    name, title = CONTENTS[place]
    return {
        "id": name,
        "title": say(title),
        "sentences": [],
        "charts": [],
        "tables": [],
        "rules": [],
        "groups": [],
        **parts,
    }


# ---- answer ----


def _numbers(profile: Profile) -> list[dict[str, Any]]:
    """Three results with their bounds: of the reference, and of the setting that does best."""
    kpis = profile.reference.kpis
    out = "unavailable_memory_fraction"
    if not kpis[out].mean > 0 and kpis["unavailable_offline_fraction"].mean > 0:
        out = "unavailable_offline_fraction"
    best = cure(profile)
    numbers = []
    for name in ("stores_bytes_peak", out, "jobs_lost_fraction"):
        result, unit = kpis[name], label(name).unit
        text = estimate(unit, result.mean, result.low, result.high)
        others = []
        if best is not None:
            other = best.kpis[name]
            said = estimate(unit, other.mean, other.low, other.high).joined
            others.append(say("{setting}: {value}", setting=best.name, value=said))
        named = label(name).text
        if profile.others:
            named = say("{result}, {setting}", result=named, setting=profile.reference.name)
        numbers.append({"name": named, "value": text.value, "interval": text.interval, "others": others})
    return numbers


# ---- sections ----


def _comparison(profile: Profile, study: Study, bounds: Profile | None, place: str) -> dict[str, Any] | None:
    if not profile.others:
        return None
    from ..charts import comparison as forest

    reference = profile.reference.name
    how = say(
        "First row: {reference} in absolute figures. Others: paired differences on the same arrivals "
        "with 95 % "
        "intervals; grey where nothing is detectable.",
        reference=reference,
    )
    if bounds is not None:
        how += " " + say(
            "The shaded rows are no proposals: no cleaning at all, and every clean-up the moment it "
            "may happen."
        )
    table = Captioned(
        comparison(profile, bounds), say("Paired differences against {reference}", reference=reference),
        say("setting"), how,
    )  # fmt: skip
    drawn = chart(
        f"{place}-comparison",
        lambda: forest(study, profile=profile.name, titled=False),
        say("What each setting changes against {reference}", reference=reference),
        say("The figures are those of the table above."),
        say(
            "A point is the mean difference, its bar the 95 % interval: it excludes zero where the "
            "point has a "
            "colour. A hollow ring: the same in every replication."
        ),
    )
    return _section(0, charts=[drawn], tables=[table])


def _over_time(profile: Profile, study: Study, place: str) -> dict[str, Any] | None:
    if not profile.reference.timelines:
        return None
    from .charts import over_time

    memory = profile.reference.kpis["memory_bytes_peak"]
    drawn = chart(
        f"{place}-time",
        lambda: over_time(study, profile.name),
        say("Memory of a node over time, and when nodes were out"),
        say(
            "{setting} peaks at {value}.",
            setting=profile.reference.name or study.name,
            value=estimate("bytes", memory.mean, memory.low, memory.high).joined,
        ),
        say(
            "Lines: median over nodes and replications; band: 5–95 % of them; below, the stores "
            "alone. The strips "
            "show which share of nodes was out for another reason than load: full height is all of them."
        ),
    )
    return _section(1, charts=[drawn])


def _peak(profile: Profile, study: Study, place: str) -> dict[str, Any]:
    from .charts import peak

    said = largest(profile)
    drawn = chart(
        f"{place}-peak",
        lambda: peak(study, profile.name),
        say("Stores at the memory peak"),
        said or say("The figures are in results.csv under bytes_at_memory_peak."),
        say(
            "What the stores of the fullest node hold at the instant when its memory is highest. Mean over "
            "replications; a colour is a store."
        ),
    )
    rules = [
        {"store": name, "said": say(what), "id": rule}
        for name, store in profile.reference.scenario.nodes.enabled_stores.items()
        for rule, what in (RULES[store.kind],)
    ]
    return _section(2, sentences=[said] if said else [], charts=[drawn], rules=rules)


def _outages(profile: Profile, study: Study, place: str) -> dict[str, Any]:
    from .charts import causes

    sentences, charts, tables = [], [], []
    total = profile.reference.kpis["unavailable_fraction"]
    if profile.reference.timelines:
        charts.append(
            chart(
                f"{place}-out",
                lambda: causes(study, profile.name),
                say("Node time in which the scheduler rejects a node, by first cause"),
                say(
                    "{setting}: {value} of node time.",
                    setting=profile.reference.name or study.name,
                    value=estimate("fraction", total.mean, total.low, total.high).joined,
                ),
                say(
                    "Each moment counts for the first cause in the scheduler's order, so trouble "
                    "with memory on "
                    "some nodes shows as busy on the others. Below, the worst replication of the "
                    "first setting."
                ),
            )
        )
    table = outages(profile)
    if table.heads:
        tables.append(
            Captioned(
                table, say("How often and how long"), say("setting"),
                say(
                    "Times and minutes are per node and day, busy left out; no node: all were "
                    "rejected at once. "
                    "≥: in some replications it had not happened by the end."
                ),
            )
        )  # fmt: skip
    else:
        sentences.append(say("No node was ever out (busy left out)."))
    return _section(3, sentences=sentences, charts=charts, tables=tables)


def _trade_off(profile: Profile, study: Study, place: str) -> dict[str, Any] | None:
    from .charts import trade_off

    if not profile.others:
        return None
    trades = trades_of(profile, study)
    edge = [trade.name for trade in trades if trade.on_edge]
    said = say(
        "No other setting is as good in memory, availability and context at once as: {settings}.",
        settings=names(edge, 12),
    )
    if any(not isfinite(trade.result(name).mean) for trade in trades for name in OBJECTIVES):
        return None
    drawn = chart(
        f"{place}-trade",
        lambda: trade_off(trades),
        say("Memory against unavailability and against lost context"),
        said,
        say(
            "Left and down is better. Filled: on the Pareto edge of all three by its means; hollow: another "
            "setting is nowhere worse. Bars are 95 % intervals: where they overlap, the order may be chance."
        ),
    )
    return _section(4, sentences=[said], charts=[drawn])


def _matters(profile: Profile, study: Study, found: Matters, place: str) -> dict[str, Any]:
    """What the factors and the fixes do, as groups of their own; and what grows."""
    groups = [
        *effects_parts(profile, study, found, place),
        *ranking_parts(study, found.ranking, place),
    ]
    sentences: list[str] = []
    tables = []
    table = _growth_table(profile)
    if table.rows:
        tables.append(
            Captioned(
                shown(table), say("What grows, and when it fills the node"), say("store"),
                say(
                    "Growth is the slope over the second half of a run, per node. A store grows "
                    "without bound when "
                    "nothing limits it and the interval of its slope excludes zero."
                ),
            )
        )  # fmt: skip
    else:
        sentences.append(say("Nothing grows without bound."))
    return _section(5, groups=groups, sentences=sentences, tables=tables)


def _growth_table(profile: Profile) -> Table:
    """The reference's stores that grow; of the others only what the reference does not have."""
    found = profile.of_kind("grows_without_bound", "leaks")
    own = {verdict.store for verdict in found if verdict.setting == profile.reference.name}
    rows = []
    for verdict in found:
        if verdict.setting != profile.reference.name and verdict.store in own:
            continue
        assert verdict.growth is not None
        speed = estimate("bytes_per_day", verdict.growth.mean, verdict.growth.low, verdict.growth.high)
        full = Cell("–")
        if verdict.exhaustion is not None and isfinite(verdict.exhaustion.mean):
            time = verdict.exhaustion
            if is_full(time):
                full = Cell(say("full already"))
            else:
                text = estimate("days", time.mean, time.low, time.high)
                full = Cell(text.value, text.interval)
        limit = {
            "threshold": say("headroom below the threshold"),
            "host": say("the host's memory"),
            "heap": say("the process's heap"),
        }.get(verdict.limit or "", "–")
        cells = (Cell(verdict.setting or ""), Cell(speed.value, speed.interval), Cell(limit), full)
        rows.append(Row(str(verdict.store), cells))
    heads = (say("setting"), say("growth on each node"), say("fills first"), say("alone, in"))
    return Table(heads, tuple(rows))
