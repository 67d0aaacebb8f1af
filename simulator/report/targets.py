"""Targets in words: met, missed or cannot tell, by whom, and what it would take to tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .format import estimate, listed, quantity
from .labels import label
from .language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..names import Unit
    from ..study import TargetVerdict
    from .profile import Profile

MARKS = {"met": "✓", "missed": "✗", "cannot tell": "?"}
_SIGNS = {"<=": "≤", ">=": "≥"}


def target_text(verdict: TargetVerdict) -> str:
    """A target as a reader says it: `unavailable for memory ≤ 0.1 %`."""
    text = verdict.target.replace(verdict.name, label(verdict.name).text).removeprefix("mean ")
    return re.sub(r"<=|>=", lambda sign: _SIGNS[sign.group()], text)


def target_value(verdict: TargetVerdict, horizon_ms: int) -> str:
    """What a target's statistic came to, with its interval."""
    if verdict.reason == "undefined" or verdict.value != verdict.value:
        return say("undefined")
    unit: Unit = "fraction" if verdict.statistic == "P" else label(verdict.name).unit
    if verdict.name.startswith("time_to_") and unit == "ms" and verdict.value >= horizon_ms:
        return say("not within {horizon}", horizon=quantity("ms", horizon_ms))
    return estimate(unit, verdict.value, verdict.low, verdict.high).joined


def would_tell(verdict: TargetVerdict) -> str:
    """What it would take to tell a target that cannot be told."""
    if verdict.more_replications is not None:
        more = int(float(f"{verdict.more_replications:.2g}"))
        said = "about {count} more replications would tell"
        return say(said if more != 1 else "about {count} more replication would tell", count=f"{more:,}")
    known = {
        "one replication": "one replication has no interval",
        "horizon": "a longer horizon would tell",
        "undefined": "it is undefined in every run",
    }
    return say(known.get(verdict.reason, "it sits on its limit"))


def verdict_sentence(verdict: TargetVerdict, horizon_ms: int) -> str:
    """One verdict by itself: `as found: unavailable for memory ≤ 0.1 %: missed, 34.6 % [31.6, 37.6]`."""
    why = say(" ({why})", why=would_tell(verdict)) if verdict.status == "cannot tell" else ""
    said = say(
        _AGREED[verdict.status][0],
        target=target_text(verdict),
        why=why,
        values=target_value(verdict, horizon_ms),
    )
    return f"{verdict.setting}: {said}" if verdict.setting else said


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
            told = _AGREED[worst][min(len(judged), 3) - 1]
            gaps = {"count": len(judged), "why": _why(judged), "values": _examples(profile, judged)}
            lines.append((MARKS[worst], say(told, target=said, **gaps)))
            continue
        met = say(
            "{target}: met by {met} of {count} settings",
            target=said,
            met=len(groups["met"]),
            count=len(judged),
        )
        lines.append((MARKS[worst], met))
        for status in present:
            gaps = {"why": _why(groups[status]), "values": _examples(profile, groups[status])}
            lines.append(("  " + MARKS[status], say(_BY[status], **gaps)))
    return lines


_AGREED = {
    "met": (
        "{target}: met, {values}",
        "{target}: met by both settings: {values}",
        "{target}: met by all {count} settings: {values}",
    ),
    "missed": (
        "{target}: missed, {values}",
        "{target}: missed by both settings: {values}",
        "{target}: missed by all {count} settings: {values}",
    ),
    "cannot tell": (
        "{target}: cannot tell{why}, {values}",
        "{target}: cannot tell for both settings{why}: {values}",
        "{target}: cannot tell for all {count} settings{why}: {values}",
    ),
}
"""For one setting, for two, and for more."""
_BY = {
    "met": "met by: {values}",
    "missed": "missed by: {values}",
    "cannot tell": "cannot tell{why}: {values}",
}


def _why(verdicts: Sequence[TargetVerdict]) -> str:
    """What it would take to tell, said once when it is the same for all."""
    takes = {would_tell(verdict) for verdict in verdicts if verdict.status == "cannot tell"}
    return say(" ({why})", why=takes.pop()) if len(takes) == 1 else ""


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
            text += say(" ({why})", why=would_tell(verdict))
        shown.append(text)
    if len(verdicts) > 2:
        shown.append(say("{count} more", count=len(verdicts) - 2))
    return listed(shown)
