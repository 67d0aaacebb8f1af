"""SettingResult, Study and Result: what a study found, as frozen values with JSON and a tidy table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from ..config import Scenario
    from ..statistics import Estimate, PairedDifference, Timeline
    from .effects import Effect
    from .inputs import InputsUsed
    from .precision import Attained
    from .provenance import Provenance
    from .ranking import Ranked
    from .targets import TargetVerdict
    from .verdicts import Verdict
    from .warmup import WarmUp


@dataclass(frozen=True, slots=True)
class SettingResult:
    """One setting in one profile.

    `replications` names the finished ones; element i of every estimate's values, of `digests`, `rooms`,
    `growths` and `timelines` belongs to replications[i]. `differences` are paired, setting minus reference
    (empty for the reference itself). `exactly_same`: every run equals the reference's bit for bit.
    `shares_workload`: the runs used the very workload of the reference, not one drawn from other settings.
    `changes`: what the setting and its cell of the grid change, as (path, text). `made`: nobody proposes it,
    it was run to rank the others; no targets are judged for it, and no verdict is about it.
    """

    name: str
    profile: str
    scenario: Scenario
    replications: tuple[int, ...]
    kpis: Mapping[str, Estimate]
    stores: Mapping[str, Mapping[str, Estimate]]
    kpi_differences: Mapping[str, PairedDifference]
    store_differences: Mapping[str, Mapping[str, PairedDifference]]
    exactly_same: bool
    shares_workload: bool
    digests: tuple[str, ...]
    rooms: tuple[Mapping[str, float], ...]
    growths: tuple[Mapping[str, float], ...]
    timelines: tuple[Timeline, ...]
    changes: tuple[tuple[str, str], ...] = ()
    made: bool = False

    @property
    def differences(self) -> dict[str, Any]:
        """Paired differences against the first setting, by "kpis" and "stores" as in JSON."""
        return {"kpis": self.kpi_differences, "stores": self.store_differences}

    def each_difference(self) -> Iterator[tuple[str, str | None, PairedDifference]]:
        """Every paired difference as (name, store or None, difference)."""
        for name, difference in self.kpi_differences.items():
            yield name, None, difference
        for store, outputs in self.store_differences.items():
            for name, difference in outputs.items():
                yield name, store, difference

    def estimate(self, name: str) -> Estimate | None:
        """What a target names: one of the setting's results or `STORE.NAME`; None when there is no such."""
        if name in self.kpis:
            return self.kpis[name]
        store, _, output = name.rpartition(".")
        return self.stores.get(store, {}).get(output)

    def to_dict(self) -> dict[str, Any]:
        """The setting as JSON has it."""
        return {
            "name": self.name,
            "profile": self.profile,
            "kpis": _plain(self.kpis),
            "stores": {store: _plain(outputs) for store, outputs in self.stores.items()},
            "differences": {
                "kpis": _plain(self.kpi_differences),
                "stores": {store: _plain(outputs) for store, outputs in self.store_differences.items()},
            },
        }


