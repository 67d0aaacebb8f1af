"""Replications divided over draws of the inputs, and intervals that know of it.

Each draw of the inputs is run in as many replications as the others, with arrivals of their own: replication
r belongs to draw r // each. All settings of a draw meet the same arrivals, so differences are paired as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..config import growing_stores
from ..config.inputs import draws_for
from ..config.laid import drawn_cases
from ..problems import ConfigError, Place, Problem
from ..statistics import COLUMNS, STORE_COLUMNS, estimate_exhaustion, estimate_mean
from ..statistics.inputs import BetweenDraws, between_draws
from ..statistics.intervals import mean_interval, mean_p_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Case, Experiment, Scenario
    from ..config.replications import Until
    from ..statistics import Estimate, PairedDifference
    from .execution import Execution, Key
    from .reduction import Reduction
    from .results import SettingResult


@dataclass(frozen=True, slots=True)
class InputsUsed:
    """Which draws a study was run with: their file, how many of them, and replications for each."""

    file: str
    draws: int
    each: int

    def draw_of(self, replication: int) -> int:
        """The draw that a replication was run with, from 0."""
        return replication // self.each

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"file": self.file, "draws": self.draws, "replications_each": self.each}


@dataclass(frozen=True, slots=True)
class Layout:
    """Every case in every draw, one list: draw after draw, in the order of the cases."""

    used: InputsUsed
    cases: int
    scenarios: tuple[Scenario, ...]

    def wanted(self, case: int, replication: int) -> bool:
        """Whether this case of the list is run in this replication."""
        return case // self.cases == self.used.draw_of(replication)

    def gathered(self, execution: Execution) -> Execution:
        """The runs of the list as runs of the cases."""
        runs: Mapping[Key, Reduction] = {
            (case % self.cases, replication): run
            for (case, replication), run in execution.reductions.items()
            if self.wanted(case, replication)
        }
        return replace(execution, reductions=runs)


def lay_out(experiment: Experiment, cases: Sequence[Case], replications: int | Until) -> Layout:
    """Divide replications over the experiment's draws; `cases` are its cases with their warm-ups found.

    Raises:
        ConfigError: E129 when the replications cannot be divided, or a draw cannot be used.
    """
    inputs = experiment.inputs
    assert inputs is not None
    if not isinstance(replications, int):
        message = "`replications: {until: …}` cannot be reached: more replications do not make inputs known"
        advice = "give --replications N with --inputs"
        raise ConfigError([Problem("E129", message, Place(path="replications"), (advice,))], experiment.path)
    draws = draws_for(replications, inputs.draws)
    wanted = {(case.profile, case.setting): case.scenario.warmup_ms for case in cases}
    scenarios = [
        case.scenario.warmed_up(wanted[case.profile, case.setting])
        for number in range(draws)
        for case in drawn_cases(experiment, number)
        if (case.profile, case.setting) in wanted
    ]
    used = InputsUsed(inputs.file, draws, replications // draws)
    return Layout(used, len(cases), tuple(scenarios))


def with_input_uncertainty(setting: SettingResult, used: InputsUsed) -> SettingResult:
    """A setting whose every interval holds what it says under the true inputs."""
    draw = [used.draw_of(replication) for replication in setting.replications]
    kpis = {
        name: _estimate(estimate, draw, COLUMNS[name].within)
        for name, estimate in setting.kpis.items()
        if name != "time_to_exhaustion_days"
    }
    exhaustion = setting.kpis["time_to_exhaustion_days"]
    return replace(
        setting,
        kpis={name: kpis.get(name) or _exhaustion(setting, draw, exhaustion) for name in setting.kpis},
        stores={
            store: {name: _estimate(of, draw, STORE_COLUMNS[name].within) for name, of in outputs.items()}
            for store, outputs in setting.stores.items()
        },
        kpi_differences={name: _difference(of, draw) for name, of in setting.kpi_differences.items()},
        store_differences={
            store: {name: _difference(of, draw) for name, of in outputs.items()}
            for store, outputs in setting.store_differences.items()
        },
    )


def _estimate(estimate: Estimate, draw: Sequence[int], within: tuple[float, float]) -> Estimate:
    found = between_draws(estimate.values, draw)
    inner = estimate_mean(found.values, within=within)
    return replace(estimate, low=inner.low, high=inner.high, method="t over draws", from_inputs=found.share)


def _difference(difference: PairedDifference, draw: Sequence[int]) -> PairedDifference:
    if difference.exact_zero:
        return replace(difference, from_inputs=0.0)
    found = between_draws(difference.values, draw)
    low, high = mean_interval(found.values)
    return replace(
        difference,
        low=low,
        high=high,
        detectable=low > 0 or high < 0,
        p_value=mean_p_value(found.values),
        method="paired t over draws",
        from_inputs=found.share,
    )


def _exhaustion(setting: SettingResult, draw: Sequence[int], before: Estimate) -> Estimate:
    """Fieller's interval of what one value a draw says of room and growth; its share is not told."""
    rooms, growths = _spread(setting.rooms, draw), _spread(setting.growths, draw)
    found, _ = estimate_exhaustion(setting.scenario, rooms, growths, growing_stores(setting.scenario))
    return replace(before, low=found.low, high=found.high, from_inputs=float("nan"))


def _spread(runs: Sequence[Mapping[str, float]], draw: Sequence[int]) -> list[dict[str, float]]:
    found: dict[str, BetweenDraws] = {
        name: between_draws([run[name] for run in runs], draw) for name in runs[0]
    }
    count = min(len(of.values) for of in found.values()) if found else 0
    return [{name: of.values[place] for name, of in found.items()} for place in range(count)]
