"""Verdicts in words: what meets the targets, what does all of it, what changes nothing, what grows."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from ..statistics import bound_of
from .format import estimate, listed, quantity
from .labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..names import Unit
    from ..study import SettingResult
    from ..study.differing import SameReason
    from ..study.results import Study
    from ..study.targets import TargetVerdict
    from ..study.verdicts import Change, Verdict

MARKS = {"met": "✓", "missed": "✗", "cannot tell": "?"}
_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">"}
_NEARLY_ALL = 0.95
"""A setting that reaches this share of the best effect is said to do all of it."""
_LITTLE = 0.05
"""A change of the stores' peak by less than this share of it is said to be little."""


class Profile:
    """One profile of a study: its settings (the reference first), their targets and verdicts."""

    def __init__(self, study: Study, name: str) -> None:
        self.name = name
        self.settings = [setting for setting in study.settings if setting.profile == name]
        self.reference = self.settings[0]
        self.others = self.settings[1:]
        self.targets = [verdict for verdict in study.targets if verdict.profile == name]
        self.verdicts = [verdict for verdict in study.verdicts if verdict.profile == name]

    def against(self, setting: SettingResult) -> Verdict:
        """The verdict that compares a setting with the reference."""
        kinds = ("exactly_same", "no_detectable_difference", "differs")
        return next(v for v in self.verdicts if v.setting == setting.name and v.kind in kinds)

    def of_kind(self, *kinds: str) -> list[Verdict]:
        """All verdicts of these kinds, in the order of the settings."""
        return [verdict for verdict in self.verdicts if verdict.kind in kinds]

    def standing(self, setting: SettingResult) -> str:
        """The worst status among a setting's targets; empty without targets."""
        statuses = {verdict.status for verdict in self.targets if verdict.setting == setting.name}
        return next((status for status in ("missed", "cannot tell", "met") if status in statuses), "")


def names(settings: Sequence[str], most: int = 3) -> str:
    """Some names, and how many more: `a, b and 4 more`."""
    if len(settings) <= most:
        return listed(list(settings))
    return f"{', '.join(settings[: most - 1])} and {len(settings) - most + 1} more"


# ---- targets ----


def target_text(verdict: TargetVerdict) -> str:
    """A target as a reader says it: `unavailable for memory ≤ 0.1 %`."""
    text = verdict.target.replace(verdict.name, label(verdict.name).text).removeprefix("mean ")
    return re.sub(r"<=|>=", lambda sign: _SIGNS[sign.group()], text)


def target_value(verdict: TargetVerdict, horizon_ms: int) -> str:
    """What a target's statistic came to, with its interval."""
    if verdict.reason == "undefined" or verdict.value != verdict.value:
        return "undefined"
    unit: Unit = "fraction" if verdict.statistic == "P" else label(verdict.name).unit
    if verdict.name.startswith("time_to_") and unit == "ms" and verdict.value >= horizon_ms:
        return f"not within {quantity('ms', horizon_ms)}"
    return estimate(unit, verdict.value, verdict.low, verdict.high).joined


def would_tell(verdict: TargetVerdict) -> str:
    """What it would take to tell a target that cannot be told."""
    if verdict.more_replications is not None:
        more = int(float(f"{verdict.more_replications:.2g}"))
        return f"about {more:,} more replication{'s' * (more != 1)} would tell"
    return {
        "one replication": "one replication has no interval",
        "horizon": "a longer horizon would tell",
        "undefined": "it is undefined in every run",
    }.get(verdict.reason, "it sits on its limit")


