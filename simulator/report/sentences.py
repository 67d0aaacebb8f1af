"""The sentences around the table: the answer before it, the verdicts after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .effects import differs, effect, harms, never_out, nothing
from .growth import growth, largest
from .profile import names, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .profile import Profile


def answer(profile: Profile) -> str:
    """The first sentence: who meets the targets, or without targets what the study found."""
    if not profile.targets:
        return effect(profile) or "".join(harms(profile)) or differs(profile) or nothing(profile)
    count, reference = len({verdict.target for verdict in profile.targets}), profile.reference.name
    every = "the target" if count == 1 else "both targets" if count == 2 else f"all {count} targets"
    by = {
        status: [s.name for s in profile.settings if profile.standing(s) == status]
        for status in ("met", "missed", "cannot tell")
    }
    if len(by["met"]) == len(profile.settings):
        who = "Every setting meets" if profile.others else f"{reference} meets"
        return f"{who} {every}."
    if len(by["missed"]) == len(profile.settings) and profile.others:
        said = f"; {_missing(profile, [reference], count)}" if count > 1 else ""
        return f"No setting meets {every}{said}."
    if len(by["cannot tell"]) == len(profile.settings):
        return (
            f"It cannot be told yet whether {'any setting' if profile.others else reference} meets {every}."
        )
    parts = []
    if not by["met"] and profile.others:
        parts.append(f"No setting is known to meet {every}")
    if by["met"]:
        parts.append(f"{names(by['met'])} {verb(by['met'], 'meet')} {every}")
    if by["missed"]:
        parts.append(_missing(profile, by["missed"], count))
    if by["cannot tell"]:
        parts.append(f"cannot be told yet: {names(by['cannot tell'])}")
    return "; ".join(parts) + "."


def _missing(profile: Profile, missing: Sequence[str], count: int) -> str:
    """Who misses targets: by name when there is one target, else how many the reference misses."""
    if count == 1:
        return f"{names(missing)} {verb(missing, 'miss')} it"
    reference = profile.reference.name
    first = reference if reference in missing else missing[0]
    missed = {v.target for v in profile.targets if v.setting == first and v.status == "missed"}
    others = len(missing) - 1
    also = "" if not others else f", {others} other setting{'s miss' if others > 1 else ' misses'} some"
    return f"{first} misses {len(missed)} of {count}{also}"


def verdict_sentences(profile: Profile) -> list[str]:
    """What does all of it, what makes things worse, what changes nothing, what grows."""
    found = [effect(profile), *harms(profile), nothing(profile), never_out(profile)]
    found += [largest(profile), *growth(profile)]
    return [sentence for sentence in found if sentence]
