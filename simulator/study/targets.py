"""Judge targets: met, missed or cannot tell, and roughly how many more replications would tell.

Conservative: a target is met (or missed) only when the whole 95 % interval of its statistic lies on that
side. A mean uses its t interval (Fieller's for time to exhaustion), a quantile its order statistics, P(...)
Clopper and Pearson's bounds. A time that the horizon cut off is known only to be at least the horizon: it can
help to meet "at least" a limit up to the horizon, and beyond that it tells nothing.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..statistics.estimate import finite_or_none
from ..statistics.intervals import clopper_pearson_interval, quantile_interval, t_quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config import Target
    from ..statistics import Estimate

Status = Literal["met", "missed", "cannot tell"]
Reason = Literal["", "one replication", "undefined", "horizon", "interval"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}
FIRST_PASSAGES = ("time_to_unavailable_ms", "time_to_oom_ms")
MOST_REPLICATIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """One target judged for one setting.

    `value`, `low` and `high` are of the statistic (for P: the share of replications), `bound` what they are
    compared with (for P: the probability). `more_replications` is a rough number that would tell, None when
    no number would (`reason` "horizon": a longer one would; "interval": the statistic sits on its limit).
    """

    target: str
    profile: str
    setting: str
    name: str
    statistic: str
    comparison: str
    bound: float
    status: Status
    value: float
    low: float
    high: float
    n: int
    more_replications: int | None
    reason: Reason

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        return {
            "target": self.target,
            "profile": self.profile,
            "setting": self.setting,
            "status": self.status,
            "name": self.name,
            "statistic": self.statistic,
            "comparison": self.comparison,
            "bound": self.bound,
            "value": finite_or_none(self.value),
            "low": finite_or_none(self.low),
            "high": finite_or_none(self.high),
            "n": self.n,
            "more_replications": self.more_replications,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class _Judged:
    value: float
    low: float
    high: float
    bound: float
    comparison: str
    more: int | None = None
    reason: Reason = ""


def judge(
    target: Target, estimate: Estimate, *, profile: str, setting: str, horizon_ms: int
) -> TargetVerdict:
    """Judge one target for one setting from the estimate of the output that it names."""
    values = [value for value in estimate.values if not math.isnan(value)]
    censored = sum(value >= horizon_ms for value in values) if target.name in FIRST_PASSAGES else 0
    if not values:
        judged = _Judged(math.nan, math.nan, math.nan, target.limit, target.comparison, None, "undefined")
    elif target.statistic == "mean":
        judged = _judge_mean(target, estimate, horizon_ms, censored)
    elif target.statistic == "P":
        judged = _judge_probability(target, values, horizon_ms, censored)
    else:
        judged = _judge_quantile(target, values, horizon_ms, censored)
    status: Status = "cannot tell"
    holds = COMPARISONS[judged.comparison]
    if not (math.isnan(judged.low) or math.isnan(judged.high)):
        ends = (holds(judged.low, judged.bound), holds(judged.high, judged.bound))
        if ends[0] == ends[1]:
            status = "met" if ends[0] else "missed"
    told = status != "cannot tell"
    return TargetVerdict(
        target=target.text,
        profile=profile,
        setting=setting,
        name=target.name,
        statistic=target.statistic,
        comparison=judged.comparison,
        bound=judged.bound,
        status=status,
        value=judged.value,
        low=judged.low,
        high=judged.high,
        n=len(values),
        more_replications=None if told else judged.more,
        reason="" if told else judged.reason,
    )


def _judge_mean(target: Target, estimate: Estimate, horizon_ms: int, censored: int) -> _Judged:
    at_most = target.comparison in ("<=", "<")
    high = math.inf if censored else estimate.high  # the times behind the horizon have no upper bound
    more: int | None = None
    reason: Reason = "interval"
    if estimate.n < 2:
        reason = "one replication"
    elif censored and (at_most or target.limit > horizon_ms):
        reason = "horizon"
    elif math.isfinite(estimate.half_width):
        more = _more_for_mean(estimate, target.limit)
    return _Judged(estimate.mean, estimate.low, high, target.limit, target.comparison, more, reason)


def _more_for_mean(estimate: Estimate, limit: float) -> int | None:
    """Replications to add until the half-width, shrinking as 1 / sqrt(n), is the distance to the limit."""
    distance = abs(estimate.mean - limit)
    finite = [value for value in estimate.values if math.isfinite(value)]
    spread = max(estimate.mean - estimate.low, estimate.high - estimate.mean)
    if distance <= 0 or len(finite) < 2:
        return None
    # t falls towards 2 as n grows; with few replications that shortens the wait considerably
    standard_error_1 = spread * math.sqrt(estimate.n) / t_quantile(estimate.n, estimate.level)
    needed = estimate.n
    for _ in range(8):
        ratio = t_quantile(max(needed, 2), estimate.level) * standard_error_1 / distance
        if ratio > math.sqrt(MOST_REPLICATIONS):
            return None
        needed = math.ceil(ratio**2)
    return max(needed - estimate.n, 1)


def _judge_quantile(target: Target, values: Sequence[float], horizon_ms: int, censored: int) -> _Judged:
    share = target.quantile
    assert share is not None  # the parser knows mean, P and quantiles only
    known = quantile_interval(values, share)
    open_ended = quantile_interval(_opened(values, horizon_ms) if censored else values, share)
    reason: Reason = "interval"
    at_most = target.comparison in ("<=", "<")
    # `q-quantile <= L` is P(X <= L) >= q; `q-quantile >= L` is P(X >= L) >= 1 - q
    successes = sum(COMPARISONS[target.comparison](value, target.limit) for value in values)
    probability = share if at_most else 1 - share
    if censored and target.limit > horizon_ms and not at_most:
        reason = "horizon"
    more = None if reason == "horizon" else _more_for_share(successes, len(values), probability)
    return _Judged(known.estimate, known.low, open_ended.high, target.limit, target.comparison, more, reason)


def _judge_probability(target: Target, values: Sequence[float], horizon_ms: int, censored: int) -> _Judged:
    holds = COMPARISONS[target.comparison]
    n = len(values)
    # a censored time is the horizon or anything longer: count runs where the claim holds surely, and maybe
    at_horizon = [holds(value, target.limit) for value in values]
    opened = [holds(value, target.limit) for value in (_opened(values, horizon_ms) if censored else values)]
    surely = sum(a and b for a, b in zip(at_horizon, opened, strict=True))
    maybe = sum(a or b for a, b in zip(at_horizon, opened, strict=True))
    assert target.probability is not None
    low = clopper_pearson_interval(surely, n)[0]
    high = clopper_pearson_interval(maybe, n)[1]
    reason: Reason = "horizon" if maybe > surely else "interval"
    more = None if reason == "horizon" else _more_for_share(surely, n, target.probability)
    return _Judged(surely / n, low, high, target.probability, ">=", more, reason)


def _opened(values: Sequence[float], horizon_ms: int) -> list[float]:
    return [math.inf if value >= horizon_ms else value for value in values]


def _more_for_share(successes: int, n: int, probability: float) -> int | None:
    """Replications to add until Clopper and Pearson tell the share of successes from `probability`."""

    def tells(size: int) -> bool:
        low, high = clopper_pearson_interval(round(successes / n * size), size)
        return low >= probability or high < probability

    size = n
    while not tells(size):
        size *= 2
        if size > MOST_REPLICATIONS:
            return None
    below = max(size // 2, n)
    while size - below > 1:
        middle = (size + below) // 2
        below, size = (below, middle) if tells(middle) else (middle, size)
    return max(size - n, 1)


def exit_code(verdicts: Sequence[TargetVerdict], gate: str | None = None) -> int:
    """0 when every target is met, 1 when one is missed, else 3; `gate` names the setting that counts.

    Raises ValueError when no verdict is about the gate although there are targets.
    """
    judged = [verdict for verdict in verdicts if gate is None or verdict.setting == gate]
    if verdicts and not judged:
        raise ValueError(f"no setting is called {gate!r}")
    statuses = {verdict.status for verdict in judged}
    if "missed" in statuses:
        return 1
    return 3 if "cannot tell" in statuses else 0
