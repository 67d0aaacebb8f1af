"""Scenario: one setting in one profile, complete and checked, in integers of ms and bytes."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from .bounds import growing_stores
from .nodes import Nodes
from .part import Part, ReadingError, key, trouble
from .quantities import DURATION, CountFromZero, DurationMs, Label, PositiveMs
from .replications import SCHEMA, Until, read_replications
from .scheduler import Scheduler
from .targets import Target, read_targets, unit_of_result
from .tree import Scalar
from .workload import WorkloadSettings

WARMUP_SCHEMA: dict[str, Any] = {"anyOf": [dict(DURATION.schema), {"enum": ["auto"]}]}


def _targets(value: Any, info: ValidationInfo) -> tuple[Target, ...]:
    nodes = info.data.get("nodes")
    if nodes is None:  # what is wrong with them is told already
        return read_targets(value, None, None)
    kinds = {name: store.kind for name, store in nodes.stores.items()}
    return read_targets(value, nodes.memory_bytes, kinds)


class Scenario(Part):
    """Everything one run depends on, apart from the replication's number."""

    name: Label = key("unnamed", "what reports call it; the file's name when left out")
    horizon_ms: PositiveMs = key("24h", "how long a replication runs", alias="horizon")
    warmup_ms: Annotated[DurationMs, WithJsonSchema(WARMUP_SCHEMA)] = key(
        "0s", "statistics start here, first passages at 0; `auto` finds it", alias="warmup"
    )
    replications: Annotated[int | Until, BeforeValidator(read_replications), WithJsonSchema(SCHEMA)] = key(
        100, "how many, or {until: {memory_bytes_peak: 2 %}, at_most: 500}"
    )
    seed: CountFromZero = key(7, "the same seed draws the same workload")
    workload: WorkloadSettings = key({}, "what arrives")
    nodes: Nodes = key({}, "where it is handled")
    scheduler: Scheduler = key({}, "who decides where")
    targets: Annotated[
        tuple[Target, ...],
        BeforeValidator(_targets),
        WithJsonSchema({"type": "array", "items": {"type": "string"}}),
    ] = key([], "conditions that results have to meet, judged over the replications")

    _warmup_auto: bool = PrivateAttr(default=False)

    @property
    def warmup_auto(self) -> bool:
        """Whether a study is to find the warm-up; until it has, `warmup_ms` is 0."""
        return self._warmup_auto

    def warmed_up(self, warmup_ms: int) -> "Scenario":
        """The same with a warm-up that has been found."""
        copy = self.model_copy(update={"warmup_ms": warmup_ms})
        copy._warmup_auto = False
        return copy

    @property
    def most_replications(self) -> int:
        """The number of replications, or what there are at most."""
        return self.replications.at_most if isinstance(self.replications, Until) else self.replications

    @model_validator(mode="wrap")
    @classmethod
    def _find_warm_up(cls, value: Any, handler: ModelWrapValidatorHandler["Scenario"]) -> "Scenario":
        """Take `auto` out of the data: engines know whole milliseconds only."""
        given = (
            next((value[n] for n in ("warmup", "warmup_ms") if n in value), None)
            if isinstance(value, dict)
            else None
        )
        if not (isinstance(given, str | Scalar) and str(given) == "auto"):
            return handler(value)
        scenario = handler(
            {name: part for name, part in value.items() if name not in ("warmup", "warmup_ms")}
        )
        growing = growing_stores(scenario)
        if growing:
            message = (
                f"`warmup: auto` needs a steady state, and nothing keeps {' and '.join(growing)} from growing"
            )
            advice = "write a duration, such as 0s or 1h, or a cleanup for what grows"
            raise trouble("E118", message, advice, path=("warmup",))
        scenario._warmup_auto = True
        return scenario

    @cached_property
    def threshold_bytes(self) -> int | None:
        """A node is excluded for memory when its last heartbeat said more than this. None: never."""
        return self.scheduler.threshold.limit_bytes(self.nodes.memory_bytes)

    @model_validator(mode="after")
    def _can_be_counted(self) -> "Scenario":
        """Memory over time is summed up in 64 bits, in bins of 1/480 of the run."""
        if self.nodes.memory_bytes * (self.horizon_ms // 480 + 1) >= 2**62:
            message = "this much memory over this long a run does not fit into 64-bit byte-milliseconds"
            raise trouble("E109", message, "shorten the run", path=("horizon",))
        return self

    @model_validator(mode="after")
    def _goals_exist(self) -> "Scenario":
        """Goals speak of results that there are: of stores of this scenario, and what their kind has."""
        if isinstance(self.replications, Until):
            kinds = {name: store.kind for name, store in self.nodes.stores.items()}
            for goal in self.replications.goals:
                try:
                    unit_of_result(goal.name, kinds)
                except ReadingError as found:
                    wrong = found.findings[0]
                    place = ("replications", "until", goal.text)
                    raise trouble("E124", wrong.message, *wrong.advice, path=place, on_key=True) from None
        return self

    @model_validator(mode="after")
    def _warm_up_ends(self) -> "Scenario":
        if self.warmup_ms >= self.horizon_ms:
            message = "the warm-up is as long as the whole run: nothing would be measured"
            raise trouble("E109", message, "make it shorter than `horizon`", path=("warmup",))
        return self
