"""How sessions arrive: `{poisson: 0.1/s}`, a daily profile, bursts, renewals or a recorded trace.

Rates are per second, times in ms. Source: rule W1.
"""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from .choices import one_of
from .distributions import AnyDistribution
from .families import distribution_schema
from .part import Finding, ReadingError, trouble
from .quantities import DURATION, RATE, exact, whole
from .read_distributions import read_distribution
from .samples import file_of
from .tree import Scalar, describe

DAY_MS = 86_400_000


class Arrivals(BaseModel):
    """A frozen arrival process; `kind` names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str


class PoissonArrivals(Arrivals):
    """A Poisson process of constant rate."""

    kind: Literal["poisson"] = "poisson"
    rate_per_s: float


class ProfileArrivals(Arrivals):
    """A Poisson process whose rate is a step function of the time of day; `steps` start at 0."""

    kind: Literal["profile"] = "profile"
    steps: tuple[tuple[int, float], ...]
    period_ms: int = DAY_MS


class BurstArrivals(Arrivals):
    """A Poisson process that alternates between a quiet and a busy rate; starts quiet."""

    kind: Literal["bursts"] = "bursts"
    quiet_per_s: float
    busy_per_s: float
    quiet: AnyDistribution
    busy: AnyDistribution


class RenewalArrivals(Arrivals):
    """Independent intervals between arrivals, in ms."""

    kind: Literal["renewal"] = "renewal"
    interval: AnyDistribution


class TraceArrivals(Arrivals):
    """Arrivals recorded in a file, a path as the program can open it."""

    kind: Literal["trace"] = "trace"
    file: str


KINDS = ("poisson", "profile", "bursts", "renewal", "trace")


def read_arrivals(value: Any) -> Arrivals:
    """An arrival process. Errors: E103-E107, relative to the value."""
    if isinstance(value, Arrivals):
        return value
    if not isinstance(value, dict):
        advice = f"write `{{poisson: {value}}}`" if isinstance(value, Scalar) else ""
        raise trouble("E107", f"expected an arrival process, not {describe(value)}", advice)
    name = one_of(value, KINDS, "an arrival process", "such as `{poisson: 0.1/s}`")
    readers: dict[str, Any] = {
        "poisson": lambda rate: PoissonArrivals(rate_per_s=float(exact(RATE, rate))),
        "profile": _read_profile,
        "bursts": _read_bursts,
        "renewal": _read_renewal,
        "trace": lambda file: TraceArrivals(file=str(file_of(file))),
    }
    try:
        read: Arrivals = readers[name](value[name])
    except ReadingError as found:
        raise ReadingError(*(finding.under(name) for finding in found.findings)) from None
    return read


def _read_profile(value: Any) -> ProfileArrivals:
    if not isinstance(value, dict) or not value:
        raise trouble("E104", "expected times of day with rates", "such as `{0h: 0.02/s, 8h: 0.2/s}`")
    steps: dict[int, float] = {}
    findings: list[Finding] = []
    for start, rate in value.items():
        try:
            at = whole(DURATION, start)
            if at >= DAY_MS:
                raise trouble("E105", f"a time of day lies before 24h, not at `{start}`")
            if at in steps:
                raise trouble("E112", f"the time of day `{start}` is here twice")
        except ReadingError as found:
            findings += [Finding(f.code, f.message, f.advice, (start,), on_key=True) for f in found.findings]
            continue
        try:
            steps[at] = float(exact(RATE, rate))
        except ReadingError as found:
            findings += [finding.under(start) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    ordered = sorted(steps.items())
    if ordered[0][0] > 0:  # the rate before the first time of day is that of the evening before
        ordered.insert(0, (0, ordered[-1][1]))
    return ProfileArrivals(steps=tuple(ordered))


def _read_bursts(value: Any) -> BurstArrivals:
    known = ("quiet_rate", "busy_rate", "quiet", "busy")
    example = "{quiet_rate: 0.02/s, busy_rate: 0.5/s, quiet: 1h, busy: {exponential: {mean: 5min}}}"
    if not isinstance(value, dict):
        raise trouble("E104", f"expected {', '.join(known)}, not {describe(value)}", f"write `{example}`")
    for name in value:
        if name not in known:
            one_of({name: None}, known, "a key of bursts")
    missing = [name for name in known if name not in value]
    if missing:
        raise trouble("E102", f"`{missing[0]}` is missing", f"write `{example}`")
    got: dict[str, Any] = {}
    findings: list[Finding] = []
    for name in known:
        try:
            if name.endswith("_rate"):
                got[name] = float(exact(RATE, value[name]))
            else:
                got[name] = _positive(read_distribution(DURATION, value[name]))
        except ReadingError as found:
            findings += [finding.under(name) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    return BurstArrivals(
        quiet_per_s=got["quiet_rate"], busy_per_s=got["busy_rate"], quiet=got["quiet"], busy=got["busy"]
    )


def _read_renewal(value: Any) -> RenewalArrivals:
    return RenewalArrivals(interval=_positive(read_distribution(DURATION, value)))


def _positive(distribution: Any) -> Any:
    if distribution.mean <= 0:
        raise trouble("E105", "expected a duration of more than 0 on average")
    return distribution


def _schema() -> dict[str, Any]:
    rate, times = dict(RATE.schema), distribution_schema(DURATION)
    bursts = {"quiet_rate": rate, "busy_rate": rate, "quiet": times, "busy": times}
    bodies: dict[str, Any] = {
        "poisson": rate,
        "profile": {"type": "object", "minProperties": 1, "additionalProperties": rate},
        "bursts": {
            "type": "object",
            "additionalProperties": False,
            "required": list(bursts),
            "properties": bursts,
        },
        "renewal": times,
        "trace": {"type": "string"},
    }
    return {
        "x-name": "arrivals",
        "oneOf": [
            {"type": "object", "additionalProperties": False, "required": [name], "properties": {name: body}}
            for name, body in bodies.items()
        ],
    }


AnyArrivals = Annotated[Arrivals, BeforeValidator(partial(read_arrivals)), WithJsonSchema(_schema())]
