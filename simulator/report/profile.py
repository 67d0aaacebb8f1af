"""One profile of a study, as the report looks at it; and how names are put into a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .format import listed
from .language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..study import SettingResult, Study, Verdict


class Profile:
    """One profile of a study: its settings (the reference first), their targets and verdicts."""

    def __init__(self, study: Study, name: str) -> None:
        self.name = name
        self.settings = [setting for setting in study.proposed if setting.profile == name]
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


def idle_settings(study: Study) -> list[str]:
    """Settings that differ detectably from the reference in no profile (with one replication: not at all)."""
    kinds = ("differs", "no_detectable_difference")[: 2 if study.replications == 1 else 1]
    busy = {verdict.setting for verdict in study.verdicts if verdict.kind in kinds}
    names = dict.fromkeys(setting.name for setting in study.proposed)
    return [name for name in names if name not in busy and name != study.settings[0].name]


def names(settings: Sequence[str], most: int = 3) -> str:
    """Some names, and how many more: `a, b and 4 more`."""
    if len(settings) <= most:
        return listed(list(settings))
    shown = say(", ").join(settings[: most - 1])
    return say("{names} and {count} more", names=shown, count=len(settings) - most + 1)


def verb(subjects: Sequence[str], infinitive: str) -> str:
    """A verb that agrees with its subjects: one `does`, several `do`."""
    if len(subjects) > 1:
        return infinitive
    return infinitive + ("es" if infinitive.endswith(("s", "o")) else "s")
