"""What matters: main effects and interactions as a table, and the first interaction as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choice import telling_names
from .format import estimate
from .labels import label
from .language import say
from .ranking import FIRST
from .tables import Cell, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..statistics import PairedDifference
    from ..study.effects import Effect
    from .profile import Profile

MOST_ROWS = 14
HOLM = "*"


def effects_title(effects: Sequence[Effect]) -> str:
    """What the table's numbers are; empty without effects."""
    if not effects:
        return ""
    if effects[0].kind == "slope":
        return say(
            "What matters: the change from the low to the high end of each factor, by straight lines "
            "through the sample of {factors}",
            factors=_sampled(effects),
        )
    if any(effect.kind == "interaction" for effect in effects):
        return say(
            "What matters: the effect of each factor, averaged over the others; ×: half of what one "
            "effect changes by when the other goes the same way"
        )
    return say("What matters: the effect of each factor, averaged over the others")


def effects_table(profile: Profile, effects: Sequence[Effect], columns: int = 3) -> tuple[Table, str]:
    """Effects by results that say something here, and a note below it (empty when there is none)."""
    names = moved_results(profile, effects, columns)
    groups: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], dict[str, Effect]] = {}
    for effect in effects:
        groups.setdefault((effect.factors, effect.levels), {})[effect.name] = effect
    telling = [group for group in groups.values() if _tells(group, names)]
    quiet = len(groups) - len(telling)
    shown = telling[:MOST_ROWS] if quiet > 2 or len(groups) > MOST_ROWS else list(groups.values())
    rows = [
        Row(_row_name(next(iter(group.values()))), tuple(_cell(group.get(name)) for name in names))
        for group in shown
    ]
    notes = []
    if len(shown) < len(groups):
        rest = len(groups) - len(shown)
        notes.append(
            say("{count} more effects cannot be told from nothing", count=rest)
            if len(shown) == len(telling)
            else say("{count} more effects are not shown", count=rest)
        )
    if any(cell.value.endswith(HOLM) for row in rows for cell in row.cells):
        notes.append(
            say(
                "{sign} more than chance alone, but not with {count} effects looked at (Holm)",
                sign=HOLM,
                count=len(groups),
            )
        )
    explained = [
        say("{share} of {result}", share=f"{e.explained:.0%}", result=label(e.name).text)
        for e in effects
        if e.name in names and e.explained
    ]
    if explained:
        what = say(", ").join(dict.fromkeys(explained))
        notes.append(say("the lines explain {what} between settings", what=what))
    return Table(tuple(label(name).short for name in names), tuple(rows)), say("; ").join(notes)


def moved_results(profile: Profile, effects: Sequence[Effect], columns: int) -> list[str]:
    """The results that get a column: those of the comparison that some effect moves, else the first."""
    there = {effect.name for effect in effects}
    moved = {effect.name for effect in effects if effect.difference.detectable}
    wanted = [verdict.name for verdict in profile.targets]
    names = [name for name in telling_names(profile.settings, wanted, at_most=8) if name in there]
    return [name for name in names if name in moved][:columns] or names[:1]


def _tells(group: dict[str, Effect], names: Sequence[str]) -> bool:
    return any(name in group and group[name].difference.detectable for name in names)


def _row_name(effect: Effect) -> str:
    if effect.kind == "interaction":
        return " × ".join(effect.factors)
    low, high = effect.levels[0]
    return effect.factors[0] if effect.factors[0] == high else f"{effect.factors[0]} {low} → {high}"


def _cell(effect: Effect | None) -> Cell:
    if effect is None:
        return Cell("")
    difference = effect.difference
    if difference.exact_zero:
        return Cell(say("same"), quiet=True)
    text = _text(effect.name, difference)
    if not difference.detectable:
        span = estimate(label(effect.name).unit, *_ends(difference), signed=True).span
        return Cell("≈ 0", span, quiet=True)
    return Cell(text[0] + ("" if effect.holds else HOLM), text[1])


def _ends(difference: PairedDifference) -> tuple[float, float, float]:
    return difference.mean, difference.low, difference.high


def _text(name: str, difference: PairedDifference) -> tuple[str, str]:
    text = estimate(label(name).unit, *_ends(difference), signed=True)
    return text.value, text.interval


def _sampled(effects: Sequence[Effect]) -> str:
    count = len({effect.factors for effect in effects})
    return say("{count} factors", count=count) if count > 1 else say("one factor")


def interaction_sentence(profile: Profile, effects: Sequence[Effect]) -> str:
    """What the first two factors do together, for the result that matters most of those that either moves."""
    pairs = [effect for effect in effects if effect.kind == "interaction"]
    if not pairs:
        return ""
    both = pairs[0].factors
    moved_by = [effect for effect in effects if set(effect.factors) <= set(both)]
    candidates = moved_results(profile, moved_by, len(moved_by))
    name = next((result for result in FIRST if result in candidates), candidates[0])
    found = {effect.factors: effect for effect in effects if effect.name == name}
    pair, one = found[both], found[both[:1]]
    what = label(name).text
    if pair.difference.exact_zero:
        return say(
            "{one} does exactly the same to {result} whatever {other} is.",
            one=both[0],
            other=both[1],
            result=what,
        )
    if not (pair.difference.detectable and pair.holds):
        span = estimate(label(name).unit, *_ends(pair.difference), signed=True).span
        return say(
            "{one} and {other} do not interact detectably: {result} {span}.",
            one=both[0], other=both[1], result=what, span=span,
        )  # fmt: skip
    assert pair.at is not None
    moved = both[0] if one.levels[0][1] == both[0] else f"{both[0]} {' → '.join(one.levels[0])}"
    said = [
        say("{change} {where}", change=_said(name, side), where=_where(both[1], pair.levels[1], sign))
        for sign, side in zip((-1, 1), pair.at, strict=True)
    ]
    return say(
        "{one} and {other} interact: {moved} changes {result} by {first}, by {second}.",
        one=both[0], other=both[1], moved=moved, result=what, first=said[0], second=said[1],
    )  # fmt: skip


def _said(name: str, difference: PairedDifference) -> str:
    if difference.exact_zero:
        return say("nothing")
    return " ".join(_text(name, difference)).strip() if difference.detectable else say("nothing detectable")


def _where(factor: str, levels: tuple[str, str], sign: int) -> str:
    """`with cap 500`, `without cap 500`, or `at max=100`."""
    if levels[1] == factor:
        return say("with {factor}" if sign > 0 else "without {factor}", factor=factor)
    return say("at {factor}={level}", factor=factor, level=levels[sign > 0])
