"""The `scheduler:` block: what it knows of the nodes and how it chooses among them (rules A1-A9)."""

from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema, model_validator

from .. import units
from .choices import one_of
from .part import Finding, Part, ReadingError, key, trouble
from .quantities import SHARE, Count, CountOrUnlimited, DurationMs, Flag, PositiveMs, Word, exact, text_of
from .tree import Scalar, describe


class Threshold(BaseModel):
    """Above (`over`) or from (`at_least`) which share of its memory a node gets no more jobs."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    rule: Literal["over", "at_least", "never"] = "never"
    share: Annotated[Fraction, PlainSerializer(str)] = Fraction(1)

    def limit_bytes(self, memory_bytes: int) -> int | None:
        """The largest accepted memory: more than this is excluded. None for `never`.

        >>> Threshold(rule="over", share=Fraction(1, 2)).limit_bytes(101)
        50
        >>> Threshold(rule="at_least", share=Fraction(1, 2)).limit_bytes(101)
        50
        >>> Threshold(rule="at_least", share=Fraction(1, 2)).limit_bytes(100)
        49
        """
        if self.rule == "never":
            return None
        exact_limit = self.share * memory_bytes
        return floor(exact_limit) if self.rule == "over" else ceil(exact_limit) - 1


def read_threshold(value: Any) -> Threshold:
    """`{over: 85 %}`, `{at_least: 85 %}` or `never`. Errors: E103-E107."""
    if isinstance(value, Threshold):
        return value
    if not isinstance(value, dict):
        text = text_of(value, "a threshold")
        if text != "never":
            near = units.closest(text, ("never",))
            advice = (
                f"did you mean `{near}`?" if near else f"write `{{over: {text.replace('%', '').strip()} %}}`"
            )
            raise trouble("E106", f"`{text}` is not a threshold", advice)
        return Threshold()
    name = one_of(value, ("over", "at_least"), "a threshold", "such as `{over: 85 %}`")
    try:
        share = exact(SHARE, value[name])
    except ReadingError as found:
        raise ReadingError(*(finding.under(name) for finding in found.findings)) from None
    return Threshold.model_validate({"rule": name, "share": share})


_BRANCHES = [
    {
        "type": "object",
        "additionalProperties": False,
        "required": [name],
        "properties": {name: dict(SHARE.schema)},
    }
    for name in ("over", "at_least")
]
THRESHOLD_SCHEMA: dict[str, Any] = {"anyOf": [*_BRANCHES, {"enum": ["never"]}]}
OUTCOMES = ("fails", "hangs", "timeouts")


def read_counts(value: Any) -> Any:
    """A list of outcomes that make a heartbeat unhealthy, each once."""
    if not isinstance(value, list | tuple):
        raise trouble("E104", f"expected a list, not {describe(value)}", "write `[hangs]`, or `[]` for none")
    findings = []
    for index, item in enumerate(value):
        if not isinstance(item, Scalar | str) or str(item) not in OUTCOMES:
            near = units.closest(str(item), OUTCOMES)
            advice = f"did you mean `{near}`?" if near else f"known: {', '.join(OUTCOMES)}"
            findings.append(Finding("E106", f"{describe(item)} is not an outcome", (advice,), (index,)))
    if findings:
        raise ReadingError(*findings)
    return tuple(dict.fromkeys(str(item) for item in value))


class Degraded(Part):
    """When unhealthy heartbeats make a node degraded (rule A4)."""

    failures: Count = key(3, "unhealthy beats among the last `window`", source="node status manager")
    window: Count = key(5, "how many beats are remembered", source="node status manager")
    consecutive: Count = key(3, "unhealthy beats in a row", source="node status manager")
    counts: Annotated[
        tuple[Literal["fails", "hangs", "timeouts"], ...],
        BeforeValidator(read_counts),
        WithJsonSchema({"type": "array", "items": {"enum": list(OUTCOMES)}}),
    ] = key([], "translation outcomes that make a beat unhealthy: fails, hangs, timeouts", source="rule A4")

    @model_validator(mode="after")
    def _reachable(self) -> "Degraded":
        if self.failures > self.window:
            message = f"{self.failures} failures never fit into a window of {self.window} heartbeats"
            raise trouble("E109", message, path=("failures",))
        return self


class Scheduler(Part):
    """The dispatcher of jobs to nodes."""

    threshold: Annotated[Threshold, BeforeValidator(read_threshold), WithJsonSchema(THRESHOLD_SCHEMA)] = key(
        {"over": "85 %"},
        "share of host memory, as last heard, that excludes a node: {over: …}, {at_least: …} or never",
        source="scheduler config",
    )
    heartbeat_ms: PositiveMs = key(
        "15s", "how often a node reports", alias="heartbeat", source="node-agent-heartbeat.ts"
    )
    offline_after_ms: DurationMs = key(
        "45s",
        "a beat older than this, at a scan, means offline",
        alias="offline_after",
        source="scheduler config",
    )
    scan_every_ms: PositiveMs = key(
        "30s", "how often old beats are looked for", alias="scan_every", source="scheduler config"
    )
    jobs_per_node: CountOrUnlimited = key(4, "job slots of a node", source="scheduler config")
    pending_timeout_ms: DurationMs = key(
        "10s",
        "how long a job waits for a node before it is lost",
        alias="pending_timeout",
        source="job_timeout.rs",
    )
    job_timeout_ms: PositiveMs = key(
        "60s", "after this a dispatched job is given up", alias="job_timeout", source="scheduler config"
    )
    degraded: Degraded = key({}, "when unhealthy heartbeats exclude a node")
    routing: Annotated[Literal["least_loaded", "round_robin", "random", "sticky"], Word] = key(
        "least_loaded", "how a node is chosen: least_loaded, round_robin, random or sticky", source="rule A5"
    )
    hangs_hold_slot: Flag = key(False, "whether a hanging translation holds its job slot", source="rule A8")