def target_lines(profile: Profile) -> list[tuple[str, str]]:
    """Each target as (mark, text) lines: one when all settings agree, else one for each standing."""
    lines: list[tuple[str, str]] = []
    for target in dict.fromkeys(verdict.target for verdict in profile.targets):
        judged = [verdict for verdict in profile.targets if verdict.target == target]
        groups = {
            status: [verdict for verdict in judged if verdict.status == status]
            for status in ("met", "missed", "cannot tell")
        }
        worst = "missed" if groups["missed"] else "cannot tell" if groups["cannot tell"] else "met"
        said = target_text(judged[0])
        present = [status for status in groups if groups[status]]
        if len(present) == 1:
            who = "" if len(judged) == 1 else f" {_BY[worst]} all {len(judged)} settings"
            told = f"{worst}{who}{_why(judged)}{':' if who else ','}"
            lines.append((MARKS[worst], f"{said}: {told} {_examples(profile, judged)}"))
            continue
        lines.append((MARKS[worst], f"{said}: met by {len(groups['met'])} of {len(judged)} settings"))
        for status in present:
            who = f"{status}{_why(groups[status])}" if status == "cannot tell" else f"{status} by"
            lines.append(("  " + MARKS[status], f"{who}: {_examples(profile, groups[status])}"))
    return lines


_BY = {"met": "by", "missed": "by", "cannot tell": "for"}


def _why(verdicts: Sequence[TargetVerdict]) -> str:
    """What it would take to tell, said once when it is the same for all."""
    takes = {would_tell(verdict) for verdict in verdicts if verdict.status == "cannot tell"}
    return f" ({takes.pop()})" if len(takes) == 1 else ""


def _examples(profile: Profile, verdicts: Sequence[TargetVerdict]) -> str:
    """Two settings with their values, the reference before others, and how many more there are."""
    horizon_ms = profile.reference.scenario.horizon_ms
    several, said_before = len(profile.settings) > 1, _why(verdicts)
    values = {target_value(verdict, horizon_ms) for verdict in verdicts}
    if (
        len(verdicts) == len(profile.settings)
        and len(values) == 1
        and (said_before or verdicts[0].status != "cannot tell")
    ):
        return values.pop()
    shown = []
    for verdict in verdicts[:2]:
        text = f"{verdict.setting if several else ''} {target_value(verdict, horizon_ms)}".strip()
        if verdict.status == "cannot tell" and not said_before:
            text += f" ({would_tell(verdict)})"
        shown.append(text)
    if len(verdicts) > 2:
        shown.append(f"{len(verdicts) - 2} more")
    return listed(shown)


def answer(profile: Profile) -> str:
    """The first sentence: who meets the targets, or without targets what the study found."""
    if not profile.targets:
        return _effect(profile) or "".join(_harms(profile)) or _differs(profile) or _nothing(profile)
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
        parts.append(f"{names(by['met'])} {_verb(by['met'], 'meet')} {every}")
    if by["missed"]:
        parts.append(_missing(profile, by["missed"], count))
    if by["cannot tell"]:
        parts.append(f"cannot be told yet: {names(by['cannot tell'])}")
    return "; ".join(parts) + "."


def _missing(profile: Profile, missing: Sequence[str], count: int) -> str:
    """Who misses targets: by name when there is one target, else how many the reference misses."""
    if count == 1:
        return f"{names(missing)} {_verb(missing, 'miss')} it"
    reference = profile.reference.name
    first = reference if reference in missing else missing[0]
    missed = {v.target for v in profile.targets if v.setting == first and v.status == "missed"}
    others = len(missing) - 1
    also = "" if not others else f", {others} other setting{'s miss' if others > 1 else ' misses'} some"
    return f"{first} misses {len(missed)} of {count}{also}"


# ---- effects ----


def verdict_sentences(profile: Profile) -> list[str]:
    """What does all of it, what makes things worse, what changes nothing, what grows."""
    found = [_effect(profile), *_harms(profile), _nothing(profile), _never_out(profile)]
    found += [_largest(profile), *growth(profile)]
    return [sentence for sentence in found if sentence]


def _effect(profile: Profile) -> str:
    """Which setting brings the largest improvement, and whether a simpler one does as well."""
    for name in ("unavailable_memory_fraction", "unavailable_offline_fraction", "stores_bytes_peak"):
        gains = [
            (setting, change)
            for setting in profile.others
            for change in profile.against(setting).changes
            if change.store is None and change.name == name and change.better
        ]
        if gains:
            return _best_of(profile, name, gains)
    return ""


