"""Theory beside simulation: how far a simulated result is from what a formula says, in standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..statistics.intervals import mean_and_variance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..statistics import Estimate
    from .prediction import Prediction

Verdict = Literal["agrees", "differs", "holds", "broken", "close", "cannot tell", "does not apply"]

MOST_ERRORS = 3.0
"""Standard errors within which a result agrees with theory: chance alone goes beyond in 1 of 370."""
RARE_SHARE = 1e-4
RARE_COUNT = 3.0
"""Theory this close to a result that never varied is not contradicted by it: a share, events in all runs."""
CLOSE = 0.05
"""Relative distance at which an approximation is still close, however sure the simulation is."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A prediction and the simulated result that it stands beside.

    `z` is (simulated - theory) / standard error of the simulated mean, `distance` relative to theory; NaN
    where there is none. `verdict`: `agrees` or `differs` (equalities; approximations that are further off
    than chance are `close` within 5 %), `holds` or `broken` (bounds).
    """

    prediction: Prediction
    simulated: float
    z: float
    distance: float
    verdict: Verdict
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON has it."""
        plain = self.prediction.to_dict()
        for name in ("simulated", "z", "distance"):
            value = getattr(self, name)
            plain[name] = value if math.isfinite(value) else None
        return plain | {"verdict": self.verdict, "reason": self.reason or self.prediction.reason}


def beside(
    predictions: Iterable[Prediction], estimate_of: Callable[[str], Estimate | None]
) -> tuple[Beside, ...]:
    """Every prediction that names a result, beside it; `estimate_of` finds a result by name.

    Formulas for stores assume that no node was ever out: when the runs say otherwise, they do not apply.
    """
    out = _ever_out(estimate_of)
    found = []
    for prediction in predictions:
        if prediction.beside is None:
            continue
        estimate = estimate_of(prediction.beside)
        # what bounds a store bounds it on any node; what bounds the load counts on all of them
        bounds_a_store = prediction.subject != "load" and prediction.sense == "at most"
        needs_nodes = prediction.subject != "nodes" and not bounds_a_store
        if not prediction.applies:
            found.append(_without(prediction, estimate, prediction.reason))
        elif estimate is None or math.isnan(estimate.mean):
            found.append(_without(prediction, estimate, "the runs give no such result"))
        elif out and needs_nodes:
            found.append(
                _without(prediction, estimate, "a node was out in the runs, which formulas leave out")
            )
        else:
            found.append(compare(prediction, estimate))
    return tuple(found)


def _ever_out(estimate_of: Callable[[str], Estimate | None]) -> bool:
    """Whether a node was unavailable for anything but full slots in some replication."""
    censored = estimate_of("censored_fraction")
    return censored is not None and censored.mean < 1


def _without(prediction: Prediction, estimate: Estimate | None, reason: str) -> Beside:
    simulated = math.nan if estimate is None else estimate.mean
    return Beside(prediction, simulated, math.nan, math.nan, "does not apply", reason)


def compare(prediction: Prediction, estimate: Estimate) -> Beside:
    """Set one prediction against one result.

    Source: the z score of a mean of independent replications, Law, Simulation Modeling and Analysis, section
    5.6 (validation against known results).
    """
    known = [value for value in estimate.values if math.isfinite(value)]
    difference = estimate.mean - prediction.value
    distance = difference / abs(prediction.value) if prediction.value else math.copysign(math.inf, difference)
    if difference == 0 or abs(difference) <= 1e-9 * max(abs(prediction.value), abs(estimate.mean)):
        difference = distance = 0.0
    variance = mean_and_variance(known)[1]
    if math.isnan(variance):
        return Beside(prediction, estimate.mean, math.nan, distance, "cannot tell", "one replication")
    error = math.sqrt(variance / len(known))
    bound = prediction.sense in ("at most", "at least")
    if error == 0 and difference != 0 and not bound and estimate.mean == round(estimate.mean):
        # every replication gave the same whole number (no event, or only that): no spread to judge by
        rare = abs(difference) < (RARE_SHARE if prediction.unit == "fraction" else RARE_COUNT / len(known))
        if rare:
            return Beside(prediction, estimate.mean, math.nan, distance, "cannot tell", "too rare to be seen")
    z = difference / error if error > 0 else (0.0 if difference == 0 else math.copysign(math.inf, difference))
    return Beside(prediction, estimate.mean, z, distance, _judge(prediction, z, distance))


def _judge(prediction: Prediction, z: float, distance: float) -> Verdict:
    if prediction.sense == "at most":
        return "holds" if z <= MOST_ERRORS else "broken"
    if prediction.sense == "at least":
        return "holds" if z >= -MOST_ERRORS else "broken"
    if abs(z) <= MOST_ERRORS:
        return "agrees"
    return "close" if prediction.sense == "about" and abs(distance) <= CLOSE else "differs"
