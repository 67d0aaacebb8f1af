"""The parts of a full study's answer: what matters, and how fixes rank; as text and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .format import display_width, wrap
from .language import say
from .matters import effects_table, effects_title, interaction_sentence
from .ranking import ranking_sentence, ranking_table, ranking_title, rankings
from .tables import to_markdown, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..study import Study
    from ..study.effects import Effect
    from .profile import Profile
    from .tables import Table

Part = tuple[str, "Table", list[str]]
"""A title, a table, and what is said below it."""


def parts_of(profile: Profile, study: Study, columns: int = 3) -> list[Part]:
    """Effects by factorial, then rankings; nothing for a plain comparison."""
    parts: list[Part] = []
    for effects in by_factorial([one for one in study.effects if one.profile == profile.name]):
        table, note = effects_table(profile, effects, columns)
        if any(effect.difference.detectable for effect in effects):
            said = [interaction_sentence(profile, effects), say("{said}.", said=note) if note else ""]
            parts.append((effects_title(effects), table, [sentence for sentence in said if sentence]))
    for fixes in rankings([one for one in study.ranking if one.profile == profile.name]):
        sentence = ranking_sentence(fixes)
        parts.append((ranking_title(fixes), ranking_table(fixes), [sentence] if sentence else []))
    return parts


def by_factorial(effects: Sequence[Effect]) -> list[list[Effect]]:
    """Effects of one factorial after another: a main effect met again begins the next."""
    found: list[list[Effect]] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for effect in effects:
        known = found and {name for one in found[-1] for name in one.factors}
        new = effect.kind != "interaction" and known and not set(effect.factors) <= known
        begins = new and ("interaction" in {one.kind for one in found[-1]})
        if not found or begins or (effect.name, effect.factors) in seen:
            found.append([])
            seen.clear()
        seen.add((effect.name, effect.factors))
        found[-1].append(effect)
    return found


def text_lines(profile: Profile, study: Study, width: int) -> list[str]:
    """The parts as lines of a terminal."""
    lines: list[str] = []
    count = len(parts_of(profile, study))
    for place in range(count):
        for columns in (3, 2, 1):
            title, table, said = parts_of(profile, study, columns)[place]
            drawn = to_text(table, width)
            if all(display_width(line) <= width for line in drawn):
                break
        lines += ["", *wrap(title, width, "  ", "    "), *drawn]
        for sentence in said:
            lines += wrap(sentence, width, "  ", "    ")
    return lines


def markdown_lines(profile: Profile, study: Study) -> list[str]:
    """The same as Markdown."""
    lines: list[str] = []
    for title, table, said in parts_of(profile, study):
        first = say("fix") if table.heads[:1] == (say("alone"),) else say("factor")
        lines += ["", f"**{title}**", "", *to_markdown(table, first), "", *(f"- {one}" for one in said)]
    return lines
