"""Scenario: one setting in one profile, complete and checked, in integers of ms and bytes."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema, model_validator

from .nodes import Nodes
from .part import Part, key, trouble
from .quantities import Count, CountFromZero, DurationMs, Label, PositiveMs
from .scheduler import Scheduler
from .targets import Target, read_targets
from .tree import Scalar
from .workload import WorkloadSettings


def _not_yet_auto(value: Any) -> Any:
    if isinstance(value, str | Scalar) and str(value) == "auto":
        raise trouble("E118", "`warmup: auto` is not supported yet", "write a duration, such as 0s or 1h")
    return value


def _not_yet_until(value: Any) -> Any:
    if isinstance(value, dict) and ("until" in value or "at_most" in value):
        raise trouble(
            "E118", "replications until a precision are not supported yet", "write a number, such as 100"
        )
    return value


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
    warmup_ms: Annotated[DurationMs, BeforeValidator(_not_yet_auto)] = key(
        "0s", "statistics start here; first passages are counted from 0 all the same", alias="warmup"
    )
    replications: Annotated[Count, BeforeValidator(_not_yet_until)] = key(100, "how many replications")
    seed: CountFromZero = key(7, "the same seed draws the same workload")
    workload: WorkloadSettings = key({}, "what arrives")
    nodes: Nodes = key({}, "where it is handled")
    scheduler: Scheduler = key({}, "who decides where")
    targets: Annotated[
        tuple[Target, ...],
        BeforeValidator(_targets),
        WithJsonSchema({"type": "array", "items": {"type": "string"}}),
    ] = key([], "conditions that results have to meet, judged over the replications")

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
    def _warm_up_ends(self) -> "Scenario":
        if self.warmup_ms >= self.horizon_ms:
            message = "the warm-up is as long as the whole run: nothing would be measured"
            raise trouble("E109", message, "make it shorter than `horizon`", path=("warmup",))
        return self
