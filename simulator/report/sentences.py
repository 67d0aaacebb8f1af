"""The sentences around the table: the answer before it, the verdicts after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .effects import differs, effect, harms, never_out, nothing
from .growth import growth, largest
from .language import say
from .profile import names, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .profile import Profile


def answer(profile: Profile) -> str:
    """The first sentence: who meets the targets, or without targets what the study found."""
    if not profile.targets:
        return effect(profile) or "".join(harms(profile)) or differs(profile) or nothing(profile)
    count, reference = len({verdict.target for verdict in profile.targets}), profile.reference.name
    every = all_targets(count)
    by = {
        status: [s.name for s in profile.settings if profile.standing(s) == status]
        for status in ("met", "missed", "cannot tell")
    }
    if len(by["met"]) == len(profile.settings):
        if profile.others:
            return say("Every setting meets {every}.", every=every)
        return say("{setting} meets {every}.", setting=reference, every=every)
    if len(by["missed"]) == len(profile.settings) and profile.others:
        said = say("No setting meets {every}", every=every)
        also = [_missing(profile, [reference], count)] if count > 1 else []
        return say("{said}.", said=say("; ").join([said, *also]))
    if len(by["cannot tell"]) == len(profile.settings):
        who = say("any setting") if profile.others else reference
        return say("It cannot be told yet whether {setting} meets {every}.", setting=who, every=every)
    parts = []
    if not by["met"] and profile.others:
        parts.append(say("No setting is known to meet {every}", every=every))
    if by["met"]:
        meet = verb(by["met"], "meet")
        parts.append(say("{settings} {meet} {every}", settings=names(by["met"]), meet=meet, every=every))
    if by["missed"]:
        parts.append(_missing(profile, by["missed"], count))
    if by["cannot tell"]:
        parts.append(say("cannot be told yet: {settings}", settings=names(by["cannot tell"])))
    return say("{said}.", said=say("; ").join(parts))


def all_targets(count: int) -> str:
    """All of so many targets, as a sentence calls them.

    >>> all_targets(1), all_targets(2), all_targets(3)
    ('the target', 'both targets', 'all 3 targets')
    """
    return say(
        "the target" if count == 1 else "both targets" if count == 2 else "all {count} targets", count=count
    )


def _missing(profile: Profile, missing: Sequence[str], count: int) -> str:
    """Who misses targets: by name when there is one target, else how many the reference misses."""
    if count == 1:
        return say("{settings} {miss} it", settings=names(missing), miss=verb(missing, "miss"))
    reference = profile.reference.name
    first = reference if reference in missing else missing[0]
    missed = {v.target for v in profile.targets if v.setting == first and v.status == "missed"}
    others = len(missing) - 1
    said = say("{setting} misses {missed} of {count}", setting=first, missed=len(missed), count=count)
    if not others:
        return said
    also = "{count} other settings miss some" if others > 1 else "{count} other setting misses some"
    return say(", ").join([said, say(also, count=others)])


def verdict_sentences(profile: Profile) -> list[str]:
    """What does all of it, what makes things worse, what changes nothing, what grows."""
    found = [effect(profile), *harms(profile), nothing(profile), never_out(profile)]
    found += [largest(profile), *growth(profile)]
    return [sentence for sentence in found if sentence]
