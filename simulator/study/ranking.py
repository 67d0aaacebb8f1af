"""Fixes ranked twice: by what each does alone, and by what is lost when it is taken out of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..config.designs import bundles
from ..statistics import COLUMNS, PairedDifference, paired_difference
from ..statistics.intervals import holm
from .verdicts import HEADLINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .results import SettingResult


@dataclass(frozen=True, slots=True)
class Ranked:
    """One fix among those that make up a setting, for one result.

    `alone`: the fix against the reference. `lost`: all without the fix against all. `alone_holds` and
    `lost_holds`: significant by Holm's rule over the fixes. Fixes of one setting and result come best first.
    """

    profile: str
    together: str
    name: str
    fix: str
    alone: PairedDifference
    lost: PairedDifference
    alone_holds: bool
    lost_holds: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "profile": self.profile,
            "together": self.together,
            "name": self.name,
            "fix": self.fix,
            "alone": self.alone.to_dict(),
            "lost": self.lost.to_dict(),
            "alone_holds": self.alone_holds,
            "lost_holds": self.lost_holds,
        }


def ranking_of(settings: Sequence[SettingResult]) -> list[Ranked]:
    """Rankings in one profile: for every setting made of three fixes or more, run alone and left out.

    Two fixes and both are a factorial of two (see `effects`).
    """
    by_changes = {frozenset(setting.changes): setting for setting in reversed(settings)}
    by_name = {setting.name: setting for setting in settings}
    found: list[Ranked] = []
    for bundle in bundles({name: frozenset(setting.changes) for name, setting in by_name.items()}):
        together = by_name[bundle.name]
        left_out = {
            part: by_changes.get(frozenset(together.changes) - frozenset(by_name[part].changes))
            for part in bundle.parts
        }
        if len(bundle.parts) < 3 or None in left_out.values():
            continue
        for name in HEADLINES:
            found += _ranked(settings[0], together, name, [(by_name[p], left_out[p]) for p in bundle.parts])
    return found


def _ranked(
    reference: SettingResult,
    together: SettingResult,
    name: str,
    fixes: Sequence[tuple[SettingResult, SettingResult | None]],
) -> list[Ranked]:
    alone = [_difference(fix, reference, name) for fix, _ in fixes]
    lost = [_difference(without, together, name) for _, without in fixes if without is not None]
    holds = holm([one.p_value for one in alone]), holm([one.p_value for one in lost])
    ranked = [
        Ranked(
            reference.profile,
            together.name,
            name,
            fix.name,
            alone[place],
            lost[place],
            holds[0][place] and alone[place].detectable,
            holds[1][place] and lost[place].detectable,
        )
        for place, (fix, _) in enumerate(fixes)
    ]
    good = -1 if COLUMNS[name].better == "high" else 1
    return sorted(ranked, key=lambda one: (good * _mean(one.alone), -good * _mean(one.lost)))


def _difference(setting: SettingResult, reference: SettingResult, name: str) -> PairedDifference:
    return paired_difference(
        setting.kpis[name].values,
        reference.kpis[name].values,
        setting=setting.name,
        reference=reference.name,
        identical=setting.digests == reference.digests,
    )


def _mean(difference: PairedDifference) -> float:
    """Its mean, as far as it is more than chance."""
    return difference.mean if difference.detectable and difference.mean == difference.mean else 0.0
