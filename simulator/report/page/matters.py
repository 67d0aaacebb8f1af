"""What the factors of a study do, apart and together; what each fix is worth, alone and among the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..labels import label
from ..language import say
from ..matters import effects_table, interaction_sentence, moved_results
from ..plan import by_factorial
from ..ranking import ranking_sentence, ranking_table, ranking_title, rankings
from .chart import chart
from .tables import Captioned, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...study import SettingResult, Study
    from ...study.effects import Effect
    from ...study.interaction import Interaction
    from ...study.ranking import Ranked
    from ..profile import Profile

COLUMNS = 4
"""Results in a table of effects: the page has room for one more than a terminal."""
PANELS = 3


@dataclass(frozen=True, slots=True)
class Matters:
    """The effects and the ranking of one or of all profiles, and the settings that they are taken from."""

    settings: tuple[SettingResult, ...] = ()
    effects: tuple[Effect, ...] = ()
    ranking: tuple[Ranked, ...] = ()

    def within(self, profile: str) -> Matters:
        """Those of one profile."""
        return Matters(
            tuple(one for one in self.settings if one.profile == profile),
            tuple(one for one in self.effects if one.profile == profile),
            tuple(one for one in self.ranking if one.profile == profile),
        )


def matters_of(study: Study, omitted: Study | None) -> Matters:
    """What a full plan has found; of a plain comparison, what its settings and those `omitted` tell."""
    from ...study.effects import effects_of
    from ...study.ranking import ranking_of

    if study.effects or study.ranking:
        return Matters(study.settings, study.effects, study.ranking)
    settings: list[SettingResult] = []
    effects: list[Effect] = []
    ranking: list[Ranked] = []
    for profile in study.profiles:
        own = [one for one in study.settings if one.profile == profile]
        more = [one for one in omitted.settings if one.profile == profile][1:] if omitted else []
        settings += [*own, *more]
        effects += effects_of([*own, *more])
        ranking += ranking_of([*own, *more])
    return Matters(tuple(settings), tuple(effects), tuple(ranking))


# ---- effects ----


def effects_parts(profile: Profile, study: Study, found: Matters, place: str) -> Iterator[dict[str, Any]]:
    """A group for each factorial: its effects as a table, the first interaction as a chart."""
    for number, group in enumerate(by_factorial(found.effects), 1):
        factors = list(dict.fromkeys(name for effect in group for name in effect.factors))
        title = " × ".join(factors) if len(factors) == 2 else say("The factors")
        if not any(effect.difference.detectable for effect in group):
            names = say(", ").join(factors)
            said = say("Nothing that can be detected comes of {factors}, apart or together.", factors=names)
            yield {"title": title, "sentences": [said], "charts": [], "tables": []}
            continue
        said = interaction_sentence(profile, group)
        yield {
            "title": title,
            "sentences": [said] if said else [],
            "charts": _interaction(profile, study, found, group, f"{place}-effects-{number}"),
            "tables": [_effects(profile, group)],
        }


def _effects(profile: Profile, effects: Sequence[Effect]) -> Captioned:
    table, note = effects_table(profile, effects, COLUMNS)
    if effects[0].kind == "slope":
        caption = say("Change from the low to the high end of each factor")
        how = say("Slopes of straight lines through the sample, with 95 % intervals over replications.")
    else:
        caption = say("Effect of each factor, averaged over the others")
        how = say(
            "An effect is what the factor's last level gives less what its first gives, pair by pair, with "
            "its 95 % interval. ×: half of what one effect changes by when the other goes the same way; "
            "≈ 0 or same: the two simply add up."
        )
    if note:
        how += " " + say("{said}.", said=note[:1].upper() + note[1:])
    return Captioned(shown(table), caption, say("factor"), how)


def _interaction(
    profile: Profile, study: Study, found: Matters, effects: Sequence[Effect], name: str
) -> list[dict[str, Any]]:
    """The chart of the first two factors that cross, for the results that they move."""
    from ...study.interaction import interactions_of
    from .matters_charts import interaction

    pair = next((effect.factors for effect in effects if effect.kind == "interaction"), None)
    if pair is None:
        return []
    theirs = [effect for effect in effects if set(effect.factors) <= set(pair)]
    moved = moved_results(profile, theirs, PANELS)
    both = next(
        one for one in interactions_of(found.settings, moved) if (one.first.name, one.second.name) == pair
    )
    title = say("{one} and {other} together", one=pair[0], other=pair[1])
    how = say(
        "A point is the change against {reference}, its bar the 95 % interval of the paired difference; a "
        "line is one level of {other}. Parallel lines: the two add up. Lines that meet or cross: what one "
        "does depends on the other.",
        reference=_first_cell(both),
        other=both.second.name,
    )
    if not both.settings:
        how += " " + say("Averaged over the other factors.")
    said = interaction_sentence(profile, effects)
    return [chart(name, lambda: interaction(study, both), title, said, how)]


def _first_cell(both: Interaction) -> str:
    said = (
        f"{one.name}={one.levels[0]}" if one.paths else one.levels[0] for one in (both.first, both.second)
    )
    return both.settings.get((0, 0), "") or say(", ").join(said)


# ---- fixes ----


def ranking_parts(study: Study, ranking: Sequence[Ranked], place: str) -> Iterator[dict[str, Any]]:
    """A group for each setting that is made of fixes: which of them does most, and which is missed."""
    from .matters_charts import fixes as draw_fixes

    told = {fixes[0].together: fixes for fixes in rankings(ranking)}
    for number, together in enumerate(dict.fromkeys(one.together for one in ranking), 1):
        if together not in told:
            said = say("No fix in {setting} changes anything that can be detected.", setting=together)
            title = say("The fixes in {setting}", setting=together)
            yield {"title": title, "sentences": [said], "charts": [], "tables": []}
            continue
        fixes = told[together]
        said = ranking_sentence(fixes)
        table = Captioned(
            shown(ranking_table(fixes)),
            say("Change of {result}", result=label(fixes[0].name).text),
            say("fix"),
            say(
                "Alone: the fix against {reference}. Taken out of all: {setting} without it against "
                "{setting}: what it is worth once the others are there. Best alone comes first.",
                reference=fixes[0].alone.reference,
                setting=together,
            ),
        )
        drawn = chart(
            f"{place}-fixes-{number}",
            lambda fixes=fixes: draw_fixes(study, fixes),  # type: ignore[misc]
            ranking_title(fixes),
            said or say("The figures are those of the table above."),
            say(
                "Bars are 95 % intervals of paired differences. A fix that does much alone and is not missed "
                "when taken out has its work done by another one."
            ),
        )
        sentences = [said] if said else []
        yield {"title": ranking_title(fixes), "sentences": sentences, "charts": [drawn], "tables": [table]}
