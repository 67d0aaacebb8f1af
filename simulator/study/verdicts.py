"""What a study decides, as data: which settings differ or are exactly the same and why, what grows for ever.

Sentences are made from these by the report room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..config import bound_of
from ..statistics import COLUMNS, STORE_COLUMNS, estimate_exhaustion
from ..statistics.estimate import finite_or_none
from ..statistics.intervals import holm
from .differing import SameReason, reasons_for_same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..statistics import Estimate, PairedDifference
    from .results import SettingResult

Kind = Literal[
    "exactly_same",
    "no_detectable_difference",
    "differs",
    "never_unavailable",
    "grows_without_bound",
    "leaks",
]

HEADLINES = (
    "memory_bytes_peak",
    "stores_bytes_peak",
    "unavailable_fraction",
    "unavailable_memory_fraction",
    "no_node_time_fraction",
    "jobs_lost_fraction",
    "time_to_unavailable_ms",
    "context_lost_fraction",
)
"""Outputs that decide between `differs` and `no_detectable_difference`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One output that differs detectably from the reference.

    `better` says whether the change is good news (None when neither direction is). `holds` says whether it
    stays significant by Holm's rule over all settings of the profile, for this output.
    """

    name: str
    store: str | None
    difference: PairedDifference
    better: bool | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision about one setting. Which fields are set depends on `kind`.

    - exactly_same: every run equals the reference's, bit for bit; `reasons` say why (empty: not known)
    - no_detectable_difference: no headline output differs; `changes` may list others that do
    - differs: `changes` lists every output that differs detectably, headlines first
    - never_unavailable: no node became unavailable within the horizon, in any replication
    - grows_without_bound, leaks: `store` grows by `growth` (bytes per node and day), because nothing limits
    it
      or because its cleanup misses some; alone it would reach `limit` ("threshold", "host" or "heap") in
      `exhaustion` (days after the end of the run; mean 0: it is full already)
    """

    kind: Kind
    profile: str
    setting: str
    reference: str | None = None
    changes: tuple[Change, ...] = ()
    reasons: tuple[SameReason, ...] = ()
    store: str | None = None
    growth: Estimate | None = None
    exhaustion: Estimate | None = None
    limit: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON has it: only the fields that its kind sets."""
        plain: dict[str, Any] = {"kind": self.kind, "profile": self.profile, "setting": self.setting}
        if self.reference is not None:
            plain["reference"] = self.reference
        if self.kind in ("differs", "no_detectable_difference"):
            plain["changes"] = [
                {
                    "name": change.name,
                    "store": change.store,
                    "mean": finite_or_none(change.difference.mean),
                    "low": finite_or_none(change.difference.low),
                    "high": finite_or_none(change.difference.high),
                    "better": change.better,
                    "holds": change.holds,
                }
                for change in self.changes
            ]
        if self.kind == "exactly_same":
            plain["reasons"] = [reason.to_dict() for reason in self.reasons]
        if self.store is not None:
            plain["store"] = self.store
        for name, estimate in (("growth_bytes_per_day", self.growth), ("exhaustion_days", self.exhaustion)):
            if estimate is not None:
                plain[name] = {
                    "mean": finite_or_none(estimate.mean),
                    "low": finite_or_none(estimate.low),
                    "high": finite_or_none(estimate.high),
                }
        if self.limit is not None:
            plain["limit"] = self.limit
        return plain


def decide(settings: Sequence[SettingResult]) -> tuple[Verdict, ...]:
    """All verdicts on one profile's settings, the first being the reference; in the order of the settings."""
    reference = settings[0]
    surviving = _surviving(settings[1:])
    verdicts: list[Verdict] = []
    for setting in settings:
        if setting is not reference:
            verdicts.append(_against_reference(setting, reference, surviving))
        if setting.kpis["censored_fraction"].mean == 1.0:
            verdicts.append(Verdict("never_unavailable", setting.profile, setting.name))
        verdicts.extend(growth_verdicts(setting))
    return tuple(verdicts)


def _against_reference(
    setting: SettingResult, reference: SettingResult, surviving: set[tuple[str, str | None, str]]
) -> Verdict:
    if setting.exactly_same:
        return Verdict(
            "exactly_same",
            setting.profile,
            setting.name,
            reference.name,
            reasons=reasons_for_same(setting, reference),
        )
    changes = [
        Change(
            name,
            store,
            difference,
            _is_better(name, store, difference),
            (name, store, setting.name) in surviving,
        )
        for name, store, difference in setting.each_difference()
        if difference.detectable
    ]
    changes.sort(key=lambda change: (change.store is not None, _rank(change.name)))
    differs = any(change.store is None and change.name in HEADLINES for change in changes)
    kind: Kind = "differs" if differs else "no_detectable_difference"
    return Verdict(kind, setting.profile, setting.name, reference.name, changes=tuple(changes))


def _rank(name: str) -> int:
    return HEADLINES.index(name) if name in HEADLINES else len(HEADLINES)


def _is_better(name: str, store: str | None, difference: PairedDifference) -> bool | None:
    better = (STORE_COLUMNS if store else COLUMNS)[name].better
    return None if better == "neither" else (difference.mean > 0) == (better == "high")


def _surviving(settings: Sequence[SettingResult]) -> set[tuple[str, str | None, str]]:
    """Output, store and setting of every difference that Holm's rule keeps, output by output."""
    families: dict[tuple[str, str | None], list[tuple[str, float]]] = {}
    for setting in settings:
        for name, store, difference in setting.each_difference():
            families.setdefault((name, store), []).append((setting.name, difference.p_value))
    return {
        (name, store, setting)
        for (name, store), family in families.items()
        for (setting, _), keeps in zip(family, holm([p for _, p in family]), strict=True)
        if keeps
    }


def growth_verdicts(setting: SettingResult) -> list[Verdict]:
    """Stores whose slope is significantly above zero and that nothing keeps from growing for ever."""
    verdicts: list[Verdict] = []
    for store, outputs in setting.stores.items():
        growth = outputs["growth_bytes_per_day"]
        bound = bound_of(setting.scenario, store)
        if bound == "bounded" or not growth.low > 0:
            continue
        exhaustion, limit = estimate_exhaustion(setting.scenario, setting.rooms, setting.growths, (store,))
        kind: Kind = "grows_without_bound" if bound == "unbounded" else "leaks"
        verdicts.append(
            Verdict(
                kind,
                setting.profile,
                setting.name,
                store=store,
                growth=growth,
                exhaustion=exhaustion,
                limit=limit,
            )
        )
    return verdicts
