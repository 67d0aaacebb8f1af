"""Targets in words: met, missed or cannot tell, by whom, and what it would take to tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .format import estimate, listed, quantity
from .labels import label

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
