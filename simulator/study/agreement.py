"""Whether the two engines say the same: one replication in both, every array of its History compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Scenario
    from ..engine import History
    from .results import SettingResult

MOST_UTTERANCES = 40_000
"""A few seconds in the readable engine; a longer run is compared from its start up to about so many."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One replication of a setting in both engines, over its first `horizon_ms`.

    `values` figures of the two Histories were compared, `differs` names the first array that is not equal
    (None: all are). `why_not`: why the compiled engine cannot run this setting; nothing was compared then.
    """

    profile: str
    setting: str
    replication: int
    horizon_ms: int
    utterances: int
    values: int
    differs: str | None = None
    why_not: str = ""


def compare_engines(settings: Sequence[SettingResult], seed: int) -> tuple[Agreement, ...]:
    """The first replication of each of these settings in both engines."""
    return tuple(_compare(setting, seed) for setting in settings)


def _compare(setting: SettingResult, seed: int) -> Agreement:
    from ..engine import first_difference, not_compiled, simulate
    from ..workload import build_workload

    scenario, replication = setting.scenario, setting.replications[0]
    if why_not := not_compiled(scenario):
        return Agreement(setting.profile, setting.name, replication, 0, 0, 0, why_not=why_not)
    whole = simulate(build_workload(scenario, replication, seed), scenario, "compiled")
    scenario = _no_longer_than(scenario, _utterances(whole))
    workload = build_workload(scenario, replication, seed)
    reference, compiled = (simulate(workload, scenario, engine) for engine in ("reference", "compiled"))
    return Agreement(
        setting.profile,
        setting.name,
        replication,
        scenario.horizon_ms,
        _utterances(reference),
        sum(getattr(getattr(reference, field.name), "size", 1) for field in fields(reference)),
        first_difference(reference, compiled),
    )


def _utterances(history: History) -> int:
    from ..engine import COUNTERS

    return int(history.counters[COUNTERS.index("utterances")])


def _no_longer_than(scenario: Scenario, utterances: int) -> Scenario:
    """The scenario cut to about `MOST_UTTERANCES`, at a whole minute; without a warm-up when it is cut."""
    if utterances <= MOST_UTTERANCES:
        return scenario
    minutes = scenario.horizon_ms * MOST_UTTERANCES // utterances // 60_000
    return scenario.model_copy(update={"horizon_ms": max(minutes, 1) * 60_000, "warmup_ms": 0})
