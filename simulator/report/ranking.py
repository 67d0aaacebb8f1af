"""Fixes ranked alone and taken out of all: a table for the result that they move, and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .format import estimate
from .labels import label
from .language import say
from .profile import names
from .tables import Cell, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..statistics import PairedDifference
    from ..study.ranking import Ranked

FIRST = (
    "unavailable_memory_fraction",
    "unavailable_offline_fraction",
    "stores_bytes_peak",
    "jobs_lost_fraction",
)
"""The result that is ranked by, and that an interaction is told of: the first of these that is moved."""


def rankings(ranking: Sequence[Ranked]) -> list[list[Ranked]]:
    """One ranking for each setting that is made of fixes, by the first result that one of them moves."""
    found = []
    for together in dict.fromkeys(one.together for one in ranking):
        for name in FIRST:
            fixes = [one for one in ranking if one.together == together and one.name == name]
            if any(one.alone.detectable or one.lost.detectable for one in fixes):
                found.append(fixes)
                break
    return found


def ranking_title(fixes: Sequence[Ranked]) -> str:
    """What the ranking is about."""
    result = label(fixes[0].name).text
    return say("The fixes in {setting}, by {result}", setting=fixes[0].together, result=result)


def ranking_table(fixes: Sequence[Ranked]) -> Table:
    """What each fix does alone, and what is lost when it is taken out of all."""
    rows = [Row(one.fix, (_cell(one.name, one.alone), _cell(one.name, one.lost))) for one in fixes]
    return Table((say("alone"), say("taken out of all")), tuple(rows))


def _cell(name: str, difference: PairedDifference) -> Cell:
    if difference.exact_zero:
        return Cell(say("same"), quiet=True)
    text = estimate(label(name).unit, difference.mean, difference.low, difference.high, signed=True)
    if difference.detectable:
        return Cell(text.value, text.interval)
    return Cell("≈ 0", text.span, quiet=True)


def ranking_sentence(fixes: Sequence[Ranked]) -> str:
    """Which fix does most alone, which is missed most, and which can be left out."""
    from ..statistics import COLUMNS

    sign = -1 if COLUMNS[fixes[0].name].better == "high" else 1
    best = fixes[0] if fixes[0].alone_holds and sign * fixes[0].alone.mean < 0 else None
    missed = [one for one in fixes if one.lost_holds and sign * one.lost.mean > 0]
    most = max(missed, key=lambda one: sign * one.lost.mean) if missed else None
    parts = []
    if best is not None and best is most:
        parts.append(say("{fix} does most, alone and among all", fix=best.fix))
    else:
        if best is not None:
            parts.append(say("{fix} does most alone", fix=best.fix))
        if most is not None:
            parts.append(say("{fix} is missed most when taken out of all", fix=most.fix))
    idle = [one.fix for one in fixes if not one.lost.detectable]
    if len(idle) == len(fixes):
        parts.append(say("nothing that can be detected is lost without any one of them"))
    elif idle:
        parts.append(say("nothing that can be detected is lost without {fixes}", fixes=names(idle, 6)))
    harm = [one.fix for one in fixes if one.lost_holds and sign * one.lost.mean < 0]
    if harm:
        parts.append(say("without {fixes} all does better", fixes=names(harm)))
    return say("{said}.", said=say("; ").join(parts)) if parts else ""