def _plain(results: Mapping[str, Any]) -> dict[str, Any]:
    return {name: result.to_dict() for name, result in results.items()}


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of a profile ran: the replications in which every setting finished, of those planned."""

    profile: str
    finished: int
    planned: int


@dataclass(frozen=True, slots=True)
class Study:
    """Settings compared on the same arrivals, within profiles; the first setting of each is its reference.

    `targets` and `verdicts` are decisions as data. An interrupted study holds what had finished;
    `completeness` says how much that is, per profile. `precision` says how precise the goals of `until`
    became (none: a number of replications was given), `warm_ups` what `warmup: auto` found, per profile.
    `effects` and `ranking` are worked out for full studies (`compare(…, design=…)`).
    """

    name: str
    seed: int
    replications: int
    horizon_ms: int
    settings: tuple[SettingResult, ...]
    targets: tuple[TargetVerdict, ...]
    verdicts: tuple[Verdict, ...]
    provenance: Provenance
    completeness: tuple[Completeness, ...]
    interrupted: bool = False
    precision: tuple[Attained, ...] = ()
    warm_ups: tuple[WarmUp, ...] = ()
    effects: tuple[Effect, ...] = ()
    ranking: tuple[Ranked, ...] = ()
    inputs: InputsUsed | None = None

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names of the profiles, in the config's order."""
        return tuple(dict.fromkeys(setting.profile for setting in self.settings))

    @property
    def proposed(self) -> tuple[SettingResult, ...]:
        """The settings that somebody wrote: all but those that were run to rank them."""
        return tuple(setting for setting in self.settings if not setting.made)

    def setting(self, name: str, profile: str | None = None) -> SettingResult:
        """A setting by name, of the first profile unless said otherwise; KeyError when there is none."""
        wanted = self.settings[0].profile if profile is None else profile
        for setting in self.settings:
            if setting.name == name and setting.profile == wanted:
                return setting
        raise KeyError(f"no setting {name!r} in profile {wanted!r}")

    def exit_code(self, gate: str | None = None) -> int:
        """0 targets met, 1 one is missed, 3 one cannot be told; over all settings or those called `gate`."""
        from .targets import exit_code

        if gate is not None and gate not in {setting.name for setting in self.proposed}:
            raise KeyError(f"no setting {gate!r}")
        return exit_code(self.targets, gate)

    def frame(self) -> pd.DataFrame:
        """Tidy table: profile, setting, replication, name, store (None for the setting's own) and value."""
        import numpy as np
        import pandas as pd

        heads: list[tuple[str, str, str, str | None]] = []
        counts: list[int] = []
        replications: list[int] = []
        values: list[float] = []
        for setting in self.settings:
            groups: list[tuple[str | None, Mapping[str, Estimate]]] = [(None, setting.kpis)]
            groups += list(setting.stores.items())
            for store, estimates in groups:
                for name, estimate in estimates.items():
                    heads.append((setting.profile, setting.name, name, store))
                    counts.append(len(estimate.values))
                    replications += setting.replications
                    values += estimate.values
        columns = ("profile", "setting", "name", "store")
        texts = {
            column: np.repeat(np.array([head[place] for head in heads], dtype=object), counts)
            for place, column in enumerate(columns)
        }
        frame = pd.DataFrame({**texts, "replication": replications, "value": values})
        return frame[["profile", "setting", "replication", "name", "store", "value"]]

    def to_dict(self) -> dict[str, Any]:
        """The study as JSON has it. Everything but `provenance` is the same whenever it is run again."""
        plain = self.to_lazy_dict()
        return plain | {"settings": list(plain["settings"])}

    def to_lazy_dict(self) -> dict[str, Any]:
        """The same, but `settings` is an iterator: a thousand of them as plain values take a gigabyte."""
        plain: dict[str, Any] = {
            "name": self.name,
            "seed": self.seed,
            "replications": self.replications,
            "horizon_ms": self.horizon_ms,
            "settings": (setting.to_dict() for setting in self.settings),
            "targets": [target.to_dict() for target in self.targets],
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
            "provenance": self.provenance.to_dict(),
        }
        if self.precision:
            plain["precision"] = [goal.to_dict() for goal in self.precision]
        if self.warm_ups:
            plain["warm_ups"] = [found.to_dict() for found in self.warm_ups]
        if self.effects:
            plain["effects"] = [effect.to_dict() for effect in self.effects]
        if self.ranking:
            plain["ranking"] = [fix.to_dict() for fix in self.ranking]
        if self.inputs is not None:
            plain["inputs"] = self.inputs.to_dict()
        if self.interrupted:
            plain["interrupted"] = [
                {"profile": part.profile, "finished": part.finished, "planned": part.planned}
                for part in self.completeness
            ]
        return plain

    def __repr__(self) -> str:
        from .. import report  # the one import that points right, when somebody looks at a result

        return report.to_text(self)

    def _repr_html_(self) -> str:
        return _shown_html(self)


@dataclass(frozen=True, slots=True)
class Result:
    """One setting on its own: a study of one, with its estimates at hand."""

    study: Study

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.study.name

    @property
    def scenario(self) -> Scenario:
        """What was run."""
        return self.study.settings[0].scenario

    @property
    def kpis(self) -> Mapping[str, Estimate]:
        """Results by name."""
        return self.study.settings[0].kpis

    @property
    def stores(self) -> Mapping[str, Mapping[str, Estimate]]:
        """Results of each store by name."""
        return self.study.settings[0].stores

    @property
    def profile(self) -> str:
        """Name of the profile, empty when there is none."""
        return self.study.settings[0].profile

    @property
    def timelines(self) -> tuple[Timeline, ...]:
        """Memory and stores over time, one per replication."""
        return self.study.settings[0].timelines

    @property
    def targets(self) -> tuple[TargetVerdict, ...]:
        """The scenario's targets, judged."""
        return self.study.targets

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the runs decide about this setting."""
        return self.study.verdicts

    @property
    def provenance(self) -> Provenance:
        """Versions, seed, engine, command and times."""
        return self.study.provenance

    def exit_code(self) -> int:
        """0 targets met, 1 one is missed, 3 one cannot be told."""
        return self.study.exit_code()

    def frame(self) -> pd.DataFrame:
        """Tidy table as `Study.frame`."""
        return self.study.frame()

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it, in the shape of a study with one setting."""
        return self.study.to_dict()

    def __repr__(self) -> str:
        from .. import report  # the one import that points right, when somebody looks at a result

        return report.to_text(self)

    def _repr_html_(self) -> str:
        return _shown_html(self)


def _shown_html(value: Study | Result) -> str:
    """The same with real tables, for notebooks."""
    from ..report.html import html

    return html(value)