def _best_of(profile: Profile, name: str, gains: Sequence[tuple[SettingResult, Change]]) -> str:
    best = max(abs(change.difference.mean) for _, change in gains)
    group = [(s, c) for s, c in gains if abs(c.difference.mean) >= _NEARLY_ALL * best]
    simplest, change = min(group, key=lambda pair: _changed_paths(pair[0], profile.reference))
    what = _changed(name, change)
    if name == "stores_bytes_peak":
        whole = profile.reference.kpis[name]
        what += f" of {estimate('bytes', whole.mean, whole.low, whole.high).value}"
        if best < _LITTLE * whole.mean:
            return f"Nothing does much: the most is {what}, by {simplest.name}."
    price = [_changed(harm.name, harm) for harm in _harms_of(profile, simplest)]
    if price:
        what += f", at the price of {listed(price)}"
    supersets = [
        setting.name
        for setting, _ in group
        if setting is not simplest and _contains(setting, simplest, profile.reference)
    ]
    if supersets:
        return f"{simplest.name} does all of it: {what}; {names(supersets)} {_verb(supersets, 'add')} little."
    if len(group) > 1:
        return f"{names([s.name for s, _ in group])} do the same: {what}."
    return f"{simplest.name} does most: {what}."


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
    from ..study.differing import differences_between

    return len(differences_between(setting.scenario, reference.scenario))


def _contains(setting: SettingResult, part: SettingResult, reference: SettingResult) -> bool:
    """Whether a setting makes every change that another one makes, and more."""
    from ..study.differing import differences_between

    whole = {(d.path, repr(d.value)) for d in differences_between(setting.scenario, reference.scenario)}
    some = {(d.path, repr(d.value)) for d in differences_between(part.scenario, reference.scenario)}
    return some < whole


def _harms(profile: Profile) -> list[str]:
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
            too = f"; so {_verb(others, 'do')} {names(others)}" if others else ""
            return [f"{setting.name} makes it worse: {said}{too}."]
    return []


def _differs(profile: Profile) -> str:
    """The first setting that differs, and in what: for comparisons that are neither better nor worse."""
    for verdict in profile.of_kind("differs"):
        changes = [_changed(change.name, change) for change in verdict.changes if change.store is None][:2]
        return f"{verdict.setting} differs: {listed(changes)}."
    return ""


def _nothing(profile: Profile) -> str:
    """Which settings change nothing."""
    kinds = ["exactly_same"]
    if len(profile.reference.replications) > 1:
        kinds.append("no_detectable_difference")
    elif profile.of_kind("no_detectable_difference"):
        return "One replication has no intervals: whether a difference is more than chance cannot be told."
    same = [v.setting for v in profile.of_kind(*kinds)]
    if not same:
        return ""
    if len(same) == len(profile.others):
        return (
            "No setting changes anything that can be detected."
            if len(same) > 1
            else f"{same[0]} changes nothing."
        )
    where = " in this profile" if profile.name else ""
    return f"{names(same, 6)} {_verb(same, 'change')} nothing{where}."


def _never_out(profile: Profile) -> str:
    """That no node ever goes out, when it holds for every setting."""
    never = [verdict.setting for verdict in profile.of_kind("never_unavailable")]
    horizon = quantity("ms", profile.reference.scenario.horizon_ms)
    if len(never) == len(profile.settings):
        setting = "" if not profile.others else " under any setting"
        return f"No node goes out within {horizon}{setting} (busy left out)."
    return ""


def same_reason(reasons: Sequence[SameReason]) -> str:
    """Why a setting's runs equal the reference's: `the cap never binds here (peak 64 of 500)`."""
    said = list(dict.fromkeys(_reason(reason) for reason in reasons))
    if not said:
        return "it changes nothing in this configuration"
    return (
        said[0]
        if len(said) == 1
        else f"{said[0]}; {said[1]}"
        + (
            f"; and {len(said) - 2} more reasons"
            if len(said) > 3
            else f"; {said[2]}"
            if len(said) == 3
            else ""
        )
    )


