"""What the settings do, in words: the cure and its price, harms, and what changes nothing and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..study.differing import differences_between
from .format import estimate, listed, quantity
from .labels import label
from .language import say
from .profile import names, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..study import Change, SettingResult
    from ..study.differing import SameReason
    from .profile import Profile

_NEARLY_ALL = 0.95
"""A setting that reaches this share of the best effect does as well as the best."""
_LITTLE = 0.05
"""Less than this share of what the reference has is little: of a change, and of what a cure leaves."""


def effect(profile: Profile) -> str:
    """Which setting brings the largest improvement, and whether a simpler one does as well."""
    name, gains = _gains(profile)
    return _best_of(profile, name, gains) if gains else ""


def cure(profile: Profile) -> SettingResult | None:
    """The simplest of the settings that improve as much as the best; None when nothing improves."""
    _, gains = _gains(profile)
    return _simplest(profile, gains)[0] if gains else None


Gains = list[tuple["SettingResult", "Change"]]


def _gains(profile: Profile) -> tuple[str, Gains]:
    """The first result that some setting improves, and who does."""
    for name in ("unavailable_memory_fraction", "unavailable_offline_fraction", "stores_bytes_peak"):
        gains = [
            (setting, change)
            for setting in profile.others
            for change in profile.against(setting).changes
            if change.store is None and change.name == name and change.better
        ]
        if gains:
            return name, gains
    return "", []


def _nearly_best(gains: Gains) -> Gains:
    best = max(abs(change.difference.mean) for _, change in gains)
    return [(s, c) for s, c in gains if abs(c.difference.mean) >= _NEARLY_ALL * best]


def _simplest(profile: Profile, gains: Gains) -> tuple[SettingResult, Change]:
    return min(_nearly_best(gains), key=lambda pair: _changed_paths(pair[0], profile.reference))


def _best_of(profile: Profile, name: str, gains: Gains) -> str:
    """The simplest of the settings that do as well as the best: what it does and what it costs."""
    best = max(abs(change.difference.mean) for _, change in gains)
    group = _nearly_best(gains)
    simplest, change = _simplest(profile, gains)
    before, after = profile.reference.kpis[name], simplest.kpis[name]
    size = estimate(label(name).unit, before.mean, before.low, before.high).value
    what = say("{change} from {size}", change=_changed(name, change), size=size)
    if best < _LITTLE * before.mean:
        return say("Nothing does much: the most is {what}, by {setting}.", what=what, setting=simplest.name)
    price = [_changed(harm.name, harm) for harm in _harms_of(profile, simplest)]
    if price:
        what = say("{what}, at the price of {harms}", what=what, harms=listed(price))
    supersets = [
        setting.name
        for setting, _ in group
        if setting is not simplest and _contains(setting, simplest, profile.reference)
    ]
    said = say(
        "{setting} does all of it: {what}"
        if after.mean <= _LITTLE * before.mean
        else "{setting} does most: {what}",
        setting=simplest.name,
        what=what,
    )
    if supersets:
        more = names(supersets)
        said = say("{said}; {settings} {add} little", said=said, settings=more, add=verb(supersets, "add"))
    return say("{said}.", said=said)


def _changed(name: str, change: Change) -> str:
    """A change with its interval: `unavailable for memory −34 % [−38, −31]`."""
    difference = change.difference
    text = estimate(label(name).unit, difference.mean, difference.low, difference.high, signed=True)
    return f"{label(name).text} {text.joined}"


_HARMS = (
    "unavailable_memory_fraction",
    "unavailable_offline_fraction",
    "jobs_lost_fraction",
    "context_lost_fraction",
)


def _harms_of(profile: Profile, setting: SettingResult) -> list[Change]:
    """Changes for the worse that count, and that stand up to all settings being compared at once."""
    worse = {
        change.name: change
        for change in profile.against(setting).changes
        if change.store is None and change.better is False and change.holds
    }
    return [worse[name] for name in _HARMS if name in worse]


def _changed_paths(setting: SettingResult, reference: SettingResult) -> int:
    return len(differences_between(setting.scenario, reference.scenario))


def _contains(setting: SettingResult, part: SettingResult, reference: SettingResult) -> bool:
    """Whether a setting makes every change that another one makes, and more."""
    whole = {(d.path, repr(d.value)) for d in differences_between(setting.scenario, reference.scenario)}
    some = {(d.path, repr(d.value)) for d in differences_between(part.scenario, reference.scenario)}
    return some < whole


def harms(profile: Profile) -> list[str]:
    """Which setting makes nodes less available, or loses most, and which others do too."""
    found = [(setting, _harms_of(profile, setting)) for setting in profile.others]
    for name in _HARMS[:3]:
        worse = [
            (abs(change.difference.mean), setting, harms)
            for setting, harms in found
            for change in harms
            if change.name == name
        ]
        if worse:
            _, setting, harms = max(worse, key=lambda item: item[0])
            others = [other.name for _, other, _ in worse if other is not setting]
            said = listed([_changed(harm.name, harm) for harm in harms])
            worse_by = say("{setting} makes it worse: {changes}", setting=setting.name, changes=said)
            if others:
                do = verb(others, "do")
                worse_by = say("{said}; so {do} {settings}", said=worse_by, do=do, settings=names(others))
            return [say("{said}.", said=worse_by)]
    return []


def differs(profile: Profile) -> str:
    """The first setting that differs, and in what: for comparisons that are neither better nor worse."""
    for verdict in profile.of_kind("differs"):
        changes = [_changed(change.name, change) for change in verdict.changes if change.store is None][:2]
        return say("{setting} differs: {changes}.", setting=verdict.setting, changes=listed(changes))
    return ""


def nothing(profile: Profile) -> str:
    """Which settings change nothing, or nothing that can be detected."""
    same = [verdict.setting for verdict in profile.of_kind("exactly_same")]
    alike = [verdict.setting for verdict in profile.of_kind("no_detectable_difference")]
    if alike and len(profile.reference.replications) == 1:
        return say(
            "One replication has no intervals: whether a difference is more than chance cannot be told."
        )
    found = [setting.name for setting in profile.others if setting.name in {*same, *alike}]
    if not found:
        return ""
    if len(found) == len(profile.others) > 1:
        return say(
            "No setting changes anything that can be detected." if alike else "No setting changes anything."
        )
    return say(
        "{settings} {change} nothing that can be detected." if alike else "{settings} {change} nothing.",
        settings=names(found, 6),
        change=verb(found, "change"),
    )


def never_out(profile: Profile) -> str:
    """That no node ever goes out, when it holds for every setting."""
    never = [verdict.setting for verdict in profile.of_kind("never_unavailable")]
    horizon = quantity("ms", profile.reference.scenario.horizon_ms)
    if len(never) == len(profile.settings):
        if not profile.others:
            return say("No node goes out within {horizon} (busy left out).", horizon=horizon)
        return say("No node goes out within {horizon} under any setting (busy left out).", horizon=horizon)
    return ""


def same_reason(reasons: Sequence[SameReason]) -> str:
    """Why a setting's runs equal the reference's: `the cap never binds here (peak 64 of 500)`."""
    said = list(dict.fromkeys(_reason(reason) for reason in reasons))
    if not said:
        return say("it changes nothing in this configuration")
    if len(said) > 3:
        said[2:] = [say("and {count} more reasons", count=len(said) - 2)]
    return say("; ").join(said)


def _reason(reason: SameReason) -> str:
    if reason.why == "cap never binds":
        limits = [limit for limit in (reason.limit, reason.reference_limit) if limit is not None]
        if not reason.peak:
            return say("the cap never binds here")
        peak, limit = quantity("count", reason.peak), quantity("count", min(limits))
        return say("the cap never binds here (peak {peak} of {limit})", peak=peak, limit=limit)
    known = {
        "threshold never reached": "no node ever comes near the threshold",
        "nothing expires": "nothing expires here",
        "store is off": "{store} is off here",
        "cleanup never called": "nobody tells a node that a session ended",
        "nothing times out": "nothing times out here",
    }
    return say(known.get(reason.why, "no run takes notice of it"), store=reason.store)
