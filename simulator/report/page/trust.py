"""How far to trust the page: precision, warm-up, theory, both engines, the real software."""

from __future__ import annotations

import json
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..format import estimate, quantity
from ..labels import label
from ..language import say
from ..method import method_sentences
from ..tables import Cell, Row, Table
from ..theory import SIGNS, set_beside, theory_value, value_text, verdict_text, z_text
from .tables import Captioned, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...study import Study
    from ...study.agreement import Agreement
    from ..profile import Profile

_PRECISE = (
    "memory_bytes_peak",
    "stores_bytes_peak",
    "unavailable_fraction",
    "unavailable_memory_fraction",
    "jobs_lost_fraction",
    "context_lost_fraction",
)


def trust_part(
    profiles: Sequence[Profile], study: Study, agreements: Sequence[Agreement]
) -> list[dict[str, Any]]:
    """The sections, in order, each with a title, sentences and tables."""
    return [
        _precision(profiles, study),
        _warm_up(profiles, study),
        _theory(profiles),
        _engines(agreements),
        _fidelity(),
    ]


def _part(title: str, sentences: Sequence[str] = (), tables: Sequence[Captioned] = ()) -> dict[str, Any]:
    return {"title": title, "sentences": list(sentences), "charts": [], "tables": list(tables)}


def _precision(profiles: Sequence[Profile], study: Study) -> dict[str, Any]:
    rows = []
    for profile in profiles:
        for name in _PRECISE:
            result = profile.reference.kpis[name]
            if not result.mean or not isfinite(result.half_width):
                continue
            unit = label(name).unit
            text = estimate(unit, result.mean, result.low, result.high)
            half = quantity(unit, result.half_width)
            share = quantity("fraction", float(f"{result.half_width / abs(result.mean):.2g}"))
            name_of = f"{profile.name}: {label(name).text}" if profile.name else label(name).text
            cells = (Cell(text.value, text.interval), Cell(f"± {half}"), Cell(share), Cell(str(result.n)))
            rows.append(Row(name_of, cells))
    sentences = []
    if not rows:
        sentences.append(say("One replication has no intervals; run more of them to know."))
    heads = (say("estimate"), say("half-width"), say("of the estimate"), say("replications"))
    reference = profiles[0].reference.name or study.name
    tables = [
        Captioned(
            shown(Table(heads, tuple(rows))),
            say("Half-widths of the 95 % intervals, {setting}", setting=reference),
            say("result"),
            say(
                "A quarter of the half-width needs sixteen times the replications. Differences "
                "between settings "
                "are more precise than the settings themselves, since all meet the same arrivals."
            ),
        )
    ]  # fmt: skip
    return _part(say("How precise"), sentences, tables if rows else [])


def _warm_up(profiles: Sequence[Profile], study: Study) -> dict[str, Any]:
    sentences = []
    for profile in profiles:
        said = method_sentences(study, profile.name)
        warmup_ms = profile.reference.scenario.warmup_ms
        if not said:
            said = [
                say("The first {time} are left out of the statistics.", time=quantity("ms", warmup_ms))
                if warmup_ms
                else say(
                    "Statistics begin with the run: a node that has just started is part of the question."
                )
            ]
        sentences += [f"{profile.name}: {one}" if profile.name and len(profiles) > 1 else one for one in said]
    if len({one.partition(": ")[2] for one in sentences}) == 1 and len(sentences) > 1:
        sentences = [sentences[0].partition(": ")[2]]
    return _part(say("Warm-up and replications"), sentences)


def _theory(profiles: Sequence[Profile]) -> dict[str, Any]:
    tables = []
    for profile in profiles:
        rows = []
        for each in set_beside(profile.reference):
            if each.verdict == "does not apply":
                continue
            p = each.prediction
            cells = (
                Cell(SIGNS[p.sense]),
                Cell(value_text(p)),
                Cell(theory_value(p.unit, each.simulated)),
                Cell(z_text(each)),
                Cell(verdict_text(each)),
            )
            rows.append(Row(f"{say(p.name)} ({p.beside})", cells))
        if rows:
            heads = ("", say("theory"), say("simulated"), "z", "")
            setting = " · ".join(part for part in (profile.name, profile.reference.name) if part)
            caption = say("Formulas beside the simulation: {setting}", setting=setting)
            tables.append(Captioned(shown(Table(heads, tuple(rows))), caption, say("result")))
    if not tables:
        return _part(say("Theory beside simulation"), [say("No formula applies to this configuration.")])
    last = tables[-1]
    how = say(
        "z is how many standard errors the simulation lies from the formula: chance alone stays "
        "below 3 in 369 of "
        "370 cases. ≈ is an approximation, close within 5 %; ≤ a bound that holds unless "
        "significantly exceeded."
    )
    tables[-1] = Captioned(last.table, last.caption, last.first, how)
    return _part(say("Theory beside simulation"), [], tables)


def _engines(agreements: Sequence[Agreement]) -> dict[str, Any]:
    sentences = []
    for one in agreements:
        where = " · ".join(part for part in (one.profile, one.setting) if part)
        if one.why_not:
            sentences.append(
                say("{setting}: only the readable engine ran: {why}.", setting=where, why=one.why_not)
            )
        elif one.differs is None:
            sentences.append(
                say(
                    "{setting}: the readable and the compiled engine gave the same {values} figures, "
                    "bit for bit "
                    "({utterances} utterances, the first {time} of replication {number}).",
                    setting=where,
                    values=f"{one.values:,}",
                    utterances=f"{one.utterances:,}",
                    time=quantity("ms", one.horizon_ms),
                    number=one.replication + 1,
                )
            )
        else:
            sentences.append(
                say("{setting}: the engines DIFFER, report this: {where}", setting=where, where=one.differs)
            )
    if not sentences:
        sentences = [say("The engines were not compared.")]
    return _part(say("Two engines"), sentences)


def _fidelity() -> dict[str, Any]:
    """The recorded runs of docs/truth.md, written into the package by the command that makes that page."""
    recorded = json.loads((files("simulator.report") / "truth.json").read_text(encoding="utf-8"))
    heads = (say("levels equal"), say("largest error of memory"), say("mean error"), say("error of the peak"))
    rows = [
        Row(
            f"{run['run']}: {say(run['what'])}",
            (Cell(run["levels"]), Cell(run["largest"]), Cell(run["mean"]), Cell(run["peak"])),
        )
        for run in recorded
    ]
    how = say(
        "Replays of recorded runs against what the modelled system's own classes held, minute by "
        "minute. These are "
        "errors of the model's stores and bytes, under footprint v8, and not of a forecast of load."
    )
    table = Captioned(shown(Table(heads, tuple(rows))), say("Recorded runs"), say("run"), how)
    return _part(say("Close to the real software?"), [], [table])