def _reason(reason: SameReason) -> str:
    if reason.why == "cap never binds":
        limits = [limit for limit in (reason.limit, reason.reference_limit) if limit is not None]
        of = (
            f" (peak {quantity('count', reason.peak)} of {quantity('count', min(limits))})"
            if reason.peak
            else ""
        )
        return f"the cap never binds here{of}"
    return {
        "threshold never reached": "no node ever comes near the threshold",
        "nothing expires": "nothing expires here",
        "store is off": f"{reason.store} is off here",
        "cleanup never called": "nobody tells a node that a session ended",
        "nothing times out": "nothing times out here",
    }.get(reason.why, "no run takes notice of it")


# ---- stores ----


def largest_store(profile: Profile) -> tuple[str, float]:
    """The store with most bytes at the reference's memory peak, and its share of all stores'."""
    held = {name: outputs["bytes_at_memory_peak"].mean for name, outputs in profile.reference.stores.items()}
    held = {name: value for name, value in held.items() if value > 0}
    if not held:
        return "", 0.0
    name = max(held, key=held.__getitem__)
    return name, held[name] / sum(held.values())


def _largest(profile: Profile) -> str:
    name, share = largest_store(profile)
    if share < 0.5 or len(profile.reference.stores) < 2:
        return ""
    total = profile.reference.kpis["stores_bytes_peak"]
    size = estimate("bytes", total.mean, total.low, total.high).value
    where = f" of {profile.reference.name}" if profile.others else ""
    return f"{name} is {round(share * 100)} % of the stores at the memory peak{where} (stores peak {size})."


# ---- growth ----


def growth(profile: Profile) -> list[str]:
    """What grows without bound under the reference, how fast, and when it is full; the fastest first."""
    found = [
        verdict
        for verdict in profile.of_kind("grows_without_bound", "leaks")
        if verdict.setting == profile.reference.name and verdict.growth is not None
    ]
    found.sort(key=lambda verdict: -verdict.growth.mean if verdict.growth else 0.0)
    largest, _ = largest_store(profile)
    sentences = [_growth(profile, verdict, first=verdict.store == largest) for verdict in found[:2]]
    if len(found) > 2:
        rest = [str(verdict.store) for verdict in found[2:]]
        sentences.append(f"{names(rest)} {_verb(rest, 'grow')} without bound too, more slowly.")
    return sentences


def _growth(profile: Profile, verdict: Verdict, *, first: bool) -> str:
    assert verdict.growth is not None
    speed = estimate("bytes_per_day", verdict.growth.mean, verdict.growth.low, verdict.growth.high)
    how = "grows without bound" if verdict.kind == "grows_without_bound" else "leaks"
    parts = [
        f"{verdict.store} {how}: {speed.value} on each node {speed.interval}".rstrip(),
        _full(verdict, first),
    ]
    store = str(verdict.store)
    stopped = [
        setting.name
        for setting in profile.others
        if store in setting.stores and bound_of(setting.scenario, store) == "bounded"
    ]
    if stopped:
        parts.append(f"{names(stopped)} {_verb(stopped, 'stop')} it")
    return "; ".join(part for part in parts if part) + "."


def _full(verdict: Verdict, first: bool) -> str:
    """When a store would be too much. That a node is full already is put down to its largest store only."""
    time, limit = verdict.exhaustion, verdict.limit
    if time is None or limit is None or not isfinite(time.mean):
        return ""
    room = {
        "threshold": "the headroom below the threshold",
        "host": "the host's memory",
        "heap": "the process's heap",
    }.get(limit, limit)
    if time.mean <= 0:
        return f"it has filled {room}" if first else ""
    return f"it would fill {room} in {estimate('days', time.mean, time.low, time.high).joined}"


def _verb(subjects: Sequence[str], verb: str) -> str:
    if len(subjects) > 1:
        return verb
    return verb + ("es" if verb.endswith(("s", "o")) else "s")
