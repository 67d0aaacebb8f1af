"""Prediction: what a formula says of a scenario, or why it says nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..names import Unit

Sense = Literal["equals", "about", "at most", "at least"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One figure from theory.

    `subject` is a store's name, or `load`, `nodes`, `memory`. `beside` names the simulated result that it
    stands beside, as a target would (`aggregator_states.entries_mean`), None when there is no such result.
    `sense`: the result equals it (up to chance), is about it (an approximation), or is bounded by it. When it
    does not apply, `value` is NaN and `reason` says why.
    """

    subject: str
    name: str
    value: float
    unit: Unit
    sense: Sense
    beside: str | None
    assumptions: tuple[str, ...]
    source: str
    applies: bool = True
    reason: str = ""

    def refused(self, reason: str) -> Prediction:
        """The same figure, with the reason why it cannot be given."""
        return replace(self, value=math.nan, applies=False, reason=reason, assumptions=())

    def loosened(self) -> Prediction:
        """The same as an approximation."""
        return replace(self, sense="about") if self.sense == "equals" else self

    def assuming(self, *more: str) -> Prediction:
        """The same with further assumptions."""
        return replace(self, assumptions=(*self.assumptions, *more))

    def to_dict(self) -> dict[str, Any]:
        """The prediction as JSON has it; what does not apply has a null value."""
        return {
            "subject": self.subject,
            "name": self.name,
            "value": self.value if math.isfinite(self.value) else None,
            "unit": self.unit,
            "sense": self.sense,
            "beside": self.beside,
            "applies": self.applies,
            "reason": self.reason,
            "assumptions": list(self.assumptions),
            "source": self.source,
        }


def absent(
    subject: str, name: str, unit: Unit, beside: str | None, reason: str, source: str = ""
) -> Prediction:
    """A figure that cannot be given."""
    return Prediction(subject, name, math.nan, unit, "equals", beside, (), source, False, reason)
