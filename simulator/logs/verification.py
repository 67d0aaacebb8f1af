"""What verifying finds: one log, or two and a change, with a verdict on the whole, as values with JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ..statistics.estimate import finite_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config import Scenario
    from .comparison import Change, Comparison
    from .holders import Exhaustion, Holder

Whole = Literal["as predicted", "not as predicted", "cannot tell"]
AMISS: Final = ("higher", "lower", "not as predicted")


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """One log against one setting.

    Attributes:
        setting: its name.
        scenario: as it was simulated: as long as the log.
        from_ms, to_ms: the log's first and last event, since 1970.
        comparisons: in the order shown.
        holders: what holds a node's memory at the end, largest first; the last is everything else.
        memory_bytes: a node's memory at the end, the mean over nodes; `memory_observed`: whether the log
            says it.
        exhaustion: when it would be full.
        hidden: what the log cannot tell, and why.
        remarks: what else a reader should know.
    """

    setting: str
    scenario: Scenario
    from_ms: int
    to_ms: int
    comparisons: tuple[Comparison, ...]
    holders: tuple[Holder, ...]
    memory_bytes: float
    memory_observed: bool
    exhaustion: Exhaustion
    hidden: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def verdict(self) -> Whole:
        """Not as predicted if anything is not; as predicted if anything could be told."""
        return _whole((each.verdict for each in self.comparisons), needs="as predicted")

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "setting": self.setting,
            "verdict": self.verdict,
            "from_ms": self.from_ms,
            "to_ms": self.to_ms,
            "comparisons": [each.to_dict() for each in self.comparisons],
            "holders": [each.to_dict() for each in self.holders],
            "memory_bytes": finite_or_none(self.memory_bytes),
            "memory_observed": self.memory_observed,
            "exhaustion": self.exhaustion.to_dict(),
            "hidden": list(self.hidden),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """A log against a config; with `after` also a log of the time after a change, and what changed."""

    name: str
    replications: int
    seed: int
    before: Verified
    after: Verified | None = None
    changes: tuple[Change, ...] = ()

    @property
    def verdict(self) -> Whole:
        """Of the whole: of the change where there is one, else of the log.

        A change that was predicted has to be seen. Where none was, all being as predicted is enough.
        """
        if self.after is None:
            return self.before.verdict
        expected = [change.verdict for change in self.changes if change.expects_change]
        if expected and "as predicted" not in expected:
            return _whole((change.verdict for change in self.changes), needs="")
        return _whole((change.verdict for change in self.changes), needs="as predicted")

    def exit_code(self) -> int:
        """0 as predicted, 1 not, 3 cannot tell."""
        return {"as predicted": 0, "not as predicted": 1, "cannot tell": 3}[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        plain: dict[str, Any] = {
            "name": self.name,
            "replications": self.replications,
            "seed": self.seed,
            "verdict": self.verdict,
            "before" if self.after else "log": self.before.to_dict(),
        }
        if self.after is not None:
            plain["after"] = self.after.to_dict()
            plain["changes"] = [change.to_dict() for change in self.changes]
        return plain


def _whole(verdicts: Iterable[str], needs: str) -> Whole:
    found = set(verdicts)
    if found & set(AMISS):
        return "not as predicted"
    return "as predicted" if needs in found else "cannot tell"
